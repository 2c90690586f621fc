"""Whether a walk over rows runs no code of the program before a row is known to be wanted.

Then what the walk takes is known from how many rows it met (`rules.bounds`), and what is done with the rows it wants is
no part of it: that stays, whatever finds them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.searching.observing import item_reads, reads

if TYPE_CHECKING:
    from perfprof.rules.rule import Case
    from perfprof.rules.searching.narrowing import Narrowing

_RUNS = (ast.Call, ast.Await, ast.Lambda, ast.comprehension, ast.JoinedStr)


def plain_rows(case: Case) -> bool:
    """So it is for builtin collections, keys of builtin types, plain attributes, and a test that stands first."""
    found: Narrowing = case.suspect.reading
    selection, listed = found.selection, case.watched("base0")
    simple = found.helper is None and found.inlined is None and found.stretch is None and not selection.problem
    if not simple or listed is None or not _builtin(listed.types) or not _stands_first(found):
        return False
    parts = (selection.spot, selection.inner, selection.outer, *selection.conditions)
    if any(isinstance(node, _RUNS) for part in parts for node in ast.walk(part)):
        return False
    return _keys(case) and _attributes(case, found) and _items(case, found)


def _stands_first(found: Narrowing) -> bool:
    """Whether nothing is done for a row before the test."""
    node = found.scan.node
    if not isinstance(node, ast.For):
        return not isinstance(node, ast.While)
    first = node.body[0]
    return isinstance(first, ast.If) and found.selection.compare in ast.walk(first.test)


def _keys(case: Case) -> bool:
    """Whether both sides of the equality were of types that the interpreter compares."""
    sides = [case.watched("inner"), case.watched("outer")]
    return all(seen is not None and guards.key_types(seen.types) and _builtin(seen.types) for seen in sides)


def _attributes(case: Case, found: Narrowing) -> bool:
    looks = [case.watched(f"read{number}") for number, _ in enumerate(reads(found))]
    return all(seen is not None and set(seen.reads) <= {"plain"} for seen in looks)


def _items(case: Case, found: Narrowing) -> bool:
    looks = [case.watched(f"item{number}") for number, _ in enumerate(item_reads(found))]
    return all(seen is not None and _builtin(seen.types) for seen in looks)


def _builtin(types: Iterable[str]) -> bool:
    return all(name.startswith("builtins.") for name in types)
