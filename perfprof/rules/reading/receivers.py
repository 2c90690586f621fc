"""Receivers: on an object of which class a method or property is asked, and whether its attributes read plainly.

A constructor call shows the class, an annotation only hints at it; either way a guard tests the exact type.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.reading.functions import DEFINITIONS
from perfprof.rules.reading.instances import class_of_value
from perfprof.rules.reading.resolution import class_named, imported_module, resolve

if TYPE_CHECKING:
    from pathlib import Path

    from perfprof.rules.reading.program import Function, Module, Program

DEEPEST = 5  # classes above one another
_MARKS = {"": "method", "property": "property", "classmethod": "class", "staticmethod": "static"}
INTERCEPTS = frozenset({"__getattribute__", "__getattr__"})


@dataclass(frozen=True, eq=False, slots=True)
class Callee:
    """What a call or an attribute read means. kind: "function", "method", "property", "class" or "static".

    receiver: what stands for ``self`` or ``cls``; the class itself for kind "class" and "static". owner: the class whose
    exact instance the receiver must be, or that it is. module: where that class stands.
    """

    target: Function
    kind: str
    receiver: ast.expr | None = None
    owner: ast.ClassDef | None = None
    module: Module | None = None


def callee_at(node: ast.expr, function: Function, program: Program) -> Callee | None:
    """What a callee, or an attribute that is read, means in a function; None if not sure."""
    if isinstance(node, ast.Attribute):
        found = _of_class(node, function, program) or _of_object(node, function, program)
        if found is not None:
            return found
    if not isinstance(node, ast.Name):
        return None
    target = resolve(node, function, program)
    nested = target is not None and target.outer is function
    if not nested and not isinstance(function.module.top.get(node.id), DEFINITIONS):
        return None  # what another module's function searches has no name here
    plain = target is not None and target.owner is None
    return Callee(target, "function") if target is not None and plain else None


def _of_class(node: ast.Attribute, function: Function, program: Program) -> Callee | None:
    """``Registry.find(x)``, a class method or a static one."""
    base = node.value
    if not isinstance(base, ast.Name) or base.id not in function.module.top or function.names.is_local(base.id):
        return None
    if program.alone and not base.id.lstrip("_")[:1].isupper():
        return None  # to read another file for what is hardly a class costs more than it finds
    owner = class_named(base.id, function.module, program)
    found = member(owner[0], node.attr, owner[1], program) if owner is not None else None
    if owner is None or found is None or found[1] not in {"class", "static"}:
        return None
    return Callee(*found, receiver=base, owner=owner[0], module=owner[1])


def _of_object(node: ast.Attribute, function: Function, program: Program) -> Callee | None:
    owner = owner_of(node.value, function, program) or _only_owner(node.attr, program)
    found = member(owner[0], node.attr, owner[1], program) if owner is not None else None
    if owner is None or found is None or found[1] == "class":
        return None
    return Callee(*found, receiver=node.value, owner=owner[0], module=owner[1])


def owner_of(node: ast.expr, function: Function, program: Program) -> tuple[ast.ClassDef, Module] | None:
    """The class that a value is an instance of, by constructor or annotation; for ``self`` the class around."""
    if isinstance(node, ast.Name) and node.id == "self" and function.parameters[:1] == ("self",):
        return (function.owner, function.module) if function.owner is not None else None
    return class_of_value(node, function, program)


def _only_owner(name: str, program: Program) -> tuple[ast.ClassDef, Module] | None:
    """The only class that is read so far and has a method or property of this name; a guess that a guard tests."""
    if program.alone:
        return None
    found = [(one.owner, one.module) for one in program.methods.get(name, ())]
    return found[0] if len(found) == 1 and found[0][0] is not None else None  # type: ignore[return-value]


def _is_member(one: Function, name: str) -> bool:
    return one.owner is not None and isinstance(one.node, DEFINITIONS) and one.node.name == name


def member(owner: ast.ClassDef, name: str, module: Module, program: Program) -> tuple[Function, str] | None:
    """The method of an exact instance of a class, with its kind; None if more than one may be meant."""
    for above, there in lineage(owner, module, program):
        found = [one for one in there.members.get(above, ()) if _is_member(one, name)]
        if len(found) == 1 and isinstance(found[0].node, DEFINITIONS):
            marks = [getattr(one, "id", "?") for one in found[0].node.decorator_list]
            kind = _MARKS.get(marks[0] if marks else "") if len(marks) <= 1 else None
            return (found[0], kind) if kind is not None else None
        if found or assigns(above, name):
            return None
    return None


def lineage(owner: ast.ClassDef, module: Module, program: Program) -> Iterator[tuple[ast.ClassDef, Module]]:
    """A class and those above it, as far as each has one base that the project defines."""
    for _ in range(DEEPEST):
        yield owner, module
        if len(owner.bases) != 1 or not isinstance(owner.bases[0], ast.Name):
            return
        above = class_named(owner.bases[0].id, module, program)
        if above is None:
            return
        owner, module = above


def assigns(owner: ast.ClassDef, name: str) -> bool:
    """Whether a class's body gives a name a value by an assignment."""
    stores = (node for statement in owner.body for node in _names_of(statement))
    return name in stores


