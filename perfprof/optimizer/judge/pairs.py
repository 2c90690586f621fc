"""Paired measurements, and how a ratio is written."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from statistics import median

from perfprof.optimizer.judge.statistics import FIRST, Answered, decide, resolution
from perfprof.optimizer.judge.verdict import Comparison

CLEAR = 1.2  # the least ratio, with 99 % certainty, that pairs of identical code do not show on any machine
MUCH_MORE, WORTH_A_WORD = 1.5, 1_000_000  # times the memory, and bytes, from which on it is told


@dataclass
class Pairs:
    """Paired measurements: ``before[i]`` and ``after[i]`` were taken in the same moment."""

    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)

    def decide(self, promise: float = 1.0) -> Answered:
        """Is the new side faster? A small gain that this machine could not tell from noise is not claimed.

        What disturbs a machine for seconds hits both sides of a pair, but not two pairs alike: so what it can tell is
        more than this says, and does not speak against what is clear from pair to pair.
        """
        answered = decide(self.before, self.after, promise=promise)
        small = answered.ratio - 1 < self.resolution and answered.low < CLEAR
        if answered.decision == "faster" and small:
            return replace(answered, decision="cannot tell")
        return answered

    @property
    def resolution(self) -> float:
        """The smallest effect that can be told here: what the old code shows against itself, one pair later.

        Of few pairs the new code's as well: each side is compared with itself alone.
        """
        more = self.after if len(self.before) < FIRST else []
        return resolution([*self.before[:-1], *more[:-1]], [*self.before[1:], *more[1:]])

    def comparison(self, metric: str, answered: Answered) -> Comparison:
        """As it stands in the verdict."""
        seen = self.resolution
        return Comparison(
            metric,
            tuple(self.before),
            tuple(self.after),
            answered.ratio,
            answered.low,
            answered.high,
            seen if math.isfinite(seen) else 0.0,
        )


def ratio_text(ratio: float) -> str:
    """``212x``, ``6.4x``, ``1.01x``."""
    if not math.isfinite(ratio):
        return "?x"
    return f"{ratio:.0f}x" if ratio >= 20 else f"{ratio:.1f}x" if ratio >= 3 else f"{ratio:.2f}x"


def spoken(answered: Answered) -> str:
    """``6.4x (6.1 - 6.7)``."""
    low, high = (ratio_text(bound).rstrip("x") for bound in (answered.low, answered.high))
    return f"{ratio_text(answered.ratio)} ({low} - {high})"


def memory_note(memory: Comparison | None) -> list[str]:
    """A sentence if the new code takes clearly more memory at its peak: what is won in time may be paid there."""
    if memory is None or math.isnan(memory.ratio):
        return []
    before, after = median(memory.before), median(memory.after)
    if after < MUCH_MORE * before or after - before < WORTH_A_WORD:
        return []
    return [f"takes more memory: {before / 1e6:,.1f} -> {after / 1e6:,.1f} MB at its peak"]
