"""A set of what a list holds: of its elements, or of their identities where they are equal to themselves only.

Objects whose class takes ``==`` from ``object`` are in a list if they themselves are. Their identities say so as well, and
no ``__hash__`` is asked, as long as the elements live: the list holds them, and loses none while the set is asked.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.reached import made_above
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Edit
from perfprof.rules.searching.indexing import at, collection_name, fitted, in_style
from perfprof.rules.searching.membership import Membership, name_for

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Scan


@dataclass(frozen=True, slots=True)
class KeySet:
    """How the set is named, made and asked. types: of the elements that may be in it. known: the code shows that all may. probed: what may be looked for, if not the same."""

    name: str
    listed: str
    types: tuple[str, ...]
    by_identity: bool = False
    known: bool = False
    probed: tuple[str, ...] = ()

    @property
    def made(self) -> str:
        """The set of a list that stays."""
        return f"set(map(id, {self.listed}))" if self.by_identity else f"set({self.listed})"

    def holds_all(self) -> str:
        """A test that all elements of the list may be in it."""
        if self.known:
            return ""
        if not self.by_identity:
            return guards.all_keys(self.listed, self.types)
        kind = "each" if re.search(r"\bkind\b", self.listed) else "kind"
        none = " - {type(None)}" if guards.NONE in self.types else ""
        return f"all({guards.equal_to_itself(kind)} for {kind} in set(map(type, {self.listed})){none})"

    def may_hold(self, value: str, types: Iterable[str] | None = None, shown: str | None = None) -> str:
        """A test that a value may be in it, or be looked for in it.

        types: those that are possible there. shown: the exact type that the code shows it to have.
        """
        tuples = [one for one in self.types if shown == "tuple" and one.startswith(guards.TUPLE)]
        if len(tuples) == 1:  # only its parts are left to be tested
            return guards.is_key(value, tuples).removeprefix(f"type({value}) is tuple and ")
        if not self.by_identity:
            return guards.is_key_or_none(value, (self.probed or self.types) if types is None else types)
        test = guards.equal_to_itself(f"type({value})")
        return f"{value} is None or {test}" if guards.NONE in (self.probed or self.types) else test

    def key(self, value: str) -> str:
        """What is in it for a value."""
        return f"id({value})" if self.by_identity else value

    def surely_holds(self, value: ast.expr, function: Function) -> bool:
        """Whether the code shows that a value may be in it: it is of an exact type that hashes as it is equal."""
        found = f"builtins.{builtin_type(value, function)}"
        if self.by_identity or found not in guards.FLAT or not set(self.types) <= {*guards.FLAT, guards.SENTINEL}:
            return False
        kinds = {found, *self.types}  # ``python -bb`` makes an error of comparing text with bytes
        return "builtins.bytes" not in kinds or kinds == {"builtins.bytes"}


def key_set(case: Case, found: Membership, also: Iterable[str] = ()) -> KeySet:
    """The set for a list that is asked. also: types of elements that no run may have seen."""
    function, seen = found.function, case.watched("base0")
    types = guards.key_types(seen.elements if seen is not None else (), library=True) or ()
    own = any(map(guards.is_own, types))
    alone = all(guards.is_own(one) or one in {guards.NONE, guards.SENTINEL} for one in types)
    replaced = found.inlined is not None or found.counted is not None or all(map(_asked_alone, _scans(found)))
    by_identity = own and alone and replaced and is_builtin("id", function)
    element = "" if found.appends else f"builtins.{_element(found)}"
    if not own:
        shown = {f"builtins.{builtin_type(one, function)}" for one in _values(found)} | {element}
        shown &= guards.FLAT.keys()
        types = tuple(sorted({*(types or shown or {"builtins.str"}), *shown, *also}))
        types = guards.widened(types) if also else types
    word = f"{collection_name(found.scan.subject)}_{'ids' if by_identity else 'set'}"
    name = fresh(word, function.visible | case.taken)
    known = element in types and set(types) <= guards.FLAT.keys()
    return KeySet(name, function.text(found.scan.subject), types, by_identity, known)


def _element(found: Membership) -> str | None:
    """The exact type of all elements of a list that was made right above, as far as the code shows it."""
    function = found.function
    made = made_above(found.scan.subject, found.hoist.statement, function)
    if isinstance(made, (ast.ListComp, ast.SetComp)):
        return builtin_type(made.elt, function)
    callee = made.func if isinstance(made, ast.Call) else None
    if isinstance(callee, ast.Attribute) and callee.attr in {"split", "rsplit", "splitlines"}:
        return builtin_type(callee.value, function)
    return None


def _scans(found: Membership) -> tuple[Scan, ...]:
    return (found.scan, *found.twins)


def _asked_alone(scan: Scan) -> bool:
    """Whether nothing else is compared in the same breath, as in ``a in xs in ys``, and it stands there."""
    return isinstance(scan.node, ast.Compare) and len(scan.node.ops) == 1


def _values(found: Membership) -> list[ast.expr]:
    """What the list is asked for, and what is appended to it."""
    probes = [one.probe for one in _scans(found) if one.probe is not None]
    return [*probes, *(one.value for one in found.appends)]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which the set is asked. there: it was made. flag: what else tells that it may hold the value. whole: it holds all.

    sure: each value may be in it. instead: what is asked where one does not hold, if more than the list.
    """

    there: str = ""
    flag: str = ""
    whole: str = ""
    sure: bool = False
    instead: str = ""


