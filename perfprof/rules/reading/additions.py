"""Additions: what a loop puts into a list, and under which conditions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.names import read_names
from perfprof.rules.reading.repeats import loops_around
from perfprof.rules.reading.scans import Loop, leaving
from perfprof.rules.reading.syntax import walk

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

ADDING = frozenset({"append", "add", "insert", "appendleft", "extend", "update"})


def additions(name: str, function: Function) -> Iterator[tuple[ast.Call, tuple[Loop, ...]]]:
    """Calls that add to a local list, with the loops around each in which the list is not made anew."""
    for use in function.names.loads.get(name, ()):
        above = function.parents.get(use)
        call = function.parents.get(above) if isinstance(above, ast.Attribute) else None
        if not isinstance(above, ast.Attribute) or not isinstance(call, ast.Call) or above.attr not in ADDING:
            continue
        if call.func is above and call.args:
            yield call, _below(name, call, function)


def added_whole(name: str, node: ast.stmt, function: Function) -> Iterator[ast.expr]:
    """What ``name += more`` adds within a statement."""
    for one in function.every(ast.AugAssign):
        if isinstance(one.target, ast.Name) and one.target.id == name and within(one, node):
            yield one.value


def _below(name: str, call: ast.Call, function: Function) -> tuple[Loop, ...]:
    """The loops around a call in which the name is not made anew."""
    made = [binding.node for binding in function.names.bindings.get(name, ()) if binding.value is not None]
    return tuple(
        loop for loop in loops_around(call, function) if not any(within(one, loop.statement) for one in made)
    )


def within(node: ast.AST, statement: ast.stmt) -> bool:
    """Whether a node begins on the lines of a statement."""
    line = getattr(node, "lineno", 0)
    return statement.lineno <= line <= (statement.end_lineno or statement.lineno)


def drives(name: str, node: ast.stmt) -> bool:
    """Whether a loop turns as long as there is something in the list."""
    for one in walk(node):
        if isinstance(one, ast.While) and name in read_names(one.test):
            return True
        if isinstance(one, ast.For) and name in read_names(one.iter):
            return True
        if isinstance(one, ast.If) and name in read_names(one.test) and leaving(one.body):
            return True
    return False


def is_asked(name: str, function: Function) -> bool:
    """Whether the function asks what is in the list, so that perhaps nothing is added twice; errors tell of doubles."""
    return any(
        any(isinstance(op, (ast.In, ast.NotIn)) for op in one.ops)
        and any(path_of(part) == (name,) for part in one.comparators)
        and not _refuses(one, function)
        for one in function.every(ast.Compare)
    )


def _refuses(test: ast.Compare, function: Function) -> bool:
    """``if x in seen: raise``."""
    above = function.parents.get(test)
    return isinstance(above, ast.If) and above.test is test and isinstance(above.body[-1], ast.Raise)


def is_conditional(call: ast.AST, loops: tuple[Loop, ...], function: Function) -> bool:
    """Whether a condition decides in each turn whether something is added."""
    return next(_tests(call, loops, function), None) is not None


def _tests(call: ast.AST, loops: tuple[Loop, ...], function: Function) -> Iterator[ast.expr]:
    """Conditions between a call and the innermost loop around it."""
    node, above = call, function.parents.get(call)
    last = loops[-1].statement if loops else None
    while above is not None and node is not last:
        if isinstance(above, ast.If) and node is not above.test:
            yield above.test
        node, above = above, function.parents.get(above)


def is_whole(name: str, node: ast.For | ast.AsyncFor | ast.comprehension) -> bool:
    """Whether a loop binds the name to its element, its number, or the key in front of it."""
    target = node.target
    if isinstance(target, ast.Name):
        return True
    callee = node.iter.func if isinstance(node.iter, ast.Call) else None
    called = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
    first = target.elts[0] if isinstance(target, (ast.Tuple, ast.List)) and target.elts else None
    is_first = isinstance(first, ast.Name) and first.id == name
    if called == "enumerate":
        return is_first or (isinstance(target, ast.Tuple) and isinstance(target.elts[-1], ast.Name))
    return called == "items" and is_first
