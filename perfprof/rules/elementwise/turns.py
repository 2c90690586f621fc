"""What one turn of an element-wise loop does: store into an element, name a value, count, sum up, or branch."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias


class NoneOfOursError(Exception):
    """The loop does something else than compute elements."""


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """One index: ``counter + more``, the number ``more``, what ``name`` stands for, or the element ``gather`` of another array."""

    counter: str
    more: int = 0
    name: ast.expr | None = None
    gather: Cell | None = None

    @property
    def counters(self) -> tuple[str, ...]:
        """The counters that it is made of."""
        if self.gather is not None:
            return self.gather.counters
        return (self.counter,) if self.counter else ()


@dataclass(frozen=True, eq=False, slots=True)
class Cell:
    """An element of an array: ``a[i, j + 1]``, ``self.a[i][0]``, or the name of an item that the loop walks."""

    node: ast.expr
    base: ast.expr
    places: tuple[Place, ...]

    @property
    def array(self) -> str:
        """The text of the array."""
        return ast.unparse(self.base)

    @property
    def counters(self) -> tuple[str, ...]:
        """The counters among the indices, in their order."""
        return tuple(counter for one in self.places for counter in one.counters)

    @property
    def gather(self) -> Cell | None:
        """The element that is its index: ``b[i]`` of ``a[b[i]]``."""
        return self.places[0].gather


@dataclass(frozen=True, eq=False, slots=True)
class Store:
    """``a[i] = value``; an assignment in place is ``a[i] = a[i] + value``."""

    cell: Cell
    value: ast.expr


@dataclass(frozen=True, eq=False, slots=True)
class Named:
    """``name = value`` for the rest of the turn."""

    name: str
    value: ast.expr


@dataclass(frozen=True, eq=False, slots=True)
class Count:
    """``name += step``, a whole number."""

    node: ast.stmt
    name: str
    step: int


@dataclass(frozen=True, eq=False, slots=True)
class Sum:
    """``name += value`` of numbers, or another operation of ``UFUNCS``, one turn after the other."""

    node: ast.stmt
    name: str
    op: ast.operator
    value: ast.expr


@dataclass(frozen=True, eq=False, slots=True)
class Branch:
    """``if test: … else: …``."""

    test: ast.expr
    body: tuple[Step, ...]
    orelse: tuple[Step, ...] = ()


UFUNCS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
}
Step: TypeAlias = "Store | Named | Count | Sum | Branch"


def number(node: ast.expr) -> int | None:
    """A whole number that is written down, perhaps with a minus."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = number(node.operand)
        return None if inner is None else -inner
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def every(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps and those in their branches, in order."""
    for one in steps:
        yield one
        if isinstance(one, Branch):
            yield from every(one.body)
            yield from every(one.orelse)
