"""The loops around a scan: what they really walk, and whether its code could run in between.

A list hands out its elements and does nothing else; a generator runs code in each turn, which might change the
collection. Only loops from the index inwards matter: what runs before it is built cannot hurt it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, cast

from perfprof.rules import guards
from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.lambdas import LAZY, stands_for
from perfprof.rules.reading.types import builtin_type

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop, Scan
    from perfprof.rules.reading.stability import Stability
    from perfprof.rules.rule import Case

PLAIN = {**guards.COLLECTIONS, "builtins.set": "set", "builtins.frozenset": "frozenset", "builtins.range": "range"}
_WRAPPERS = frozenset({"enumerate", "zip", "reversed"})
_MATCHES = frozenset({"re.findall", "re.finditer", "re.split"})
_MAKERS = frozenset({"range", "sorted"})


class Looped(Protocol):
    """What a rule understood: a scan, and the loop before which something is built for it."""

    @property
    def function(self) -> Function:
        """Where it stands."""

    @property
    def scan(self) -> Scan:
        """What the loops repeat."""

    @property
    def hoist(self) -> Loop:
        """The loop before which the index stands."""

    @property
    def stable(self) -> tuple[Stability, ...]:
        """Whether the collection stays."""


def unknown_iterables(found: Looped) -> Iterator[tuple[str, ast.expr, bool]]:
    """(watch, expression, whether a guard before the loop can name it) for each iterable that may run code."""
    inside = False
    for number, loop in enumerate(found.scan.around):
        inside = inside or loop.node is found.hoist.node
        if not inside or loop.iterable is None:
            continue
        for place, one in enumerate(_walked(loop.iterable, found.function)):
            named = isinstance(one, ast.Name) and loop.node is found.hoist.node
            yield f"loop{number}{'abcdefgh'[place % 8]}", one, named
    for number, iterable in enumerate(_meanwhile(found)):
        yield f"also{number}", iterable, False


def _meanwhile(found: Looped) -> list[ast.expr]:
    """What other loops walk while the loop runs, besides the collection itself and what was made here."""
    statement = found.hoist.statement
    last = statement.end_lineno or statement.lineno
    loops = [
        one for one in _all_loops(found.function) if one not in found.scan.around and one is not found.scan.own
    ]
    loops = [one for one in loops if statement.lineno <= one.statement.lineno <= last]
    display = getattr(found, "display", None)  # what is computed before the loop walks what its own guard tests
    if display is not None:
        inside = set(ast.walk(display))
        loops = [one for one in loops if one.node not in inside]
    return [part for one in loops if one.iterable for part in _walked(one.iterable, found.function)]


def _all_loops(function: Function) -> tuple[Loop, ...]:
    """The loops of a function that walk something, each once."""
    known = function.memo.get("walking loops")
    if known is None:
        own = dict.fromkeys(one.own for one in (*function.scans, *function.applied) if one.own is not None)
        known = function.memo["walking loops"] = tuple(one for one in own if one.iterable is not None)
    return cast("tuple[Loop, ...]", known)


def _walked(iterable: ast.expr, function: Function) -> list[ast.expr]:
    """What is walked through ``enumerate``, ``zip`` and ``reversed``; nothing if it was made here."""
    if builtin_type(iterable, function) in {"list", "tuple", "dict", "set"}:
        return []
    if isinstance(iterable, ast.Call) and standard(iterable.func, function) in _MATCHES:
        return []
    if (
        isinstance(iterable, ast.Call)
        and isinstance(iterable.func, ast.Name)
        and is_builtin(iterable.func.id, function)
    ):
        if iterable.func.id in _MAKERS:
            return []
        if iterable.func.id in LAZY and stands_for(iterable) is not None:
            return _walked(iterable.args[1], function)
        if iterable.func.id in _WRAPPERS:
            return [one for part in iterable.args for one in _walked(part, function)]
    return [iterable]


def plain_tests(case: Case, found: Looped) -> list[str]:
    """Tests of the exact types of what the loop walks, for the condition under which something is built."""
    tests = []
    for name, one, named in unknown_iterables(found):
        seen = case.watched(name)
        types = {PLAIN.get(kind) for kind in seen.types} if seen is not None else set()
        if named and types and None not in types and not hidden(found):
            tests.append(guards.exactly(found.function.text(one), sorted(kind for kind in types if kind)))
    return tests


def hidden(found: Looped) -> bool:
    """Whether nobody outside of the function can reach the collection, or the keys in it, whatever code runs."""
    key = getattr(found, "inner", None)  # a key that is read from a row may change where the row is shared
    return (
        bool(found.stable)
        and all(one.private for one in found.stable)
        and (key is None or isinstance(key, ast.Name))
    )
