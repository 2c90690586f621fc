"""Whether a value that each turn of a loop asks with is the same in all turns."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

_READS = (ast.Compare, ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.FormattedValue, ast.If, ast.IfExp, ast.While)


def steady(value: ast.expr, region: Iterable[ast.AST], asked: set[ast.AST], function: Function) -> bool:
    """A constant, or a name that no turn binds and nothing in a turn may change. asked: the values of the question itself."""
    if isinstance(value, ast.Constant):
        return True
    if not isinstance(value, ast.Name):
        return False
    names = function.names
    if value.id in names.captured | names.elsewhere:
        return False
    if not names.is_local(value.id) and not _never_rebound(value.id, function):
        return False
    return all(one in asked or isinstance(_above(one, function), _READS) for one in _uses(value.id, region))


def _uses(name: str, region: Iterable[ast.AST]) -> list[ast.Name]:
    return [one for part in region for one in ast.walk(part) if isinstance(one, ast.Name) and one.id == name]


def _above(node: ast.AST, function: Function) -> ast.AST | None:
    return function.parents.get(node)


def _never_rebound(name: str, function: Function) -> bool:
    """A name of the module that no function declares global."""
    nodes = ast.walk(function.module.tree)
    return not any(isinstance(one, ast.Global) and name in one.names for one in nodes)
