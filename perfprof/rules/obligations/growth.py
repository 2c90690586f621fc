"""Obligations about a container that grows by copying."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.containers.growth import Growth, certain, grown, loops_around, sure_parts
from perfprof.rules.containers.uses import kept_by, own_local
from perfprof.rules.obligations.proofs import guarded, obligation, proved, unproved
from perfprof.rules.reading.callees import CONTAINER_METHODS, SHARED_METHODS
from perfprof.rules.reading.expressions import LOOKUP_METHODS, is_builtin
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

METHODS = (CONTAINER_METHODS | SHARED_METHODS | LOOKUP_METHODS) - {"setdefault", "items", "keys", "values"}


@obligation
def copies_unwanted(case: Case) -> Proof:
    """Nobody holds the container as it was before a turn."""
    found: Growth = case.suspect.reading
    if found.kind == "sum":
        return proved("the sums on the way are seen by nobody")
    function = found.function
    name = function.text(found.kept)
    problem = own_local(name, function)
    if problem:
        return unproved(problem, function.place(found.node))
    if found.kind == "dict" and _in_try(found):
        return unproved("an error half-way would leave a part of what is added", function.place(found.node))
    changes = _changes(name, found)
    copied = [pair[1] for one in changes if isinstance(one, ast.Assign) and (pair := grown(one)) is not None]
    use = kept_by(name, function, changes, METHODS, copied)
    if use is not None:
        return unproved(f"`{name}` may be kept as it is here, before it grows", function.place(use))
    return proved(f"`{name}` is only asked, walked and returned in this function")


def _in_try(found: Growth) -> bool:
    node: ast.AST | None = found.node
    while node is not None and not isinstance(node, SWALLOWING):
        node = found.function.parents.get(node)
    return node is not None


# After an error in these the function may go on.
SWALLOWING = tuple(getattr(ast, name) for name in ("Try", "TryStar", "With", "AsyncWith") if hasattr(ast, name))


def handles_errors(node: ast.AST, function: Function) -> bool:
    """Whether the function may go on after an error in this statement; ``with open(…):`` lets errors through."""
    if not isinstance(node, SWALLOWING):
        return False
    opened = node.items if isinstance(node, (ast.With, ast.AsyncWith)) else []
    return not opened or not all(_opens_a_file(one.context_expr, function) for one in opened)


def _opens_a_file(node: ast.expr, function: Function) -> bool:
    callee = node.func if isinstance(node, ast.Call) else None
    return isinstance(callee, ast.Name) and callee.id == "open" and is_builtin("open", function)


def _changes(name: str, found: Growth) -> list[ast.stmt]:
    """All statements that bind the name, and calls on it that change it."""
    function = found.function
    nodes: list[ast.AST] = [binding.node for binding in function.names.bindings[name]]
    for use in function.names.loads.get(name, ()):
        above = function.parents.get(use)
        if isinstance(above, ast.Attribute) and above.attr in CONTAINER_METHODS | SHARED_METHODS:
            nodes.append(use)
    found_statements = []
    for node in nodes:
        one: ast.AST | None = node
        while one is not None and not isinstance(one, ast.stmt):
            one = function.parents.get(one)
        if isinstance(one, ast.stmt):
            found_statements.append(one)
    return found_statements


@obligation
def made_here(case: Case) -> Proof:
    """What grows is exactly a list or a dict, made in this function."""
    found: Growth = case.suspect.reading
    if found.kind == "sum":
        return proved("the sum begins as a new list")
    function = found.function
    name = function.text(found.kept)
    for binding in function.names.bindings[name]:
        above = function.parents.get(binding.node)
        if above is found.node or (isinstance(above, ast.AugAssign) and _in_place(above, found)):
            continue
        value = binding.value
        if value is None or not (_grows(value, name, found) or certain(value, function, found.kind)):
            return unproved(f"`{name}` may be something else than a {found.kind}", function.place(binding.node))
    return proved(f"`{name}` begins as a new {found.kind}")


def _in_place(statement: ast.AugAssign, found: Growth) -> bool:
    """Whether it adds in place or fails: a dict always, a list unless what is added has an ``__radd__`` of its own."""
    if found.kind == "dict":
        return isinstance(statement.op, ast.BitOr)
    return isinstance(statement.op, ast.Add) and builtin_type(statement.value, found.function) is not None


def _grows(value: ast.expr, name: str, found: Growth) -> bool:
    """Whether it is the name's own value and more of its kind."""
    if found.kind == "dict":
        return isinstance(value, ast.Dict)
    added = isinstance(value, ast.BinOp) and isinstance(value.left, ast.Name) and value.left.id == name
    return added and isinstance(value, ast.BinOp) and certain(value.right, found.function, "list")


