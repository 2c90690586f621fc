"""Copies of collections: ``list(xs)``, ``xs[:]``, ``xs.copy()``, and what they are made for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

COPIES = frozenset({"list", "tuple", "dict"})


def copied_from(node: ast.expr) -> ast.expr | None:
    """``xs`` of ``xs[:]``, ``xs.copy()``, ``list(xs)``, ``tuple(xs)`` and ``dict(xs)``."""
    if isinstance(node, ast.Subscript):
        whole = isinstance(node.slice, ast.Slice) and not (node.slice.lower or node.slice.upper or node.slice.step)
        return node.value if whole else None
    if not isinstance(node, ast.Call) or node.keywords:
        return None
    if isinstance(node.func, ast.Attribute):
        return node.func.value if node.func.attr == "copy" and not node.args else None
    made = isinstance(node.func, ast.Name) and node.func.id in COPIES and len(node.args) == 1
    return node.args[0] if made else None


def is_asked(node: ast.expr, function: Function) -> bool:
    """Whether it is made for one ``x in …``, which may as well ask what it is a copy of."""
    above = function.parents.get(node)
    asks = isinstance(above, ast.Compare) and isinstance(above.ops[-1], (ast.In, ast.NotIn))
    return copied_from(node) is not None and asks and above.comparators[-1] is node  # type: ignore[union-attr]
