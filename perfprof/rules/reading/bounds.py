"""Bounds: what the code itself keeps short, and loops whose turns no size in sight counts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeGuard

from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.names import read_names
from perfprof.rules.reading.repeats import written_few
from perfprof.rules.reading.syntax import walk
from perfprof.rules.reading.vocabulary import names_graph

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


def is_bounded(name: str, node: ast.stmt, function: Function) -> bool:
    """Whether the code itself keeps a worklist short."""
    return _stays_near(node) or _begins_with_arguments(name, function)


def _stays_near(node: ast.stmt) -> bool:
    """Whether a loop goes no further than a few steps, as the code itself says: ``if depth > 3: break``."""
    return any(
        isinstance(one, ast.If)
        and isinstance(one.test, ast.Compare)
        and isinstance(one.test.ops[0], (ast.Gt, ast.GtE))
        and isinstance(one.test.left, ast.Name)
        and written_few(one.test.comparators[0])
        and isinstance(one.body[-1], (ast.Break, ast.Continue, ast.Return))
        for one in walk(node)
    )


def _begins_with_arguments(name: str, function: Function) -> bool:
    """Whether it is made of ``*args``, which each call writes out."""
    given = getattr(getattr(function.node, "args", None), "vararg", None)
    values = function.names.values(name) or ()
    return given is not None and any(given.arg in read_names(one) for one in values)


def goes_far(loop: ast.stmt) -> bool:
    """Whether a worklist's loop speaks of a graph or tree, or remembers where it has been, as what may go in circles must."""
    if any(names_graph(one) for one in _identifiers(loop)):
        return True
    kept = {path_of(one.func.value) for one in walk(loop) if isinstance(one, ast.Call) and _adds(one.func)}
    kept |= {path_of(one.value) for one in walk(loop) if isinstance(one, ast.Subscript) and _is_stored(one)}
    return any(
        path_of(one.comparators[0]) in kept - {None}
        for one in walk(loop)
        if isinstance(one, ast.Compare) and isinstance(one.ops[0], (ast.In, ast.NotIn))
    )


def _identifiers(loop: ast.stmt) -> Iterator[str]:
    for one in walk(loop):
        if isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, ast.Attribute):
            yield one.attr


def _adds(callee: ast.expr) -> TypeGuard[ast.Attribute]:
    return isinstance(callee, ast.Attribute) and callee.attr in {"add", "append", "update"}


def _is_stored(node: ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Store)


def refills(call: ast.Call, name: str, function: Function) -> bool:
    """``if not queue: queue.extend(...)``: it never holds more than what is put into it at once."""
    node: ast.AST | None = call
    while node is not None and node is not function.node:
        above = function.parents.get(node)
        test = above.test if isinstance(above, ast.If) and node in above.body else None
        if isinstance(test, ast.UnaryOp) and isinstance(test.operand, ast.Name) and test.operand.id == name:
            return True
        node = above
    return False


def is_written_out(name: str, function: Function) -> bool:
    """Whether a name is ``*args``, here or of the function around that binds it: each call writes them out."""
    scope: Function | None = function
    while scope is not None:
        if name in scope.parameters:
            given = getattr(getattr(scope.node, "args", None), "vararg", None)
            return given is not None and given.arg == name
        if scope.names.values(name):
            return False
        scope = scope.outer
    return False


def refuses_more(name: str, function: Function) -> bool:
    """``if len(names) > LIMIT: raise``: there are never more than somebody set as the most."""
    return any(
        isinstance(one.test, ast.Compare)
        and isinstance(one.test.ops[0], (ast.Gt, ast.GtE))
        and _is_length(one.test.left, name)
        and isinstance(one.body[-1], (ast.Raise, ast.Return))
        for one in function.every(ast.If)
    )


def _is_length(node: ast.expr, name: str) -> bool:
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "len"
        and len(node.args) == 1
        and _is(node.args[0], name)
    )


def counts_turns(counter: ast.expr, loop: ast.While) -> bool:
    """Whether each turn adds or takes one: ``while offset < size`` may as well take a thousand at a time."""
    return isinstance(counter, ast.Name) and any(_steps(one, counter.id) for one in walk(loop))


def _steps(node: ast.AST, name: str) -> bool:
    """``i += 1`` and ``i = i + 1``."""
    if isinstance(node, ast.AugAssign):
        return _is(node.target, name) and _is_one(node.value)
    value = node.value if isinstance(node, ast.Assign) and _is(node.targets[0], name) else None
    return isinstance(value, ast.BinOp) and _is(value.left, name) and _is_one(value.right)


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1