def asked(scan: Scan, keys: KeySet, where: Conditions, taken: frozenset[str], function: Function) -> list[Edit]:
    """The edits that ask the set, and the list where a condition does not hold.

    A probe that is more than a name is read once, into a name of its own.
    """
    probe = scan.probe
    assert probe is not None
    wanted, once = function.text(probe), ""
    tests = [where.there, where.flag, where.whole]
    if not (where.flag or where.sure or keys.surely_holds(probe, function)):
        wanted, once = _read_once(probe, taken, function)
        tests[1] = keys.may_hold(wanted, shown=builtin_type(probe, function))
    if keys.by_identity:
        tests = [bound_first(tests[1], wanted, once), where.there, where.whole] if once else tests
        held = replace(
            keys, listed=f"({where.instead})" if " or " in where.instead else where.instead or keys.listed
        )
        return [_by_identity(scan.node, wanted, held, guards.joined(tests), function)]
    test = guards.joined(tests)
    new = in_style(_either(keys, test, where.instead, scan.subject), function)
    edit = at("replace", scan.subject, fitted(new, scan.subject, function))
    named = not once or isinstance(probe, ast.NamedExpr)
    return [edit] if named else [edit, at("replace", probe, f"({once})")]


def _either(keys: KeySet, test: str, instead: str, subject: ast.expr) -> str:
    """The set if the test holds, else the list; ``known or xs`` where the test is whether the set holds anything."""
    if not test:
        return keys.name
    if test == keys.name and not instead and isinstance(subject, (ast.Name, ast.Attribute)):
        return f"({keys.name} or {keys.listed})"
    return f"({keys.name} if {test} else {instead or keys.listed})"


def _read_once(probe: ast.expr, taken: frozenset[str], function: Function) -> tuple[str, str]:
    """(a name for what is looked for, what binds it; "" if that is not needed)."""
    text = function.text(probe)
    if isinstance(probe, (ast.Name, ast.Constant)):
        return text, ""
    if isinstance(probe, ast.NamedExpr):
        return probe.target.id, text
    name = name_for(probe, taken)
    return name, f"{name} := {f'({text})' if isinstance(probe, (ast.Yield, ast.YieldFrom)) else text}"


def bound_first(test: str, name: str, once: str) -> str:
    """A test that binds the name where it is read first."""
    if test.startswith(f"type({name})"):
        return test.replace(f"type({name})", f"type({once})", 1)
    return re.sub(rf"\b{name}\b", lambda _: f"({once})", test, count=1)


def _by_identity(compare: ast.AST, wanted: str, keys: KeySet, test: str, function: Function) -> Edit:
    """The whole comparison, which asks for another thing in another place."""
    assert isinstance(compare, ast.Compare)
    word = "not in" if isinstance(compare.ops[0], ast.NotIn) else "in"
    new = f"{keys.key(wanted)} {word} {keys.name}"
    new = f"({new} if {test} else {wanted} {word} {keys.listed})" if test else new
    return at("replace", compare, fitted(in_style(new, function), compare, function))
