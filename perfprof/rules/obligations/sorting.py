"""Obligations about a list that each turn of a loop sorts again."""

from __future__ import annotations

import ast

from perfprof.rules import guards
from perfprof.rules.containers.growth import certain
from perfprof.rules.containers.uses import kept_by, own_local
from perfprof.rules.obligations.proofs import guarded, obligation, proved, unproved
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.rule import Case, Proof
from perfprof.rules.sequences.sorting import Resorted, begins_sorted, order_of

READING = frozenset({"index", "count", "copy"})
REMOVING = frozenset({"pop", "remove", "clear"})
ADDING = frozenset({"append", "extend"})
USED = ("type", "len", "all", "set", "map", "list", "tuple", "int", "str", "bytes", "bool", "float", "sorted")


@obligation
def sorted_list_made_here(case: Case) -> Proof:
    """It is a list that is made in this function, and sorted when the loop begins."""
    found: Resorted = case.suspect.reading
    function, name = found.function, found.name
    problem = own_local(name, function)
    if problem:
        return unproved(problem, function.place(found.sort))
    for binding in function.names.bindings[name]:
        above = function.parents.get(binding.node)
        if found.taken is not None and isinstance(above, ast.AugAssign) and isinstance(above.op, ast.Add):
            continue  # more for the next sort
        if binding.value is None or not certain(binding.value, function, "list"):
            return unproved(f"`{name}` may be another list, or none", function.place(binding.node))
        if found.added is not None and not begins_sorted(binding.value, function):
            return unproved(f"`{name}` may be in another order when the loop begins", function.place(binding.node))
    return proved(f"`{name}` begins as a new list")


@obligation
def stays_sorted(case: Case) -> Proof:
    """Nothing else changes the list in a way that unsorts it."""
    found: Resorted = case.suspect.reading
    function, name = found.function, found.name
    if found.taken is not None and _in_try(found):
        return unproved("after an error half-way it would not be known what is sorted", function.place(found.sort))
    kept = _unaccounted(found)
    if kept is not None:
        return unproved(f"`{name}` may be put into another order, here or by who gets it", function.place(kept))
    return proved(f"`{name}` is otherwise only read, and changed in ways that keep its order")


def _unaccounted(found: Resorted) -> ast.AST | None:
    """The first use that may unsort the list, or hand it to somebody who may."""
    known = (found.use, found.added, *(found.taken or ()))
    uses = found.function.names.loads.get(found.name, [])
    accounted = [use for use in uses if use in known or _changes(use, found)]
    kept = kept_by(found.name, found.function, (), READING, accounted)
    return kept or next((use for use in uses if _stores(use, found)), None)


def _changes(use: ast.Name, found: Resorted) -> bool:
    """Whether it changes the list and the new code knows of it."""
    above = found.function.parents.get(use)
    call = found.function.parents.get(above) if above is not None else None
    if not isinstance(above, ast.Attribute) or not isinstance(call, ast.Call) or call.func is not above:
        return False
    if found.added is not None:
        return above.attr in REMOVING
    return above.attr in ADDING  # at the end, where the next turn looks


def _stores(use: ast.Name, found: Resorted) -> bool:
    above = found.function.parents.get(use)
    if not isinstance(above, ast.Subscript) or above.value is not use:
        return False
    return isinstance(above.ctx, ast.Store) or (found.taken is not None and isinstance(above.ctx, ast.Del))


def _in_try(found: Resorted) -> bool:
    node: ast.AST | None = found.sort
    while node is not None and not isinstance(node, (ast.Try, ast.With, ast.AsyncWith)):
        node = found.function.parents.get(node)
    return node is not None


@obligation
def elements_are_ordered(case: Case) -> Proof:
    """Comparing elements is a total order of plain values."""
    found: Resorted = case.suspect.reading
    where, seen = found.function.place(found.sort), case.watched("base0")
    if seen is None or not seen.types:
        return guarded("a test of the exact type of each element", where)
    if order_of(seen.elements) is None:
        return unproved(f"elements were {guards.readable(seen.elements) or 'none'}", where)
    return guarded("a test of the exact type of each element; with any other the list is sorted as before", where)


@obligation
def insort_is_free(case: Case) -> Proof:
    """The name `insort` can be imported."""
    found: Resorted = case.suspect.reading
    function = found.function
    meant = function.module.top.get("insort")
    imported = isinstance(meant, ast.ImportFrom) and meant.module == "bisect"
    if "insort" in function.module.identifiers and not imported:
        return unproved("`insort` has another meaning in this file")
    shadowed = [one for one in USED if not is_builtin(one, function)]
    if shadowed or function.names.dynamic:
        return unproved(f"`{shadowed[0] if shadowed else 'locals'}` has another meaning in this file")
    return proved("`insort` means nothing else in this file")
