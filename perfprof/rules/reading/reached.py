"""What holds of a name where a statement begins: the value that it was given last, or that it means what it did before."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.reading.repeats import statement_of
from perfprof.rules.reading.turns import evaluated
from perfprof.rules.reading.types import bound_by_comprehension, builtin_type

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_BLOCKS = ("body", "orelse", "finalbody", "handlers")


@dataclass(frozen=True, slots=True)
class Given:
    """The value that a name was given last. statement: where. straight: no loop begins between, so nothing comes round again."""

    value: ast.expr
    statement: ast.stmt
    straight: bool


def given_last(name: str, place: ast.stmt, function: Function) -> Given | None:
    """The plain ``name = value`` that each way to ``place`` passes last; None if something else may bind it since."""
    if not function.names.is_local(name) or function.names.dynamic:
        return None
    loops: list[ast.AST] = []
    for above, block, number in _around(place, function):
        for one in reversed(block[:number]):
            value = _plainly(one, name)
            if value is not None:
                comes_round = any(_binds(_start(loop), _end(loop), name, function) for loop in loops)
                return None if comes_round else Given(value, one, not loops)
            if _binds(_start(one), _end(one), name, function):
                return None
        tried = hasattr(above, "handlers") and block is not getattr(
            above, "body", None
        )  # any statement of the body may be the last
        if tried or (above is not function.node and _binds(_start(above), _start(block[0]), name, function)):
            return None
        loops += [above] if isinstance(above, _LOOPS) else []
    return None


def made_above(node: ast.expr, place: ast.stmt, function: Function) -> ast.expr | None:
    """The value that a name was given before a statement, if nobody has read the name since: it is as it was made."""
    if (
        not isinstance(node, ast.Name)
        or node.id in function.names.captured
        or bound_by_comprehension(node, function)
    ):
        return None
    last = given_last(node.id, place, function)
    if last is None or not last.straight:
        return None
    since = _start(last.statement)
    asked = any(since <= _start(use) < _start(place) for use in function.names.loads.get(node.id, ()))
    return None if asked else last.value


def was_read(node: ast.expr, place: ast.stmt, function: Function) -> bool:
    """Whether an attribute of a name was read on each way to a statement, so that it is there.

    As long as the module takes no such attribute away.
    """
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return False
    if bound_by_comprehension(node.value, function) or _is_taken_away(node, function):
        return False
    path = ast.dump(node)
    for above, block, number in _around(place, function):
        passed = [*reversed(block[:number]), *([above] if isinstance(above, (ast.If, ast.While)) else [])]
        for one in passed:
            read = any(ast.dump(part) == path for given in _always(one) for part in evaluated(given))
            if read and isinstance(one, ast.stmt) and still_means(node.value.id, one, place, function):
                return True
    return False


def read_first(node: ast.expr, loop: ast.AST) -> bool:
    """Whether ``for one in those`` reads it in its first turn, if there is one, before anything else can happen.

    To read it before the loop then fails alike. It is an attribute of a name that the loop does not bind.
    """
    plain = isinstance(loop, ast.For) and isinstance(loop.target, ast.Name) and isinstance(loop.iter, ast.Name)
    if not plain or not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return False
    name, first = loop.target.id, _first_asked(loop.body[0])  # type: ignore[attr-defined]  # it is such a `for`
    if node.value.id == name or first is None or first.comparators[0] is not node:
        return False
    return isinstance(first.left, ast.Constant) or getattr(first.left, "id", "") == name


def _first_asked(statement: ast.stmt) -> ast.Compare | None:
    """The comparison with which a statement begins."""
    first = next(iter(_always(statement)), None)
    while isinstance(first, (ast.BoolOp, ast.UnaryOp)):
        first = first.values[0] if isinstance(first, ast.BoolOp) else first.operand
    return first if isinstance(first, ast.Compare) else None


def _always(statement: ast.AST) -> list[ast.expr]:
    """What a statement evaluates first of all."""
    names = {ast.For: "iter", ast.If: "test", ast.While: "test", ast.Expr: "value", ast.Assign: "value"}
    first = getattr(statement, names.get(type(statement), ""), None)
    return [first] if isinstance(first, ast.expr) else []


def _is_taken_away(node: ast.Attribute, function: Function) -> bool:
    taken = (one for one in ast.walk(function.module.tree) if isinstance(one, (ast.Attribute, ast.Name)))
    return any(
        (isinstance(one, ast.Attribute) and one.attr == node.attr and isinstance(one.ctx, ast.Del))
        or getattr(one, "id", getattr(one, "attr", "")) in {"delattr", "__delattr__", "__dict__"}
        for one in taken
    )


def type_at(node: ast.expr, place: ast.stmt, function: Function) -> str | None:
    """The exact builtin type that a name has where a statement begins, or that an expression gives anywhere."""
    known = builtin_type(node, function)
    if known is not None or not isinstance(node, ast.Name) or bound_by_comprehension(node, function):
        return known
    last = given_last(node.id, place, function)
    return builtin_type(last.value, function) if last is not None else known


def type_there(node: ast.expr, function: Function) -> str | None:
    """The exact builtin type of an expression where it stands."""
    known = builtin_type(node, function)
    if known is not None or not isinstance(node, ast.Name) or bound_by_comprehension(node, function):
        return known
    place = statement_of(node, function)
    again = not isinstance(place, ast.For) and _binds(_start(place), _end(place), node.id, function)
    return None if again else type_at(node, place, function)  # what a `for` walks is read before it binds anything


def still_means(name: str, statement: ast.stmt, place: ast.stmt, function: Function) -> bool:
    """Whether each way to ``place`` has begun ``statement`` in the same turn of all loops, and nothing bound the name since.

    Of a ``while`` it is the last time that its condition was asked.
    """
    since, inside = _start(statement), _start(place) < _end(statement)
    if isinstance(statement, ast.While):
        if not inside and (statement.orelse or any(isinstance(one, ast.Break) for one in ast.walk(statement))):
            return False
        since = _start(statement.body[0]) if inside else _end(statement)
    if not function.names.is_local(name) or function.names.dynamic or _binds(since, _end(place), name, function):
        return False
    for above, block, number in _around(place, function):
        if statement in block[: number + 1]:
            return True
        turns = isinstance(above, _LOOPS) and above is not statement
        if turns and _binds(_start(above), _end(above), name, function):
            return False
    return False


def _around(place: ast.stmt, function: Function) -> Iterator[tuple[ast.AST, list[ast.stmt], int]]:
    """(what it is of, the block, the place in it) for each block around a statement, from the innermost outwards."""
    node: ast.AST = place
    while node is not function.node:
        above = function.parents[node]
        blocks = [getattr(above, block, None) for block in _BLOCKS]
        block = next((one for one in blocks if isinstance(one, list) and node in one), None)
        if block is not None:
            yield above, block, block.index(node)
        elif not isinstance(node, ast.match_case):
            return
        node = above


def _plainly(statement: ast.AST, name: str) -> ast.expr | None:
    """``value`` of ``name = value``, and the list of its own that ``name, other = [], []`` gives it."""
    if isinstance(statement, ast.Assign):
        target = statement.targets[0] if len(statement.targets) == 1 else None
    else:
        target = statement.target if isinstance(statement, ast.AnnAssign) else None
    if (
        isinstance(target, ast.Tuple)
        and isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Tuple)
    ):
        return _display(target.elts, statement.value.elts, name)
    named = isinstance(target, ast.Name) and target.id == name
    return statement.value if named else None  # type: ignore[attr-defined]  # both have one


def _display(targets: list[ast.expr], values: list[ast.expr], name: str) -> ast.expr | None:
    """The one of as many values that a name gets, if it is written out: then it is nobody else's."""
    names = [getattr(one, "id", "") for one in targets]
    if len(names) != len(values) or "" in names or names.count(name) != 1:
        return None
    value = values[names.index(name)]
    return value if isinstance(value, (ast.List, ast.Dict, ast.Set)) else None


def _binds(first: tuple[int, int], last: tuple[int, int], name: str, function: Function) -> bool:
    """Whether the name is bound in this stretch of the source."""
    return any(first <= _start(one.node) < last for one in function.names.bindings.get(name, ()))


def _start(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _end(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "end_lineno", 0) or 0, getattr(node, "end_col_offset", 0) or 0
