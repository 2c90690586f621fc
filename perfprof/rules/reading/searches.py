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
from perfprof.rules.reading.repeats import all_scans
from perfprof.rules.reading.reworded import counted_through, kept_by_others, lazily, listed
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

    @property
    def backwards(self) -> bool:
        """Whether the answer walks the rows from the end: the collection stands in ``reversed``."""
        rows = self.answer.args[0] if isinstance(self.answer, ast.Call) else self.answer
        return isinstance(rows, COMPREHENSIONS) and rows.generators[0].iter is not self.walked


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
    loops = [one for one in all_scans(target) if one.kind == "loop"]
    if len(loops) != 1 or not body:
        return None
    chosen = selection(loops[0], target)
    if chosen is None or chosen.problem or kept_by_others(target):
        return None
    body = counted_through(body, loops[0])
    if isinstance(body[0], ast.For):
        return _statement(body, loops[0], chosen, target)
    found = _of_result(body, target) if len(body) > 1 else None
    if found is not None:
        return Search(loops[0], chosen, found[0], found[1]) if _pure(found[0], target) else None
    return _expression(body, loops[0], chosen, target)


def _statement(body: list[ast.stmt], scan: Scan, chosen: Selection, target: Function) -> Search | None:
    """``for row in rows: if row.key == key: return row``, and what it gives without a match."""
    loop = body[0]
    assert isinstance(loop, ast.For)
    found = _returned(loop, [*loop.orelse, *body[1:]])
    if found is None or not _binds_only(loop.target, target):
        return None
    test, result, last = found
    if not (reads_only(result, target) and reads_only(test, target) and is_builtin("next", target)):
        return None
    raises = isinstance(last, ast.Raise)
    if raises and test is not chosen.compare:
        return None  # that the key is in the index must be enough for a match
    default = last.value if isinstance(last, ast.Return) and last.value is not None else ast.Constant(None)
    if not is_plain_default(default) and not _is_given(default, target):
        return None
    return Search(scan, chosen, _first(_rows(result, loop, test), default), loop.iter, raises)


def _returned(loop: ast.For, tail: list[ast.stmt]) -> tuple[ast.expr, ast.expr, ast.Return | ast.Raise] | None:
    """(test, what is returned where it holds, what the function ends with where it never does)."""
    test = _only_test(loop)
    if test is None or len(test.body) > 1 or len(tail) > 1:
        return None
    given, last = test.body[0], tail[0] if tail else ast.Return(None)
    if not isinstance(given, ast.Return) or not isinstance(last, (ast.Return, ast.Raise)):
        return None
    return test.test, given.value or ast.Constant(None), last


def _only_test(loop: ast.For) -> ast.If | None:
    """The ``if`` with one statement that is all a loop does."""
    test = loop.body[0]
    return test if len(loop.body) == 1 and isinstance(test, ast.If) and not test.orelse else None


def _rows(element: ast.expr, loop: ast.For, test: ast.expr) -> ast.GeneratorExp:
    return ast.GeneratorExp(element, [ast.comprehension(loop.target, loop.iter, [test], 0)])


def _first(rows: ast.GeneratorExp, default: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("next", ast.Load()), [rows, default], [])


