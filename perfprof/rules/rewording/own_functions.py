"""Functions that a program gives to SQLite in place of the built-in ones: only its own connections know them."""

from __future__ import annotations

import ast
import re

from perfprof.rules.reading.program import Program
from perfprof.rules.rewording.places import project_files

_CALLED = re.compile(r"(\w+)\s*\(")
_MAKERS = ("create_function", "createscalarfunction", "create_deterministic_function")
_LOADERS = ("load_extension", "enable_load_extension", "loadextension")


def redefined(program: Program, expression: str) -> str:
    """Why a function of this SQL may be the project's own; "" if it is SQLite's.

    An extension (ICU brings its own `lower`) may redefine any; so may a name that is not written down.
    """
    wanted = {name.lower() for name in _CALLED.findall(expression)}
    for path in project_files(program.root, "*.py"):
        source = program.read(path)
        if source is None or not any(word in source for word in (*_MAKERS, *_LOADERS)):
            continue
        module = program.module(path)
        if module is None:
            return f"{path.name} could not be read"
        for node in ast.walk(module.tree):
            name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if name in _LOADERS:
                return f"{module.relative}:{node.lineno} loads an extension"  # type: ignore[attr-defined]
            if isinstance(node, ast.Call) and name in _MAKERS and _may_be_one(node, wanted):
                return f"{module.relative}:{node.lineno} gives SQLite a function of its own"
    return ""


def _may_be_one(call: ast.Call, wanted: set[str]) -> bool:
    given = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "name")]
    named = given[0] if given else None
    known = isinstance(named, ast.Constant) and isinstance(named.value, str)
    return not known or str(getattr(named, "value", "")).lower() in wanted
