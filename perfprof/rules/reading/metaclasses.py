"""Classes whose instances are classes: does one of them say what is equal in a way of its own?"""

from __future__ import annotations

import ast
import builtins
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules.reading.resolution import module_of

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Module, Program

_TOLD = (
    "meta",
    "metaclass",
    "metatype",
    "enumtype",
    "wrappertype",
)  # how makers of classes of other people are named

Seen = frozenset[tuple[Path, str]]  # names that are being looked up, so that a circle of them ends


def unhashable_maker(program: Program) -> str | None:
    """A metaclass of what is read so far by which classes are equal in a way of their own, first by name.

    Such a class cannot be put into a set of types, nor told from another one by ``==``.
    """
    found = (
        one.name
        for module in tuple(program.modules.values())
        if module is not None
        for one in module.comparing
        if _makes_classes(one, module, program, frozenset())
    )
    return min(found, default=None)


def _makes_classes(owner: ast.ClassDef, module: Module, program: Program, seen: Seen) -> bool:
    """Whether its chain of bases reaches ``type``; of a base that cannot be read, its name tells."""
    within = seen | {(module.path, owner.name)}
    return any(_is_maker(base, module, program, within) for base in owner.bases)


def _is_maker(base: ast.expr, module: Module, program: Program, seen: Seen) -> bool:
    if isinstance(base, ast.Call):  # `class Meta(type(Model))`
        return isinstance(base.func, ast.Name) and base.func.id == "type" and len(base.args) == 1
    if isinstance(base, ast.Subscript):  # `class Rows(List[int])`
        return _is_maker(base.value, module, program, seen)
    if isinstance(base, ast.Name):
        return _is_named_maker(base.id, module, program, seen)
    return _sounds_so(getattr(base, "attr", "type"))


def _is_named_maker(name: str, module: Module, program: Program, seen: Seen) -> bool:
    if (module.path, name) in seen:
        return _sounds_so(name)
    within = seen | {(module.path, name)}
    here = [one for one in module.classes if one.name == name]
    if here:
        return any(_makes_classes(one, module, program, within) for one in here)
    found = module.top.get(name)
    if isinstance(found, ast.Assign) and isinstance(found.value, ast.Name):
        return _is_named_maker(found.value.id, module, program, within)
    if isinstance(found, ast.ImportFrom):
        return _is_imported_maker(name, found, module, program, within)
    if found is None and isinstance(getattr(builtins, name, None), type):
        return issubclass(getattr(builtins, name), type)
    return _sounds_so(name)


def _is_imported_maker(name: str, found: ast.ImportFrom, module: Module, program: Program, seen: Seen) -> bool:
    original = next((one.name for one in found.names if (one.asname or one.name) == name), name)
    other = module_of(found, module, program)
    return _sounds_so(original) if other is None else _is_named_maker(original, other, program, seen)


def _sounds_so(name: str) -> bool:
    return name == "type" or name.lower().endswith(_TOLD)


def stored_by(owner: ast.ClassDef) -> set[str] | None:
    """What a metaclass stores in each class that it makes, if that is all it does; None if it may do more.

    ``def __new__(cls, name, bases, dct): made = type.__new__(cls, name, bases, dct); made.rules = {}; return made``.
    """
    if [ast.unparse(one) for one in owner.bases] != ["type"] or owner.keywords or owner.decorator_list:
        return None
    stored: set[str] = set()
    for one in owner.body:
        told = isinstance(one, ast.AnnAssign) and one.value is None
        if told or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)):
            continue
        names = _stored_in_new(one) if isinstance(one, ast.FunctionDef) and one.name == "__new__" else None
        if names is None:
            return None
        stored |= names
    return stored


def _stored_in_new(maker: ast.FunctionDef) -> set[str] | None:
    """The attributes that ``__new__`` gives the class it makes by ``type.__new__`` of its own arguments; None if it does more."""
    names = [one.arg for one in (*maker.args.posonlyargs, *maker.args.args)]
    begun, *between = [*maker.body[:-1], ast.Pass()]
    made = begun.targets[0] if isinstance(begun, ast.Assign) else None
    if maker.decorator_list or len(names) != 4 or not isinstance(made, ast.Name) or {"type", made.id} & {*names}:
        return None
    whole = [ast.unparse(begun), ast.unparse(maker.body[-1])]
    if whole != [f"{made.id} = type.__new__({', '.join(names)})", f"return {made.id}"]:
        return None
    stored = [_stored_in(made.id, one) for one in between[:-1]]
    return None if "" in stored else {*stored}


def _stored_in(made: str, statement: ast.stmt) -> str:
    """``rules`` of ``made.rules = {}``; empty for any other statement."""
    targets = statement.targets if isinstance(statement, ast.Assign) and _plain(statement.value) else []
    names = [one.attr for one in targets if isinstance(one, ast.Attribute) and ast.unparse(one.value) == made]
    return names[0] if len(names) == len(targets) == 1 and names[0][:2] != "__" else ""


def _plain(value: ast.expr) -> bool:
    """``{}``, ``[]``, ``None``: what is no descriptor, and runs nothing."""
    held = getattr(value, "keys", None) or getattr(value, "elts", None)
    return isinstance(value, ast.Constant) or (isinstance(value, (ast.Dict, ast.List)) and not held)
