"""Readers: whether the code around only reads a container, so that one object may serve all of its uses."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.reading.callees import is_container
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.types import builtin_type

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

# Builtins that walk or measure a container and keep nothing of it but its elements.
WALKING = frozenset("all any dict enumerate frozenset len list max min reversed set sorted sum tuple zip".split())
_LAZY = frozenset({"enumerate", "reversed", "zip"})
# Methods that give a value or a new container, for every builtin container.
_ASKING = frozenset({"get", "index", "count", "copy", "issubset", "issuperset", "isdisjoint"})
_NEW_SETS = frozenset({"union", "intersection", "difference", "symmetric_difference"})
_VIEWS = frozenset({"items", "keys", "values"})
_BUILTIN = frozenset({"list", "tuple", "dict", "set", "frozenset", "str"})


def only_read(node: ast.expr, function: Function) -> ast.AST | None:
    """Where a container that stands here may be changed or kept by somebody; None if it is only read."""
    above = function.parents.get(node)
    name = _named(above, node)
    if name is not None:
        return _kept_name(name, above, function)
    return None if _reads(node, above, function) else above or node


def why_kept(place: ast.AST) -> str:
    """What the place that `only_read` told does with it."""
    if isinstance(place, ast.BinOp):
        return f"`{ast.unparse(place)}` gives it to an operator, whose other side may be of a class that keeps or changes it"
    return "it is changed, or kept by something that may change it"


def _named(above: ast.AST | None, node: ast.expr) -> ast.Name | None:
    """The name of a plain assignment."""
    if isinstance(above, ast.Assign) and len(above.targets) == 1 and isinstance(above.targets[0], ast.Name):
        return above.targets[0]
    if isinstance(above, ast.AnnAssign) and above.value is node and isinstance(above.target, ast.Name):
        return above.target
    return None


def _kept_name(name: ast.Name, above: ast.AST | None, function: Function) -> ast.AST | None:
    names = function.names
    bindings = names.bindings.get(name.id, [])
    seen_by_others = name.id in names.captured or not names.is_local(name.id) or name.id in function.parameters
    if seen_by_others or names.dynamic or any(one.value is None for one in bindings):
        return above
    for use in names.loads.get(name.id, ()):
        if not _reads(use, function.parents.get(use), function):
            return use
    return None


def _reads(use: ast.expr, above: ast.AST | None, function: Function) -> bool:
    if isinstance(above, ast.Subscript):
        return above.value is use and isinstance(above.ctx, ast.Load)
    if isinstance(above, (ast.For, ast.AsyncFor, ast.comprehension)):
        return above.iter is use
    if isinstance(above, ast.Compare):
        return _compared(use, above, function)
    if isinstance(above, ast.Attribute):
        return _method(above, function)
    if isinstance(above, ast.Call):
        return _walked(use, above, function)
    if isinstance(above, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return above.test is use
    if isinstance(above, ast.Starred):
        return isinstance(function.parents.get(above), (ast.Call, ast.List, ast.Tuple, ast.Set))
    if isinstance(above, ast.UnaryOp):
        return isinstance(above.op, ast.Not)
    if isinstance(above, ast.BinOp):
        other = above.right if above.left is use else above.left
        return builtin_type(other, function) in _BUILTIN and not isinstance(above.op, ast.Mod)
    return False


def _compared(use: ast.expr, above: ast.Compare, function: Function) -> bool:
    """``x in use`` compares elements with x; an equality hands the whole container to the other side."""
    if len(above.ops) != 1:
        return False
    if isinstance(above.ops[0], (ast.In, ast.NotIn)):
        return above.comparators[0] is use
    other = above.left if above.comparators[0] is use else above.comparators[0]
    plain = not isinstance(above.ops[0], (ast.Is, ast.IsNot))
    return plain and builtin_type(other, function) in _BUILTIN


def _method(above: ast.Attribute, function: Function) -> bool:
    call = function.parents.get(above)
    if not isinstance(call, ast.Call) or call.func is not above:
        return False
    if above.attr in _ASKING:
        return True
    if above.attr in _NEW_SETS:
        return bool(call.args)
    return above.attr in _VIEWS and _reads(call, function.parents.get(call), function)


def _walked(use: ast.expr, call: ast.Call, function: Function) -> bool:
    callee = call.func
    if use not in call.args:
        return False
    if isinstance(callee, ast.Attribute):
        receiver = callee.value
        known = builtin_type(receiver, function) in _BUILTIN or is_container(receiver, function)
        return known and callee.attr in {"join", "extend", "update"} and len(call.args) == 1
    if not isinstance(callee, ast.Name) or callee.id not in WALKING or not is_builtin(callee.id, function):
        return False
    if callee.id in {"max", "min"} and len(call.args) > 1:
        return False  # it would be an answer itself
    return callee.id not in _LAZY or _reads(call, function.parents.get(call), function)


def needs_its_own(display: ast.expr, function: Function) -> bool:
    """Whether it copies a container, and the copy is changed or kept: to copy once would not do."""
    called = isinstance(display, ast.Call) and isinstance(display.func, ast.Name) and len(display.args) == 1
    copied = called and display.func.id in {"list", "dict", "set"}  # type: ignore[attr-defined]
    return (copied or _takes_each(display)) and only_read(display, function) is not None


def _takes_each(display: ast.expr) -> bool:
    """``[row for row in rows]``."""
    if not isinstance(display, (ast.ListComp, ast.SetComp)) or len(display.generators) != 1:
        return False
    (only,) = display.generators
    return not only.ifs and isinstance(only.target, ast.Name) and ast.unparse(display.elt) == only.target.id
