"""Ranges that are the positions of a list: ``range(len(xs))``, ``range(i + 1, len(xs))``, ``range(n)`` after ``n = len(xs)``."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.reading.assignment import bound_before
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.names import read_names
from perfprof.rules.reading.syntax import walk

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop, Scan


@dataclass(frozen=True, eq=False, slots=True)
class Stretch:
    """Positions from ``first`` (None: from the beginning) up to ``end``, of the list ``values``.

    length: the name that holds the list's length; None if ``len`` is asked on the spot.
    """

    values: ast.expr
    first: ast.expr | None
    end: ast.expr
    length: ast.Name | None

    @property
    def whole(self) -> str:
        """All of the positions, as source."""
        return f"range({ast.unparse(self.end)})"

    def known_before(self, loop: Loop, function: Function) -> bool:
        """Whether the length is there where the loop begins, and is not computed again in it."""
        if self.length is None:
            return True
        line = function.names.bindings[self.length.id][0].node.lineno  # type: ignore[attr-defined]  # a name
        return line < loop.statement.lineno and bound_before(self.length.id, loop.statement, function)


def stretch_of(walked: ast.expr, scan: Scan, key: ast.expr, function: Function) -> Stretch | None:
    """The stretch that ``range(…)`` is; None for a plain ``range(len(xs))`` and whatever else is walked.

    key: what is read at each position, which tells the list where its length has a name.
    """
    ends = _ends(walked, function)
    if ends is None:
        return None
    first, end = ends
    if first is not None and not from_zero(first, scan, function):
        return None
    if isinstance(end, ast.Name):
        values = _measured(end.id, function)
        used = [one for one in walk(key) if isinstance(one, ast.expr) and path_of(one) == path_of(values or end)]
        return Stretch(used[0], first, end, end) if values is not None and used else None
    values = _length(end, function)
    return Stretch(values, first, end, None) if values is not None and first is not None else None


def _ends(walked: ast.expr, function: Function) -> tuple[ast.expr | None, ast.expr] | None:
    """(first, end) of ``range(first, end)``; no first one of ``range(end)``."""
    if not isinstance(walked, ast.Call) or not isinstance(walked.func, ast.Name) or walked.keywords:
        return None
    if walked.func.id != "range" or len(walked.args) not in (1, 2) or not is_builtin("range", function):
        return None
    return walked.args[0] if len(walked.args) == 2 else None, walked.args[-1]


def _length(node: ast.expr, function: Function) -> ast.expr | None:
    """``xs`` of ``len(xs)``."""
    if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "len" or len(node.args) != 1:
        return None
    return node.args[0] if path_of(node.args[0]) is not None and is_builtin("len", function) else None


def _measured(name: str, function: Function) -> ast.expr | None:
    """The list whose length a name holds, and nothing else ever."""
    bindings = function.names.bindings.get(name, ())
    if len(bindings) != 1 or not function.names.is_local(name) or name in function.parameters:
        return None
    value = bindings[0].value or _side_by_side(bindings[0].node, function)
    return _length(value, function) if value is not None else None


def _side_by_side(node: ast.AST, function: Function) -> ast.expr | None:
    """What ``m`` gets in ``n, m = len(xs), len(ys)``."""
    names = function.parents.get(node)
    above = function.parents.get(names) if isinstance(names, ast.Tuple) else None
    if not isinstance(names, ast.Tuple) or not isinstance(above, ast.Assign) or len(above.targets) != 1:
        return None
    value = above.value
    if not isinstance(value, ast.Tuple) or above.targets[0] is not names or len(value.elts) != len(names.elts):
        return None
    starred = any(isinstance(one, ast.Starred) for one in (*value.elts, *names.elts))
    return next(
        (one for name, one in zip(names.elts, value.elts, strict=True) if name is node and not starred), None
    )


def from_zero(first: ast.expr, scan: Scan, function: Function) -> bool:
    """Whether it is surely a whole number of at least 0: ``i``, ``i + 1`` of a loop that counts up from 0."""
    if isinstance(first, ast.BinOp) and isinstance(first.op, ast.Add) and isinstance(first.right, ast.Constant):
        plain = type(first.right.value) is int and first.right.value >= 0
        return plain and isinstance(first.left, ast.Name) and counts_up(first.left.id, scan.around, function)
    return isinstance(first, ast.Name) and counts_up(first.id, scan.around, function)


def counts_up(name: str, around: tuple[Loop, ...], function: Function) -> bool:
    """Whether the name is the counter of one of these loops, ``range(…)`` or ``enumerate(xs)``, and of nothing else."""
    counting = [one for one in around if _counter(one, function) == name]
    bindings = function.names.bindings.get(name, ())
    if not counting or name in function.parameters or name in function.names.elsewhere:
        return False
    own = {id(node) for one in counting for node in walk(one.node.target)}  # type: ignore[union-attr]  # no while loop
    return all(id(one.node) in own for one in bindings)


def _counter(loop: Loop, function: Function) -> str | None:
    call, target = loop.iterable, loop.target
    if (
        not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Name)
        or call.keywords
        or len(call.args) != 1
    ):
        return None
    if not is_builtin(call.func.id, function):
        return None
    if call.func.id == "enumerate" and isinstance(target, ast.Tuple):
        target = target.elts[0]
        return target.id if isinstance(target, ast.Name) else None
    return target.id if call.func.id == "range" and isinstance(target, ast.Name) else None


def same_positions(one: ast.expr, other: ast.expr, names: dict[str, str]) -> bool:
    """Whether two expressions read the same with the names of one row in the place of another's."""
    if not read_names(one) & names.keys():
        return False
    renamed = ast.parse(ast.unparse(one), mode="eval").body
    for node in walk(renamed):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return ast.unparse(renamed) == ast.unparse(other)
