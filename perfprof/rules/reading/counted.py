"""Counts that only ask whether there is one: ``xs.count(x) == 0`` is ``x not in xs``, of a list."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfprof.rules.reading.repeats import all_scans

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Scan

# ``count <operator> number``: whether it says that there is one (True), or none (False).
_SAYS = {
    (ast.Eq, 0): False,
    (ast.LtE, 0): False,
    (ast.Lt, 1): False,
    (ast.NotEq, 0): True,
    (ast.Gt, 0): True,
    (ast.GtE, 1): True,
}


@dataclass(frozen=True, eq=False, slots=True)
class Counted:
    """A question put as a count. node: the expression that is its truth. word: ``in`` or ``not in``."""

    scan: Scan
    node: ast.expr
    word: str


def counted(function: Function) -> Iterator[Counted]:
    """All of them that a loop repeats, as scans for the counted value; its name is read once more in their place."""
    for scan in all_scans(function):
        call = scan.node
        if scan.kind != "call" or not scan.around or not isinstance(call, ast.Call) or call.keywords:
            continue
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "count" or len(call.args) != 1:
            continue
        truth = _truth(call, function) if isinstance(call.args[0], ast.Name) else None
        if truth is not None:
            asked = replace(scan, kind="membership", subject=call.func.value, probe=call.args[0], consumer="exists")
            yield Counted(asked, truth[0], "in" if truth[1] else "not in")


def _truth(call: ast.Call, function: Function) -> tuple[ast.expr, bool] | None:
    """The expression whose truth is all that the count is for, and whether it says that there is one."""
    above = function.parents.get(call)
    if isinstance(above, ast.Compare) and above.left is call and len(above.ops) == 1:
        number = above.comparators[0]
        value = number.value if isinstance(number, ast.Constant) and type(number.value) is int else None
        says = _SAYS.get((type(above.ops[0]), value)) if value is not None else None
        return (above, says) if says is not None else None
    if isinstance(above, (ast.If, ast.IfExp, ast.While)) and above.test is call:
        return call, True
    negated = isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)
    return (above, False) if negated and isinstance(above, ast.UnaryOp) else None
