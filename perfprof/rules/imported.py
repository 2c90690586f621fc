"""Names of the standard library in new code: by the name that the user's file has for them, or by one that is imported.

library_uuid_UUID     UUID, where the file says ``from uuid import UUID``; else uuid.UUID and ``import uuid``
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.reading.stars import star_for
from perfprof.rules.rule import Edit, Rewrite

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

_BY_NAME = frozenset({"collections"})  # which people import the classes of
_TOKEN = re.compile(r"\blibrary_(uuid|datetime|decimal|pathlib|functools|collections)_([A-Za-z_]+)\b")


def can_name(types: tuple[str, ...], function: Function) -> bool:
    """Whether all that a guard for these types names has a name in the function, or can be given one."""
    return can_have(guards.is_key("it", types), function)


def can_have(source: str, function: Function) -> bool:
    """Whether all that stands for something of the standard library in a source has a name, or can be given one."""
    wanted = _TOKEN.findall(source)
    return all(_name_of(module, kind, function) is not None for module, kind in wanted)


def with_imports(rewrite: Rewrite, function: Function) -> Rewrite:
    """The rewrite with names in the place of tokens, and their imports."""
    imports: dict[str, Edit] = {}

    def named(found: re.Match[str]) -> str:
        name = _name_of(found[1], found[2], function)
        assert name is not None  # `can_name` was asked
        imports.setdefault(name[1], Edit("import", name[1]))
        return name[0]

    edits = [replace(one, source=_TOKEN.sub(named, one.source)) for one in rewrite.edits]
    return replace(rewrite, edits=(*imports.values(), *edits)) if imports else rewrite


def _name_of(module: str, kind: str, function: Function) -> tuple[str, str] | None:
    """(how the function can name a class, the import that brings the name); None if it cannot."""
    if function.qualname == "<module>":
        return None  # whose imports may stand further down
    top = function.module.top
    there, whole = top.get(kind), top.get(module)
    by_class = there is not None and _brings(there, kind, module)
    by_module = whole is None or _brings(whole, module, "")
    by_name = module in _BY_NAME and there is None and whole is None
    if by_module and not by_class and not by_name:
        return (f"{module}.{kind}", f"import {module}") if _free(module, function) else None
    if by_class or there is None:
        return (kind, f"from {module} import {kind}") if _free(kind, function) else None
    return None


def _brings(statement: ast.stmt, name: str, module: str) -> bool:
    """Whether it imports what is called so, of a module or as one."""
    if isinstance(statement, ast.ImportFrom):
        right = statement.module == module and not statement.level
    else:
        right = isinstance(statement, ast.Import) and not module
    return right and any(one.name == name and one.asname in (None, name) for one in statement.names)  # type: ignore[attr-defined]


def _free(name: str, function: Function) -> bool:
    """Whether nothing in the function, nor in those around it, gives the name another meaning."""
    scope: Function | None = function
    while scope is not None and scope.qualname != "<module>":
        if any(_binds(node, name) for node in ast.walk(scope.node)):
            return False
        scope = scope.outer
    return name not in function.module.rebound and star_for(name, function.module) is None


def _binds(node: ast.AST, name: str) -> bool:
    """Also by a comprehension or a lambda in it, whose names hide others only inside."""
    if isinstance(node, ast.Name):
        return node.id == name and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.alias):
        return (node.asname or node.name.partition(".")[0]) == name
    bound = getattr(node, "arg", None) if isinstance(node, ast.arg) else getattr(node, "name", None)
    return bound == name
