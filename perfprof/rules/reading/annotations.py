"""Annotations: which builtin container a parameter is said to be. A promise, no proof: a guard or a run must show it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

_KINDS = {name: name.lower() for name in "list List tuple Tuple set Set frozenset FrozenSet dict Dict str".split()}


def said_type(node: ast.expr, function: Function) -> str | None:
    """``list`` of a parameter ``rows: list[int] | None`` that nothing binds anew; None if nothing is said of it."""
    arguments = getattr(function.node, "args", None)
    if not isinstance(node, ast.Name) or arguments is None or node.id in function.names.bindings:
        return None
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return next((_said(one.annotation) for one in every if one.arg == node.id), None)


def _said(annotation: ast.expr | None) -> str | None:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return _said(ast.parse(annotation.value, mode="eval").body)
        except SyntaxError:
            return None
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return _the_only([annotation.left, annotation.right])
    held = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    word = held.attr if isinstance(held, ast.Attribute) else getattr(held, "id", "")
    if word == "Optional" and isinstance(annotation, ast.Subscript):
        return _said(annotation.slice)
    return _KINDS.get(word)


def _the_only(parts: list[ast.expr]) -> str | None:
    """The kind of a choice, ``None`` aside."""
    real = [one for one in parts if not (isinstance(one, ast.Constant) and one.value is None)]
    return _said(real[0]) if len(real) == 1 else None
