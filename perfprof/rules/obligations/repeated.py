"""Obligations of what a loop computes again and again: one result may serve all turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.obligations.proofs import guarded, obligation, proved, unproved
from perfprof.rules.reading.kinds import FLAT, Kind, kind, kind_of_types
from perfprof.rules.reading.readers import only_read, why_kept
from perfprof.rules.repeated import written_rows
from perfprof.rules.repeated.invariants import Invariant, environment, observed_kinds
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.repeated.constants import Rebuilt
    from perfprof.rules.sequences.sums import Stretch


@obligation
def result_only_read(case: Case) -> Proof:
    """Nobody changes or keeps what is made."""
    found: Rebuilt | Invariant = case.suspect.reading
    given = _kind_of(case)
    if given is not None and given.name in FLAT:
        return proved("it is a plain value, which nobody can change")
    kept = only_read(found.display, found.function)
    if kept is not None:
        return unproved(why_kept(kept), found.function.place(kept))
    return proved("it is only read, and each turn would make an equal one")


def _kind_of(case: Case) -> Kind | None:
    found = case.suspect.reading
    if not isinstance(found, Invariant):
        return None
    kinds = observed_kinds(case)
    return found.gives if kinds is None else kind(found.display, environment(found.bases, kinds), found.function)


@obligation
def operands_are_plain(case: Case) -> Proof:
    """What it is computed from is plain data, so that computing it once has no effects and cannot fail."""
    found: Invariant = case.suspect.reading
    where = found.function.place(found.display)
    for number, base in enumerate(found.bases):
        seen = case.watched(f"base{number}")
        if seen is None or not seen.types:
            return guarded("a test of the exact types of what it is computed from", where)
        if kind_of_types(seen.types) is None and (len(seen.types) > 1 or kind_of_types(seen.elements) is None):
            inside = f" of {guards.readable(seen.elements)}" if seen.elements else ""
            why = f"`{found.function.text(base)}` was a {guards.readable(seen.types)}{inside}"
            return unproved(why, found.function.place(base))
    rows = written_rows.problem(found.rows, case.watched("looped")) if found.rows is not None else ""
    if rows:
        return unproved(f"{rows}, whose own code may run where it goes into a text", where)
    kinds = observed_kinds(case)
    given = None if kinds is None else kind(found.display, environment(found.bases, kinds), found.function)
    if given is None:
        return unproved("computing it may fail for values of the types that were seen", where)
    return guarded("a test of the exact types of what it is computed from", where)


@obligation
def elements_are_ints(case: Case) -> Proof:
    """All elements are ints, whose sums do not depend on the order."""
    found: Stretch = case.suspect.reading
    seen, where = case.watched("base0"), found.function.place(found.values)
    if seen is None or not seen.types:
        return guarded("a test of the exact types of the list and its elements", where)
    if not set(seen.types) <= set(guards.LISTS):
        return unproved(f"`{found.function.text(found.values)}` was a {guards.readable(seen.types)}", where)
    if not set(seen.elements) <= {"builtins.int", "builtins.bool"}:
        return unproved(f"elements were {guards.readable(seen.elements)}, not ints", where)
    return guarded("a test that it is a list of exact ints, and of the bounds of each sum", where)
