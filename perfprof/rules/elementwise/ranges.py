"""From where to where a loop over the elements of arrays counts, as it is written."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from perfprof.rules.elementwise.turns import NoneOfOursError, number
from perfprof.rules.reading.expressions import path_of


@dataclass(frozen=True, eq=False, slots=True)
class Bound:
    """An end of a range: ``base + more``. array, axis: whose length the base is, if it is one; base is None for none.

    shaped: it is asked of the shape, which arrays alone have. flat: it is the number of elements, which is a length only
    where there is one axis. row: it is the length of the row of this name, which is that of all rows.
    """

    base: ast.expr | None
    more: int = 0
    array: str = ""
    axis: int = 0
    flat: bool = False
    shaped: bool = False
    row: str = ""


def length(array: ast.expr, axis: int) -> Bound:
    """How long an axis of an array is."""
    return Bound(array, 0, ast.unparse(array), axis)


def bound(node: ast.expr | None) -> Bound:
    """An end of a range: a number, a name, the length of an array, with a number added."""
    if node is None:
        return Bound(None)
    written = number(node)
    if written is not None:
        return Bound(None, written)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        more, inner = number(node.right), bound(node.left)
        if more is None or inner.base is None or inner.more:
            raise NoneOfOursError
        return replace(inner, more=more if isinstance(node.op, ast.Add) else -more)
    return _length_of_call(node) or _length_of_attribute(node) or _named_bound(node)


def _named_bound(node: ast.expr) -> Bound:
    if not 1 <= len(path_of(node) or ()) <= 2:
        raise NoneOfOursError
    return Bound(node)


def _length_of_call(node: ast.expr) -> Bound | None:
    """``len(a)``, ``len(a[i])``."""
    if not (isinstance(node, ast.Call) and path_of(node.func) == ("len",) and len(node.args) == 1):
        return None
    held = node.args[0]
    if isinstance(held, ast.Subscript) and isinstance(held.slice, ast.Name):
        return replace(_of_path(held.value, 1), row=held.slice.id)
    return _of_path(held, 0)


def _length_of_attribute(node: ast.expr) -> Bound | None:
    """``a.shape[1]``, ``a.size``."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
        axis = number(node.slice)
        return replace(_of_path(node.value.value, axis if axis is not None else -1), shaped=True)
    if isinstance(node, ast.Attribute) and node.attr == "size" and path_of(node) != ("self", "size"):
        return replace(_of_path(node.value, 0), flat=True)
    return None


def _of_path(array: ast.expr, axis: int) -> Bound:
    if path_of(array) is None or axis < 0:
        raise NoneOfOursError
    return length(array, axis)
