"""Making objects: which methods run when a class of the project is called, and whether all of them can be seen."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.reading.callees import PLAIN_DECORATORS
from perfprof.rules.reading.resolution import class_named

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program

MAKING = frozenset({"__init__", "__post_init__"})
# Making one of these, or of a class of theirs, copies what it is given and runs no method of the class.
_CONTAINERS = frozenset("dict list set frozenset tuple str bytes int float".split())
_PLAIN_BASES = (
    frozenset({"object", "NamedTuple", "TypedDict", "Enum", "Generic", "Protocol", "ABC"})
    | _CONTAINERS
    | {name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)}
)
_MOST = 8  # classes above one another


def run_by(owner: ast.ClassDef, module: Module, program: Program) -> tuple[list[Function], str]:
    """The methods that may run when an object of a class is made; and why others may too, empty if none can."""
    found: list[Function] = []
    for one, there in _with_those_above(owner, module, program):
        methods = [method for method in there.members.get(one, ()) if method.owner is one]
        names = {method.qualname.rpartition(".")[2]: method for method in methods}
        why = _hidden(one, there, program) or ("it has a `__new__` of its own" if "__new__" in names else "")
        if why:
            who = "" if one is owner else f"`{one.name}`, which it derives from: "
            return found, f"{who}{why} ({there.relative}:{one.lineno})"
        found += [method for name, method in names.items() if name in MAKING]
    return found, ""


def _with_those_above(
    owner: ast.ClassDef, module: Module, program: Program
) -> Iterator[tuple[ast.ClassDef, Module]]:
    waiting, met = [(owner, module)], set[ast.ClassDef]()
    while waiting and len(met) < _MOST:
        one, there = waiting.pop()
        if one in met:
            continue
        met.add(one)
        yield one, there
        for base in one.bases:
            above = class_named(base.id, there, program) if isinstance(base, ast.Name) else None
            waiting += [above] if above is not None else []


def _hidden(owner: ast.ClassDef, module: Module, program: Program) -> str:
    """Why a base, a decorator or a metaclass that is not read may take part; empty if none does."""
    if owner.keywords:
        return "a metaclass makes its objects"
    for mark in owner.decorator_list:
        if getattr(mark.func if isinstance(mark, ast.Call) else mark, "id", "") not in PLAIN_DECORATORS:
            return f"`@{ast.unparse(mark)}` may make another class of it"
    for base in owner.bases:
        held = base.value if isinstance(base, ast.Subscript) else base
        name = held.id if isinstance(held, ast.Name) else ""
        if name not in _PLAIN_BASES and class_named(name, module, program) is None:
            return f"it derives from `{ast.unparse(base)}`, which is not read"
    return ""
