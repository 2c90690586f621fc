"""Members: lists that are the elements of a list of lists which one function makes, fills and keeps to itself.

headers = []
for table in tables:
    headers.append(list(next(table)))
for header, table in zip(headers, tables):  # nobody else ever holds `header`, not even while the function waits at a `yield`
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from perfprof.rules.reading.escapes import escapes, harmless_argument
from perfprof.rules.reading.expressions import LOOKUP_METHODS, is_builtin, makes_list

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

_FIRST = {
    "enumerate": 1,
    "zip": 0,
    "reversed": None,
}  # where the first argument's element stands in what a turn gives


def is_member(path: tuple[str, ...], function: Function) -> bool:
    """Whether a name only ever holds such a list, which then no other name and no one else can change."""
    known = cast("dict[tuple[str, ...], bool]", function.memo.setdefault("members", {}))
    if path not in known:
        known[path] = len(path) == 1 and _is_member(path[0], function)
    return known[path]


def _is_member(name: str, function: Function) -> bool:
    if not _is_own(name, function) or any(escapes(use, function) for use in function.names.loads[name]):
        return False
    walked = [_walked_for(one.node, function) for one in function.names.bindings[name]]
    holders = {one.id if one is not None else "" for one in walked}
    holder = holders.pop() if len(holders) == 1 else ""
    return bool(holder) and _holds_new_lists(holder, name, function)


def _is_own(name: str, function: Function) -> bool:
    names = function.names
    local = names.is_local(name) and name not in names.parameters and not isinstance(function.node, ast.Module)
    return local and name not in names.captured and not names.dynamic


def _walked_for(target: ast.AST, function: Function) -> ast.Name | None:
    """The list whose elements a ``for`` binds to a target, one by one; None if it may be something else that is bound."""
    above, place = function.parents.get(target), None
    if isinstance(above, ast.Tuple) and not any(isinstance(one, ast.Starred) for one in above.elts):
        place = next(at for at, one in enumerate(above.elts) if one is target)
        target, above = above, function.parents.get(above)
    if not isinstance(above, ast.For) or above.target is not target:
        return None
    return next((held for at, held in _parts(above.iter, function) if at == place), None)


def _parts(walked: ast.expr, function: Function) -> Iterator[tuple[int | None, ast.Name]]:
    """Where in what each turn gives an element of a named list stands: ``rows``, ``rows[1:]``, ``zip(rows, others)``."""
    if isinstance(walked, ast.Subscript) and isinstance(walked.slice, ast.Slice):
        walked = walked.value
    if isinstance(walked, ast.Name):
        yield None, walked
    if not isinstance(walked, ast.Call) or not isinstance(walked.func, ast.Name) or walked.keywords:
        return
    kind = walked.func.id if is_builtin(walked.func.id, function) else ""
    if kind in _FIRST and not any(isinstance(one, ast.Starred) for one in walked.args):
        first = _FIRST[kind]
        for at, one in enumerate(walked.args):
            if isinstance(one, ast.Name):
                yield (None if first is None else first + at), one


def _holds_new_lists(holder: str, name: str, function: Function) -> bool:
    """Whether all that a list holds was made for it, and its elements are only read, or bound to this name."""
    values = function.names.values(holder)
    if not _is_own(holder, function) or not values or not all(_new(one, function) for one in values):
        return False
    return all(_keeps(use, name, function) for use in function.names.loads[holder])


def _new(value: ast.expr, function: Function) -> bool:
    """``[]``, ``[list(a), list(b)]``, ``[list(row) for row in rows]``."""
    if isinstance(value, ast.ListComp):
        return makes_list(value.elt, function)
    return isinstance(value, ast.List) and all(makes_list(one, function) for one in value.elts)


def _keeps(use: ast.Name, name: str, function: Function) -> bool:
    """Whether a use of the list gives none of its elements another name."""
    above = function.parents.get(use)
    call = function.parents.get(above) if above is not None else None
    if isinstance(above, ast.Attribute):
        added = call.args if isinstance(call, ast.Call) and call.func is above and above.attr == "append" else []
        return len(added) == 1 and makes_list(added[0], function)
    if isinstance(above, ast.Subscript) and above.value is use and not isinstance(above.slice, ast.Slice):
        return _only_reads(above, function)
    if isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id == "len":
        return is_builtin("len", function)
    loop = _loop_over(use, function)
    targets = [one for one in ast.walk(loop.target) if isinstance(one, ast.Name)] if loop is not None else []
    return any(one.id == name and _walked_for(one, function) is use for one in targets)


def _only_reads(element: ast.expr, function: Function) -> bool:
    """Whether ``rows[0]`` is copied, walked or asked on the spot."""
    above = function.parents.get(element)
    if isinstance(above, (ast.For, ast.comprehension)):
        return above.iter is element
    if isinstance(above, ast.Attribute):
        call = function.parents.get(above)
        return isinstance(call, ast.Call) and call.func is above and above.attr in LOOKUP_METHODS
    return isinstance(above, ast.Call) and element in above.args and harmless_argument(above, function)


def _loop_over(use: ast.Name, function: Function) -> ast.For | None:
    """The ``for`` that walks a list: itself, a part of it, or beside others."""
    node: ast.AST = use
    above = function.parents.get(node)
    while isinstance(above, (ast.Subscript, ast.Call)):
        node, above = above, function.parents.get(above)
    return above if isinstance(above, ast.For) and above.iter is node else None
