"""Whether what is counted, tested or summed up has an element for each turn of all loops."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from perfprof.rules.elementwise.loops import ElementLoop, leaves
from perfprof.rules.elementwise.turns import Branch, Cell, Sum, every
from perfprof.rules.reading.names import read_names

Problem = tuple[ast.AST, str]


def too_few(found: ElementLoop) -> Iterator[Problem]:
    """What is of fewer elements than there are turns."""
    steps = [*every(found.steps)]
    if found.read.counts and not any(_of_all(one, found) for one in found.read.cells.values()):
        yield found.hoist.statement, "no array is as large as the loops are long"
    yield from _sums([one.value for one in steps if isinstance(one, Sum)], found)
    if len(found.axes) > 1:
        yield from _chosen([one for one in steps if isinstance(one, Branch)], found)


def _sums(values: Sequence[ast.expr], found: ElementLoop) -> Iterator[Problem]:
    for one in values:
        if not (_some_of_all(one, found) or _named_of_all(one, found)):
            yield one, "what is summed up is not of each element"


def _chosen(branches: Sequence[Branch], found: ElementLoop) -> Iterator[Problem]:
    """Tests of several loops that are not of each element, and sums that they choose."""
    for one in branches:
        if not _some_of_all(one.test, found):
            yield one.test, "the test is not of each element"
    yield from _chosen_sums(branches, found)


def _of_all(cell: Cell, found: ElementLoop) -> bool:
    """Whether each turn of all loops has an element of its own."""
    return len({*cell.counters}) == len(found.axes)


def _cells(value: ast.expr, found: ElementLoop) -> list[Cell]:
    return [found.read.cells[node] for node in ast.walk(value) if node in found.read.cells]


def _some_of_all(value: ast.expr, found: ElementLoop) -> bool:
    return any(_of_all(one, found) for one in _cells(value, found))


def _named_of_all(value: ast.expr, found: ElementLoop) -> bool:
    """Whether it varies by what the turn of a single loop gave a name."""
    return len(found.axes) == 1 and bool(read_names(value) & found.bound)


def _chosen_sums(branches: Sequence[Branch], found: ElementLoop) -> Iterator[Problem]:
    """Sums over some turns of several loops, of values that have fewer axes than these."""
    for one in every([step for branch in branches for step in (*branch.body, *branch.orelse)]):
        if isinstance(one, Sum) and not _all_of_all(one.value, found):
            yield one.value, "what is summed up is not of each element"


def _all_of_all(value: ast.expr, found: ElementLoop) -> bool:
    names = {node.id for node in leaves(value, found.read) if isinstance(node, ast.Name)}
    return not names & found.bound and all(_of_all(cell, found) for cell in _cells(value, found))
