"""All places in a project that use an attribute of a class: on ``self`` in its methods, and anywhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from perfprof.rules.kept_lists.attribute_queues import Use
from perfprof.rules.reading.families import Family
from perfprof.rules.reading.projects import texts

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program


def uses_of(name: str, family: Family, own: Module, program: Program) -> tuple[tuple[Use, ...], tuple[Use, ...]]:
    """(on ``self`` in methods of the family, elsewhere); what is surely an attribute of another class is left out."""
    found = list(_in_project(name, family, own, program))
    inside = [one for one in found if _of_self(one) and one.method.owner in family.classes]
    others = [one for one in found if one not in inside and not _of_another(one, family)]
    return tuple(inside), tuple(others)


def _in_project(name: str, family: Family, own: Module, program: Program) -> Iterator[Use]:
    """Every place that names it, other than as the private attribute of another class."""
    asked = rf"\b{mangled(name, family)}\b" if private(name) else rf"\.\s*{name}\b"
    word, owner = re.compile(asked), next(iter(family.classes))
    for path, text in texts(program, own):
        here = own if path == own.path else program.module(path) if word.search(text) else None
        for one in _uses(name, here, family) if here is not None else ():
            if not private(name) or one.node.attr != name or _class_around(one) is owner:
                yield one


def private(name: str) -> bool:
    """Whether the name belongs to the class alone: ``self.__rows``."""
    return name.startswith("__") and not name.endswith("__")


def mangled(name: str, family: Family) -> str:
    """What others call it: ``rows._Rows__rows``."""
    owner = next(iter(family.classes))
    return f"_{owner.name.lstrip('_')}{name}" if private(name) else name


def _uses(name: str, module: Module, family: Family) -> Iterator[Use]:
    nodes = [one for one in ast.walk(module.tree) if isinstance(one, ast.Attribute) and _is(one, name, family)]
    if not nodes:
        return
    direct = {node: one for one in module.functions for node in one.every(ast.Attribute)}
    for node in nodes:
        yield Use(direct[node] if node in direct else around(node, module), node)


def _is(node: ast.Attribute, name: str, family: Family) -> bool:
    return node.attr in {name, mangled(name, family)}


def around(node: ast.expr, module: Module) -> Function:
    """The innermost function around what stands in a lambda, a decorator or the body of a class."""
    around = [one for one in module.functions if one.line <= node.lineno <= one.end_line]
    inner = [one for one in around if node in one.parents]
    return max(inner, key=lambda one: (one.line, one.qualname != "<module>"))


def _of_self(one: Use) -> bool:
    """``self.rows`` in a method, which means that very object whenever the method goes on."""
    return (
        isinstance(one.node.value, ast.Name)
        and one.node.value.id == "self"
        and one.method.owner is not None
        and one.method.parameters[:1] == ("self",)
        and any(node is one.node for node in one.method.every(ast.Attribute))
    )


def _class_around(one: Use) -> ast.ClassDef | None:
    method: Function | None = one.method
    while method is not None and method.owner is None:
        method = method.outer
    return method.owner if method is not None else None


def _of_another(one: Use, family: Family) -> bool:
    """Whether it is ``self.rows`` in what stands inside a method of a class that shares no objects with the family."""
    if not isinstance(one.node.value, ast.Name) or one.node.value.id != "self":
        return False
    method: Function | None = one.method
    while method is not None and method.owner is None:
        if "self" in method.parameters or "self" in method.names.bindings:
            return False
        method = method.outer
    if method is None or method.parameters[:1] != ("self",) or "self" in method.names.given:
        return False
    return method.owner not in family.classes and not method.names.bindings.get("self")


def default_of(name: str, owner: ast.ClassDef) -> ast.Call | None:
    """``field(default_factory=list)`` of a dataclass's field."""
    for one in owner.body if owner.decorator_list else ():
        if (
            isinstance(one, ast.AnnAssign)
            and getattr(one.target, "id", "") == name
            and isinstance(one.value, ast.Call)
        ):
            words = {word.arg: word.value for word in one.value.keywords}
            if (
                getattr(one.value.func, "id", "") == "field"
                and getattr(words.get("default_factory"), "id", "") == "list"
            ):
                return one.value
    return None


def gives_field(name: str, owner: ast.ClassDef, module: Module) -> ast.expr | None:
    """Where a module may make an object of a dataclass with a list of its own for the field; None if nowhere."""
    fields = [one for one in owner.body if isinstance(one, ast.AnnAssign) and _is_given(one)]
    first = next((number for number, one in enumerate(fields) if getattr(one.target, "id", "") == name), 0)
    words = {owner.name} | set(re.findall(rf"\b{owner.name}\s+as\s+(\w+)", module.source))
    calls = [one for one in ast.walk(module.tree) if isinstance(one, ast.Call)]
    making = [call for call in calls if _makes(call, words)]
    given = next((call for call in making if _gives(name, first, call)), None)
    return given or _handed_on(words, [call.func for call in making], module)


def _handed_on(words: set[str], called: Iterable[ast.expr], module: Module) -> ast.expr | None:
    """Where a class is named other than to call it, in an annotation or for `isinstance`."""
    plain = {id(one) for one in called}
    mentions: list[ast.expr] = []
    for node in ast.walk(module.tree):
        plain |= {id(one) for one in _annotations(node)}
        if isinstance(node, ast.Call) and _said(node.func) == "isinstance":
            plain |= {id(one) for one in node.args[1:]}
        if isinstance(node, (ast.Name, ast.Attribute)) and _said(node) in words:
            mentions.append(node)
    return next((one for one in mentions if id(one) not in plain), None)


def _makes(call: ast.Call, words: set[str]) -> bool:
    """Whether a call may make an object: ``Book(…)``, ``cls(…)``, ``type(self)(…)``."""
    if isinstance(call.func, ast.Call):
        return _said(call.func.func) == "type"
    return _said(call.func) in words | _OWN_CLASS


_OWN_CLASS = frozenset({"cls", "__class__"})


def _gives(name: str, first: int, call: ast.Call) -> bool:
    """Whether a call may give a value for a field; first: how many are given by position before it."""
    stars = any(isinstance(one, ast.Starred) for one in call.args) or any(not one.arg for one in call.keywords)
    return stars or len(call.args) > first or any(one.arg == name for one in call.keywords)


def _is_given(one: ast.AnnAssign) -> bool:
    """Whether a field of a dataclass is an argument of its `__init__`."""
    text = ast.unparse(one.annotation) + (ast.unparse(one.value) if one.value is not None else "")
    return "ClassVar" not in text and "init=False" not in text


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    for name in ("annotation", "returns"):
        said = getattr(node, name, None)
        yield from ast.walk(said) if isinstance(said, ast.AST) else ()


def _said(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
