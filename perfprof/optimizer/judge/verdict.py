"""What the judge says of a patch, with the numbers it says it from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Decision = Literal["accepted", "rejected", "cannot tell"]
# What became of a finding.
Status = Literal["applied", "accepted", "rejected", "cannot tell", "held back", "open", "cold", "found"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One question of the judge: its outcome, why, and what it cost in seconds."""

    # "certificate" "syntax" "replay" "differential" "hostile" "growth" "tests" "answers" "counter" "function" "workload"
    name: str
    outcome: Literal["passed", "failed", "skipped", "cannot tell"]
    reason: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paired measurements of old and new; ratio is old/new, above 1 is faster.

    metric: "cpu" or "wall" (seconds), or the name of an exact counter ("queries", "vm-steps", "ticks").
    low and high: the 99 % interval of the ratio (equal to the ratio for exact counters).
    resolution: the smallest effect this machine could show here, e.g. 0.03 for 3 %.
    """

    metric: str
    before: tuple[float, ...]
    after: tuple[float, ...]
    ratio: float
    low: float
    high: float
    resolution: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Accepted, rejected or cannot tell; bound to the digests of the patch and of the files it touches.

    tolerance: how far floats might differ, relative to the larger, 0 for not at all; largest: how far they did.
    """

    patch: str
    files: tuple[tuple[str, str], ...]  # (relative path, sha256 of the old text)
    decision: Decision
    reason: str
    layers: tuple[Layer, ...]
    comparison: Comparison | None = None
    memory: Comparison | None = None
    tolerance: float = 0.0
    largest: float = 0.0


@dataclass(frozen=True, slots=True)
class Together:
    """The accepted patches at once. accepted: their digests in order. dropped: (digest, reason).

    changes: (path, text before, text after) with all accepted patches in. tests: a sentence. whole, wall, memory: the
    workload before and after. notes: what the reader must know, such as wins that vanished.
    """

    accepted: tuple[str, ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()
    tests: str = ""
    whole: Comparison | None = None
    wall: Comparison | None = None
    memory: Comparison | None = None
    notes: tuple[str, ...] = ()
