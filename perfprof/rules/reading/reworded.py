"""Functions that search, in other words: what a lambda or a ``while`` in them stands for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.lambdas import LAZY, stands_for
from perfprof.rules.reading.repeats import all_scans

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Scan


def listed(value: ast.expr, target: Function) -> ast.ListComp | None:
    """All matches as a list: ``[row for row in rows if …]``, ``list(filter(lambda row: …, rows))``."""
    if isinstance(value, ast.ListComp):
        return value
    alone = isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords
    if (
        not alone
        or not isinstance(value, ast.Call)
        or not (getattr(value.func, "id", "") == "list" and is_builtin("list", target))
    ):
        return None
    rows = lazily(value.args[0], target)
    return ast.ListComp(rows.elt, rows.generators) if rows is not None else None


def lazily(rows: ast.expr, target: Function) -> ast.GeneratorExp | None:
    """``filter(lambda row: …, rows)`` and ``map(lambda row: …, rows)`` as what they stand for."""
    name = getattr(rows.func, "id", "") if isinstance(rows, ast.Call) else ""
    return stands_for(rows) if isinstance(rows, ast.Call) and name in LAZY and is_builtin(name, target) else None


def counted_through(body: list[ast.stmt], scan: Scan) -> list[ast.stmt]:
    """``i = 0`` and a ``while`` that counts as the ``for`` that they stand for."""
    one = scan.own.counting if scan.own is not None else None
    if one is None or one.others or scan.statement not in body or not isinstance(body[0], ast.Assign):
        return body
    place = body.index(scan.statement)
    names = [getattr(target, "id", "") for target in body[0].targets]
    return [one.loop, *body[place + 1 :]] if place == 1 and names == [one.name] else body


def kept_by_others(target: Function) -> bool:
    """Whether something in it may use its names later; a lambda that a builtin applies at once does not."""
    kept = [*target.every(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)]
    applied = sum(one.own is not None and one.own.call is not None for one in all_scans(target))
    return bool(kept or target.names.elsewhere) or len([*target.every(ast.Lambda)]) > applied
