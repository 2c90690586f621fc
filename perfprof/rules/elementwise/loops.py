"""Loops over arrays, element by element: each element is boxed, computed with alone, and stored back.

NumPy does a step in 50 to 100 nanoseconds for one element, and in one for an element among thousands.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.elementwise.ranges import Bound, bound, length
from perfprof.rules.elementwise.steps import (
    Branch,
    Cell,
    Count,
    NoneOfOursError,
    Place,
    Step,
    Steps,
    Store,
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

    numpy: what NumPy is called. read: the body as it was read. bound: names that the loops bind.
    """

    function: Function
    hoist: Loop
    numpy: str
    axes: tuple[Axis, ...]
    steps: tuple[Step, ...]
    read: Steps
    body: ast.stmt
    bound: frozenset[str]
    stable: tuple[()] = ()

    @property
    def bases(self) -> tuple[ast.expr, ...]:
        """All that the new code reads before the loop."""
        ends = [end.base for axis in self.axes for end in (axis.low, axis.high) if end.base is not None]
        counts = [ast.Name(one, ast.Load()) for one in sorted(self.read.counts)]
        return (
            *(cell.base for cell in self.read.cells.values()),
            *ends,
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
    def given(self) -> dict[str, ast.expr]:
        """Values that the loop computes with and does not bind, by their text."""
        known = {*self.bound, *self.read.modules}
        found: dict[str, ast.expr] = {}
        for one in self.values:
            for node in _leaves(one, self.read):
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


def _leaves(node: ast.expr, read: Steps) -> Iterator[ast.expr]:
    """Names and attributes that an expression computes with."""
    if node in read.cells or isinstance(node, ast.Constant):
        return
    if isinstance(node, (ast.Name, ast.Attribute)):
        yield node
        return
    parts = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    for part in parts:
        if isinstance(part, ast.expr):
            yield from _leaves(part, read)


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
        if isinstance(statement, ast.Import) and name not in module.rebound and not _is_local(name, function):
            for one in statement.names:
                if one.name in {"numpy", "math"} and (one.asname or one.name) == name:
                    found[name] = one.name
    return found


def _is_local(name: str, function: Function) -> bool:
    scope: Function | None = function
    while scope is not None and scope.qualname != "<module>":
        if name in scope.parameters or name in scope.names.bindings:
            return True
        scope = scope.outer
    return False


def _read(loop: ast.For, function: Function, modules: dict[str, str], numpy: str) -> ElementLoop | None:
    axes, items, inner = [], {}, loop
    while True:
        axis, item, walked = _axis(inner, function)
        axes.append(axis)
        if item:
            items[item] = (walked, Place(axis.counter))
        if len(inner.body) != 1 or not isinstance(inner.body[0], ast.For) or item:
            break
        inner = inner.body[0]
    counters = [one.counter for one in axes]
    if len({*counters, *items}) != len(counters) + len(items):
        raise NoneOfOursError
    read = Steps(counters, items, modules)
    steps = read.block(inner.body)
    bound = frozenset({*counters, *items, *read.named, *read.counts})
    found = ElementLoop(function, Loop(loop, loop), numpy, tuple(axes), steps, read, inner.body[0], bound)
    acts = any(isinstance(one, Count) or (isinstance(one, Store) and one.cell.counters) for one in every(steps))
    return found if acts and read.cells else None


def _axis(loop: ast.For, function: Function) -> tuple[Axis, str, ast.expr]:
    """The counter and its range, and the name and the array of an item that is walked."""
    call, target = loop.iter, loop.target
    if loop.orelse or loop.type_comment:
        raise NoneOfOursError
    if isinstance(target, ast.Name) and path_of(call) is not None:  # for x in a
        return Axis(f"<{target.id}>", Bound(None), length(call, 0)), target.id, call
    name, given = _called(call, function)
    if name == "range" and isinstance(target, ast.Name) and 1 <= len(given) <= 2:
        low, high = given if len(given) == 2 else (None, given[0])
        return Axis(target.id, bound(low), bound(high)), "", call
    pair = _pair(target)
    if name == "enumerate" and pair and len(given) == 1 and path_of(given[0]):
        return Axis(pair[0], Bound(None), length(given[0], 0)), pair[1], given[0]
    raise NoneOfOursError


def _called(call: ast.expr, function: Function) -> tuple[str, list[ast.expr]]:
    """The builtin that is called, and with what; "" if it is none."""
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.keywords:
        starred = any(isinstance(one, ast.Starred) for one in call.args)
        return ("", []) if starred or not is_builtin(call.func.id, function) else (call.func.id, call.args)
    return "", []


def _pair(target: ast.expr) -> tuple[str, str] | None:
    if isinstance(target, ast.Tuple) and len(target.elts) == 2:
        one, other = target.elts
        if isinstance(one, ast.Name) and isinstance(other, ast.Name):
            return one.id, other.id
    return None
