"""What the hints of a function say of its arguments: the author's own word on which types may come."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from perfprof.optimizer.patches import FileChange
from perfprof.profilers.inside.replaying.differences import functions

_PLAIN = {
    "int": ["int", "bool"],
    "float": ["float", "int", "bool"],
    "str": ["str"],
    "bytes": ["bytes"],
    "bool": ["bool"],
    "None": ["NoneType"],
    "complex": ["float", "int"],
}
_HOLDERS = {
    "list": "list",
    "List": "list",
    "set": "set",
    "Set": "set",
    "frozenset": "frozenset",
    "FrozenSet": "frozenset",
    "dict": "dict",
    "Dict": "dict",
    "Mapping": "dict",
    "tuple": "tuple",
    "Tuple": "tuple",
    "Sequence": "list",
    "Iterable": "list",
    "Collection": "list",
    "Iterator": "",
    "Optional": "",
    "Union": "",
}


def hinted(changes: Iterable[FileChange]) -> dict[str, list[str]]:
    """``path::qualified.name`` -> names of the types that may come, for functions whose hints leave nothing open."""
    found = {}
    for change in changes:
        try:
            nodes = functions(ast.parse(change.before.removeprefix("\ufeff")))
        except (SyntaxError, ValueError):
            continue
        for (name, _), node in nodes.items():
            types = _types(node, method="." in name)
            if types is not None:
                found[f"{change.path}::{name}"] = sorted(types)
    return found


def _types(node: ast.FunctionDef | ast.AsyncFunctionDef, *, method: bool) -> set[str] | None:
    """The types that every parameter may hold, so that none is put where it may not stand; None if one says nothing."""
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    rest = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    if method and plain and plain[0].arg in ("self", "cls"):
        return None  # what the object holds has no hint here
    common: set[str] | None = None
    for argument in (*plain, *rest):
        found: set[str] = set()
        if argument.annotation is None or not _read(argument.annotation, found, inside=False):
            return None
        common = found if common is None else common & found
    return common


def _read(node: ast.expr, found: set[str], *, inside: bool) -> bool:
    """Add what a hint allows as an element or a plain value; False if it leaves anything open."""
    if isinstance(node, ast.Constant):
        return _read_constant(node.value, found, inside=inside)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _read(node.left, found, inside=inside) and _read(node.right, found, inside=inside)
    if isinstance(node, ast.Subscript):
        return _read_holder(node, found, inside=inside)
    types = _PLAIN.get(_name(node))
    found.update(types or [])
    return types is not None


def _read_constant(value: object, found: set[str], *, inside: bool) -> bool:
    """``None``, the dots of ``tuple[int, ...]``, or a hint in quotes."""
    if isinstance(value, str):
        try:
            return _read(ast.parse(value, mode="eval").body, found, inside=inside)
        except SyntaxError:
            return False
    found.update(["NoneType"] if value is None else [])
    return value is None or value is Ellipsis


def _read_holder(node: ast.Subscript, found: set[str], *, inside: bool) -> bool:
    holder = _HOLDERS.get(_name(node.value))
    if holder is None:
        return False
    found.update(["NoneType"] if _name(node.value) == "Optional" else [])
    found.update([holder] if inside and holder else [])
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return all(_read(part, found, inside=inside or bool(holder)) for part in parts)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
