"""Escapes: may somebody else hold the object that a name of a function holds?"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from perfprof.rules.reading.callees import CONTAINER_METHODS, SHARED_METHODS, standard
from perfprof.rules.reading.expressions import (
    LOOKUP_METHODS,
    PURE_BUILTINS,
    is_builtin,
    makes_container,
    makes_list,
)

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

# Builtins whose answer may be, or hold, one of their arguments.
GIVING_BACK = frozenset("getattr max min sum slice property super iter next".split())


def is_private(path: tuple[str, ...], region: Sequence[ast.AST], function: Function) -> bool:
    """Whether nobody else can change the collection before the region ends: a list, a dict, a set or a deque
    made in this function, or ``*args``.
    """
    if len(path) > 1:
        return False
    known = cast("dict[object, bool]", function.memo.setdefault("private", {}))
    key = path[0], tuple(region)
    if key not in known:
        known[key] = _is_private(path[0], region, function)
    return known[key]


def _is_private(name: str, region: Sequence[ast.AST], function: Function) -> bool:
    if name in function.names.captured or function.names.dynamic:
        return False
    if name == _rest(function) and name not in function.names.bindings:
        return True  # a tuple
    made, values = _held(name, region[0], function)
    if not values or not all(makes_list(value, function) or _makes_plain(value, function) for value in values):
        return False
    begun, last = _last_line(made), max(map(_last_line, region))
    loops = [one for one in _above(region[0], function) if isinstance(one, (ast.For, ast.While, ast.AsyncFor))]
    again = any(made is None or one not in _above(made, function) for one in loops)  # with the same object

    def meets(use: ast.Name) -> bool:
        if _waits(use, function):
            return bool(loops) or use.lineno <= last
        return use.lineno > begun and (again or use.lineno <= last)

    return not any(escapes(use, function) for use in function.names.loads[name] if meets(use))


def _makes_plain(value: ast.expr, function: Function) -> bool:
    """Whether it surely is a new dict, set or deque of Python's own, whose methods are known by name."""
    if isinstance(value, ast.Call):
        named = isinstance(value.func, ast.Name) and value.func.id in {"dict", "set"}
        builtin = named and is_builtin(value.func.id, function)  # type: ignore[attr-defined]  # it is a name
        return builtin or standard(value.func, function) == "collections.deque"
    return isinstance(value, (ast.Dict, ast.DictComp, ast.Set, ast.SetComp))


def _rest(function: Function) -> str:
    """The name of ``*args``, of which each call has a tuple of its own."""
    rest = None if isinstance(function.node, ast.Module) else function.node.args.vararg
    return rest.arg if rest is not None else ""


def _held(name: str, begin: ast.AST, function: Function) -> tuple[ast.AST | None, list[ast.expr]]:
    """What a name may hold where a region begins, and the assignment after which it surely holds nothing older.

    ``rows = [row for row in rows if row]`` above the region, in a block that the region is in as well, has surely run.
    """
    if not function.names.is_local(name):
        return None, []
    chain = [begin, *_above(begin, function)]
    bindings = function.names.bindings[name]
    made = max(
        (one for one in (_surely(one.node, chain, function) for one in bindings) if one is not None),
        key=_line,
        default=None,
    )
    if made is None:
        return None, function.names.values(name) or []
    held = [one for one in bindings if _line(one.node) >= _line(made)]
    values = [one.value for one in held if one.value is not None]
    return made, values if len(values) == len(held) else []


def _surely(target: ast.AST, chain: Sequence[ast.AST], function: Function) -> ast.AST | None:
    """The assignment to a name, if it has run whenever the end of the chain is reached."""
    made = function.parents.get(target)
    above = function.parents.get(made) if isinstance(made, (ast.Assign, ast.AnnAssign)) else None
    if made is None or above is None:
        return None
    blocks = [part for _, part in ast.iter_fields(above) if isinstance(part, list) and made in part]
    return made if any(one in part and _line(one) > _last_line(made) for part in blocks for one in chain) else None