def is_plain_default(node: ast.expr) -> bool:
    """A constant, perhaps negative, or an empty display, which each evaluation makes anew."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return isinstance(node.operand, ast.Constant) and type(node.operand.value) in (int, float)
    empty = isinstance(node, (ast.List, ast.Tuple)) and not node.elts
    return isinstance(node, ast.Constant) or empty or (isinstance(node, ast.Dict) and not node.keys)


def _is_given(node: ast.expr, target: Function) -> bool:
    """A parameter as the caller gave it."""
    return isinstance(node, ast.Name) and node.id in target.parameters and not target.names.bindings.get(node.id)


def _of_result(body: list[ast.stmt], target: Function) -> tuple[ast.expr, ast.expr] | None:
    """(answer, what is walked in it) of a body that keeps its answer in a name before it returns it."""
    begin = body[0]
    name = begin.targets[0] if isinstance(begin, ast.Assign) and len(begin.targets) == 1 else None
    if not isinstance(begin, ast.Assign) or not isinstance(name, ast.Name):
        return None
    kept = listed(begin.value, target)
    if kept is not None:
        return _of_rows(kept, body[1:], name.id, target)
    loop = body[1]
    if len(body) != 3 or not isinstance(loop, ast.For) or loop.orelse or not _returns(body[-1], name.id):
        return None
    row = set(bound_names(loop.target))
    test = _only_test(loop)
    if test is None or name.id in row or not set(target.names.bindings) <= {name.id, *row}:
        return None
    answer = _kept(test, loop, name.id, begin.value, target)
    return (answer, loop.iter) if answer is not None else None


def _of_rows(
    rows: ast.ListComp, tail: list[ast.stmt], name: str, target: Function
) -> tuple[ast.expr, ast.expr] | None:
    """The same where all matches are kept in ``name``, and the first of them is returned."""
    if set(target.names.bindings) != {name} or len(rows.generators) != 1 or not is_builtin("next", target):
        return None
    default = _first_of(tail, name)
    if default is None:
        return None
    return _first(ast.GeneratorExp(rows.elt, rows.generators), default), rows.generators[0].iter


def _returns(statement: ast.stmt, name: str) -> bool:
    return isinstance(statement, ast.Return) and _is(statement.value, name)


def _kept(test: ast.If, loop: ast.For, name: str, start: ast.expr, target: Function) -> ast.expr | None:
    """What the loop leaves in the name: the first match, all of them, or how many."""
    keeps, ends = test.body[0], len(test.body) == 2 and isinstance(test.body[1], ast.Break)
    if len(test.body) > 1 and not ends:
        return None
    if isinstance(keeps, ast.Assign):
        if not is_plain_default(start) or not is_builtin("next", target):
            return None
        if _keeps_first(keeps, name, ends):
            return _first(_rows(keeps.value, loop, test.test), start)
        backwards = _keeps_last(keeps, name, test.test, loop) and is_builtin("reversed", target)
        return _first(_backwards(_rows(keeps.value, loop, test.test)), start) if backwards else None
    if ends:
        return None
    if isinstance(keeps, ast.AugAssign):
        counts = _counts(keeps, name, start) and is_builtin("sum", target)
        rows = _rows(keeps.value, loop, test.test)
        return ast.Call(ast.Name("sum", ast.Load()), [rows], []) if counts else None
    added = _added(keeps, name) if isinstance(start, ast.List) and not start.elts else None
    return ast.ListComp(added, _rows(added, loop, test.test).generators) if added is not None else None


def _keeps_first(keeps: ast.Assign, name: str, ends: bool) -> bool:
    """``found = row`` before the loop ends; of a constant the last match tells as much as the first."""
    alone = len(keeps.targets) == 1 and _is(keeps.targets[0], name)
    return alone and (ends or isinstance(keeps.value, ast.Constant))


def _keeps_last(keeps: ast.Assign, name: str, test: ast.expr, loop: ast.For) -> bool:
    """``found = row`` for each match: the same as the first from the end, where no other match can fail."""
    alone = len(keeps.targets) == 1 and _is(keeps.targets[0], name)
    of_row = isinstance(keeps.value, ast.Name) and keeps.value.id in set(bound_names(loop.target))
    return alone and of_row and isinstance(test, ast.Compare)


def _backwards(rows: ast.GeneratorExp) -> ast.GeneratorExp:
    walked = rows.generators[0]
    walked.iter = ast.Call(ast.Name("reversed", ast.Load()), [walked.iter], [])
    return rows


def _is(node: ast.expr | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _counts(keeps: ast.AugAssign, name: str, start: ast.expr) -> bool:
    """``n += 1`` after ``n = 0``."""
    numbers = [
        one.value for one in (keeps.value, start) if isinstance(one, ast.Constant) and type(one.value) is int
    ]
    return isinstance(keeps.op, ast.Add) and _is(keeps.target, name) and len(numbers) == 2 and numbers[1] == 0


def _added(keeps: ast.stmt, name: str) -> ast.expr | None:
    """``row`` of ``found.append(row)``."""
    call = keeps.value if isinstance(keeps, ast.Expr) else None
    if not isinstance(call, ast.Call) or call.keywords or len(call.args) != 1:
        return None
    named = isinstance(call.func, ast.Attribute) and call.func.attr == "append" and _is(call.func.value, name)
    return call.args[0] if named else None


def _first_of(tail: list[ast.stmt], name: str) -> ast.expr | None:
    """What is given where nothing matches: ``return found[0] if found else None``, or the same as statements."""
    choice = _choice(tail)
    if choice is None or not _is(choice.test, name) or not is_plain_default(choice.orelse):
        return None
    first = choice.body
    begins = isinstance(first, ast.Subscript) and _is(first.value, name) and isinstance(first.slice, ast.Constant)
    return choice.orelse if begins and first.slice.value == 0 else None  # type: ignore[attr-defined]


def _choice(tail: list[ast.stmt]) -> ast.IfExp | None:
    """``return a if test else b`` as one expression, also of ``if test: return a`` and ``return b``."""
    only = tail[0]
    if len(tail) == 1:
        return only.value if isinstance(only, ast.Return) and isinstance(only.value, ast.IfExp) else None
    if len(tail) > 2 or not isinstance(only, ast.If) or only.orelse or len(only.body) > 1:
        return None
    given, other = only.body[0], tail[1]
    if not isinstance(given, ast.Return) or given.value is None or not isinstance(other, ast.Return):
        return None
    return ast.IfExp(only.test, given.value, other.value or ast.Constant(None))


def _pure(answer: ast.expr, target: Function) -> bool:
    """Whether what is evaluated for each row only reads."""
    rows = answer.args[0] if isinstance(answer, ast.Call) else answer
    assert isinstance(rows, (ast.GeneratorExp, ast.ListComp))
    return all(reads_only(one, target) for one in (rows.elt, *rows.generators[0].ifs))


def _expression(body: list[ast.stmt], scan: Scan, chosen: Selection, target: Function) -> Search | None:
    """``return next((row for row in rows if row.key == key), None)``, ``any(…)``, ``[… for …]``."""
    only = body[0]
    if len(body) != 1 or not isinstance(only, ast.Return) or only.value is None or target.names.bindings:
        return None
    answer = listed(only.value, target) or only.value
    rows = _consumed(answer, target) if isinstance(answer, ast.Call) else answer
    applied = lazily(rows, target) if rows is not None else None
    if applied is not None and isinstance(answer, ast.Call):
        answer, rows = ast.Call(answer.func, [applied, *answer.args[1:]], []), applied
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
    return answer.args[0] if all(map(is_plain_default, answer.args[1:])) else None


def _binds_only(row: ast.expr, target: Function) -> bool:
    return set(target.names.bindings) <= set(bound_names(row)) and not target.names.parameters & set(
        bound_names(row)
    )
