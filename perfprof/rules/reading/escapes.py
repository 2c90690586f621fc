"""Escapes: may somebody else hold the object that a name of a function holds?"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perfprof.rules.reading.callees import CONTAINER_METHODS, SHARED_METHODS
from perfprof.rules.reading.expressions import (
    LOOKUP_METHODS,
    PURE_BUILTINS,
    is_builtin,
    makes_container,
    makes_list,
)

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

# Builtins whose answer may be, or hold, one of their arguments.
GIVING_BACK = frozenset("getattr max min sum slice property super iter next".split())


def is_private(path: tuple[str, ...], region: Sequence[ast.AST], function: Function) -> bool:
    """Whether the collection is a list made in this function that nobody else can reach before the region ends."""
    name = path[0]
    if len(path) > 1 or name in function.names.captured or function.names.dynamic:
        return False
    values = function.names.values(name)
    if not values or not all(makes_list(value, function) for value in values):
        return False
    last = max(getattr(node, "end_lineno", 0) or 0 for node in region)
    repeated = any(isinstance(above, (ast.For, ast.While, ast.AsyncFor)) for above in _above(region[0], function))
    return all(
        (use.lineno > last and not repeated) or not escapes(use, function) for use in function.names.loads[name]
    )


def _above(node: ast.AST, function: Function) -> list[ast.AST]:
    found = []
    while node in function.parents:
        node = function.parents[node]
        found.append(node)
    return found


def is_own(name: str, function: Function) -> bool:
    """Whether a name holds a container that was made in this function and that nothing else ever holds."""
    values = function.names.values(name)
    made = bool(values) and all(makes_container(value, function) for value in values or ())
    if not made or name in function.names.captured or function.names.dynamic:
        return False
    return not any(escapes(use, function) for use in function.names.loads.get(name, ()))


def escapes(use: ast.AST, function: Function) -> bool:
    """Whether somebody else may hold the object after this use."""
    above = function.parents.get(use)
    if isinstance(above, (ast.Tuple, ast.List)) and isinstance(function.parents.get(above), ast.Return):
        return False
    if isinstance(above, (ast.Compare, ast.BinOp, ast.FormattedValue, ast.Starred, ast.Return, ast.Expr)):
        return False
    if isinstance(above, (ast.For, ast.comprehension)):
        return above.iter is not use
    if isinstance(above, ast.Subscript):
        return above.value is not use
    if isinstance(above, ast.Attribute):
        called = function.parents.get(above)
        at_once = isinstance(called, ast.Call) and called.func is above
        return not at_once or above.attr not in CONTAINER_METHODS | SHARED_METHODS | LOOKUP_METHODS
    if isinstance(above, ast.Call):
        return not harmless_argument(above, function)
    if isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return above.test is not use
    if isinstance(above, ast.UnaryOp):
        return not isinstance(above.op, ast.Not)
    if isinstance(above, ast.BoolOp):
        return escapes(above, function)
    return not (isinstance(above, ast.AugAssign) and above.value is use)


def harmless_argument(call: ast.AST, function: Function) -> bool:
    """Whether the call is of a builtin that neither keeps nor gives back what it is given."""
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in PURE_BUILTINS - GIVING_BACK
        and is_builtin(call.func.id, function)
    )
