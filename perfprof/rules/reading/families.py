"""Families: a class, what it inherits from and what inherits from it, wherever in the project that stands.

An object's attribute belongs to all of them: a method of any may use it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules.reading.projects import texts
from perfprof.rules.reading.resolution import class_named

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program

PLAIN_BASES = frozenset({"object", "ABC", "Generic", "Protocol"})  # which leave attributes alone
MOST = 50  # classes; larger families are not read
_BY_CALL = re.compile(r"\btype\([^()]*,\s*\(([^()]*)\)")  # a class that is made without `class`, of these


@dataclass(eq=False, slots=True)
class Family:
    """classes: each with its module, the class asked about first. foreign: a base that is not the project's, or empty."""

    classes: dict[ast.ClassDef, Module] = field(default_factory=dict)
    foreign: str = ""

    def methods(self) -> Iterator[Function]:
        """Those of all classes."""
        for owner, module in self.classes.items():
            yield from module.members.get(owner, ())


def family_of(owner: ast.ClassDef, module: Module, program: Program) -> Family:
    """All classes that share objects with a class."""
    known = module.functions[0].memo.setdefault("families", {})
    assert isinstance(known, dict)
    if owner not in known:
        known[owner] = _family(owner, module, program)
    return known[owner]  # type: ignore[no-any-return]  # the memo holds what was put there


def _family(owner: ast.ClassDef, module: Module, program: Program) -> Family:
    found, files = Family(), dict(texts(program, module))
    waiting = [(owner, module)]
    while waiting:
        one, there = waiting.pop()
        if one in found.classes:
            continue
        found.classes[one] = there
        if len(found.classes) > MOST:
            found.foreign = f"one of more than {MOST} classes"
            break
        waiting += [*_above(one, there, program, found), *_below(one, files, there, program)]
    names = {one.name for one in found.classes}
    made = {
        word for text in files.values() for bases in _BY_CALL.findall(text) for word in re.findall(r"\w+", bases)
    }
    if names & made:
        found.foreign = "a class that is made by `type(…)`"
    return found


def _above(
    owner: ast.ClassDef, module: Module, program: Program, found: Family
) -> Iterator[tuple[ast.ClassDef, Module]]:
    for base in owner.bases:
        base = base.value if isinstance(base, ast.Subscript) else base  # noqa: PLW2901 - `Repository[Customer]`
        above = class_named(base.id, module, program) if isinstance(base, ast.Name) else None
        if above is not None:
            yield above
        elif getattr(base, "attr", getattr(base, "id", "")) not in PLAIN_BASES:
            found.foreign = f"`{ast.unparse(base)}`"


def _below(
    owner: ast.ClassDef, files: dict[Path, str], own: Module, program: Program
) -> Iterator[tuple[ast.ClassDef, Module]]:
    """Classes that name it as a base; also those that may mean another of its name."""
    naming = {path: text for path, text in files.items() if owner.name in text}
    again = re.compile(rf"\b{owner.name}\s+as\s+(\w+)")
    others = {other for text in naming.values() if " as " in text for other in again.findall(text)}
    naming |= {path: text for path, text in files.items() if any(one in text for one in others)}
    heads = re.compile(rf"\bclass\s+\w+\s*\([^:]*\b({'|'.join([owner.name, *others])})\b")
    for path, text in naming.items():
        if heads.search(text):
            yield from _derived({owner.name, *others}, own if path == own.path else program.module(path))


def _derived(names: set[str], module: Module | None) -> Iterator[tuple[ast.ClassDef, Module]]:
    for one in module.classes if module is not None else ():
        if any(_last(base) in names for base in one.bases):
            yield one, module  # type: ignore[misc]  # it has classes


def _last(base: ast.expr) -> str:
    base = base.value if isinstance(base, ast.Subscript) else base
    return base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
