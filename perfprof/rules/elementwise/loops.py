"""Loops over arrays, element by element: each element is boxed, computed with alone, and stored back.

NumPy does a step in 50 to 100 nanoseconds for one element, and in one for an element among thousands.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.elementwise.ranges import Bound, bound, length
from perfprof.rules.elementwise.steps import Steps
from perfprof.rules.elementwise.turns import (
    Branch,
    Cell,
    Count,
    NoneOfOursError,
    Place,
    Step,
    Store,
    Sum,
    every,
)
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.scans import Loop

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


@dataclass(frozen=True, eq=False, slots=True)
class Axis:
    """One of the loops: its counter, and from where to where it counts."""

    counter: str
    low: Bound
    high: Bound


@dataclass(frozen=True, eq=False, slots=True)
class ElementLoop:
    """A loop, or loops right inside one another, whose turns compute with elements of arrays.

    numpy: what NumPy is called. read: the body as it was read. bound: names that the loops bind. alike: arrays that
    are walked side by side.
    """

    function: Function
    hoist: Loop
    numpy: str
    axes: tuple[Axis, ...]
    steps: tuple[Step, ...]
    read: Steps
    body: ast.stmt
    bound: frozenset[str]
    alike: tuple[ast.expr, ...] = ()
    stable: tuple[()] = ()

    @property
    def bases(self) -> tuple[ast.expr, ...]:
        """All that the new code reads before the loop."""
        ends = [end.base for axis in self.axes for end in (axis.low, axis.high) if end.base is not None]
        counts = [ast.Name(one, ast.Load()) for one in sorted(self.read.counts | self.read.sums)]
        return (
            *(cell.base for cell in self.read.cells.values()),
            *ends,
            *self.alike,
            *counts,
            *self.given.values(),
            *self.numbers.values(),
        )

    @property
    def written(self) -> dict[str, Cell]:
        """The arrays that are stored into, with the first element of each."""
        found: dict[str, Cell] = {}
        for one in every(self.steps):
            if isinstance(one, Store):
                found.setdefault(one.cell.array, one.cell)
        return found

    @property
    def arrays(self) -> dict[str, list[Cell]]:
        """All arrays by their text, with their elements; what is stored into comes last."""
        found: dict[str, list[Cell]] = {}
        for cell in self.read.cells.values():
            found.setdefault(cell.array, []).append(cell)
        return dict(sorted(found.items(), key=lambda one: one[0] in self.written))

    @property
    def sized(self) -> dict[str, ast.expr]:
        """What only its length is asked of, by its text."""
        ends = [end for axis in self.axes for end in (axis.low, axis.high)]
        return {end.array: end.base for end in ends if end.base is not None and end.array not in {"", *self.arrays}}

    @property
    def given(self) -> dict[str, ast.expr]:
        """Values that the loop computes with and does not bind, by their text."""
        known = {*self.bound, *self.read.modules}
        found: dict[str, ast.expr] = {}
        for one in self.values:
            for node in leaves(one, self.read):
                path = path_of(node)
                if path is not None and path[0] not in known:
                    found.setdefault(ast.unparse(node), node)
        return found

    @property
    def values(self) -> Iterator[ast.expr]:
        """The expressions of all steps."""
        for one in every(self.steps):
            if isinstance(one, Branch):
                yield one.test
            elif not isinstance(one, Count):
                yield one.value

    @property
    def numbers(self) -> dict[str, ast.expr]:
        """Whole numbers that ends of ranges and indices are made of, by their text."""
        ends = [
            end.base
            for axis in self.axes
            for end in (axis.low, axis.high)
            if end.base is not None and not end.array
        ]
        places = [
            place.name for cell in self.read.cells.values() for place in cell.places if place.name is not None
        ]
        return {ast.unparse(one): one for one in (*ends, *places)}


def leaves(node: ast.expr, read: Steps) -> Iterator[ast.expr]:
    """Names and attributes that an expression computes with."""
    if node in read.cells or isinstance(node, ast.Constant):
        return
    if isinstance(node, (ast.Name, ast.Attribute)):
        yield node
        return
    parts = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    for part in parts:
        if isinstance(part, ast.expr):
            yield from leaves(part, read)


def element_loops(function: Function) -> Iterator[ElementLoop]:
    """Every outermost nest of loops of a function that computes with elements, and nothing else."""
    modules = _modules(function)
    numpy = next((name for name, module in modules.items() if module == "numpy"), "")
    if not numpy or isinstance(function.node, ast.Module):
        return
    inside: set[ast.AST] = set()
    for loop in function.every(ast.For):
        if loop in inside or _kept_beside(loop, function):
            continue
        try:
            found = _read(loop, function, modules, numpy)
        except NoneOfOursError:
            continue
        if found is not None:
            inside |= {*ast.walk(loop)}
            yield found


def _kept_beside(loop: ast.For, function: Function) -> bool:
    """Whether it is one that a rewrite kept: ``if not at_once: for …``."""
    above = function.parents.get(loop)
    test = above.test if isinstance(above, ast.If) else None
    return (
        isinstance(test, ast.UnaryOp)
        and isinstance(test.operand, ast.Name)
        and test.operand.id.startswith("at_once")
    )


def _modules(function: Function) -> dict[str, str]:
    """What NumPy and math are called in a function, by whole imports of the module."""
    module, found = function.module, {}
    for name, statement in module.top.items():
        if isinstance(statement, ast.Import) and name not in module.rebound and not function.hides(name):
            for one in statement.names:
                if one.name in {"numpy", "math"} and (one.asname or one.name) == name:
                    found[name] = one.name
    return found


def _read(loop: ast.For, function: Function, modules: dict[str, str], numpy: str) -> ElementLoop | None:
    axes, inner = [], loop
    items: dict[str, ast.expr] = {}
    while True:
        axis, items = _axis(inner, function)
        axes.append(axis)
        if len(inner.body) != 1 or not isinstance(inner.body[0], ast.For) or items:
            break
        inner = inner.body[0]
    counters = [one.counter for one in axes]
    if len({*counters, *items}) != len(counters) + len(items):
        raise NoneOfOursError
    walked = {name: (array, Place(axis.counter)) for name, array in items.items()}
    read = Steps(counters, walked, modules)
    steps = read.block(inner.body)
    bound = frozenset({*counters, *items, *read.named, *read.counts, *read.sums})
    alike = tuple(items.values()) if len(items) > 1 else ()
    found = ElementLoop(function, Loop(loop, loop), numpy, tuple(axes), steps, read, inner.body[0], bound, alike)
    acts = any(
        isinstance(one, (Count, Sum)) or (isinstance(one, Store) and any(it.counter for it in one.cell.places))
        for one in every(steps)
    )
    return found if acts and read.cells else None


def _axis(loop: ast.For, function: Function) -> tuple[Axis, dict[str, ast.expr]]:
    """The counter and its range, and the names of items that are walked with their arrays."""
    call, target = loop.iter, loop.target
    if loop.orelse or loop.type_comment:
        raise NoneOfOursError
    name, given = _called(call, function)
    if name == "range" and isinstance(target, ast.Name) and 1 <= len(given) <= 2:
        low, high = given if len(given) == 2 else (None, given[0])
        return Axis(target.id, bound(low), bound(high)), {}
    return _walked(target, call, function)


def _walked(target: ast.expr, walked: ast.expr, function: Function) -> tuple[Axis, dict[str, ast.expr]]:
    """The same of what is no range."""
    counter, (name, given) = "", _called(walked, function)
    if name == "enumerate" and isinstance(target, ast.Tuple) and len(target.elts) == 2 and len(given) == 1:
        first, target = target.elts
        counter, walked = _name_of(first), given[0]
    items = _items(target, walked, function)
    name, array = next(iter(items.items()))
    return Axis(counter or f"<{name}>", Bound(None), length(array, 0)), items


def _name_of(target: ast.expr) -> str:
    if not isinstance(target, ast.Name):
        raise NoneOfOursError
    return target.id


def _items(target: ast.expr, walked: ast.expr, function: Function) -> dict[str, ast.expr]:
    """``x`` of ``a``; ``x, y`` of ``zip(a, b)``."""
    name, given = _called(walked, function)
    if name == "zip" and isinstance(target, ast.Tuple) and len(target.elts) == len(given) > 1:
        pairs = [*zip(target.elts, given, strict=True)]
    else:
        pairs = [(target, walked)]
    found = {one.id: array for one, array in pairs if isinstance(one, ast.Name) and path_of(array) is not None}
    if len(found) < len(pairs):
        raise NoneOfOursError
    return found


def _called(call: ast.expr, function: Function) -> tuple[str, list[ast.expr]]:
    """The builtin that is called, and with what; "" if it is none."""
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.keywords:
        starred = any(isinstance(one, ast.Starred) for one in call.args)
        return ("", []) if starred or not is_builtin(call.func.id, function) else (call.func.id, call.args)
    return "", []
