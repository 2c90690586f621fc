"""What a program wants of an answer: whether its number, or its list, is only asked for being there at all."""

from __future__ import annotations

import ast
from typing import Literal

from perfprof.rules.reading.fetches import fetch_of
from perfprof.rules.reading.program import Function

Wanted = Literal["number", "list", ""]
# Comparisons that cannot tell one from more: (operator, constant).
_WHETHER = {(ast.Gt, 0), (ast.GtE, 1), (ast.NotEq, 0), (ast.Eq, 0), (ast.Lt, 1), (ast.LtE, 0)}
_TURNED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.NotEq: ast.NotEq, ast.Eq: ast.Eq}


def only_whether_any(call: ast.Call, function: Function) -> Wanted:
    """What is only asked for being there; "" if more is used.

    "number": of the one row only the first column, and only whether it is zero. "list": only whether it is empty.
    """
    asks_value = isinstance(call.func, ast.Attribute) and call.func.attr == "fetchval"
    if asks_value:
        above = function.parents.get(call)
        return "number" if isinstance(above, ast.Await) and _used(above, function) else ""
    query = fetch_of(call, function)
    if query is None:
        return ""
    rows, how, _ = query
    if how == "all":
        return "list" if _list_used(rows, function) else ""
    above = function.parents.get(rows)
    if how != "one" or not isinstance(above, ast.Subscript) or above.value is not rows:
        return ""
    first = isinstance(above.slice, ast.Constant) and above.slice.value == 0
    return "number" if first and _used(above, function) else ""


def only_the_first(call: ast.Call, function: Function) -> bool:
    """Whether of its one row only the first column is taken, by its place."""
    query = fetch_of(call, function)
    above = function.parents.get(query[0]) if query is not None and query[1] == "one" else None
    taken = isinstance(above, ast.Subscript) and isinstance(above.slice, ast.Constant)
    return taken and above.slice.value == 0  # type: ignore[union-attr]


def _used(value: ast.expr, function: Function) -> bool:
    """Whether the value, or the name that it is bound to, only answers whether it is zero."""
    return all(_whether(one, function) for one in _uses(value, function))


def _list_used(rows: ast.expr, function: Function) -> bool:
    return all(_whether(one, function) or _length(one, function) for one in _uses(rows, function))


def _length(rows: ast.expr, function: Function) -> bool:
    above = function.parents.get(rows)
    named = isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id == "len"
    return named and isinstance(above, ast.expr) and _whether(above, function)


def _uses(value: ast.expr, function: Function) -> list[ast.expr]:
    """The expression itself, or each load of the one local name that it is assigned to."""
    above = function.parents.get(value)
    if not isinstance(above, ast.Assign) or len(above.targets) != 1 or not isinstance(above.targets[0], ast.Name):
        return [value]
    name = above.targets[0].id
    seen = name in function.names.captured | function.names.elsewhere or not function.names.is_local(name)
    alone = len(function.names.bindings.get(name, ())) == 1 and function.qualname != "<module>"
    return [value] if seen or not alone else list(function.names.loads.get(name, ()))


def _whether(value: ast.expr, function: Function) -> bool:
    above = function.parents.get(value)
    if isinstance(above, ast.Compare):
        return _compared(above, value)
    if isinstance(above, ast.BoolOp):
        return _whether(above, function)
    if isinstance(above, ast.UnaryOp):
        return isinstance(above.op, ast.Not)
    if isinstance(above, ast.Call):
        return isinstance(above.func, ast.Name) and above.func.id == "bool" and above.args == [value]
    if isinstance(above, ast.comprehension):
        return value in above.ifs
    return isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)) and above.test is value


def _compared(above: ast.Compare, value: ast.expr) -> bool:
    if len(above.ops) != 1:
        return False
    kind, other = type(above.ops[0]), above.comparators[0]
    if other is value:
        kind, other = _TURNED.get(kind, kind), above.left
    constant = isinstance(other, ast.Constant) and type(other.value) is int
    return constant and (kind, getattr(other, "value", None)) in _WHETHER
