"""Which columns of its rows a program reads: only where each row is used by names that are written down."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from perfprof.rules.reading.fetches import fetch_of
from perfprof.rules.reading.program import Function


def columns_used(call: ast.Call, function: Function) -> frozenset[str]:
    """The names by which the rows of an ``execute`` are read; empty if anything else may be done with a row."""
    query = fetch_of(call, function)
    rows = list(_rows(query[0], query[1], function)) if query is not None else []
    found: set[str] = set()
    for row in rows:
        names = list(_names(row, function)) if row is not None else [None]
        if None in names or not names:
            return frozenset()
        found |= {name for name in names if name is not None}
    return frozenset(found)


def _rows(fetch: ast.expr, how: str, function: Function) -> Iterator[ast.expr | None]:
    """The targets that are bound to a row, or the row itself; None for rows that go elsewhere."""
    above = function.parents.get(fetch)
    if how == "one":
        yield fetch
    elif isinstance(above, (ast.For, ast.AsyncFor, ast.comprehension)) and above.iter is fetch:
        yield above.target
    elif isinstance(above, ast.Assign) and len(above.targets) == 1 and how == "all":
        target = above.targets[0]
        loads = function.names.loads.get(target.id, []) if _alone(target, function) else []  # type: ignore[attr-defined]
        yield from (_walked(one, function) for one in loads)
        if not loads:
            yield None
    else:
        yield None


def _walked(rows: ast.expr, function: Function) -> ast.expr | None:
    above = function.parents.get(rows)
    walked = isinstance(above, (ast.For, ast.AsyncFor, ast.comprehension)) and above.iter is rows
    return above.target if walked and isinstance(above, (ast.For, ast.AsyncFor, ast.comprehension)) else None


def _alone(target: ast.expr, function: Function) -> bool:
    """A local name that is bound once and that no other function sees."""
    if not isinstance(target, ast.Name) or function.qualname == "<module>":
        return False
    name = target.id
    seen = name in function.names.captured | function.names.elsewhere or not function.names.is_local(name)
    return not seen and len(function.names.bindings.get(name, ())) == 1


def _names(row: ast.expr, function: Function) -> Iterator[str | None]:
    """How the row is read: names, None for any other use. row: its expression, or the name that it is bound to."""
    above = function.parents.get(row)
    if isinstance(above, ast.Assign) and len(above.targets) == 1 and above.value is row:
        yield from _of_name(above.targets[0], function)
    elif isinstance(row, ast.Name) and isinstance(row.ctx, ast.Store):
        yield from _of_name(row, function)
    else:
        yield _read(row, function)


def _of_name(target: ast.expr, function: Function) -> Iterator[str | None]:
    if not isinstance(target, ast.Name) or not _private(target, function):
        yield None
        return
    loads = [node for node in ast.walk(function.node) if _is(node, target.id) and isinstance(node.ctx, ast.Load)]  # type: ignore[attr-defined]
    for load in loads:
        if not _tested(load, function):
            yield _read(load, function)


def _private(target: ast.Name, function: Function) -> bool:
    """Whether every use of the name in the function means this row."""
    stores = [node for node in ast.walk(function.node) if _is(node, target.id) and not isinstance(node.ctx, ast.Load)]  # type: ignore[attr-defined]
    outer = function.names.captured | function.names.elsewhere | {*function.parameters}
    return stores == [target] and target.id not in outer and function.qualname != "<module>"


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _tested(load: ast.AST, function: Function) -> bool:
    """``if row``, ``row is None``: rows are never empty, and None stays None."""
    above = function.parents.get(load)
    if isinstance(above, ast.Compare):
        other = above.comparators[0]
        return (
            isinstance(above.ops[0], (ast.Is, ast.IsNot))
            and isinstance(other, ast.Constant)
            and other.value is None
        )
    if isinstance(above, ast.UnaryOp):
        return isinstance(above.op, ast.Not)
    return isinstance(above, (ast.If, ast.IfExp, ast.Assert)) and above.test is load


def _read(row: ast.AST, function: Function) -> str | None:
    """``row["name"]``, read and not written."""
    above = function.parents.get(row)
    if not isinstance(above, ast.Subscript) or above.value is not row or not isinstance(above.ctx, ast.Load):
        return None
    key = above.slice
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
