"""Rows that a loop writes into texts: ``f"contains({word})"`` runs no code of the program where each word is plain.

Of an object a text asks its ``__str__``, which a class of the program may have. Where nothing else in the loop could
change what is computed in each turn, a test before the loop that all rows are texts or numbers settles it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.hoisting import outermost
from perfprof.rules.reading.stability import stability
from perfprof.rules.reading.types import bound_by_comprehension
from perfprof.rules.searching.indexing import in_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfprof.profilers.observations import Seen
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.reading.scans import Loop, Scan
    from perfprof.rules.reading.stability import Stability


def settled(
    bases: Sequence[ast.expr], scan: Scan, loop: Loop, function: Function, program: Program
) -> tuple[ast.Name, tuple[Stability, ...]] | None:
    """(what the loop walks, whether the operands stay where its rows are plain); None if more stands against it."""
    written = _written(loop, function)
    if not written or not isinstance(loop.iterable, ast.Name):
        return None
    place, stable = outermost(bases, scan, function, program, written)
    kept = stability(loop.iterable, [loop.statement], function, program, written)
    if place is not loop or any(one.problem for one in stable) or kept.problem or kept.apart or kept.watch:
        return None
    return loop.iterable, stable


def _written(loop: Loop, function: Function) -> list[ast.AST]:
    """The places where the row itself goes into a text."""
    target = loop.target
    if loop.holder is not None or not isinstance(loop.statement, ast.For) or not isinstance(target, ast.Name):
        return []
    names = function.names
    if len(names.bindings.get(target.id, ())) != 1 or target.id in names.captured or not names.is_local(target.id):
        return []
    within = [node for part in loop.statement.body for node in ast.walk(part)]
    shown = [node for node in within if isinstance(node, ast.FormattedValue)]
    rows = [node for node in shown if isinstance(node.value, ast.Name) and node.value.id == target.id]
    return [node for node in rows if not bound_by_comprehension(node.value, function)]  # type: ignore[arg-type]


def problem(rows: ast.Name, seen: Seen | None) -> str:
    """Why no test shows that the rows are plain; empty if one does, or no run tells."""
    if seen is None or not seen.types:
        return ""
    plain = guards.is_collection(rows.id, seen.types) is not None and set(seen.elements) <= set(guards.FLAT)
    return "" if plain else f"`{rows.id}` was a {guards.readable(seen.types)} of {guards.readable(seen.elements)}"


def tests(rows: ast.Name, seen: Seen | None, function: Function) -> list[str]:
    """That it is a plain collection of plain values."""
    types, elements = (seen.types, seen.elements) if seen is not None and seen.types else ((), ())
    kind = guards.is_collection(rows.id, types or ("builtins.list",)) or ""
    return [in_style(kind, function), guards.all_keys(rows.id, tuple(sorted(elements)) or ("builtins.str",))]
