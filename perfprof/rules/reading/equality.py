"""Classes of the project whose objects are equal to themselves only, as far as their bodies tell.

A guard looks at the classes again when the program runs; this is asked so that no guard is written that never holds.
"""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from perfprof.rules.reading.receivers import lineage
from perfprof.rules.reading.resolution import class_named, module_of

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Module, Program

_OWN = frozenset({"__eq__", "__hash__"})
_PLAIN_MARKS = frozenset({"final", "runtime_checkable", "dataclass"})
_PLAIN_BASES = frozenset({"object", "ABC", "Protocol", "Generic"}) | {
    name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)
}
_PLAIN_ROWS = frozenset({"NamedTuple", "TypedDict", "Enum", "IntEnum", "StrEnum", "Flag"})


def equal_to_itself_only(name: str, here: Module, program: Program) -> bool:
    """Whether the class ``module.qualname``, as a run names it, surely takes ``==`` and ``hash`` from ``object``."""
    found = _class(name, here, program)
    if found is None:
        return False
    last = found[0]
    for owner, _ in lineage(*found, program):
        if _OWN & set(_bound(owner)) or not all(map(_plain_mark, owner.decorator_list)):
            return False
        last = owner
    return all(_base_name(one) in _PLAIN_BASES for one in last.bases)


def own_equality(name: str, here: Module, program: Program) -> tuple[str, bool] | None:
    """Where the class ``module.qualname`` defines what is equal (``path:line``), and whether it defines a hash beside it.

    None if that cannot be read.
    """
    found = _class(name, here, program)
    for owner, module in lineage(*found, program) if found is not None else ():
        if not all(map(_plain_mark, owner.decorator_list)):
            return None
        bound = _bound(owner)
        says = next((one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == "__eq__"), None)
        if says is not None:
            return f"{module.relative}:{says.lineno}", "__hash__" in bound
        if _OWN & set(bound):
            return None
    return None


def made_by_the_project(name: str, here: Module, program: Program) -> bool:
    """Whether the class ``module.qualname``, as a run names it, stands in the project with all that it inherits from.

    What a library's class does to its objects nobody can see from here.
    """
    found = _class(name, here, program)
    if found is None:
        plain = name.startswith("builtins.") or name == "types.SimpleNamespace"
        return plain or _is_named_tuple(_defined(name, here, program)[1])
    waiting, met = [found], {found[0]}
    while waiting:
        above = _above(*waiting.pop(), program)
        if above is None:
            return False
        waiting += [one for one in above if one[0] not in met]
        met |= {owner for owner, _ in above}
    return True


def _above(owner: ast.ClassDef, module: Module, program: Program) -> list[tuple[ast.ClassDef, Module]] | None:
    """The project's classes that a class names as its bases; None if there is one of a library that may store."""
    found = []
    for base in owner.bases:
        word = _base_name(base)
        above = class_named(word, module, program) if isinstance(base, ast.Name) else None
        if above is not None:
            found.append(above)
        elif word not in _PLAIN_BASES | _PLAIN_ROWS:
            return None
    return found


def _class(name: str, here: Module, program: Program) -> tuple[ast.ClassDef, Module] | None:
    """The class by what a run calls it; of a script's own classes the one in the file that asks."""
    module, found = _defined(name, here, program)
    return (found, module) if isinstance(found, ast.ClassDef) and module is not None else None


def _defined(name: str, here: Module, program: Program) -> tuple[Module | None, ast.AST | None]:
    """The file of the class, and what gives it its name there; None for what is not of the project."""
    dotted, _, last = name.rpartition(".")
    module: Module | None = here
    if dotted != "__main__" and not _is_called(here, dotted):
        module = module_of(ast.ImportFrom(module=dotted, names=[], level=0), here, program)
    return module, module.top.get(last) if module is not None and last not in module.rebound else None


def _is_named_tuple(made: ast.AST | None) -> bool:
    """``Row = namedtuple("Row", "id name")``, whose objects nobody can change."""
    call = made.value if isinstance(made, ast.Assign) else None
    return isinstance(call, ast.Call) and _base_name(call.func) in {"namedtuple", "NamedTuple"}


def _is_called(module: Module, dotted: str) -> bool:
    """Whether the file can be imported by this name."""
    path = module.relative.removesuffix(".py").removesuffix("/__init__")
    return f"/{path}".endswith("/" + dotted.replace(".", "/"))


def _bound(owner: ast.ClassDef) -> list[str]:
    """Names that a class's body binds by a definition or an assignment."""
    names = [one.name for one in owner.body if isinstance(one, (ast.FunctionDef, ast.ClassDef))]
    stores = [node for one in owner.body for node in ast.walk(one) if isinstance(node, ast.Name)]
    return [*names, *(node.id for node in stores if isinstance(node.ctx, ast.Store))]


def _plain_mark(mark: ast.expr) -> bool:
    """Whether a decorator leaves ``==`` alone: of dataclasses those made with ``eq=False``."""
    called = mark.func if isinstance(mark, ast.Call) else mark
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if name != "dataclass":
        return name in _PLAIN_MARKS
    words = mark.keywords if isinstance(mark, ast.Call) else []
    return any(one.arg == "eq" and isinstance(one.value, ast.Constant) and not one.value.value for one in words)


def _base_name(base: ast.expr) -> str:
    base = base.value if isinstance(base, ast.Subscript) else base
    return base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
