"""Say once what is asked of a value both where a list is searched for it and where it is appended.

    plain = word is None or type(word) is str or type(word) is int
    if word not in (seen_set if plain and len(seen_set) == len(seen) else seen):
        seen.append(word)
        if plain:
            seen_set.add(word)

Only where each way to the append has passed the test in the same turn, and the value's name has not been bound since. Where
nothing can stand before the test, as with ``while`` and ``elif``, the test itself names it. A long test of a value that is
not appended stands before the ``if`` that asks it as well.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.reading.appends import Append
from perfprof.rules.reading.assignment import bound_before
from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.conditions import conjuncts
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.reached import still_means
from perfprof.rules.reading.repeats import statement_of
from perfprof.rules.reading.scans import SCOPES
from perfprof.rules.reading.turns import evaluated
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Edit
from perfprof.rules.searching.indexing import at
from perfprof.rules.searching.key_sets import KeySet
from perfprof.rules.searching.membership import Membership

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Scan


@dataclass(frozen=True, slots=True)
class Flag:
    """The name. scan: where the value is looked for. asked: how it stands there. statement: what binds it before, if that can."""

    name: str
    scan: Scan
    appends: tuple[ast.AST, ...]
    asked: str
    statement: Edit | None


def flags(found: Membership, keys: KeySet, taken: frozenset[str]) -> Iterator[Flag]:
    """One for each test whose value is appended later in the turn, unless the code shows what it is."""
    left = [one for one in found.appends if isinstance(one.value, ast.Name)]
    for scan in (found.scan, *found.twins):
        probe, function = scan.probe, found.function
        if not isinstance(probe, ast.Name) or keys.surely_holds(probe, function):
            continue
        mine = [one for one in left if _follows(one, scan, probe.id, function)]
        test = keys.may_hold(probe.id, shown=builtin_type(probe, function))
        if not (mine or (" or " in test and _opens(scan.node, probe.id, function))):
            continue
        word = "by_identity" if keys.by_identity else "plain"
        name = fresh(word if word not in taken else f"{word}_{probe.id}", taken)
        taken |= {name}
        place = statement_of(scan.node, function)
        before = None if _within(place, function) else at("before", place, f"{name} = {test}")
        asked = name if before is not None else f"{name} := {test}"
        asked = (
            asked if before is not None or " or " in test else f"({asked})"
        )  # `or` gets them where tests are joined
        yield Flag(name, scan, tuple(one.node for one in mine), asked, before)
        left = [one for one in left if one not in mine]


def _follows(one: Append, scan: Scan, name: str, function: Function) -> bool:
    """Whether the append is of the value that the test looked for, and only reached through it."""
    if one.value.id != name or _hidden(scan.node, function) or _hidden(one.node, function):  # type: ignore[attr-defined]
        return False
    test, place = statement_of(scan.node, function), statement_of(one.node, function)
    if not still_means(name, test, place, function):
        return False
    if not _within(test, function):
        return isinstance(test, _STATEMENTS) and bound_before(name, test, function)
    return test is not place and _surely_asked(scan.node, test, place)


_STATEMENTS = (ast.If, ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)


def _opens(node: ast.AST, name: str, function: Function) -> bool:
    """Whether an ``if`` asks it in any case, so that a long test may as well stand before."""
    place, names = statement_of(node, function), function.names
    own = names.is_local(name) and name not in names.captured and bound_before(name, place, function)
    if not own or not isinstance(place, ast.If) or _within(place, function):
        return False
    binds = any(isinstance(one, ast.NamedExpr) and one.target.id == name for one in ast.walk(place.test))
    return not binds and any(node is one for one in evaluated(place.test))


def _hidden(node: ast.AST, function: Function) -> bool:
    """Whether it stands in a comprehension or a lambda, which have names of their own."""
    while not isinstance(node, ast.stmt):
        node = function.parents[node]
        if isinstance(node, SCOPES) and not isinstance(node, ast.stmt):
            return True
    return False


def _within(statement: ast.stmt, function: Function) -> bool:
    """Whether nothing can stand before it that is asked as often: ``while``, ``elif``, and what shares its line."""
    lines = function.module.raw_lines
    before = lines[statement.lineno - 1][: statement.col_offset]
    above = lines[statement.lineno - 2] if statement.lineno > 1 else b""
    alone = not before.strip() and not above.rstrip(b"\r\n").endswith(b"\\")
    begins = lines[statement.lineno - 1][statement.col_offset :].startswith(b"elif")
    return isinstance(statement, ast.While) or begins or not alone


def _surely_asked(node: ast.AST, test: ast.stmt, place: ast.stmt) -> bool:
    """Whether the condition of a statement asks it each time, or has when it leads to the place."""
    if not isinstance(test, (ast.If, ast.While)):
        return False
    inside = any(place is one for block in test.body for one in ast.walk(block))
    parts = conjuncts(test.test) if inside else [test.test]
    return any(node is one for part in parts for one in evaluated(part))


def possible(one: Append, keys: KeySet, function: Function) -> tuple[str, ...]:
    """The types of the set that an appended value can have, where ``isinstance`` leads to the append."""
    types = keys.types
    name = one.value.id if isinstance(one.value, ast.Name) else ""
    place = statement_of(one.node, function)
    node: ast.AST = place
    while name and node is not function.node:
        above = function.parents[node]
        if isinstance(above, ast.If) and node in above.body and still_means(name, above, place, function):
            for test in conjuncts(above.test):
                classes = _classes(test, name, function)
                types = tuple(kind for kind in types if classes is None or _is_one(kind, classes))
        node = above
    return types


def _classes(test: ast.expr, name: str, function: Function) -> list[type | None] | None:
    """The classes of ``isinstance(name, classes)``, None for one of the standard library; None if one may be any other."""
    if not isinstance(test, ast.Call) or len(test.args) != 2 or not is_builtin("isinstance", function):
        return None
    value, kinds = test.args
    if getattr(test.func, "id", "") != "isinstance" or not isinstance(value, ast.Name) or value.id != name:
        return None
    found: list[type | None] = []
    for one in kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]:
        known = (
            getattr(builtins, one.id, None) if isinstance(one, ast.Name) and is_builtin(one.id, function) else None
        )
        if not isinstance(known, type) and standard(one, function) not in guards.LIBRARY:
            return None
        found.append(known)
    return found


def _is_one(kind: str, classes: list[type | None]) -> bool:
    """Whether a value of exactly this type may be of the classes."""
    exact = getattr(builtins, kind.removeprefix("builtins."), type(None) if kind == guards.NONE else None)
    known = [one for one in classes if one is not None]
    return kind not in {*guards.FLAT, guards.SENTINEL} or any(issubclass(exact, one) for one in known)  # type: ignore[arg-type]
