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
    found = _of_result(body, target) if len(body) > 1 else None
    if found is not None:
        return Search(loops[0], chosen, found[0], found[1]) if _pure(found[0], target) else None
    return _expression(body, loops[0], chosen, target)


def _statement(body: list[ast.stmt], scan: Scan, chosen: Selection, target: Function) -> Search | None:
    """``for row in rows: if row.key == key: return row``, and what it gives without a match."""
    loop = body[0]
    assert isinstance(loop, ast.For)
    test, tail = _only_test(loop), [*loop.orelse, *body[1:]]
    if test is None or len(test.body) > 1 or len(tail) > 1 or not _binds_only(loop.target, target):
        return None
    given, last = test.body[0], tail[0] if tail else ast.Return(None)
    if not isinstance(given, ast.Return) or not isinstance(last, (ast.Return, ast.Raise)):
        return None
    result = given.value or ast.Constant(None)
    if not (reads_only(result, target) and reads_only(test.test, target)):
        return None
    default = (last.value or ast.Constant(None)) if isinstance(last, ast.Return) else None
    if default is not None and not is_plain_default(default):
        return None
    if default is None and test.test is not chosen.compare:
        return None  # that the key is in the index must be enough for a match
    answer = _first(_rows(result, loop, test.test), default or ast.Constant(None))
    return Search(scan, chosen, answer, loop.iter, default is None) if is_builtin("next", target) else None


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


def _of_result(body: list[ast.stmt], target: Function) -> tuple[ast.expr, ast.expr] | None:
    """(answer, what is walked in it) of a body that keeps its answer in a name before it returns it."""
    begin = body[0]
    name = begin.targets[0] if isinstance(begin, ast.Assign) and len(begin.targets) == 1 else None
    if not isinstance(begin, ast.Assign) or not isinstance(name, ast.Name):
        return None
    last = body[-1]
    if isinstance(begin.value, ast.ListComp):
        first = _first_of(body[1:], name.id) if set(target.names.bindings) == {name.id} else None
        rows = ast.GeneratorExp(begin.value.elt, begin.value.generators)
        one = len(rows.generators) == 1 and first is not None and is_builtin("next", target)
        return (_first(rows, first), rows.generators[0].iter) if one and first is not None else None
    loop = body[1]
    if len(body) != 3 or not isinstance(loop, ast.For) or loop.orelse or not _returns(last, name.id):
        return None
    test = _only_test(loop)
    if test is None or not set(target.names.bindings) <= {name.id, *bound_names(loop.target)}:
        return None
    answer = _kept(test, loop, name.id, begin.value, target)
    return (answer, loop.iter) if answer is not None and name.id not in bound_names(loop.target) else None


def _returns(statement: ast.stmt, name: str) -> bool:
    return (
        isinstance(statement, ast.Return) and isinstance(statement.value, ast.Name) and statement.value.id == name
    )


def _kept(test: ast.If, loop: ast.For, name: str, start: ast.expr, target: Function) -> ast.expr | None:
    """What the loop leaves in the name: the first match, all of them, or how many."""
    keeps, ends = test.body[0], len(test.body) == 2 and isinstance(test.body[1], ast.Break)
    if len(test.body) > 1 and not ends:
        return None
    if isinstance(keeps, ast.Assign):
        same = ends or isinstance(keeps.value, ast.Constant)  # the first match tells as much as the last
        own = len(keeps.targets) == 1 and _is(keeps.targets[0], name)
        plain = same and own and is_plain_default(start) and is_builtin("next", target)
        return _first(_rows(keeps.value, loop, test.test), start) if plain else None
    if ends:
        return None
    if isinstance(keeps, ast.AugAssign):
        counts = _counts(keeps, name, start) and is_builtin("sum", target)
        rows = _rows(keeps.value, loop, test.test)
        return ast.Call(ast.Name("sum", ast.Load()), [rows], []) if counts else None
    added = _added(keeps, name) if isinstance(start, ast.List) and not start.elts else None
    return ast.ListComp(added, _rows(added, loop, test.test).generators) if added is not None else None


def _is(node: ast.expr, name: str) -> bool:
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
    only = tail[0]
    if isinstance(only, ast.If) and not only.orelse and len(only.body) == 1 and len(tail) == 2:
        given, other = only.body[0], tail[1]
        test, first = only.test, given.value if isinstance(given, ast.Return) else None
        default = (other.value or ast.Constant(None)) if isinstance(other, ast.Return) else None
    elif isinstance(only, ast.Return) and isinstance(only.value, ast.IfExp) and len(tail) == 1:
        test, first, default = only.value.test, only.value.body, only.value.orelse
    else:
        return None
    begins = isinstance(first, ast.Subscript) and isinstance(first.value, ast.Name) and first.value.id == name
    zero = begins and isinstance(first.slice, ast.Constant) and first.slice.value == 0  # type: ignore[union-attr]
    asked = isinstance(test, ast.Name) and test.id == name
    return default if asked and zero and default is not None and is_plain_default(default) else None


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
    return answer.args[0] if all(map(is_plain_default, answer.args[1:])) else None


def _binds_only(row: ast.expr, target: Function) -> bool:
    return set(target.names.bindings) <= set(bound_names(row)) and not target.names.parameters & set(
        bound_names(row)
    )
