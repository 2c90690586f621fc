"""Obligations of reading by an offset what a loop cut off piece by piece."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.containers.growth import certain
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.repeats import loops_around
from perfprof.rules.rule import Case, Proof
from perfprof.rules.sequences.offsets import leaves, used
from perfprof.rules.sequences.slices import Slices, kind_of

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

FIXED = frozenset({"str", "bytes", "tuple"})  # nobody can change one while the loop runs
_CATCHING = tuple(
    kind for word in ("Try", "TryStar", "With", "AsyncWith") if (kind := getattr(ast, word, None)) is not None
)
USED = ("len", "min", "max", "range")


@obligation
def nobody_changes_it(case: Case) -> Proof:
    """It is exactly a text, bytes or a tuple, or a list that only this loop knows."""
    found: Slices = case.suspect.reading
    function, where = found.function, found.function.place(found.loop)
    values = found.values
    if values and all(certain(one, function, "list") for one in values):
        return _known_here(found)
    kinds = {kind_of(one, function) for one in values}
    if kinds and kinds <= FIXED:
        return proved(f"`{found.name}` is always one of str, bytes, tuple", where)
    types = _observed(case)
    if not types or not {one.removeprefix("builtins.") for one in types} <= FIXED:
        return unproved(f"`{found.name}` may be changed, or slice in another way: {guards.readable(types)}", where)
    return observed(f"`{found.name}` was a {guards.readable(types)} in every recorded run")


def _observed(case: Case) -> set[str]:
    looks = [case.watched(f"cut{number}") for number, _ in enumerate(case.suspect.reading.steps)]
    return {kind.partition("[")[0] for seen in looks if seen is not None for kind in seen.types}


def _known_here(found: Slices) -> Proof:
    function = found.function
    again = bool(loops_around(found.loop, function))
    earlier = [one for one in found.outside if again or one.lineno < found.loop.lineno]
    handed = [use for use, what, _ in used(found) if what == "all" and not _plainly_left(use, function)]
    for use in [*earlier, *handed]:
        return unproved(f"somebody else may have the list `{found.name}`, and change it", function.place(use))
    return proved(f"the list `{found.name}` is made here, and nobody else has it")


def _plainly_left(use: ast.Name, function: Function) -> bool:
    above = function.parents.get(use)
    if isinstance(above, ast.Tuple):
        above = function.parents.get(above)
    return isinstance(above, (ast.Return, ast.Subscript))


@obligation
def every_use_by_offset(case: Case) -> Proof:
    """Each use in the loop can be told by an offset."""
    found: Slices = case.suspect.reading
    for use, what, _ in used(found):
        problem = "it is read in a formatted text, or later, by a generator" if _elsewhere(use, found) else ""
        problem = problem or (_not_handed_on(use, found.function) if what == "all" else "")
        if problem:
            return unproved(problem, found.function.place(use))
    return proved("each of them asks for items, parts, the length, or where something begins")


def _not_handed_on(use: ast.Name, function: Function) -> str:
    """Why a cut copy cannot stand for it here; empty if it can."""
    above = function.parents.get(use)
    if isinstance(above, ast.Compare) and any(isinstance(one, (ast.Is, ast.IsNot)) for one in above.ops):
        return "it is asked which object it is"
    if isinstance(getattr(above, "ctx", None), (ast.Store, ast.Del)):
        return "something is put into it"
    return "" if leaves(use, function) else "all that is left is needed in each turn"


def _elsewhere(use: ast.AST, found: Slices) -> bool:
    above: ast.AST | None = use
    while above is not None and above is not found.loop:
        if isinstance(above, (ast.JoinedStr, ast.GeneratorExp, ast.Lambda)):
            return True
        above = found.function.parents.get(above)
    return False


@obligation
def rest_kept_right(case: Case) -> Proof:
    """After the loop the name means what it meant."""
    found: Slices = case.suspect.reading
    names, where = found.function.names, found.function.place(found.loop)
    if found.name in names.captured or not names.is_local(found.name):
        return unproved(f"`{found.name}` is seen from outside of the function", where)
    if names.dynamic:
        return unproved("names are reached by text (`exec`, `locals()` …)", where)
    if not found.read_after:
        return proved(f"`{found.name}` is not read after it")
    if found.loop.orelse:
        return unproved("`else` of the loop may go on elsewhere", where)
    if _caught(found):
        return unproved(f"`{found.name}` may be read after an exception that left the loop", where)
    return proved(f"`{found.name}` is cut once after it")


def _caught(found: Slices) -> bool:
    above = found.function.parents.get(found.loop)
    while above is not None and not isinstance(above, _CATCHING):
        above = found.function.parents.get(above)
    return above is not None


@obligation
def offsets_are_plain(case: Case) -> Proof:
    """`len`, `min`, `max` and `range` mean what they should."""
    found: Slices = case.suspect.reading
    for name in USED:
        if not is_builtin(name, found.function):
            return unproved(f"`{name}` has another meaning in this file")
    return proved("nothing in this file gives the names another meaning")
