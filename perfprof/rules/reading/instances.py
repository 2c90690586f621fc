"""Which method of the project a call on an attribute or a parameter means, by constructor calls and annotations."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from perfprof.rules.reading.functions import DEFINITIONS
from perfprof.rules.reading.resolution import class_named, resolve

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program

DEPTH = 4  # assignments that are followed back to a constructor or an annotation


def callee_of(callee: ast.expr, function: Function, program: Program) -> Function | None:
    """Like `resolution.resolve`, and through ``self.customers.get`` and ``repository.get``; None if not sure.

    An annotation is a promise, not a proof: what really ran is for the recording to tell.
    """
    found = resolve(callee, function, program)
    if found is not None or not isinstance(callee, ast.Attribute):
        return found
    owner = class_of_value(callee.value, function, program)
    return None if owner is None else _method(*owner, callee.attr, program)


def class_of_value(
    node: ast.expr, function: Function, program: Program, depth: int = DEPTH
) -> tuple[ast.ClassDef, Module] | None:
    """The class of the project that a value is an instance of, by constructor calls and annotations."""
    module = function.module
    if not depth:  # ``x = y`` and ``y = x`` go in a circle
        return None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return class_named(node.func.id, module, program)
    if isinstance(node, ast.Name):
        return _annotated(node.id, function, program) or _assigned(node.id, function, program, depth)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return _attribute(node.attr, function, program, depth)
    return None


def _annotated(name: str, function: Function, program: Program) -> tuple[ast.ClassDef, Module] | None:
    """The class that a parameter is annotated with."""
    if not isinstance(function.node, DEFINITIONS) or function.names.bindings.get(name):
        return None
    given = function.node.args
    for parameter in [*given.posonlyargs, *given.args, *given.kwonlyargs]:
        if parameter.arg == name:
            return _named(parameter.annotation, function.module, program)
    return None


def _named(annotation: ast.expr | None, module: Module, program: Program) -> tuple[ast.ClassDef, Module] | None:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        name = annotation.value
    else:
        name = annotation.id if isinstance(annotation, ast.Name) else ""
    return class_named(name, module, program) if name.isidentifier() else None


def _assigned(name: str, function: Function, program: Program, depth: int) -> tuple[ast.ClassDef, Module] | None:
    """The one class that all values of a local name are instances of."""
    values = function.names.values(name)
    return _the_only([class_of_value(value, function, program, depth - 1) for value in values or ()])


def _the_only(found: list[tuple[ast.ClassDef, Module] | None]) -> tuple[ast.ClassDef, Module] | None:
    return found[0] if found and all(one is not None and one == found[0] for one in found) else None


def _attribute(name: str, function: Function, program: Program, depth: int) -> tuple[ast.ClassDef, Module] | None:
    """The class of ``self.name``: annotated in the class's body, or the same in every assignment of the class."""
    if function.owner is None:
        return None
    annotated = _declared(name, function.owner)
    if annotated is not None:
        return _named(annotated.annotation, function.module, program)
    methods = function.module.members.get(function.owner, ())
    return _the_only(
        [class_of_value(value, one, program, depth - 1) for one in methods for value in _stored(name, one)]
    )


def _declared(name: str, owner: ast.ClassDef) -> ast.AnnAssign | None:
    """``name: Class`` in the body of a class."""
    found = (one for one in owner.body if isinstance(one, ast.AnnAssign))
    return next((one for one in found if getattr(one.target, "id", "") == name), None)


def _stored(name: str, method: Function) -> list[ast.expr]:
    """What a method assigns to ``self.name``."""
    known = method.memo.get("stored")
    if known is None:
        known = method.memo["stored"] = _all_stored(method)
    return known.get(name, [])  # type: ignore[no-any-return, attr-defined]  # the memo holds what was put there


def _all_stored(method: Function) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = defaultdict(list)
    stores: list[ast.Assign | ast.AnnAssign] = [*method.every(ast.Assign), *method.every(ast.AnnAssign)]
    for node in stores:
        if node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute) and getattr(target.value, "id", "") == "self":
                    found[target.attr].append(node.value)
    return found


def _method(owner: ast.ClassDef, module: Module, name: str, program: Program) -> Function | None:
    """The method of that class itself, unless a class that is read so far overrides it."""
    overridden = (owner.name, name) in program.overrides
    for one in module.members.get(owner, ()) if not overridden else ():
        if isinstance(one.node, DEFINITIONS) and one.node.name == name:
            return None if one.node.decorator_list else one
    return None
