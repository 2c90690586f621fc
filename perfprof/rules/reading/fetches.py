"""Where the rows of a query come out: at the call that sends it, or at a later use of its cursor."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

How = Literal["one", "all", "each", "value"]
_FETCHES: dict[str, How] = {"fetchone": "one", "fetchall": "all"}


def fetch_of(call: ast.Call, function: Function) -> tuple[ast.expr, How, ast.stmt | None] | None:
    """Where the rows come out: at the call itself, or at a later use of the cursor."""
    above = function.parents.get(call)
    if isinstance(above, ast.withitem):
        return _within(above, function)
    rows: ast.expr = above if isinstance(above, ast.Await) else call
    direct = _taken(rows, function)
    if direct is not None:
        return (*direct, None)
    return _apart(call, function.parents.get(rows), function)


def _apart(
    call: ast.Call, statement: ast.AST | None, function: Function
) -> tuple[ast.expr, How, ast.stmt | None] | None:
    """The rows of a cursor that this statement executes, or names."""
    if isinstance(statement, ast.Expr) and isinstance(call.func, ast.Attribute):
        cursor = call.func.value.id if isinstance(call.func.value, ast.Name) else ""
        return _taken_next(statement, cursor, function) if cursor else None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name) and len(function.names.loads.get(target.id, ())) == 1:
            return _taken_next(statement, target.id, function)
    return None


def _taken(rows: ast.expr, function: Function) -> tuple[ast.expr, How] | None:
    """``rows.fetchone()``, ``rows.fetchall()``, ``for … in rows`` or ``list(rows)``."""
    above = function.parents.get(rows)
    if isinstance(above, ast.Attribute):
        return _fetched(above, function)
    walked = isinstance(above, (ast.For, ast.comprehension)) and above.iter is rows
    if isinstance(above, ast.Call) and isinstance(above.func, ast.Name):
        walked = above.args == [rows] and above.func.id in ("list", "tuple", "sorted", "set", "iter")
    return (rows, "each") if walked and not isinstance(rows, ast.Await) else None


def _fetched(method: ast.Attribute, function: Function) -> tuple[ast.expr, How] | None:
    """``.fetchone()``, or the ``await`` around it."""
    call = function.parents.get(method)
    if method.attr not in _FETCHES or not isinstance(call, ast.Call) or call.func is not method:
        return None
    above = function.parents.get(call)
    given = bool(call.args or call.keywords)
    return None if given else (above if isinstance(above, ast.Await) else call, _FETCHES[method.attr])


def _taken_next(statement: ast.stmt, cursor: str, function: Function) -> tuple[ast.expr, How, ast.stmt] | None:
    """The one use of the cursor in the next statement of the block; what comes later, also behind a loop, must execute first."""
    block = _block_of(statement, function)
    following = block[block.index(statement) + 1 :]
    uses = _names(following[0], cursor) if following else []
    taken = _taken(uses[0], function) if len(uses) == 1 else None
    later = [node for one in following[1:] for node in _names(one, cursor)]
    end = block[-1].end_lineno or 0
    later += sorted((one for one in function.names.loads.get(cursor, ()) if one.lineno > end), key=_place)
    if taken is None or (later and not _executes(later[0], function)):
        return None
    return *taken, statement


def _place(node: ast.Name) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _executes(cursor: ast.Name, function: Function) -> bool:
    above = function.parents.get(cursor)
    return isinstance(above, ast.Attribute) and above.attr in ("execute", "executemany", "close")


def _names(node: ast.AST, name: str) -> list[ast.Name]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Name) and one.id == name]


def _block_of(statement: ast.stmt, function: Function) -> list[ast.stmt]:
    above = function.parents.get(statement, function.node)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(above, name, None)
        if isinstance(block, list) and statement in block:
            return block
    return [statement]


def _within(item: ast.withitem, function: Function) -> tuple[ast.expr, How, ast.stmt] | None:
    """``async with connection.execute(…) as cursor:`` around the one use of the cursor."""
    above, cursor = function.parents.get(item), item.optional_vars
    if not isinstance(above, ast.AsyncWith) or len(above.items) > 1 or not isinstance(cursor, ast.Name):
        return None
    uses = function.names.loads.get(cursor.id, ())
    taken = _taken(uses[0], function) if len(uses) == 1 else None
    if taken is None or not isinstance(taken[0], ast.Await):
        return None
    inside = any(node is taken[0] for one in above.body for node in ast.walk(one))
    return (*taken, above) if inside else None
