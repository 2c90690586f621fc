"""Appends: the statements by which a list grows while a loop searches it again and again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.scans import SCOPES

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop, Scan


def appends_to(walked: ast.expr, scan: Scan, function: Function) -> tuple[ast.Expr, ...]:
    """The statements ``walked.append(value)``; none if one stands in the walk itself, which would see it."""
    path = path_of(walked)
    if path is None or scan.own is None or not isinstance(scan.own.target, ast.Name):
        return ()
    body = scan.own.node.body if isinstance(scan.own.node, ast.For) else []
    within = {id(node) for statement in body for node in ast.walk(statement)}
    found = tuple(one for target, one in _all(function) if target == path)
    return () if any(id(one) in within for one in found) else found


def _all(function: Function) -> list[tuple[tuple[str, ...] | None, ast.Expr]]:
    known = function.memo.get("grown")
    if known is None:
        known = function.memo["grown"] = list(_appends(function))
    return known  # type: ignore[return-value]  # the memo holds what was put there


def _appends(function: Function) -> Iterator[tuple[tuple[str, ...] | None, ast.Expr]]:
    for node in function.parents:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(node, ast.Expr) and isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            plain = call.func.attr == "append" and len(call.args) == 1 and not call.keywords
            if plain and not isinstance(call.args[0], ast.Starred) and not _nested(node, function):
                yield path_of(call.func.value), node


def _nested(node: ast.AST, function: Function) -> bool:
    above = function.parents.get(node)
    while above is not None and above is not function.node:
        if isinstance(above, SCOPES):
            return True
        above = function.parents.get(above)
    return False


def inside(appends: tuple[ast.Expr, ...], loop: Loop) -> tuple[ast.Expr, ...]:
    """Those that stand in a loop."""
    first, last = loop.statement.lineno, loop.statement.end_lineno or loop.statement.lineno
    return tuple(one for one in appends if first <= one.lineno <= last)
