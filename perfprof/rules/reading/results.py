"""Results: the exact builtin type that a function of the project gives, where all that it returns is of one.

Only of functions that a call surely means: those of a module that binds the name once, static ones by the name of their
class, and private methods of ``self`` that no class of the family replaces. A list, a dict or a set is a new one.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, cast

from perfprof.rules.reading.callees import is_generator
from perfprof.rules.reading.escapes import ever_escapes
from perfprof.rules.reading.families import family_of
from perfprof.rules.reading.functions import DEFINITIONS
from perfprof.rules.reading.projects import other_files
from perfprof.rules.reading.receivers import assigns
from perfprof.rules.reading.replaced import is_replaced
from perfprof.rules.reading.resolution import resolve
from perfprof.rules.reading.scans import leaving
from perfprof.rules.reading.signatures import MUTABLE
from perfprof.rules.reading.stars import star_for
from perfprof.rules.reading.types import bound_by_comprehension, builtin_type

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

_PLAIN_MARKS = frozenset({"dataclass", "final", "total_ordering"})


def result_of(call: ast.Call, function: Function, program: Program) -> str | None:
    """The exact type of what a call gives; None if the function is not sure, or gives different things."""
    target = _reached(call.func, function, program)
    if target is None:
        return None
    if "result" not in target.memo:
        target.memo["result"] = None  # of a call in a circle nothing is known
        target.memo["result"] = _result(target)
    return target.memo["result"]  # type: ignore[return-value]  # the memo holds what was put there


def _result(target: Function) -> str | None:
    """The one type of all that a function returns."""
    if not isinstance(target.node, ast.FunctionDef) or is_generator(target):
        return None
    given = [one.value for one in target.every(ast.Return)]
    kinds = {"NoneType" if one is None else builtin_type(one, target) for one in given}
    if leaving(target.body) != "function":
        kinds.add("NoneType")
    kind = kinds.pop() if len(kinds) == 1 else None
    return kind if kind not in MUTABLE or all(one is not None and _is_new(one, target) for one in given) else None


def _is_new(value: ast.expr, target: Function) -> bool:
    """Whether a list, dict or set that is returned was made for this call, and nobody holds it."""
    if isinstance(value, (ast.IfExp, ast.BoolOp)):
        parts = value.values if isinstance(value, ast.BoolOp) else [value.body, value.orelse]
        return all(_is_new(one, target) for one in parts)
    if not isinstance(value, ast.Name):
        return not isinstance(value, ast.NamedExpr)
    names = target.names
    if value.id in names.captured or names.dynamic or ever_escapes(value.id, target):
        return False
    values = [one.value for one in names.bindings.get(value.id, ()) if one.value is not None]
    return all(not isinstance(one, ast.Name) and _is_new(one, target) for one in values)


def _reached(callee: ast.expr, function: Function, program: Program) -> Function | None:
    """The function that a call surely means."""
    root = callee.value if isinstance(callee, ast.Attribute) else callee
    if not isinstance(root, ast.Name) or bound_by_comprehension(root, function):
        return None
    if program.alone and isinstance(function.module.top.get(root.id), (ast.Import, ast.ImportFrom)):
        return None  # to read another file for a type costs more than it tells
    target = resolve(callee, function, program)
    if target is None or target.module.program is not program or not isinstance(target.node, DEFINITIONS):
        return None
    if target.owner is None:
        sure = _binds_once(root.id, function) and _stays(target)
    else:
        sure = isinstance(callee, ast.Attribute) and _is_that_method(target, root.id, function, program)
    return target if sure and not is_replaced(target.node.name, "", function.module, program) else None


def _binds_once(name: str, function: Function) -> bool:
    """Whether a name means one thing wherever the function reads it: its own inner function, or the module's."""
    scope: Function | None = function
    while scope is not None and scope.outer is not None:
        if name in scope.names.bindings or name in scope.parameters:
            return name not in scope.names.elsewhere and not scope.names.dynamic
        scope = scope.outer
    return function.module.binds_once(name) and star_for(name, function.module) is None


def _stays(target: Function) -> bool:
    """Whether the module of a function binds its name once; an inner function is of its own function."""
    module, name = target.module, target.qualname
    inner = target.outer is not None and target.outer.qualname != "<module>"
    once = inner or (module.binds_once(name) and star_for(name, module) is None)
    return once and not module.binds_by_text


def _is_that_method(target: Function, base: str, function: Function, program: Program) -> bool:
    """Whether the method that is found is the one that is called."""
    owner, name = target.owner, target.qualname.rpartition(".")[2]
    assert owner is not None
    alike = [one for one in target.module.members.get(owner, ()) if one.qualname == target.qualname]
    marks = {getattr(one, "id", getattr(one, "attr", "")) for one in owner.decorator_list}
    if len(alike) > 1 or owner.keywords or not marks <= _PLAIN_MARKS or assigns(owner, name):
        return False
    if target.module.binds_by_text or "__getattribute__" in target.module.identifiers:
        return False
    if base not in {"self", "cls"}:
        return not function.hides(base) and _binds_once(base, function)
    if not _is_given_itself(base, function) or not name.startswith("_") or "__dict__" in target.module.identifiers:
        return False
    assert function.owner is not None
    if name.startswith("__") or program.alone:
        return not name.endswith("__")
    family = family_of(function.owner, function.module, program)
    if family.foreign or any(assigns(one, name) for one in family.classes) or _is_lent(function, program):
        return False
    return [one for one in family.methods() if one.qualname.rpartition(".")[2] == name] == [target]


def _is_given_itself(base: str, function: Function) -> bool:
    """Whether ``self`` is what a method is called with, and not a word that a static one has for anything."""
    node = function.node
    if function.owner is None or not isinstance(node, DEFINITIONS) or base in function.names.bindings:
        return False
    marks = {getattr(one, "id", "") for one in node.decorator_list}
    given = [*node.args.posonlyargs, *node.args.args][:1]
    return "staticmethod" not in marks and [one.arg for one in given] == [base]


def _is_lent(function: Function, program: Program) -> bool:
    """Whether some file has the method from its class, ``Reader.rows``, perhaps for an object of another."""
    if "lent" not in function.memo:
        word = re.compile(rf"\b{re.escape(function.qualname)}\b")
        paths = [function.module.path, *other_files(program, function.module.path)]
        function.memo["lent"] = any(word.search(program.read(path) or "") for path in paths)
    return cast("bool", function.memo["lent"])
