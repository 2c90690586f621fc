"""Searches in disguise: functions that do nothing but walk a collection for the rows that equal what they are given.

    def find_by_id(self, wanted):                  next((one for one in self._items if one.id == wanted), None)
        for one in self._items:
            if one.id == wanted:
                return one
        return None

Such a function stands for one expression, so a caller may evaluate that expression itself, over fewer rows.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.reading.callees import is_generator
from perfprof.rules.reading.expressions import is_builtin, reads_only
from perfprof.rules.reading.names import bound_names
from perfprof.rules.reading.scans import COMPREHENSIONS
from perfprof.rules.reading.selection import Selection, selection

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Scan

CONSUMERS = frozenset("next any all sum list tuple".split())


@dataclass(frozen=True, eq=False, slots=True)
class Search:
    """A function as one expression. answer: that expression; walked: the node in it that is the collection.

    certain: the answer only holds where a row matches (without one the function raises).
    """

    scan: Scan
    chosen: Selection
    answer: ast.expr
    walked: ast.expr
    certain: bool = False


def search_of(target: Function) -> Search | None:
    """The search that a function stands for; None if it does anything else."""
    found = target.memo.get("search")
    if found is None:
        found = target.memo["search"] = (_search(target),)
    return found[0]  # type: ignore[index,no-any-return]  # the memo holds what was put there


def _search(target: Function) -> Search | None:
    if not target.loops or isinstance(target.node, (ast.AsyncFunctionDef, ast.Module)) or is_generator(target):
        return None
    body = target.body[1:] if ast.get_docstring(target.node) is not None else target.body
    loops = [one for one in target.scans if one.kind == "loop"]
    if len(loops) != 1 or not body:
        return None
    chosen = selection(loops[0], target)
    if chosen is None or chosen.problem or target.names.captured or target.names.elsewhere:
        return None
    if isinstance(body[0], ast.For):
        return _statement(body, loops[0], chosen, target)
    return _expression(body, loops[0], chosen, target)


def _statement(body: list[ast.stmt], scan: Scan, chosen: Selection, target: Function) -> Search | None:
    """``for row in rows: if row.key == key: return row``, and what it gives without a match."""
    loop = body[0]
    assert isinstance(loop, ast.For)
    test, tail = _only_test(loop), [*loop.orelse, *body[1:]]
    if test is None or len(tail) > 1 or not _binds_only(loop.target, target):
        return None
    given, last = test.body[0], tail[0] if tail else ast.Return(None)
    if not isinstance(given, ast.Return) or not isinstance(last, (ast.Return, ast.Raise)):
        return None
    result = given.value or ast.Constant(None)
    if not (reads_only(result, target) and reads_only(test.test, target)):
        return None
    default = (last.value or ast.Constant(None)) if isinstance(last, ast.Return) else None
    if default is not None and not isinstance(default, ast.Constant):
        return None
    if default is None and test.test is not chosen.compare:
        return None  # that the key is in the index must be enough for a match
    rows = ast.GeneratorExp(result, [ast.comprehension(loop.target, loop.iter, [test.test], 0)])
    answer = ast.Call(ast.Name("next", ast.Load()), [rows, default or ast.Constant(None)], [])
    return Search(scan, chosen, answer, loop.iter, default is None) if is_builtin("next", target) else None


def _only_test(loop: ast.For) -> ast.If | None:
    """The ``if`` with one statement that is all a loop does."""
    test = loop.body[0]
    if len(loop.body) > 1 or not isinstance(test, ast.If) or test.orelse or len(test.body) > 1:
        return None
    return test


def _expression(body: list[ast.stmt], scan: Scan, chosen: Selection, target: Function) -> Search | None:
    """``return next((row for row in rows if row.key == key), None)``, ``any(…)``, ``[… for …]``."""
    only = body[0]
    if len(body) != 1 or not isinstance(only, ast.Return) or only.value is None or target.names.bindings:
        return None
    answer = only.value
    rows = _consumed(answer, target) if isinstance(answer, ast.Call) else answer
    if not isinstance(rows, COMPREHENSIONS) or isinstance(rows, ast.DictComp) or len(rows.generators) != 1:
        return None
    if rows is answer and not isinstance(rows, ast.ListComp):
        return None
    parts = [rows.elt, *rows.generators[0].ifs]
    if not all(reads_only(one, target) for one in parts):
        return None
    return Search(scan, chosen, answer, rows.generators[0].iter)


def _consumed(answer: ast.Call, target: Function) -> ast.expr | None:
    """The rows of ``next(rows, None)`` or ``any(rows)``; None if something else is called."""
    callee = answer.func.id if isinstance(answer.func, ast.Name) else ""
    if callee not in CONSUMERS or answer.keywords or not answer.args or not is_builtin(callee, target):
        return None
    return answer.args[0] if all(isinstance(one, ast.Constant) for one in answer.args[1:]) else None


def _binds_only(row: ast.expr, target: Function) -> bool:
    return set(target.names.bindings) <= set(bound_names(row)) and not target.names.parameters & set(
        bound_names(row)
    )
