"""Flatness: whether a value looks like text or a number, which hash as they compare, or like an object of its own.

A guard that is met by objects falls back to the old path: then nothing is gained, so nothing is worth bringing up.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, cast

from perfprof.rules.reading.additions import ADDING
from perfprof.rules.reading.expressions import SCALAR_BUILTINS, TEXT_METHODS
from perfprof.rules.reading.names import bound_names
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.reading.vocabulary import holds_anything, holds_flat, is_flat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop

DEPTH = 4
TYPES = frozenset({"int", "str", "bytes", "float", "bool"})
GIVES_FLAT = (SCALAR_BUILTINS - {"tuple"}) | {
    "id",
    "hex",
    "oct",
    "bin",
    "ascii",
    "chr",
    "basename",
    "dirname",
    "realpath",
    "abspath",
    "normpath",
    "relpath",
    "getpid",
    "time",
}
SAFE_ATTRIBUTES = TEXT_METHODS | {"real", "imag", "count", "index", "numerator", "denominator"}
TEXT_CALLS = TEXT_METHODS - {"split", "rsplit", "splitlines", "partition", "rpartition", "find", "translate"} | {
    "find",
    "hexdigest",
    "group",
    "read_text",
    "as_posix",
}


def is_flat_value(node: ast.expr, function: Function, loops: Iterable[Loop] = (), depth: int = DEPTH) -> bool:
    """Whether something says that it is text or a number, and nothing says that it is an object."""
    parts = _parts(node)
    if parts is not None:
        found = [depth > 0 and is_flat_value(one, function, loops, depth - 1) for one in parts]
        # `path / "name"` is a path; other operators with text or a number give text or a number
        one_will_do = isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Div)
        return any(found) if one_will_do else bool(found) and all(found)
    if isinstance(node, (ast.JoinedStr, ast.Compare)):
        return True
    if isinstance(node, ast.Constant):
        return node.value is None or type(node.value).__name__ in TYPES
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.Name):
        return _name(node, function, tuple(loops), depth)
    return _part(node)


def _parts(node: ast.expr) -> tuple[ast.expr, ...] | None:
    """What an expression is made of that is as flat as they are."""
    if isinstance(node, ast.NamedExpr):
        return (node.value,)
    if isinstance(node, ast.Tuple):
        return tuple(node.elts)
    if isinstance(node, ast.BinOp):
        return (node.left, node.right)
    return (node.body, node.orelse) if isinstance(node, ast.IfExp) else None


def _part(node: ast.expr) -> bool:
    """``row.id`` and ``row["id"]``."""
    if isinstance(node, ast.Attribute):
        return is_flat(node.attr)
    key = node.slice.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else None
    return isinstance(key, str) and is_flat(key)


def _call(node: ast.Call) -> bool:
    callee = node.func
    if isinstance(callee, ast.Name):
        return callee.id in GIVES_FLAT
    if not isinstance(callee, ast.Attribute):
        return False
    return callee.attr in TEXT_CALLS or callee.attr in GIVES_FLAT or (callee.attr != "get" and is_flat(callee.attr))


def _name(node: ast.Name, function: Function, loops: tuple[Loop, ...], depth: int) -> bool:
    known = cast("dict[object, bool]", function.memo.setdefault("flat names", {}))
    key = node.id, builtin_type(node, function), loops, depth
    if key not in known:
        known[key] = _is_flat_name(node, function, loops, depth)
    return known[key]


def _is_flat_name(node: ast.Name, function: Function, loops: tuple[Loop, ...], depth: int) -> bool:
    name = node.id
    if has_parts(name, function):
        return False
    if builtin_type(node, function) in TYPES:
        return True
    for loop in reversed(loops):
        if isinstance(loop.node, ast.While) or name not in set(bound_names(loop.node.target)):
            continue
        return _element(name, loop.node, function) or is_key(name, function, loop.statement)
    values = function.names.values(name)
    if values:
        return all(is_flat_value(one, function, loops, depth - 1) for one in values)
    said = _annotation(name, function)
    return said in TYPES if said else is_flat(name)


def has_parts(name: str, function: Function) -> bool:
    """Whether the function reads attributes of it that text and numbers do not have, or its items by name."""
    for use in function.names.loads.get(name, ()):
        above = function.parents.get(use)
        if isinstance(above, ast.Attribute) and above.value is use and above.attr not in SAFE_ATTRIBUTES:
            return True
        if isinstance(above, ast.Subscript) and above.value is use and _is_key(above.slice):
            return True
    return False


def is_key(name: str, function: Function, within: ast.AST) -> bool:
    """Whether it is looked up in a dict there, so that it is hashed already; with no parts, it is hardly an object."""
    first, last = getattr(within, "lineno", 0), getattr(within, "end_lineno", 0)
    return any(
        first <= use.lineno <= last
        and isinstance(above := function.parents.get(use), ast.Subscript)
        and above.slice is use
        for use in function.names.loads.get(name, ())
    )


def _is_key(index: ast.expr) -> bool:
    return isinstance(index, ast.Constant) and isinstance(index.value, str)


def _annotation(name: str, function: Function) -> str:
    """The word of a parameter's annotation: ``str``, ``int``; empty without one."""
    arguments = getattr(function.node, "args", None)
    if arguments is None:
        return ""
    found = next(
        (one for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs] if one.arg == name), None
    )
    said = found.annotation if found is not None else None
    return "" if said is None else said.id if isinstance(said, ast.Name) else "?"


def _element(name: str, node: ast.For | ast.AsyncFor | ast.comprehension, function: Function) -> bool:
    """Whether the elements that a loop binds to a name are flat: numbers of turns, characters, words, lines, names."""
    walked, target = node.iter, node.target
    called = walked.func if isinstance(walked, ast.Call) else None
    word = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else None
    if word == "range" or (word == "enumerate" and isinstance(first, ast.Name) and first.id == name):
        return True
    if isinstance(target, ast.Name) and word in {"splitlines", "readlines", "split", "findall", "listdir"}:
        return True
    if isinstance(target, ast.Name):
        kind = _elements_annotated(walked, function)
        if kind or word == "items":
            return kind in TYPES
        given = walked.id if isinstance(walked, ast.Name) and walked.id in function.parameters else ""
        if holds_anything(given) and _only_kept(name, function):
            return True
    return is_flat(name)


def _only_kept(name: str, function: Function) -> bool:
    """Whether nothing is done with it but to compare it and to put it somewhere, as a helper for any data does."""
    uses = [(use, function.parents.get(use)) for use in function.names.loads.get(name, ())]
    return all(
        isinstance(above, ast.Compare)
        or (isinstance(above, ast.Call) and use in above.args and getattr(above.func, "attr", "") in ADDING)
        for use, above in uses
    )


def holds_flat_elements(collection: ast.expr, function: Function) -> bool:
    """Whether its name or annotation says that its elements are text or numbers."""
    kind = _elements_annotated(collection, function)
    name = collection.attr if isinstance(collection, ast.Attribute) else getattr(collection, "id", "")
    return kind in TYPES if kind else holds_flat(name)


def _elements_annotated(walked: ast.expr, function: Function) -> str:
    """``str`` of a parameter ``names: list[str]``."""
    arguments = getattr(function.node, "args", None)
    if not isinstance(walked, ast.Name) or arguments is None or walked.id in function.names.bindings:
        return ""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    said = next((one.annotation for one in every if one.arg == walked.id), None)
    if not isinstance(said, ast.Subscript):
        return ""
    inner = said.slice
    return inner.id if isinstance(inner, ast.Name) else "?"
