"""Paired measurements, and how a ratio is written."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from perfprof.optimizer.judge.statistics import FEWEST, SMALLEST, Answered, interval
from perfprof.optimizer.judge.verdict import Comparison


@dataclass
class Pairs:
    """Paired measurements: ``before[i]`` and ``after[i]`` were taken in the same moment."""

    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)

    def comparison(self, metric: str, answered: Answered) -> Comparison:
        """As it stands in the verdict."""
        logs = [math.log(max(old, 1e-9) / max(new, 1e-9)) for old, new in zip(self.before, self.after, strict=True)]
        low, high = interval(logs) if len(logs) >= FEWEST else (-math.inf, math.inf)
        return Comparison(
            metric,
            tuple(self.before),
            tuple(self.after),
            answered.ratio,
            answered.low,
            answered.high,
            max(SMALLEST, math.exp(min(high - low, 20.0) / 2) - 1),
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