def _names_of(statement: ast.stmt) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    yield from (one.id for one in targets if isinstance(one, ast.Name))


def reads_plainly(owner: ast.ClassDef, name: str, module: Module, program: Program) -> bool | None:
    """Whether reading an attribute of an exact instance runs no code: True if it cannot, False if it may.

    None if a class above cannot be read. A class variable that holds a constant is plain; a descriptor is not.
    """
    last = owner
    for above, there in lineage(owner, module, program):
        if INTERCEPTS & {one.name for one in above.body if isinstance(one, DEFINITIONS)}:
            return False
        if any(_is_member(one, name) for one in there.members.get(above, ())):
            return False
        if above.keywords or not _plain_decorators(above) or not _plain_value(above, name):
            return False
        last = above
    plain = not last.bases or [getattr(base, "id", "") for base in last.bases] in (["object"], ["NamedTuple"])
    return True if plain else None


def _plain_decorators(owner: ast.ClassDef) -> bool:
    names = {getattr(one.func if isinstance(one, ast.Call) else one, "id", "?") for one in owner.decorator_list}
    return names <= {"dataclass", "final", "total_ordering"}


def _plain_value(owner: ast.ClassDef, name: str) -> bool:
    """Whether what the class's body assigns to the name is nothing that acts when it is read."""
    for statement in owner.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and name in _names_of(statement):
            value = statement.value
            literal = isinstance(value, (ast.Constant, ast.List, ast.Dict, ast.Set, ast.Tuple))
            field = isinstance(value, ast.Call) and getattr(value.func, "id", "") == "field"
            if not (literal or (field and owner.decorator_list)):
                return False
    return True


def name_for(owner: ast.ClassDef, module: Module, function: Function, program: Program) -> str:
    """How a function can name a class of the project; "" if it cannot without a new import."""
    here = function.module
    named = (ast.Import, ast.ImportFrom, ast.ClassDef)
    always = {id(one) for one in here.tree.body}  # not what stands under an `if`, such as TYPE_CHECKING
    for name, statement in here.top.items():
        if (
            not isinstance(statement, named)
            or id(statement) not in always
            or name in here.rebound
            or function.names.is_local(name)
        ):
            continue
        found = class_named(name, here, program)
        if found is not None and found[0] is owner:
            return name
        if not isinstance(statement, ast.ClassDef) and imported_module(name, function, program) is module:
            return f"{name}.{owner.name}" if module.top.get(owner.name) is owner else ""
    return ""


def imported_as(owner: ast.ClassDef, module: Module, program: Program) -> str:
    """What the class calls itself, ``package.module.Class``, as far as one can read; "" if another may too."""
    if module.top.get(owner.name) is not owner or owner.name in module.rebound:
        return ""
    folder, stem = module.path.parent, module.path.stem
    known = (one[1].split(".") for one, other in program.imports.items() if one[2] == 0 and _beside(other, folder))
    packages = itertools.takewhile(lambda one: (one / "__init__.py").is_file(), module.path.parents)
    parts = next((name[:-1] for name in known), [one.name for one in packages][::-1])
    return ".".join([*parts, *([] if stem == "__init__" else [stem]), owner.name])


def _beside(other: Module | None, folder: Path) -> bool:
    return other is not None and other.path.parent == folder and other.path.stem != "__init__"
