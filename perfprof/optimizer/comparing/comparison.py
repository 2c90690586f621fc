"""Figure by figure: before, after, the change with its interval, and what can be said of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

from perfprof.optimizer.comparing.figures import Figure, Unit
from perfprof.optimizer.judge.statistics import FEWEST
from perfprof.optimizer.judge.verdict import Comparison

Decision = Literal["better", "worse", "same", "cannot tell"]

_CERTAIN = 2.576  # standard deviations of a 99 % interval
_SHORT = 0.25  # seconds: shorter times that were measured once say nothing


@dataclass(frozen=True, slots=True)
class Row:
    """One figure on both sides. change, low, high: after/before with the 99 % interval of what is known.

    pairs: of runs by turns that the interval rests on; 0 for a count, 1 if each side ran once.
    """

    name: str
    unit: Unit
    before: float
    after: float
    change: float
    low: float
    high: float
    pairs: int
    decision: Decision
    higher: bool = False

    def allowed(self, regression: float) -> float:
        """The worst value that is no regression."""
        return self.before * (1 - regression if self.higher else 1 + regression)


@dataclass(frozen=True, slots=True)
class Compared:
    """All rows, the most changed first, and figures that only one side has."""

    rows: tuple[Row, ...]
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()


def compare(
    before: Mapping[str, Figure],
    after: Mapping[str, Figure],
    regression: float,
    paired: Mapping[str, Comparison] | None = None,
) -> Compared:
    """Both sides' figures. paired: figure -> runs of both sides by turns, which then decide
    about it if they are enough.

    "worse": by more than ``regression`` even at the near end of the interval; "better": the mirror image; "same":
    the interval lies within; "cannot tell": neither.
    """
    rows = [
        _row(before[name], after[name], regression, (paired or {}).get(name)) for name in before if name in after
    ]
    return Compared(
        tuple(sorted(rows, key=_rank)),
        tuple(name for name in before if name not in after),
        tuple(name for name in after if name not in before),
    )


def _rank(row: Row) -> tuple[int, float]:
    """Worse first, then better, then the rest; in each the largest change."""
    return ("worse", "better", "cannot tell", "same").index(row.decision), -abs(math.log(row.change or 1e-9))


def _row(old: Figure, new: Figure, regression: float, paired: Comparison | None) -> Row:
    values, (change, low, high, pairs) = (old.value, new.value), _change(old, new, paired)
    if paired is not None:
        values = (median(paired.before), median(paired.after))
    worst = 1 / (1 + regression) if old.higher else 1 + regression
    short = pairs == 1 and old.unit == "s" and max(values) < _SHORT
    decision = "cannot tell" if short else _decide(low, high, worst, old.higher)
    return Row(old.name, old.unit, *values, change, low, high, pairs, decision, old.higher)


def _decide(low: float, high: float, worst: float, higher: bool) -> Decision:
    if higher:  # mirrored, so that more than 1 is worse
        low, high, worst = 1 / high if high else math.inf, 1 / low if low else math.inf, 1 / worst
    if low > worst:
        return "worse"
    if high < 1 / worst:
        return "better"
    return "same" if 1 / worst <= low and high <= worst else "cannot tell"


def _change(old: Figure, new: Figure, paired: Comparison | None) -> tuple[float, float, float, int]:
    if paired is not None and len(paired.before) >= FEWEST:
        return 1 / paired.ratio, 1 / paired.high, 1 / paired.low if paired.low else math.inf, len(paired.before)
    change = new.value / old.value if old.value else (1.0 if not new.value else math.inf)
    if old.exact and new.exact:
        return change, change, change, 0
    spread = math.exp(_CERTAIN * math.sqrt(sum(_variance(one) for one in (old, new))))
    return change, change / spread, change * spread, 1


def _variance(figure: Figure) -> float:
    """Of the logarithm of a figure that was measured once: the machine's, and that of its samples (Poisson)."""
    return figure.noise**2 + (1 / figure.samples if figure.samples else 0.0)


def spoken(row: Row) -> Iterator[str]:
    """What the interval rests on."""
    if row.pairs == 1:
        yield "one run each"
    elif row.pairs:
        yield f"{row.pairs} pairs"
