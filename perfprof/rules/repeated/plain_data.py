"""Tests that data is plain all the way down: values of builtin types, alone, in a list, or in one level more.

Operators on such data have no effects and depend on nothing else, so what is computed from it while nobody changes it
stays the same.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import TYPE_CHECKING

from perfprof.rules import guards

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

KEYS = frozenset({"builtins.int", "builtins.str", "builtins.bytes", "builtins.bool"})
PLAIN = "{bool, bytes, float, int, str, type(None)}"


def of_seen(name: str, types: Collection[str], elements: Collection[str]) -> str | None:
    """A test that a value is like what a run showed; None if that is not known to be plain."""
    held = sorted(set(types) - set(guards.FLAT))
    if not held and types:
        return guards.exactly(name, [guards.FLAT[one] for one in sorted(types)])
    if len(types) != 1 or held[0] not in guards.COLLECTIONS or not elements:
        return None
    inside = _flat_elements(name, held[0], elements) or _rows(name, held[0], elements)
    return f"{guards.exactly(name, [guards.COLLECTIONS[held[0]]])} and {inside}" if inside else None


def _flat_elements(name: str, kind: str, elements: Collection[str]) -> str:
    """A test that elements, or keys and values, are values of builtin types; empty if they were not."""
    if not set(elements) <= set(guards.FLAT):
        return ""
    each = f"set(map(type, {name})) <= {{{', '.join(sorted(guards.FLAT[one] for one in elements))}}}"
    return each + (f" and set(map(type, {name}.values())) <= {PLAIN}" if kind == "builtins.dict" else "")


def _rows(name: str, kind: str, elements: Collection[str]) -> str:
    """A test that elements are lists or tuples of plain values; empty if they were not."""
    rows = {"builtins.tuple" if one.startswith(guards.TUPLE) else one for one in elements}
    if kind == "builtins.dict" or not rows <= set(guards.LISTS):
        return ""
    row = "row" if name != "row" else "each"
    listed = guards.exactly(row, [guards.LISTS[one] for one in sorted(rows)])
    return f"all({listed} and set(map(type, {row})) <= {PLAIN} for {row} in {name})"


def as_key(name: str, types: Collection[str]) -> str | None:
    """A test for values that only equal those of the same type, so that one may stand for the other as a key."""
    if len(types) == 1 and set(types) <= KEYS:
        return f"type({name}) is {guards.FLAT[next(iter(types))]}"
    if not types or not all(one.startswith(guards.TUPLE) for one in types):
        return None
    items = {item for one in types for item in one[len(guards.TUPLE) : -1].split(",") if item}
    if len(items) != 1 or not items <= KEYS:
        return None
    return f"type({name}) is tuple and set(map(type, {name})) <= {{{guards.FLAT[items.pop()]}}}"


def written_displays(function: Function) -> dict[str, str]:
    """Tests of the dicts and lists of constants that the module writes down once and the function reads, by name."""
    found = {}
    for name in function.names.loads:
        meant = function.module.top.get(name)
        if function.names.is_local(name) or name in function.module.rebound or not isinstance(meant, ast.Assign):
            continue
        test = _of_written(name, meant.value)
        if test is not None and len(meant.targets) == 1:
            found[name] = test
    return found


def _of_written(name: str, display: ast.expr) -> str | None:
    if isinstance(display, ast.Dict):
        types = {_type_of(one) for one in display.keys}
        return of_seen(name, ["builtins.dict"], types) if None not in map(_type_of, display.values) else None  # type: ignore[arg-type]
    if not isinstance(display, (ast.List, ast.Tuple)):
        return None
    kind = "builtins.list" if isinstance(display, ast.List) else "builtins.tuple"
    types = {_type_of(one) for one in display.elts}
    return of_seen(name, [kind], types) if None not in types else None  # type: ignore[arg-type]


def _type_of(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
        node = node.operand
    return f"builtins.{type(node.value).__name__}" if isinstance(node, ast.Constant) else None
