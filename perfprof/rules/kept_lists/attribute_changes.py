"""What the methods of a class do to a list that its objects hold: each use of it, by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.containers.growth import certain
from perfprof.rules.kept_lists.attribute_queues import Use
from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.expressions import is_builtin

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

TAKING = frozenset({"remove", "insert", "pop", "clear", "reverse", "sort"})
READING = frozenset({"count", "index", "copy"})
WALKERS = frozenset(
    "len list tuple set frozenset sorted any all sum min max enumerate zip reversed iter map filter dict "
    "str repr print bool type id isinstance".split()
)
DRAWING = frozenset({"random.choice", "random.choices", "random.sample", "json.dumps", "collections.Counter"})


def change_of(one: Use) -> str:
    """What a use does to the list: "reads", "grows" at its end, "made" anew, "taken" from; "" if that is not known."""
    above = one.above
    if isinstance(one.node.ctx, ast.Store):
        if isinstance(above, ast.AugAssign):
            return "grows" if above.target is one.node and isinstance(above.op, ast.Add) else ""
        plain = isinstance(above, ast.Assign) and above.targets == [one.node]
        value = above.value if plain or isinstance(above, ast.AnnAssign) else None  # type: ignore[union-attr]
        return "made" if value is not None and _makes_one(value, one.method) else ""
    if one.call is not None:
        return _called(one, one.call)
    if isinstance(above, ast.Subscript) and above.value is one.node:
        return "reads" if isinstance(above.ctx, ast.Load) else "taken" if _stands_alone(above, one.method) else ""
    return "reads" if _only_reads(one) else ""


def _makes_one(value: ast.expr, method: Function) -> bool:
    """Whether it is a new list, perhaps one of two: ``list(rows) if rows else []``."""
    if isinstance(value, ast.IfExp):
        return _makes_one(value.body, method) and _makes_one(value.orelse, method)
    return certain(value, method, "list")


def _called(one: Use, call: ast.Call) -> str:
    if one.word in {"append", "extend"}:
        return "grows"
    if one.word in TAKING:
        return "taken" if _stands_alone(call, one.method) or _given_back(call, one) else ""
    return "reads" if one.word in READING else ""


def _stands_alone(node: ast.expr, method: Function) -> bool:
    """Whether a statement does nothing after it: a call alone or kept by a name, an item stored or deleted."""
    above = method.parents.get(node)
    if isinstance(above, ast.Expr):
        return True
    if isinstance(above, ast.Delete):
        return above.targets == [node]
    if not isinstance(above, ast.Assign) or len(above.targets) != 1:
        return False
    return above.targets[0] is node or (above.value is node and isinstance(above.targets[0], ast.Name))


def _given_back(call: ast.Call, one: Use) -> bool:
    """``return self._rows.pop()``: no code of others runs in the statement."""
    plain = one.word == "pop" and all(isinstance(given, (ast.Name, ast.Constant)) for given in call.args)
    return plain and not call.keywords and isinstance(one.method.parents.get(call), ast.Return)


def _only_reads(one: Use) -> bool:
    above, node = one.above, one.node
    if isinstance(above, (ast.For, ast.comprehension)):
        return above.iter is node
    if isinstance(above, ast.Compare):  # also ``self._rows == rows``, ``self._rows is None``
        return len(above.ops) == 1
    if isinstance(above, ast.Call):
        callee = above.func.id if isinstance(above.func, ast.Name) else ""
        own = callee in WALKERS and _walked(callee, node, above) and is_builtin(callee, one.method)
        return own or ((standard(above.func, one.method) or "") in DRAWING and node in above.args)
    return isinstance(above, (ast.Starred, ast.YieldFrom, ast.FormattedValue)) or _tested(one)


def _walked(callee: str, node: ast.expr, call: ast.Call) -> bool:
    """Whether a builtin walks it; ``max(rows, others)`` and ``sum(more, rows)`` may give the list itself."""
    if callee in {"sum", "enumerate", "isinstance"}:
        return call.args[0] is node
    return call.args == [node] or (callee in {"zip", "map", "filter", "print"} and node in call.args)


def _tested(one: Use) -> bool:
    node, above = one.node, one.above
    while isinstance(above, ast.BoolOp) or (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not)):
        node, above = above, one.method.parents.get(above)  # type: ignore[assignment]
    if isinstance(above, ast.Return) and isinstance(node, ast.UnaryOp):
        return True
    return isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)) and above.test is node


@dataclass(frozen=True, eq=False, slots=True)
class Change:
    """A use that takes from the list, moves in it, or makes it anew, with its statement.

    before: whether what is known of the list is forgotten before it: nothing can be known anew while it runs, and no
    statement after it would run.
    """

    use: Use
    statement: ast.stmt
    before: bool


def changed_by(uses: Iterable[Use]) -> list[Change]:
    """The uses that take from the list, move in it, or make it anew."""
    taken = [one for one in uses if change_of(one) in {"taken", "made"}]
    return [_change(one, statement_of(one.node, one.method)) for one in taken]


def _change(one: Use, statement: ast.stmt) -> Change:
    # While a list is sorted it is empty for all who look, and it may be left in another order by an error.
    return Change(one, statement, one.word == "sort" or isinstance(statement, ast.Return))


def statement_of(node: ast.AST, method: Function) -> ast.stmt:
    """The statement in which a node of a method stands."""
    while not isinstance(node, ast.stmt):
        node = method.parents[node]
    return node
