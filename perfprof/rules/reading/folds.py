"""Folds: statements that change nothing unless a test holds, though they run in every turn of a loop.

    found = found or row.id == key      found |= row.id == key      count += row.id == key
    chosen = row if row.id == key else chosen

They are to a rule what ``if row.id == key: found = True`` is. That the name keeps its very value for the other rows holds
only for truth values and whole numbers, and where it has a value before the loop.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.reading.assignment import bound_before

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

_TRUTH: frozenset[type] = frozenset({bool})
_WHOLE: frozenset[type] = frozenset({bool, int})
_NUMBER: frozenset[type] = frozenset({int})


def folded(statement: ast.stmt, loop: ast.stmt, function: Function) -> tuple[ast.expr, bool] | None:
    """The test without which the statement changes nothing, and whether it must fail (not hold); None for any other.

    loop: the loop in whose body it stands.
    """
    name = _name_of(statement)
    if name is None or not function.names.is_local(name) or not bound_before(name, loop, function):
        return None
    assert isinstance(statement, (ast.Assign, ast.AugAssign))
    value = statement.value
    if isinstance(statement, ast.AugAssign):
        return (value, False) if _adds_a_truth(statement, name, function) else None
    if isinstance(value, ast.IfExp):
        if _reads(value.orelse, name):
            return value.test, False
        return (value.test, True) if _reads(value.body, name) else None
    return _either(value, name, function) if isinstance(value, ast.BoolOp) else None


def _name_of(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.AugAssign):
        target: ast.expr | None = statement.target
    else:
        alone = isinstance(statement, ast.Assign) and len(statement.targets) == 1
        target = statement.targets[0] if alone and isinstance(statement, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else None


def _reads(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _adds_a_truth(statement: ast.AugAssign, name: str, function: Function) -> bool:
    """``count += a == b``, where adding False to the number, or joining it with ``|``, gives the same number."""
    if not _compares(statement.value) or not isinstance(statement.op, (ast.Add, ast.BitOr)):
        return False
    kinds = _NUMBER if isinstance(statement.op, ast.Add) else _WHOLE
    return all(_is_of(one.node, one.value, kinds, function) for one in function.names.bindings[name])


def _either(value: ast.BoolOp, name: str, function: Function) -> tuple[ast.expr, bool] | None:
    """``found = found or a == b`` of a truth value; the test first needs no more than that."""
    if not isinstance(value.op, ast.Or) or len(value.values) != 2:
        return None
    first, second = value.values
    if _reads(second, name):
        return first, False
    bindings = function.names.bindings[name]
    truths = all(one.value is value or _is_of(one.node, one.value, _TRUTH, function) for one in bindings)
    return (second, False) if _reads(first, name) and _compares(second) and truths else None


def _compares(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq)


def _is_of(node: ast.AST, value: ast.expr | None, kinds: frozenset[type], function: Function) -> bool:
    """Whether a binding gives the name a constant of these types, or adds one to what it is."""
    above = function.parents.get(node)
    if isinstance(above, ast.AugAssign):
        value = above.value
        if _compares(value):
            return isinstance(above.op, (ast.Add, ast.BitOr))
        if not isinstance(above.op, (ast.Add, ast.BitOr)):
            return False
    return isinstance(value, ast.Constant) and type(value.value) in kinds