def _last_line(node: ast.AST | None) -> int:
    return getattr(node, "end_lineno", 0) or 0


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _waits(use: ast.AST, function: Function) -> bool:
    """Whether a generator expression reads the name, perhaps later."""
    return any(isinstance(one, ast.GeneratorExp) for one in _above(use, function))


def _above(node: ast.AST, function: Function) -> list[ast.AST]:
    found = []
    while node in function.parents:
        node = function.parents[node]
        found.append(node)
    return found


def is_own(name: str, function: Function) -> bool:
    """Whether a name holds a container that was made in this function and that nothing else ever holds."""
    values = function.names.values(name)
    made = bool(values) and all(makes_container(value, function) for value in values or ())
    if not made or name in function.names.captured or function.names.dynamic:
        return False
    return not ever_escapes(name, function)


def ever_escapes(name: str, function: Function) -> bool:
    """Whether somebody else may hold the object after one of the uses of a name."""
    known = cast("dict[str, bool]", function.memo.setdefault("escapes", {}))
    if name not in known:
        known[name] = any(escapes(use, function) for use in function.names.loads.get(name, ()))
    return known[name]


def escapes(use: ast.AST, function: Function) -> bool:
    """Whether somebody else may hold the object after this use."""
    above = function.parents.get(use)
    if isinstance(above, (ast.Tuple, ast.List)) and isinstance(function.parents.get(above), ast.Return):
        return False
    if isinstance(above, (ast.Compare, ast.BinOp, ast.FormattedValue, ast.Starred, ast.Return, ast.Expr)):
        return False
    if isinstance(above, (ast.For, ast.comprehension)):
        return above.iter is not use
    if isinstance(above, ast.Subscript):
        return above.value is not use
    if isinstance(above, ast.Attribute):
        called = function.parents.get(above)
        at_once = isinstance(called, ast.Call) and called.func is above
        return not at_once or above.attr not in CONTAINER_METHODS | SHARED_METHODS | LOOKUP_METHODS
    if isinstance(above, ast.Call):
        return not harmless_argument(above, function)
    if isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return above.test is not use
    if isinstance(above, ast.UnaryOp):
        return not isinstance(above.op, ast.Not)
    if isinstance(above, ast.BoolOp):  # `(rows or more).append(…)` changes it under no name
        return isinstance(function.parents.get(above), (ast.Attribute, ast.Subscript)) or escapes(above, function)
    return not (isinstance(above, ast.AugAssign) and above.value is use)


# Functions of NumPy that give an array of their own.
_ARRAYS = frozenset(
    "zeros ones empty full arange linspace eye identity zeros_like ones_like empty_like full_like".split()
)


def made_since(name: str, path: tuple[str, ...], function: Function) -> bool:
    """Whether a name only holds what this call made, and the path is an argument that stays: it was there before."""
    names = function.names
    given = len(path) == 1 and path[0] in function.parameters and names.is_local(path[0])
    if not given or names.bindings.get(path[0]) or name in function.parameters:
        return False
    values = names.values(name)
    return bool(values) and all(_makes_new(one, function) for one in values or ())


def _makes_new(value: ast.expr, function: Function) -> bool:
    """Whether it surely is an object that nobody had before."""
    callee = value.func if isinstance(value, ast.Call) else None
    if isinstance(value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)):
        return True
    if isinstance(callee, ast.Name):
        return callee.id in {"list", "dict", "set", "sorted", "bytearray"} and is_builtin(callee.id, function)
    if not isinstance(callee, ast.Attribute) or not isinstance(callee.value, ast.Name):
        return False
    name, module = callee.value.id, function.module
    brought = module.top.get(name) if name not in module.rebound and not function.hides(name) else None
    imported = [one for one in brought.names if one.name == "numpy"] if isinstance(brought, ast.Import) else []
    return callee.attr in _ARRAYS and any((one.asname or one.name) == name for one in imported)


def harmless_argument(call: ast.AST, function: Function) -> bool:
    """Whether the call is of a builtin that neither keeps nor gives back what it is given."""
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in PURE_BUILTINS - GIVING_BACK
        and is_builtin(call.func.id, function)
    )
