"""A statement measured by turns without and with something, until it is clear whether it became slower."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from perfprof.optimizer.indexes.what_if import Measured

WORST = 1.1  # no statement may become slower than this
PAID = 1.05  # what reads more pages must be about as fast; a clock does not tell less
CLEARLY = 0.8  # of the cost before: as fast as this is no accident, and one turn will do
TURNS = 3  # otherwise
NEAR = (1.02, 1.25)  # a ratio of the medians in between is measured on
ENOUGH = 7  # turns that all say the same
MOST = 15
PATIENCE = 40.0  # seconds for one statement, beyond the first turns


@dataclass
class Sides:
    """Both sides, a turn each at a time. The medians count, since one lucky turn of one side makes a least of many wrong."""

    before: list[Measured] = field(default_factory=list)
    after: list[Measured] = field(default_factory=list)

    def add(self, before: Measured, after: Measured) -> None:
        """One turn."""
        self.before.append(before)
        self.after.append(after)

    @property
    def medians(self) -> tuple[Measured, Measured]:
        """Of either side."""
        return _median(self.before), _median(self.after)

    @property
    def settled(self) -> bool:
        """Whether more turns would tell nothing new."""
        before, after = self.medians
        if self.after[-1].buffers == float("inf") or after.cost < before.cost * CLEARLY or len(self.after) >= MOST:
            return True
        ratio = after.cost / max(before.cost, 1e-9)
        if len(self.after) < TURNS or NEAR[0] < ratio < NEAR[1]:
            slower = sum(new.cost > old.cost * WORST for old, new in zip(self.before, self.after, strict=True))
            return len(self.after) >= ENOUGH and slower in (0, len(self.after))
        return True


def by_turns(before: Callable[[], Measured], after: Callable[[], Measured]) -> Sides:
    """Measure until it is settled; every other turn begins with the other side."""
    sides, start = Sides(), time.monotonic()
    while not sides.after or not (
        sides.settled or (len(sides.after) >= TURNS and time.monotonic() - start > PATIENCE)
    ):
        if len(sides.after) % 2:
            new = after()
            sides.add(before(), new)
        else:
            old = before()
            sides.add(old, after())
    return sides


def is_slower(before: Measured, after: Measured, slack: float) -> bool:
    """By the clock of the processor; what asks for more pages must be about as fast, and what is stopped is slower."""
    if after.buffers == float("inf"):
        return True
    bound = WORST if after.buffers <= before.buffers * WORST else PAID
    return after.cost > before.cost * bound + slack


def _median(some: list[Measured]) -> Measured:
    return Measured(median(one.cost for one in some), median(one.buffers for one in some))
