"""What the project goes on to do with a query set besides walking it: a lock, a union, fewer columns.

An option stays with a query set wherever it goes, so a use that was not recorded, or that fetched one object only, can
break by it: PostgreSQL locks no nullable side of a join, a union wants equal columns, a deferred column takes no join.
Names decide, which errs on the safe side.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from perfprof.rules.eager.places import Spot
    from perfprof.rules.reading.program import Program

CHANGES = frozenset(
    "select_for_update only defer union intersection difference iterator aiterator distinct Prefetch".split()
)
_STORES = (ast.Assign, ast.AnnAssign, ast.NamedExpr)


def called_later(spot: Spot, program: Program) -> frozenset[str]:
    """Methods of `CHANGES` that the project calls on what this expression gives, here or on what the function gives."""
    name = spot.function.qualname.rpartition(".")[2]
    found = _called(spot.function.node, spot.node, "")
    if name != "<module>":
        for path in mentions(program.root, name):
            module = program.module(path)
            for function in module.functions if module is not None else ():
                found |= _called(function.node, spot.node, name)
    return frozenset(found)


@lru_cache(maxsize=64)
def mentions(root: Path, name: str) -> tuple[Path, ...]:
    """Python files of the project that name a function."""
    return tuple(path for path in _sources(root) if name.encode() in _text(path))


def named_somewhere(root: Path, name: str) -> bool:
    """Whether any Python file of the project has the word."""
    return bool(mentions(root, name))


@lru_cache(maxsize=4)
def _sources(root: Path) -> tuple[Path, ...]:
    below = (path.relative_to(root) for path in root.rglob("*.py"))
    outside = {"site-packages", "node_modules", "__pycache__"}
    return tuple(
        root / path
        for path in below
        if not outside & set(path.parts) and not any(part.startswith(".") for part in path.parts)
    )


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _called(scope: ast.AST, node: ast.expr, name: str) -> set[str]:
    """Methods called on the expression, on a call of ``name``, or on a variable that holds either."""
    given = set(_holders(scope, node, name))
    return {
        word
        for one in ast.walk(scope)
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)
        for word in _changes(one)
        if any(_gives(part, node, name) or _word(part) in given for part in _below(one.func.value))
    }


def _changes(call: ast.Call) -> Iterator[str]:
    if isinstance(call.func, ast.Attribute) and call.func.attr in CHANGES:
        yield call.func.attr
    if any(getattr(one, "id", getattr(one, "attr", "")) == "Prefetch" for one in ast.walk(call)):
        yield "Prefetch"


def _holders(scope: ast.AST, node: ast.expr, name: str) -> Iterator[str]:
    """Variables and attributes that hold it; what is made of such a variable holds it as well."""
    stores = [one for one in ast.walk(scope) if isinstance(one, _STORES) and one.value is not None]
    given: set[str] = set()
    for _ in range(3):
        for store in stores:
            assert store.value is not None
            if any(_gives(part, node, name) or _word(part) in given for part in ast.walk(store.value)):
                targets = store.targets if isinstance(store, ast.Assign) else [store.target]
                given |= {word for target in targets if (word := _word(target))}
    return iter(given)


def _word(node: ast.AST) -> str:
    """``name`` or ``self.name``."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _gives(part: ast.AST, node: ast.expr, name: str) -> bool:
    if part is node:
        return True
    return bool(name) and isinstance(part, ast.Call) and _word(part.func) == name


def _below(node: ast.expr) -> Iterator[ast.expr]:
    """The chain that a method is called on, from the outside in."""
    while True:
        yield node
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        else:
            return
