"""Parts of a list that begin or end at a position: ``xs[i + 1:]``, ``xs[:i]``, where the position is a counter's."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.ranges import from_zero

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Scan


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """``values[bound:]``, or ``values[:bound]`` if it is the beginning; bound is a whole number of at least 0."""

    values: ast.expr
    bound: ast.expr
    beginning: bool

    def holds(self, place: str) -> str:
        """A test whether a position of the whole lies in it."""
        return f"{place} {'<' if self.beginning else '>='} {ast.unparse(self.bound)}"


def part_of(node: ast.expr, scan: Scan, function: Function) -> Part | None:
    """The part that an expression is; None for any other expression, and where the bound may be negative."""
    cut = node.slice if isinstance(node, ast.Subscript) else None
    if not isinstance(node, ast.Subscript) or not isinstance(cut, ast.Slice) or cut.step is not None:
        return None
    if path_of(node.value) is None or (cut.lower is None) == (cut.upper is None):
        return None
    bound = cut.lower if cut.lower is not None else cut.upper
    if bound is None or not from_zero(bound, scan, function):
        return None
    return Part(node.value, bound, cut.lower is None)
