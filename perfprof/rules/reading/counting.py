"""``while`` loops that count through the positions of a list, as the ``for`` loops that they stand for.

i = 0                                   for i in range(len(rows)):
while i < len(rows) and not found:          …
    …
    i += 1
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from perfprof.rules.reading.conditions import conjuncts
from perfprof.rules.reading.syntax import walk


@dataclass(frozen=True, eq=False, slots=True)
class Counting:
    """What such a loop does besides. step: the statement that counts. others: what else must hold for each turn."""

    loop: ast.For
    step: ast.stmt
    others: tuple[ast.expr, ...]

    @property
    def end(self) -> ast.expr:
        """``len(rows)``."""
        assert isinstance(self.loop.iter, ast.Call)
        return self.loop.iter.args[0]

    @property
    def name(self) -> str:
        """``i``."""
        assert isinstance(self.loop.target, ast.Name)
        return self.loop.target.id


def counting(body: list[ast.stmt], position: int) -> Counting | None:
    """What the statement at this position of a block stands for, if it counts from 0; made up but for the body."""
    statement = body[position]
    if not isinstance(statement, ast.While) or statement.orelse or len(statement.body) < 2:
        return None
    first, *others = conjuncts(statement.test)
    ends = isinstance(first, ast.Compare) and len(first.ops) == 1 and isinstance(first.ops[0], ast.Lt)
    if not ends or not isinstance(first, ast.Compare) or not isinstance(first.left, ast.Name):
        return None
    name, step = first.left.id, statement.body[-1]
    if any(_is(node, name) for one in others for node in walk(one)):  # which would end at a row that is passed over
        return None
    if not _counts(step, name) or not _is_zero(body[:position], name) or _moves(statement.body[:-1], name):
        return None
    called = ast.copy_location(ast.Name("range", ast.Load()), first)
    walked = ast.copy_location(ast.Call(called, [first.comparators[0]], []), first)
    walked.end_lineno = walked.end_col_offset = None  # it stands nowhere, so its text is made of its tree
    target = ast.copy_location(ast.Name(name, ast.Store()), first.left)
    loop = ast.copy_location(ast.For(target, walked, statement.body[:-1], []), statement)
    return Counting(loop, step, tuple(others))


def _counts(step: ast.stmt, name: str) -> bool:
    """``i += 1``, ``i = i + 1``."""
    if isinstance(step, ast.AugAssign):
        target, added = step.target, step.value
        plain = isinstance(step.op, ast.Add)
    else:
        value = step.value if isinstance(step, ast.Assign) and len(step.targets) == 1 else None
        plain = isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add) and _is(value.left, name)
        if not plain or not isinstance(step, ast.Assign) or not isinstance(value, ast.BinOp):
            return False
        target, added = step.targets[0], value.right  # type: ignore[assignment]  # a name, as is asked below
    return (
        plain
        and _is(target, name)
        and isinstance(added, ast.Constant)
        and added.value == 1
        and type(added.value) is int
    )


def _is_zero(before: list[ast.stmt], name: str) -> bool:
    """Whether the last statement before that binds the counter gives it 0; those after it only give other names values."""
    for statement in reversed(before):
        if not isinstance(statement, ast.Assign) or not all(isinstance(one, ast.Name) for one in statement.targets):
            return False
        if any(_is(one, name) for one in statement.targets):
            value = statement.value
            return isinstance(value, ast.Constant) and type(value.value) is int and value.value == 0
        if any(isinstance(node, ast.NamedExpr) for node in walk(statement)):
            return False
    return False


def _moves(body: list[ast.stmt], name: str) -> bool:
    """Whether something else binds the counter, or a turn may end without counting."""
    return any(
        isinstance(node, (ast.Continue, ast.Nonlocal, ast.Global))
        or (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load))
        for statement in body
        for node in walk(statement)
    )


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
