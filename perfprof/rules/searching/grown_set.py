"""Write a set beside a list that grows while a loop asks it: ``if word not in seen: seen.append(word)``.

The set holds what was appended of types that hash as they are equal, None among them. While it is as long as the list it
holds all of it, each once; where it is not, the list is asked as before. Where the code itself shows the types, and that
the list begins empty, nothing is left to be tested.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.reading.appends import Append
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.names import fresh, read_names
from perfprof.rules.reading.repeats import statement_of
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Edit
from perfprof.rules.searching import stale_sets
from perfprof.rules.searching.indexing import at, collection_name, fitted, in_style
from perfprof.rules.searching.iterators import long_tests
from perfprof.rules.searching.key_flags import Flag, flags, possible
from perfprof.rules.searching.key_sets import Conditions, KeySet, asked, key_set
from perfprof.rules.searching.membership import Membership, list_tests, starts_empty

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Scan


@dataclass(frozen=True, slots=True)
class _Beside:
    """The set. there: a test that it was made, "" if it always is. whole: one that it holds all of the list, "" if it always does.

    known: what counts the elements of the list that are in the set, where the list may have equal ones; else "".
    left: what empties it, where a value falls back whose class may change the list; else "". It is false.
    """

    found: Membership
    keys: KeySet
    there: str
    whole: str
    known: str
    flags: tuple[Flag, ...]
    left: str = ""

    def flag_at(self, node: ast.AST) -> Flag | None:
        """What tells there whether the set may hold the value."""
        return next((one for one in self.flags if one.scan.node is node or node in one.appends), None)


def set_beside(case: Case) -> list[Edit]:
    """The edits that make it, ask it, and let it grow."""
    found: Membership = case.suspect.reading
    function, seen = found.function, case.watched("base0")
    keys = key_set(case, found, {guards.NONE, *_marks(found)})
    empty = starts_empty(found)
    tests = list_tests(found, seen, keys.listed)
    tests += [] if empty else long_tests(case, found)
    complete = empty and not tests and all(one.private for one in found.stable)
    complete = complete and all(keys.surely_holds(one.value, function) for one in found.appends)
    there = f"{keys.name} is not None" if tests else ""
    taken = function.visible | case.taken | {keys.name}
    leaves = not complete and stale_sets.is_left(case, found, keys)
    # a count cannot be given up where no name can be bound: then lengths are compared
    twice = empty and not (tests or complete) and _has_equal_ones(found, keys)
    twice = twice and not (leaves and not stale_sets.can_bind_all(found))
    known = fresh(f"{collection_name(found.scan.subject)}_known", taken) if twice else ""
    whole = "" if complete else f"{known or f'len({keys.name})'} == len({keys.listed})"
    told = tuple(flags(found, keys, taken | {known}))
    beside = _Beside(found, keys, there, whole, known, told, _left(found, keys, there, known) if leaves else "")
    edits = [at("before", found.hoist.statement, _begun(beside, guards.joined(tests), empty))]
    edits += [one.statement for one in told if one.statement is not None]
    taken |= {known, *(one.name for one in told)}
    for scan in (found.scan, *found.twins):
        new = _asked(beside, scan, taken)
        edits += new
        taken |= {word for edit in new for word in read_names(ast.parse(edit.source, mode="eval"))}
    edits += [edit for one in found.appends for edit in _added(one, beside)]
    return edits


def _begun(beside: _Beside, test: str, empty: bool) -> str:
    """The set as it is when the loop begins; None where the test fails."""
    keys, found = beside.keys, beside.found
    if empty and not test:
        return f"{keys.name}, {beside.known} = set(), 0" if beside.known else f"{keys.name} = set()"
    probe = found.scan.probe
    item = probe.id if isinstance(probe, ast.Name) else fresh("item", found.function.visible)
    if item in read_names(ast.parse(keys.listed, mode="eval")):
        item = fresh("item", found.function.visible)
    made = f"{{{keys.key(item)} for {item} in {keys.listed} if {keys.may_hold(item)}}}"
    return f"{keys.name} = {made} if {test} else None" if test else f"{keys.name} = {made}"


def _left(found: Membership, keys: KeySet, there: str, known: str) -> str:
    """What gives the set up, or empties it: then it is as long as the list again only if that was emptied as well."""
    if there:
        bound = stale_sets.can_bind_all(found)
        return f"({keys.name} := None)" if bound else f"({keys.name} and {keys.name}.clear())"
    return f"{keys.name}.clear()" + (f" or ({known} := 0)" if known else "")


def _asked(beside: _Beside, scan: Scan, taken: frozenset[str]) -> list[Edit]:
    keys, found, flag = beside.keys, beside.found, beside.flag_at(scan.node)
    left = f"{beside.left} or " if beside.left else ""
    instead = f"{left}{keys.listed}" if left else ""
    where = Conditions(beside.there, flag.asked if flag is not None else "", beside.whole, instead=instead)
    if found.counted is None:
        return asked(scan, keys, where, taken, found.function)
    probe, one, function = found.counted.scan.probe, found.counted, found.function
    assert isinstance(probe, ast.Name)
    sure = keys.surely_holds(probe, function)
    test = guards.joined([where.there, where.flag or ("" if sure else keys.may_hold(probe.id)), where.whole])
    new = f"{keys.key(probe.id)} {one.word} {keys.name}"
    new = f"({new} if {test} else {left}{function.text(one.node)})" if test else f"({new})"
    return [at("replace", one.node, fitted(in_style(new, function), one.node, function))]


def _added(one: Append, beside: _Beside) -> list[Edit]:
    """The element in the set as well, once the list has it; ``append`` gives None, and so does ``add``."""
    keys, function, flag = beside.keys, beside.found.function, beside.flag_at(one.node)
    named = isinstance(one.value, ast.Name)
    # to read an attribute or an item once more may give something else
    value = function.text(one.value) if named else f"{'.'.join(one.path)}[-1]"
    types = possible(one, keys, function)
    if not types:
        return []
    kinds = types if named else [kind for kind in types if kind != guards.NONE]
    test = (
        ""
        if keys.surely_holds(one.value, function)
        else keys.may_hold(value, kinds, builtin_type(one.value, function))
    )
    test = flag.name if flag is not None else test
    test = guards.joined([beside.there, test]) if beside.there else test
    add = f"{keys.name}.add({keys.key(value)})"
    if isinstance(one.node, ast.stmt):
        lines = [add, *([f"{beside.known} += 1"] if beside.known else [])]
        noted = [f"if {test}:", *(f"    {line}" for line in lines)] if test else lines
        return [at("after", one.node, "\n".join(noted))]
    add = f"({add} if {test} else None)" if test else add
    new = in_style(f"({function.text(one.node)} or {add})", function)
    return [at("replace", one.node, fitted(new, one.node, function))]


def _has_equal_ones(found: Membership, keys: KeySet) -> bool:
    """Whether something is appended that was not looked for before, so that the list may have it, and the set take it."""
    scans, function = (found.scan, *found.twins), found.function
    asked = [(ast.dump(one.probe), statement_of(one.node, function)) for one in scans if one.probe is not None]
    known = all(
        any(ast.dump(one.value) == probe and _leads_to(place, one, function) for probe, place in asked)
        for one in found.appends
        if possible(one, keys, function)
    )
    return not known and all(isinstance(one.node, ast.stmt) for one in found.appends)


def _leads_to(place: ast.stmt, one: Append, function: Function) -> bool:
    """Whether an append stands below a question, or after one that goes on only with what is not there."""
    node: ast.AST = statement_of(one.node, function)
    while node is not function.node:
        above = function.parents[node]
        blocks = [getattr(above, name, None) for name in ("body", "orelse")]
        block = next((part for part in blocks if isinstance(part, list) and node in part), [])
        if node is place or (place in block and isinstance(place, (ast.If, ast.While, ast.Assign))):
            return True
        node = above
    return False


def _marks(found: Membership) -> Collection[str]:
    """The type of a mark for what is missing, where the code gives one to a name that is asked for: ``MISSING = object()``."""
    function, names = found.function, found.function.names
    probes = {one.probe.id for one in (found.scan, *found.twins) if isinstance(one.probe, ast.Name)}
    values = [one.value for name in probes for one in names.bindings.get(name, ())]
    tops = [function.module.top.get(one.id) for one in values if isinstance(one, ast.Name)]
    made = [one.value for one in tops if isinstance(one, (ast.Assign, ast.AnnAssign))]
    return {guards.SENTINEL} if any(_is_mark(one, function) for one in made) else ()


def _is_mark(made: ast.expr | None, function: Function) -> bool:
    callee = made.func if isinstance(made, ast.Call) and not made.args else None
    return isinstance(callee, ast.Name) and callee.id == "object" and is_builtin("object", function)
