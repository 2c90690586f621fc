"""Obligations of taking the smallest or largest without sorting."""

from __future__ import annotations

import ast

from perfprof.rules import guards
from perfprof.rules.obligations.proofs import guarded, obligation, proved, unproved
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.rule import Case, Proof
from perfprof.rules.sequences.extremes import ALIKE, KINDS, Extreme

USED = ("type", "set", "map", "min", "max", "int", "str", "bytes", *KINDS.values())


@obligation
def elements_of_one_type(case: Case) -> Proof:
    """All elements are of one exact type, ordered wholly, whose equals nobody can tell apart."""
    found: Extreme = case.suspect.reading
    seen, where = case.watched("base0"), found.function.place(found.node)
    if seen is not None and seen.elements and (len(seen.elements) > 1 or not set(seen.elements) <= ALIKE):
        return unproved(f"elements were {guards.readable(seen.elements)}", where)
    return guarded("a test that all elements are exactly of one type; others, or none, are sorted as before", where)


@obligation
def can_be_walked_twice(case: Case) -> Proof:
    """It can be walked more than once."""
    found: Extreme = case.suspect.reading
    seen, where = case.watched("base0"), found.function.place(found.node)
    if seen is not None and seen.types and not set(seen.types) <= set(KINDS):
        return unproved(f"`{found.walked.id}` was a {guards.readable(seen.types)}", where)
    return guarded("a test of its exact type", where)


@obligation
def names_are_free(case: Case) -> Proof:
    """`min`, `nsmallest` … mean what they should."""
    found: Extreme = case.suspect.reading
    function, module = found.function, found.function.module
    shadowed = [one for one in USED if not is_builtin(one, function)]
    if shadowed:
        return unproved(f"`{shadowed[0]}` has another meaning in this file")
    meant = module.top.get(found.word)
    imported = isinstance(meant, ast.ImportFrom) and meant.module == "heapq" and found.word not in module.rebound
    local = function.names.is_local(found.word)
    if found.kept and (local or not (imported or found.word not in module.identifiers)):
        return unproved(f"`{found.word}` may have another meaning in this file")
    return proved("nothing in this file gives the names another meaning")
