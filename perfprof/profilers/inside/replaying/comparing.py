"""Run a sequence of calls on the old and on the new code, each from the same state of the world, and compare."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .calling import Arguments, Caller, Outcome
from .shapes import FUNCTION
from .sides import Sides
from .worlds import World

Maker = Callable[[], Arguments]
_NOT_TRIED = "not tried"


@dataclass(frozen=True)
class Divergence:
    """One call on which old and new differ; ``index`` in the sequence, -1 for the state they leave behind."""

    index: int
    part: str
    old: str
    new: str


@dataclass
class Compared:
    """What a sequence told, one outcome a call. refused: index -> why there is no answer.

    within: how far floats may be apart.
    """

    old: list[Outcome]
    new: list[Outcome]
    refused: dict[int, str] = field(default_factory=dict)
    divergences: list[Divergence] = field(default_factory=list)
    within: float = 0.0

    def suspects(self, *, lenient: bool) -> dict[int, str]:
        """Calls on which the two sides differ, and in what."""
        pairs = enumerate(zip(self.old, self.new, strict=True))
        parts = {
            index: old.differs(new, lenient=lenient, within=self.within)
            for index, (old, new) in pairs
            if index not in self.refused
        }
        return {index: part for index, part in parts.items() if part}

    @property
    def largest(self) -> float:
        """How far floats of calls that count as equal are apart."""
        if not self.within:
            return 0.0
        different = {one.index for one in self.divergences}
        return max(
            (
                self.old[index].distance(name, self.new[index])
                for index in range(len(self.old))
                if index not in self.refused and index not in different
                for name in self.old[index].near
            ),
            default=0.0,
        )

    def settle(self, suspects: Mapping[int, str], again: Sequence[Outcome]) -> None:
        """Suspects on which the old code agrees with itself differ indeed."""
        for index, outcome in enumerate(self.old):
            if outcome.differs(again[index]):
                self.refused[index] = "its answer changes from run to run"
        for index, part in suspects.items():
            if index not in self.refused:
                new = self.new[index]
                if part == "result" and FUNCTION in self.old[index].opaque & new.opaque:
                    self.refused[index] = "its answer holds functions, which cannot be compared"
                    continue
                self.divergences.append(Divergence(index, part, self.old[index].brief, new.refused or new.brief))


@dataclass
class Subject:
    """One function in its changed modules, and who calls it."""

    name: str
    sides: Sequence[Sides]
    owner: Sides
    world: World
    caller: Caller

    def compare(
        self, makers: Sequence[Maker], seconds: float, *, lenient: bool = False, total: float = math.inf
    ) -> Compared:
        """Old once, new once, and the old again only where they differ: what disagrees with itself decides nothing.


        seconds: CPU time that a call of the old code may take. lenient: two errors of one type are equal,
        and a type that the old code does not take decides nothing. total: CPU time for all calls of the old code; the rest is left out.
        """
        old, state = self._play("old", makers, [seconds] * len(makers), total)
        limits = [0.0 if outcome.refused else 10 * outcome.seconds + 1.0 for outcome in old]
        new, state_after = self._play("new", makers, limits)
        found = Compared(old, new, _no_answers(old, lenient=lenient), within=self.caller.within)
        suspects = found.suspects(lenient=lenient)
        if suspects or (state != state_after and not lenient):
            again, state_again = self._play("old", makers, [seconds if limit else 0.0 for limit in limits])
            found.settle(suspects, again)
            if not suspects and state == state_again:
                found.divergences.append(Divergence(-1, "state of its module", "", ""))
        self._take("old")
        return found

    def _play(
        self, side: str, makers: Sequence[Maker], limits: Sequence[float], total: float = math.inf
    ) -> tuple[list[Outcome], str]:
        function = self._take(side)
        self.caller.begin()
        outcomes = []
        for make, limit in zip(makers, limits, strict=True):
            if not limit or total <= 0:
                outcomes.append(Outcome(refused=_NOT_TRIED))
                self.caller.skip()
                continue
            outcomes.append(self.caller.call(function, make, limit))
            total -= outcomes[-1].seconds
        return outcomes, self.world.state()

    def _take(self, side: str) -> Callable[..., Any]:
        """Put the world and the code in place and give the function."""
        self.world.restore()
        for module in self.sides:
            module.use(side)
        function = self.owner.callable(self.name, side)
        if function is None:
            raise LookupError(f"{self.name} was not found in its module")
        return function


def _no_answers(outcomes: Sequence[Outcome], *, lenient: bool) -> dict[int, str]:
    return {index: why for index, outcome in enumerate(outcomes) if (why := _no_answer(outcome, lenient=lenient))}


def _no_answer(outcome: Outcome, *, lenient: bool) -> str:
    """Why nothing can be concluded from a call of the old code; where stack or memory end is no part of an answer."""
    if lenient and outcome.untaken:
        return "the old code does not take such a type"
    exhausted = outcome.raised in ("RecursionError", "MemoryError")
    return outcome.refused or (f"the old code ends in a {outcome.raised}" if exhausted else "")
