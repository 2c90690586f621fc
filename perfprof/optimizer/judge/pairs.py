"""Paired measurements, and how a ratio is written."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from perfprof.optimizer.judge.statistics import Answered, decide, resolution
from perfprof.optimizer.judge.verdict import Comparison


@dataclass
class Pairs:
    """Paired measurements: ``before[i]`` and ``after[i]`` were taken in the same moment."""

    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)

    def decide(self, promise: float = 1.0) -> Answered:
        """Is the new side faster? A gain that this machine could not tell from noise is not claimed."""
        answered = decide(self.before, self.after, promise=promise)
        if answered.decision == "faster" and answered.ratio - 1 < self.resolution:
            return replace(answered, decision="cannot tell")
        return answered

    @property
    def resolution(self) -> float:
        """The smallest effect that can be told here: what the old code shows against itself, one pair later."""
        return resolution(self.before[:-1], self.before[1:])

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