@obligation
def statement_has_lines(case: Case) -> Proof:
    """The new statements have a place."""
    found: Growth = case.suspect.reading
    if found.kind == "sum":
        return proved("an expression becomes another one")
    function, guarded_one = found.function, found.kind == "list" and not certain_part(found)
    for one in [found.node, *(loops_around(found)[:1] if guarded_one else [])]:
        if shares_line(one, function, begins=one is not found.node):
            return unproved("the statement does not stand on lines of its own", function.place(one))
    return proved("the statement stands on lines of its own")


def shares_line(one: ast.stmt | ast.expr, function: Function, begins: bool = False) -> bool:
    """Whether something else stands on the lines of a statement; ``begins``: only what stands before it counts."""
    lines = function.module.raw_lines
    first, rest = lines[one.lineno - 1][: one.col_offset], lines[(one.end_lineno or one.lineno) - 1]
    above = lines[one.lineno - 2] if one.lineno > 1 else b""
    after = b"" if begins else rest[one.end_col_offset :].partition(b"#")[0]
    return bool(first.strip() or after.strip() or above.endswith(b"\\"))


def certain_part(found: Growth) -> bool:
    """Whether what is added surely is a list."""
    return found.more is not None and builtin_type(found.more, found.function) == "list"


@obligation
def parts_are_lists(case: Case) -> Proof:
    """What is added is a list."""
    found: Growth = case.suspect.reading
    function = found.function
    if found.kind == "dict":
        return proved("what is added is unpacked as before")
    if found.kind == "list":
        assert found.more is not None
        if certain_part(found):
            return proved("what is added is a list, as the code shows")
        seen = case.watched("more")
        if seen is not None and seen.types and not set(seen.types) <= {"builtins.list"}:
            return unproved(f"what is added was a {guards.readable(seen.types)}", function.place(found.node))
        return guarded("a test of the exact types: anything else is added as before")
    if sure_parts(found.kept, function):
        return proved("each of them is written as a list")
    if not isinstance(found.kept, (ast.Name, ast.ListComp, ast.Attribute)):
        why = f"`{function.text(found.kept)}` may give something else than lists, and can be walked only once"
        return unproved(why, function.place(found.node))
    if isinstance(found.kept, ast.Name) and any(map(_lazy, function.names.values(found.kept.id) or ())):
        return unproved(f"`{found.kept.id}` can be walked only once", function.place(found.node))
    seen = case.watched("base0")
    if seen is not None and seen.types and guards.is_collection("it", seen.types) is None:
        return unproved(f"it was a {guards.readable(seen.types)}", function.place(found.node))
    if (
        seen is not None
        and seen.elements
        and not {one.partition("[")[0] for one in seen.elements} <= {"builtins.list"}
    ):
        return unproved(f"the parts were {guards.readable(seen.elements)}", function.place(found.node))
    return guarded("a test of the exact types: anything else is added up as before")


def _lazy(value: ast.expr) -> bool:
    """Whether it is an iterator: a generator expression, or a call that makes one."""
    made = value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""
    return isinstance(value, ast.GeneratorExp) or made in {"map", "filter", "zip", "iter", "reversed", "enumerate"}
