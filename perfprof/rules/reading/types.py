"""Types: the exact builtin type of a value, where the code around shows it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.scans import COMPREHENSIONS
from perfprof.rules.reading.syntax import walk

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

MADE_BY = {name: name for name in ("list", "dict", "set", "frozenset", "tuple")} | {"len": "int", "sorted": "list"}


def builtin_type(node: ast.expr, function: Function, depth: int = 3) -> str | None:
    """The exact builtin type of a value where the code around shows it: "int", "str", "list" …"""
    if isinstance(node, ast.Constant):
        return type(node.value).__name__ if not isinstance(node.value, type(...)) else None
    if isinstance(node, ast.JoinedStr):
        return None if _of_one_value(node) else "str"
    if isinstance(node, (ast.List, ast.ListComp)):
        return "list"
    if isinstance(node, ast.Tuple):
        return "tuple"
    if isinstance(node, (ast.Dict, ast.DictComp)):
        return "dict"
    if isinstance(node, (ast.Set, ast.SetComp)):
        return "set"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and is_builtin(node.func.id, function):
        return MADE_BY.get(node.func.id)
    if isinstance(node, ast.Name) and depth and not bound_by_comprehension(node, function):
        return _name_type(node.id, function, depth)
    return None


def _of_one_value(text: ast.JoinedStr) -> bool:
    """``f"{x}"``, which is what the value's ``__format__`` gives, perhaps of a subclass of str."""
    return len(text.values) == 1 and isinstance(text.values[0], ast.FormattedValue)


def bound_by_comprehension(node: ast.Name, function: Function) -> bool:
    """Whether a comprehension or lambda around may bind the name for itself; a copied node may stand anywhere."""
    above = function.parents.get(node)
    if above is None:
        return True
    while above is not None:
        if isinstance(above, COMPREHENSIONS):
            targets = [one for part in above.generators for one in walk(part.target)]
            if any(isinstance(one, ast.Name) and one.id == node.id for one in targets):
                return True
        if isinstance(above, ast.Lambda) and any(
            isinstance(one, ast.arg) and one.arg == node.id for one in walk(above.args)
        ):
            return True
        above = function.parents.get(above)
    return False


def _name_type(name: str, function: Function, depth: int) -> str | None:
    values = function.names.values(name)
    if values:
        found = {builtin_type(value, function, depth - 1) for value in values}
        return found.pop() if len(found) == 1 else None
    if function.names.is_local(name) and name not in function.parameters:
        return _loop_variable_type(name, function)
    return None


def _loop_variable_type(name: str, function: Function) -> str | None:
    kinds = set()
    for binding in function.names.bindings[name]:
        above = function.parents.get(binding.node)
        counted = (
            isinstance(above, ast.For)
            and above.target is binding.node
            and isinstance(above.iter, ast.Call)
            and isinstance(above.iter.func, ast.Name)
            and above.iter.func.id == "range"
            and is_builtin("range", function)
        )
        kinds.add("int" if counted else None)
    return kinds.pop() if len(kinds) == 1 else None
