"""Functions that call one another and all compute the same again: one cache is enough, so one of them is told.

Whoever calls a function with the same arguments again asks all that this one calls the same again, too, so what the
recording shows is one time under several names. Told is where a cache saves most; of several that save nearly as much, the
one whose arguments come again most, since that takes the fewest results. What is left over shows in the next run.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.reading.resolution import resolve
from perfprof.rules.reading.syntax import walk
from perfprof.rules.repeated.memoizing import Repeated, saved, worth_keeping

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.rule import Case

NEARLY = 0.75
MOST = 500  # functions that are followed


@dataclass(frozen=True, eq=False, slots=True)
class _Cache:
    """A function with what a cache of it would save, as a part of the run, and whether it is shown to be safe."""

    function: Function
    finding: str
    safe: bool
    saved: float
    again: float
    calls: frozenset[Function]

    def is_with(self, other: _Cache) -> bool:
        """Whether one calls the other."""
        return self.function in other.calls or other.function in self.calls


def left_to_others(cases: Sequence[Case], safe: Callable[[Case], bool]) -> dict[str, str]:
    """Why a function is left to one that it calls, or that calls it, by finding."""
    enough = [case for case in cases if worth_keeping(case).enough]
    left: dict[str, str] = {}
    waiting = [_cache(case, safe(case)) for case in enough] if len(enough) > 1 else []
    while waiting:
        told = _told(waiting)
        others = [one for one in waiting if one is not told and one.is_with(told)]
        left |= {one.finding: f"its time is that of `{told.function.qualname}`" for one in others}
        waiting = [one for one in waiting if one is not told and one not in others]
    return left


def _told(waiting: Sequence[_Cache]) -> _Cache:
    """The one that is told first: what can be written before what cannot."""
    first = max(waiting, key=lambda one: (one.safe, one.saved))
    alike = [one for one in waiting if one is first or one.is_with(first)]
    as_good = [one for one in alike if one.safe == first.safe and one.saved >= NEARLY * first.saved]
    return max(as_good, key=lambda one: (one.again, one.saved))


def _cache(case: Case, safe: bool) -> _Cache:
    found: Repeated = case.suspect.reading
    again = float(worth_keeping(case).numbers["again"])
    calls = _called(found.function, case.program)
    return _Cache(found.function, case.suspect.finding.id, safe, saved(case, again) or 0.0, again, calls)


def _called(function: Function, program: Program) -> frozenset[Function]:
    """The functions of the project that one calls, and those that they call."""
    known: set[Function] = set()
    new = [function]
    while new and len(known) < MOST:
        one = new.pop()
        calls = (node for node in walk(one.node) if isinstance(node, ast.Call))
        targets = {resolve(call.func, one, program) for call in calls} - known - {None}
        known |= targets  # type: ignore[arg-type]
        new += targets  # type: ignore[arg-type]
    return frozenset(known)
