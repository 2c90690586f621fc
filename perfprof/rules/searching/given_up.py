"""A set that is given up where a branch of the loop calls what may change the list, and nobody can tell whether it does.

    for order in orders:
        if order.customer not in customers:
            customers_set = customers
            self.report(order)

Until that branch is taken the set holds what the list does. From there on the list is asked, whatever the call did.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from perfprof.rules.hoisting import region_of_loop, runs_later
from perfprof.rules.reading.changes import also_called
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.stability import Stability, stability

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.reading.scans import Loop, Scan

MOST = 2  # places where it is given up: a reader has to follow each
_READ = 8  # branches that are looked at
_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign)
_BRANCHES = (ast.If, ast.ExceptHandler)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def given_up(
    scan: Scan, function: Function, program: Program
) -> tuple[Loop, tuple[Stability, ...], tuple[ast.stmt, ...]] | None:
    """The outermost loop in which the list stays but for a few branches, and the statements before which to give up."""
    path = path_of(scan.subject)
    if path is None or runs_later(scan, function) is not None:
        return None
    for loop in scan.around:
        asides = _needed(scan, loop, _branches(loop, scan, path, function), function, program)
        first = _first_of_each_block(asides, function)
        if 0 < len(first) <= MOST:
            return loop, (_kept(scan, loop, asides, function, program),), first
    return None


def _needed(scan: Scan, loop: Loop, asides: list[ast.stmt], function: Function, program: Program) -> list[ast.stmt]:
    """Those of the branches that may change the list; none if something else may as well."""
    if len(asides) > _READ or _kept(scan, loop, asides, function, program).problem:
        return []
    for one in tuple(asides):
        fewer = [other for other in asides if other is not one]
        if not _kept(scan, loop, fewer, function, program).problem:
            asides = fewer
    return asides


def _kept(scan: Scan, loop: Loop, asides: Sequence[ast.stmt], function: Function, program: Program) -> Stability:
    calls = [node for one in asides for node in ast.walk(one) if isinstance(node, ast.Call)]
    return stability(scan.subject, region_of_loop(loop), function, program, calls)


def _branches(loop: Loop, scan: Scan, path: tuple[str, ...], function: Function) -> list[ast.stmt]:
    """Statements with calls that a turn of the innermost loop around the test may pass over, and that are not about the list."""
    turns = [one.node for one in scan.around if one.holder is None]
    if loop.node not in turns:
        return []
    calls = [node for node in ast.walk(loop.node) if isinstance(node, ast.Call)]
    found = dict.fromkeys(filter(None, (_branch(one, turns[-1], function) for one in calls)))
    own = also_called(path, function)
    return [one for one in found if _has_line(one, function) and not any(_asks(one, other) for other in own)]


def _branch(call: ast.Call, turn: ast.AST, function: Function) -> ast.stmt | None:
    """The simple statement of a call, if it stands in a branch of the turn."""
    node: ast.AST | None = call
    while node is not None and not isinstance(node, ast.stmt):
        if isinstance(node, _SCOPES):
            return None
        node = function.parents.get(node)
    statement = node if isinstance(node, _SIMPLE) else None
    inside = False
    while node is not None and node is not turn:
        above = function.parents.get(node)
        inside = inside or (isinstance(above, _BRANCHES) and isinstance(node, ast.stmt))
        if isinstance(above, _SCOPES):
            return None
        node = above
    return statement if inside and node is turn else None


def _asks(statement: ast.stmt, path: tuple[str, ...] | None) -> bool:
    """Whether a method of the list itself is called there, which then surely changes it."""
    return path is not None and any(
        isinstance(node, ast.Attribute) and path_of(node.value) == path for node in ast.walk(statement)
    )


def _has_line(statement: ast.stmt, function: Function) -> bool:
    """Whether another statement can stand before it."""
    lines = function.module.raw_lines
    above = lines[statement.lineno - 2] if statement.lineno > 1 else b""
    before = lines[statement.lineno - 1][: statement.col_offset]
    return not before.strip() and not above.rstrip(b"\r\n").endswith(b"\\")


def _first_of_each_block(asides: Sequence[ast.stmt], function: Function) -> tuple[ast.stmt, ...]:
    """Of those that stand one after the other in a block the first: what follows it has given up."""
    return tuple(one for one in asides if not any(other in _before(one, function) for other in asides))


def _before(statement: ast.stmt, function: Function) -> Iterator[ast.stmt]:
    above = function.parents[statement]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(above, name, None)
        if isinstance(block, list) and statement in block:
            yield from block[: block.index(statement)]
