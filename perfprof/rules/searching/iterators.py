"""The loops around a scan: what they really walk, and whether its code could run in between.

A list hands out its elements and does nothing else; a generator runs code in each turn, which might change the
collection. Only loops from the index inwards matter: what runs before it is built cannot hurt it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, cast

from perfprof.rules import guards
from perfprof.rules.hoisting import there_before
from perfprof.rules.reading.callees import is_generator, standard
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.lambdas import LAZY, stands_for
from perfprof.rules.reading.reached import type_there

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop, Scan
    from perfprof.rules.reading.stability import Stability
    from perfprof.rules.rule import Case

PLAIN = {**guards.COLLECTIONS, "builtins.set": "set", "builtins.frozenset": "frozenset", "builtins.range": "range"}
SIZED = frozenset(
    {"list", "tuple", "dict", "set", "frozenset"}
)  # `len` of a range may be more than a C integer holds
FEW = 8  # look-ups for which no set, dict of counts or index pays, whatever its size: measured, see `costs`
FEW_POSITIONS = 16
FEW_GROWN = 32  # questions of a list that grows: what is in it already goes into the set one by one
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
    def bases(self) -> tuple[ast.expr, ...]:
        """The collection, and what it is read from."""

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
            named = loop.node is found.hoist.node and _has_name(one, loop, found.function)
            yield f"loop{number}{'abcdefgh'[place % 8]}", one, named
    for number, iterable in enumerate(_meanwhile(found)):
        yield f"also{number}", iterable, False


def _has_name(one: ast.expr, loop: Loop, function: Function) -> bool:
    """Whether a guard before the loop can name it: a comprehension may stand where it is not always reached."""
    if not isinstance(one, ast.Name):
        return False
    return loop.holder is None or there_before(one.id, loop.statement, function)


def _meanwhile(found: Looped) -> list[ast.expr]:
    """What other loops walk while the loop runs, besides the collection itself and what was made here."""
    statement = found.hoist.statement
    last = statement.end_lineno or statement.lineno
    walking, around = _walking(found.function), (*found.scan.around, found.scan.own)
    loops = [one for one in walking if statement.lineno <= one.statement.lineno <= last and one not in around]
    display = getattr(found, "display", None)  # what is computed before the loop walks what its own guard tests
    if display is not None:
        inside = set(ast.walk(display))
        loops = [one for one in loops if one.node not in inside]
    own = (
        found.scan.node if (helper := getattr(found, "helper", None)) is not None and is_generator(helper) else None
    )
    return [part for one in loops for part in walking[one] if part is not own]  # what that runs was read


def _walking(function: Function) -> dict[Loop, list[ast.expr]]:
    """The loops of a function that walk something, each once, with what they walk that may run code."""
    known = function.memo.get("walking loops")
    if known is None:
        own = dict.fromkeys(one.own for one in (*function.scans, *function.applied) if one.own is not None)
        walking = {one: _walked(one.iterable, function) for one in own if one.iterable is not None}
        known = function.memo["walking loops"] = walking
    return cast("dict[Loop, list[ast.expr]]", known)


def _walked(iterable: ast.expr, function: Function) -> list[ast.expr]:
    """What is walked through ``enumerate``, ``zip`` and ``reversed``; nothing if it was made here."""
    return [one for one in _parts(iterable, function) if not _made_here(one, function)]


def _parts(iterable: ast.expr, function: Function) -> list[ast.expr]:
    """What is walked, wherever it was made."""
    callee = iterable.func if isinstance(iterable, ast.Call) else None
    if isinstance(iterable, ast.Call) and isinstance(callee, ast.Name) and is_builtin(callee.id, function):
        if callee.id in LAZY and stands_for(iterable) is not None:
            return _parts(iterable.args[1], function)
        if callee.id in _WRAPPERS:
            return [one for part in iterable.args for one in _parts(part, function)]
    return [iterable]


def _made_here(one: ast.expr, function: Function) -> bool:
    """Whether it is a container that was made in this function, which runs no code when it is walked."""
    if type_there(one, function) in {"list", "tuple", "dict", "set"}:
        return True
    if not isinstance(one, ast.Call):
        return False
    named = isinstance(one.func, ast.Name) and is_builtin(one.func.id, function)
    return standard(one.func, function) in _MATCHES or (named and one.func.id in _MAKERS)  # type: ignore[attr-defined]


def is_plainly_walked(case: Case, found: Looped, walked: ast.Name) -> bool:
    """Whether what the outermost loop walks surely has a length and runs no code, as the code or `plain_tests` shows."""
    if type_there(walked, found.function) in SIZED:
        return _has_name(walked, found.hoist, found.function)
    known = [_types(case, name) for name, one, named in unknown_iterables(found) if named and one is walked]
    return not hidden(found) and bool(known) and all(types and types <= SIZED for types in known)


def plain_tests(case: Case, found: Looped) -> list[str]:
    """Tests of the exact types of what the loop walks, for the condition under which something is built."""
    tests = []
    for name, one, named in unknown_iterables(found):
        types = _types(case, name)
        if named and types and None not in types and not hidden(found):
            tests.append(guards.exactly(found.function.text(one), sorted(kind for kind in types if kind)))
    return tests


def loop_tests(case: Case, found: Looped, few: int = FEW) -> list[str]:
    """The same, and that the loop asks often enough for what is built to pay, where that can be read before it."""
    return [*plain_tests(case, found), *(f"{length} > {few}" for _, length in _lengths(case, found)[:1])]


def long_tests(case: Case, found: Looped, few: int = FEW_GROWN) -> list[str]:
    """That the loop asks often enough, with a test of the type of what has a length."""
    return [test for kind, length in _lengths(case, found)[:1] for test in (kind, f"{length} > {few}") if test]


def counts_turns(case: Case, found: Looped) -> bool:
    """Whether a guard can tell before the loop how often it asks."""
    return bool(_lengths(case, found))


def _types(case: Case, name: str) -> set[str | None]:
    """How a guard names the types that a watch saw; None among them for any that it does not."""
    seen = case.watched(name)
    return {PLAIN.get(kind) for kind in seen.types} if seen is not None else set()


def _lengths(case: Case, found: Looped) -> list[tuple[str, str]]:
    """How many turns the loop has, where that can be read before it: (a test under which it can, how).

    Not where loops lie between, whose turns count as well, nor for a collection that was made here: to build something of
    it costs about as much as it did; nor where it is walked itself, and is short with the loop.
    """
    scans, function = (found.scan, *getattr(found, "twins", ())), found.function
    walked = _parts(found.hoist.iterable, function) if found.hoist.iterable is not None else []
    itself = any(ast.dump(one) == ast.dump(found.bases[0]) for one in walked)
    if itself or is_made_here(found) or any(one.around[-1].node is not found.hoist.node for one in scans):
        return []
    known = [("", length) for one in walked if (length := _length(one, found.hoist, function))]
    for name, one, named in unknown_iterables(found):
        types = _types(case, name)
        if named and types and types <= SIZED:
            names = sorted(kind for kind in types if kind)
            known.append((guards.exactly(function.text(one), names), f"len({function.text(one)})"))
    return known


def _length(walked: ast.expr, loop: Loop, function: Function) -> str:
    """The length of what the code shows to have one, or to count: ``len(rows)`` of ``rows`` and of ``range(len(rows))``."""
    end = _only_argument(walked, "range", function)
    counted = _only_argument(end, "len", function)
    if end is None or counted is not None:
        sized = walked if counted is None else counted
        known = _has_name(sized, loop, function) and type_there(sized, function) in SIZED
        return f"len({function.text(sized)})" if known else ""
    known = _has_name(end, loop, function) and type_there(end, function) == "int"
    return function.text(end) if known else ""


def _only_argument(node: ast.expr | None, name: str, function: Function) -> ast.expr | None:
    """``xs`` in ``name(xs)``, a call of a builtin."""
    callee = node.func if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords else None
    named = isinstance(callee, ast.Name) and callee.id == name and is_builtin(name, function)
    return node.args[0] if named and isinstance(node, ast.Call) else None


def is_made_here(found: Looped) -> bool:
    """Whether the collection was made in this function, and nobody outside can reach it."""
    return bool(found.stable) and all(one.private for one in found.stable)


def hidden(found: Looped) -> bool:
    """Whether nobody outside of the function can reach the collection, or the keys in it, whatever code runs."""
    key = getattr(found, "inner", None)  # a key that is read from a row may change where the row is shared
    return is_made_here(found) and (key is None or isinstance(key, ast.Name))
