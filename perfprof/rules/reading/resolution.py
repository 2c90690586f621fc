"""Which function of the project a call means, when only one is possible."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules.reading.functions import DEFINITIONS

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program


def resolve(callee: ast.expr, function: Function, program: Program) -> Function | None:
    """The one function that ``callee`` can mean in ``function``; None if not sure."""
    if isinstance(callee, ast.Name):
        return _named(callee.id, function, program)
    if isinstance(callee, ast.Attribute) and isinstance(callee.value, ast.Name):
        base = callee.value.id
        if base in {"self", "cls"} and function.parameters[:1] == (base,) and function.owner is not None:
            return _method(function.owner, callee.attr, function.module, program)
        made = class_of(callee.value, function, program)
        if made is None and not function.names.is_local(base):
            static = _static(base, callee.attr, function.module, program)
            if static is not None:
                return static
        if made is not None:
            return _method(made[0], callee.attr, made[1], program)
        module = imported_module(base, function, program)
        if module is not None:
            return _top_function(module, callee.attr, program)
    return None


def _static(base: str, name: str, module: Module, program: Program) -> Function | None:
    """``Users.by_email(users, key)`` of a static method."""
    owner = class_named(base, module, program) if base in module.top and base not in module.rebound else None
    found = (
        [one for one in owner[1].members.get(owner[0], ()) if one.qualname.rsplit(".", 1)[-1] == name]
        if owner is not None
        else []
    )
    node = found[0].node if len(found) == 1 else None
    marks = [getattr(one, "id", "") for one in node.decorator_list] if isinstance(node, DEFINITIONS) else []
    stored = re.compile(rf"\.{re.escape(name)}\s*=(?!=)")  # somewhere in these files, perhaps on the class
    seen = (module, *([owner[1]] if owner is not None else []))
    return found[0] if marks == ["staticmethod"] and not any(stored.search(one.source) for one in seen) else None


def class_of(node: ast.expr, function: Function, program: Program) -> tuple[ast.ClassDef, Module] | None:
    """The class of the project whose instance a local name holds, when each assignment calls that class."""
    if not isinstance(node, ast.Name):
        return None
    values = function.names.values(node.id)
    if not values or not all(isinstance(value, ast.Call) and isinstance(value.func, ast.Name) for value in values):
        return None
    found = {value.func.id for value in values if isinstance(value, ast.Call) and isinstance(value.func, ast.Name)}
    return class_named(found.pop(), function.module, program) if len(found) == 1 else None


def class_named(name: str, module: Module, program: Program, depth: int = 3) -> tuple[ast.ClassDef, Module] | None:
    """The class of the project that a global name means in a module, also where packages hand it on."""
    found = module.top.get(name)
    if isinstance(found, ast.ClassDef):
        return found, module
    if isinstance(found, ast.ImportFrom) and depth:
        other = module_of(found, module, program)
        original = next((one.name for one in found.names if (one.asname or one.name) == name), name)
        if other is not None and other is not module and original not in other.rebound:
            return class_named(original, other, program, depth - 1)
    above = _by_star(name, module, program) if found is None and depth else None
    return class_named(name, above, program, depth - 1) if above is not None else None


def _by_star(name: str, module: Module, program: Program) -> Module | None:
    """The module of the project that gives a name by the last ``from … import *``; None if another may."""
    if not module.stars or name.startswith("_") or name in module.functions[0].names.bindings:
        return None
    for statement in reversed(module.stars):
        other = module_of(statement, module, program)
        if other is None or other is module:
            return None
        if name in other.functions[0].names.bindings:
            listed = "__all__" not in other.identifiers or re.search(rf"""["']{name}["']""", other.source)
            return other if listed and name in other.top and name not in other.rebound else None
        if other.stars:
            return other
    return None


def module_of(statement: ast.ImportFrom, module: Module, program: Program) -> Module | None:
    """The module of the project that ``from X import …`` names."""
    key = (module.path.parent, statement.module or "", statement.level)
    if key not in program.imports:
        program.imports[key] = _imported(statement, module, program)
    return program.imports[key]


def _imported(statement: ast.ImportFrom, module: Module, program: Program) -> Module | None:
    parts = statement.module.split(".") if statement.module else []
    if statement.level:
        bases = list(
            module.path.parents[statement.level - 1 : statement.level]
        )  # none above the root of all folders
    else:
        bases = [program.root, program.root / "src", *module.path.parents[: _depth(module.path, program.root)]]
    return next(filter(None, (_file(base.joinpath(*parts), program) for base in bases)), None)


def _depth(path: Path, root: Path) -> int:
    return len(path.relative_to(root).parts) - 1 if path.is_relative_to(root) else 1


def _file(base: Path, program: Program) -> Module | None:
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return program.module(candidate)
    return None


def _named(name: str, function: Function, program: Program) -> Function | None:
    scope: Function | None = function
    while scope is not None and scope.qualname != "<module>":
        bindings = scope.names.bindings.get(name, [])
        if (
            name in scope.parameters
            or (bindings and not isinstance(bindings[0].node, DEFINITIONS))
            or len(bindings) > 1
        ):
            return None
        if bindings:
            inner = function.module.at_node.get(bindings[0].node)
            plain = inner is not None and isinstance(inner.node, DEFINITIONS) and not inner.node.decorator_list
            return inner if plain else None
        scope = scope.outer
    return _top_function(function.module, name, program)


def _top_function(module: Module, name: str, program: Program, depth: int = 3) -> Function | None:
    if name in module.rebound:
        return None
    found = module.top.get(name)
    if isinstance(found, DEFINITIONS) and not found.decorator_list:
        return module.at_node.get(found)
    if isinstance(found, ast.ImportFrom) and depth:
        other = module_of(found, module, program)
        original = next((one.name for one in found.names if (one.asname or one.name) == name), name)
        if other is not None and other is not module:
            return _top_function(other, original, program, depth - 1)
    above = _by_star(name, module, program) if found is None and depth else None
    return _top_function(above, name, program, depth - 1) if above is not None else None


def imported_module(name: str, function: Function, program: Program) -> Module | None:
    """The module of the project that a name means because the file imports it."""
    if function.names.is_local(name):
        return None
    found = function.module.top.get(name)
    if isinstance(found, ast.ImportFrom):
        original = next((one.name for one in found.names if (one.asname or one.name) == name), name)
        inner = ast.ImportFrom(
            module=".".join(filter(None, [found.module or "", original])), names=[], level=found.level
        )
        return module_of(inner, function.module, program)
    if isinstance(found, ast.Import):
        dotted = next((one.name for one in found.names if (one.asname or one.name) == name), "")
        return (
            module_of(ast.ImportFrom(module=dotted, names=[], level=0), function.module, program)
            if dotted
            else None
        )
    return None


def _method(owner: ast.ClassDef, name: str, module: Module, program: Program, depth: int = 3) -> Function | None:
    if _overridden(owner.name, name, program):
        return None
    for one in module.members.get(owner, ()):
        if isinstance(one.node, DEFINITIONS) and one.node.name == name:
            plain = all(
                isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in one.node.decorator_list
            )
            return one if plain else None
    for base in owner.bases if depth else ():
        if isinstance(base, ast.Name):
            above = class_named(base.id, module, program)
            if above is not None:
                return _method(above[0], name, above[1], program, depth - 1)
    return None


def _overridden(owner: str, name: str, program: Program) -> bool:
    """Whether a class that is read so far derives from ``owner`` and has a method of this name."""
    known, new = {owner}, {owner}
    while new:
        if any((one, name) in program.overrides for one in new):
            return True
        new = {below for base in new for below in program.derived.get(base, ())} - known
        known |= new
    return False


def arguments(target: Function, call: ast.Call) -> dict[str, ast.expr]:
    """Which expression each parameter gets; a bound method's ``self`` is left out."""
    assert not isinstance(target.node, ast.Module)
    names = [one.arg for one in (*target.node.args.posonlyargs, *target.node.args.args)]
    if names[:1] in (["self"], ["cls"]) and isinstance(call.func, ast.Attribute):
        names = names[1:]
    given = dict(zip(names, call.args, strict=False))
    given.update({word.arg: word.value for word in call.keywords if word.arg})
    return given
