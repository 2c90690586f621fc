"""What a sum begins with, as the code says it."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


def start_of(name: str, loop: ast.AST, function: Function) -> str:
    """The type of the number that a name has before a loop: "int", "float", or nothing if the line before does not say."""
    for one in _before(loop, function):
        if isinstance(one, ast.Assign) and any(_binds(target, name) for target in one.targets):
            return _type(one, name)
        if _binds(one, name):
            return ""
    return ""


def _before(loop: ast.AST, function: Function) -> list[ast.stmt]:
    """The statements before a loop in its block, the nearest first."""
    above = function.parents.get(loop)
    blocks: list[list[ast.stmt]] = [getattr(above, part, []) for part in ("body", "orelse", "finalbody")]
    block = next((one for one in blocks if loop in one), [])
    return [*itertools.takewhile(lambda one: one is not loop, block)][::-1]


def _binds(node: ast.AST, name: str) -> bool:
    """Whether a name stands in it."""
    return any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(node))


def _type(one: ast.Assign, name: str) -> str:
    """Of ``s = 0.0``, ``s = t = 0`` and ``s, n = 0.0, 0``."""
    value: ast.expr = one.value
    target = one.targets[0]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        names = [each.id if isinstance(each, ast.Name) else "" for each in target.elts]
        value = value.elts[names.index(name)] if name in names else value
    kind = type(value.value).__name__ if isinstance(value, ast.Constant) else ""
    return kind if kind in ("int", "float") else ""
