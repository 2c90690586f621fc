"""What the code itself shows of a list's elements: whether all that is put into it is of types that no guard lets pass."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.names import bound_names

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

_DISPLAYS: dict[type[ast.expr], str] = {
    ast.Tuple: "tuple",
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.GeneratorExp: "generator",
    ast.Lambda: "function",
}
_MAKERS = frozenset(_DISPLAYS.values()) | {"bytearray", "frozenset", "object"}


def made_of(node: ast.expr, function: Function) -> str:
    """The type of a value that the code writes out, if it is none of the flat ones: tuple, list, dict; else empty."""
    if isinstance(node, ast.Name):
        if node.id in function.names.captured or _bound_in_comprehension(node.id, function):
            return ""
        kinds = {_written(one, function) for one in function.names.values(node.id) or ()}
        return kinds.pop() if len(kinds) == 1 else ""
    return _written(node, function)


def _bound_in_comprehension(name: str, function: Function) -> bool:
    return any(name in bound_names(one.target) for one in function.every(ast.comprehension))


def _written(node: ast.expr, function: Function) -> str:
    if type(node) in _DISPLAYS:
        return _DISPLAYS[type(node)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name = node.func.id
        if name in _MAKERS and is_builtin(name, function):
            return name
    return ""


def is_for_unhashable(node: ast.AST, function: Function) -> bool:
    """Whether it stands where a TypeError is handled: the list there takes what could not be put into a set."""
    above: ast.AST | None = node
    while above is not None and above is not function.node:
        if isinstance(above, ast.ExceptHandler) and above.type is not None:
            caught = above.type.elts if isinstance(above.type, ast.Tuple) else [above.type]
            if any(path_of(one) == ("TypeError",) for one in caught):
                return True
        above = function.parents.get(above)
    return False


def elements_made_of(subject: ast.expr, function: Function, added: tuple[ast.expr, ...] = ()) -> str:
    """What all elements of a list are made of, where the code shows each; empty if one of them may be flat.

    added: values that are put into it beside those that it is made with.
    """
    kinds = {*_kinds_put_into(subject, function), *(made_of(one, function) for one in added)}
    return ", ".join(sorted(kinds)) if kinds and "" not in kinds else ""


def _kinds_put_into(subject: ast.expr, function: Function) -> frozenset[str]:
    name = subject.id if isinstance(subject, ast.Name) else ""
    known = cast("dict[str, frozenset[str]]", function.memo.setdefault("elements", {}))
    if name not in known:
        known[name] = frozenset(made_of(one, function) for one in _put_into(subject, function))
    return known[name]


def _put_into(subject: ast.expr, function: Function) -> Iterator[ast.expr]:
    """Values that make the elements of a local list; a value that stands for nothing known where they are not seen."""
    name = subject.id if isinstance(subject, ast.Name) else ""
    values = function.names.values(name) if name and name not in function.names.captured else None
    unknown = ast.Constant(None)
    if not values:
        yield unknown
        return
    for value in values:
        if isinstance(value, ast.List):
            yield from value.elts
        elif isinstance(value, ast.ListComp):
            yield value.elt
        else:
            yield unknown
    yield from _changes(name, function, unknown)


def _changes(name: str, function: Function, unknown: ast.expr) -> Iterator[ast.expr]:
    for node in function.parents:
        if isinstance(node, ast.AugAssign) and path_of(node.target) == (name,):
            yield unknown
        if not isinstance(node, ast.Attribute) or path_of(node.value) != (name,):
            continue
        call = function.parents.get(node)
        given = call.args if isinstance(call, ast.Call) and call.func is node else []
        if node.attr in {"append", "add"} and len(given) == 1:
            yield given[0]
        elif node.attr not in {"index", "count", "remove", "pop", "sort", "reverse", "copy", "clear"}:
            yield unknown
