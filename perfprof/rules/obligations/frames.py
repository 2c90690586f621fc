"""Obligations about data frames: what is walked, what the loop asks of each row, and that a dict of it answers alike."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.frames.rows import FRAMES, NUMPY, PLAIN, Walk, kinds_read, plain_test
from perfprof.rules.obligations.growth import handles_errors
from perfprof.rules.obligations.proofs import guarded, obligation, observed, proved, unproved
from perfprof.rules.reading.effects import hazards
from perfprof.rules.reading.hazards import Hazard
from perfprof.rules.reading.names import Binding, bound_names
from perfprof.rules.reading.scans import COMPREHENSIONS
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


@obligation
def frame_is_plain(case: Case) -> Proof:
    """What is walked is a DataFrame."""
    found: Walk = case.suspect.reading
    seen, place = case.watched("base0"), found.function.place(found.frame)
    if seen is None or not seen.types:
        return unproved("only a run can tell what it is", place)
    if not set(seen.types) <= FRAMES:
        return unproved(f"it was a {guards.readable(seen.types)}", place)
    return observed("it was a DataFrame in every recorded run", place)


@obligation
def row_read_by_column(case: Case) -> Proof:
    """The loop asks each row only for values by name."""
    found: Walk = case.suspect.reading
    function = found.function
    if found.other is not None:
        return unproved(f"`{found.row}` is used as a whole", function.place(found.other))
    if not found.reads:
        return unproved(f"nothing is read from `{found.row}`", function.place(found.call))
    for read, kinds in zip(found.reads, kinds_read(case), strict=True):
        if isinstance(read, ast.Attribute) and not kinds:
            return unproved(
                "it may be something that a Series has of its own: no run came here", function.place(read)
            )
        if isinstance(read, ast.Attribute) and (problem := _not_a_key(read, found)):
            return unproved(problem, function.place(read))
    if function.names.dynamic:
        return unproved("names are reached by text (`exec`, `locals()` …)")
    return proved(f"`{found.row}` is read by the names of columns only", function.place(found.call))


def _not_a_key(read: ast.Attribute, found: Walk) -> str:
    """Why an attribute of the row cannot become a key."""
    above = found.function.parents.get(read)
    while above is not None and above is not found.function.node:
        if isinstance(above, ast.JoinedStr):
            return "it stands in an f-string"
        if handles_errors(above, found.function):
            return "a missing column would raise a KeyError where an AttributeError is expected"
        above = found.function.parents.get(above)
    if "AttributeError" in found.function.module.identifiers:
        return "a missing column would raise a KeyError, and the file expects an AttributeError somewhere"
    return ""


@obligation
def row_unread_elsewhere(case: Case) -> Proof:
    """Nothing outside of the loop reads the row."""
    found: Walk = case.suspect.reading
    function = found.function
    if found.hoist.holder is not None:
        return proved("a comprehension keeps it for itself")
    if not function.names.is_local(found.row):
        return unproved(f"`{found.row}` is bound for others, too", function.place(found.call))
    whole = function.module.tree if isinstance(function.node, ast.Module) else function.node
    for node in uses_apart(whole, found.row, found.hoist.node):
        if isinstance(node.ctx, ast.Load):
            return unproved(f"`{found.row}` is read outside of the loop", function.place(node))
    return proved("nothing outside of the loop reads it")


def uses_apart(whole: ast.AST, row: str, loop: ast.AST) -> Iterator[ast.Name]:
    """Uses of the name outside of the loop, and of other loops that bind it anew in each turn."""
    stack: list[ast.AST] = [whole]
    while stack:
        node = stack.pop()
        if node is loop:
            stack += [node.iter]  # type: ignore[attr-defined]
        elif isinstance(node, (ast.For, ast.AsyncFor)) and row in bound_names(node.target):
            stack += [node.iter, *node.orelse]
        elif isinstance(node, COMPREHENSIONS) and any(row in bound_names(one.target) for one in node.generators):
            stack += [node.generators[0].iter]
        elif isinstance(node, ast.Name) and node.id == row:
            yield node
        else:
            stack += ast.iter_child_nodes(node)


@obligation
def series_changes_no_value(case: Case) -> Proof:
    """A Series of the row holds the very values that the frame gives.

    pandas looks again at a row of mixed values: one of nothing but text and None, or of nothing but times, is given
    another type. A number that is always there keeps a row as it is; so do rows of nothing but NumPy's numbers.
    """
    found: Walk = case.suspect.reading
    for read, kind in zip(found.reads, kinds_read(case), strict=True):
        if not kind <= PLAIN and not kind <= NUMPY:
            return unproved(
                f"`{found.function.text(read)}` was a {guards.readable(kind)}", found.function.place(read)
            )
    if plain_test(case, "frame"):
        return guarded("a test of the types of its columns: without one that keeps them so, all is as before")
    return unproved("perhaps pandas gives the values of a row another type", found.function.place(found.call))


@obligation
def frame_left_alone(case: Case) -> Proof:
    """The loop does not write into the frame that it walks.

    Where all columns are of one type, the values that are walked may be the frame's own; each version of pandas has its
    way to tell a row of them of what is written meanwhile.
    """
    found: Walk = case.suspect.reading
    if any(kind and kind <= PLAIN for kind in kinds_read(case)):
        return guarded("a test that the columns are of more than one type: then pandas copies their values first")
    loop = found.hoist.holder or found.hoist.node
    region = [*loop.body, *loop.orelse] if isinstance(loop, ast.For) else [loop]
    for hazard in hazards(region, found.function, case.program):
        if hazard.node is not found.call and may_write(hazard, found.function):
            return unproved("this may write into a frame", found.function.place(hazard.node))
    return proved("the loop writes into no frame")


ADDING = frozenset({"append", "extend", "add", "appendleft", "setdefault", "discard"})


def may_write(hazard: Hazard, function: Function) -> bool:
    """Whether it may change the values of a frame; methods of containers that a frame has not, or not so, do not."""
    if hazard.kind == "unknown":
        library, _, name = hazard.name.partition(".")
        return library not in {"np", "numpy"} or name in {"copyto", "put", "place", "putmask", "fill_diagonal"}
    if hazard.kind != "mutates" or hazard.base is None:
        return hazard.kind == "suspends"
    if isinstance(hazard.node, ast.Call):
        callee = hazard.node.func
        adding = isinstance(callee, ast.Attribute) and callee.attr in ADDING
        return not adding and not _own_container(hazard.base, False, function)
    return not _own_container(hazard.base, isinstance(hazard.node, ast.AugAssign), function)


def _own_container(base: ast.expr, in_place: bool, function: Function) -> bool:
    """Whether what is stored into is a list or dict of this function, or a number or text that is added to."""
    if not (in_place and isinstance(base, ast.Name)):
        return builtin_type(base, function) in {"list", "dict"}
    names = function.names
    own = names.is_local(base.id) and base.id not in names.parameters
    return own and all(_is_builtin(one, function) for one in names.bindings[base.id])


def _is_builtin(binding: Binding, function: Function) -> bool:
    """Whether a name is bound to a number, a text or a new container, or adds to it in place."""
    if isinstance(function.parents.get(binding.node), ast.AugAssign):
        return True
    return binding.value is not None and builtin_type(binding.value, function) is not None
