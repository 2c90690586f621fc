"""Write the set that is asked in the place of a list: made once before the loop, or kept beside a list that grows."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from perfprof.rules import guards
from perfprof.rules.imported import with_imports
from perfprof.rules.reading.names import read_names
from perfprof.rules.reading.reached import read_first
from perfprof.rules.rule import Case, Edit, Rewrite
from perfprof.rules.searching import positions, stale_sets
from perfprof.rules.searching.grown_set import set_beside
from perfprof.rules.searching.indexing import at, fitted, in_place
from perfprof.rules.searching.iterators import loop_tests
from perfprof.rules.searching.key_sets import Conditions, KeySet, asked, bound_first, key_set
from perfprof.rules.searching.membership import Membership, list_tests, name_for
from perfprof.rules.searching.row_tests import made_of

MANY_CALLS = 64  # from which on it is worth a word that a set is made in each


def build_set(case: Case) -> Rewrite:
    """A set before the loop, and the test asks it; with appends, the set grows beside the list."""
    found: Membership = case.suspect.reading
    if found.part is not None:
        return positions.in_part(case)
    edits = set_beside(case) if found.appends else _set_before(case, found)
    rewrite = _rewritten(edits, found)
    return replace(rewrite, memory=rewrite.memory + _for_the_caller(case, found))


def _set_before(case: Case, found: Membership) -> list[Edit]:
    """The set of a list that stays."""
    function, keys = found.function, key_set(case, found)
    keys = replace(keys, probed=stale_sets.probe_types(case, keys))
    if stale_sets.tests_of_all(case, found, keys):  # once before the loop, where more types cost nothing
        keys = replace(keys, types=guards.widened(keys.types), probed=guards.widened(keys.probed))
    taken = function.visible | case.taken | {keys.name}
    turns = loop_tests(case, found)
    # with one turn or more the loop reads the list first of all
    first = bool(turns) and " > " in turns[-1] and read_first(found.scan.subject, found.hoist.node)
    tests = list_tests(found, case.watched("base0"), keys.listed, first)
    tests = [*(turns if first else ()), *tests, *(() if first else turns), keys.holds_all()]
    tested = stale_sets.tests_of_all(case, found, keys)
    tests += tested or []
    leaves = stale_sets.is_left(case, found, keys) and tested is None
    # perhaps it is missing: then only the loop's own test reads it
    missing = found.inlined is not None or keys.by_identity or stale_sets.may_be_bound_anew(found)
    missing = missing or (leaves and not stale_sets.is_bound_by(found))
    there = keys.name if missing else ""
    if found.inlined is not None:
        tests = [*found.inlined.before, *tests]
    edits = [
        at(
            "before",
            found.hoist.statement,
            _made(keys, guards.joined(guards.together(tests)), there and ("set()" if leaves else "()")),
        )
    ]
    gone = ("set()" if leaves else "()") if missing else keys.listed
    edits += [at("before", one, f"{keys.name} = {gone}") for one in found.asides]
    if found.inlined is not None:
        return [*edits, _in_its_place(found, keys, taken, leaves)]
    where = Conditions(there, sure=tested is not None, instead=stale_sets.left(keys, missing) if leaves else "")
    for scan in (found.scan, *found.twins):
        new = asked(scan, keys, where, taken, function)
        edits += new
        taken |= {word for edit in new for word in read_names(ast.parse(edit.source, mode="eval"))}
    return edits


def _made(keys: KeySet, test: str, nothing: str) -> str:
    """The statement that makes it; where the test fails its name means nothing, or the list itself."""
    return f"{keys.name} = {keys.made}" + (f" if {test} else {nothing or keys.listed}" if test else "")


def _for_the_caller(case: Case, found: Membership) -> str:
    """Where the set would belong, if each call is given the same list; nobody here can tell whether it is."""
    entry, function = case.watched("entry"), found.function
    given = isinstance(found.scan.subject, ast.Name) and found.scan.subject.id in function.parameters
    within = found.hoist is not found.scan.around[0]  # in a loop that makes it anew: no caller has that list
    if entry is None or entry.count < MANY_CALLS or not given or within or found.appends:
        return ""
    return f", made {entry.count:,} times in this run: where the list is the same each time, make it in the caller"


def _in_its_place(found: Membership, keys: KeySet, taken: frozenset[str], leaves: bool) -> Edit:
    """What stands in the place of a call that asks: the set, or the call for what the guard does not know."""
    inlined, function = found.inlined, found.function
    assert inlined is not None
    wanted, tests = read_once(found, keys.may_hold, keys.types, taken)
    known = guards.joined([keys.name, *tests])
    word = "not in" if isinstance(inlined.answer.ops[0], ast.NotIn) else "in"  # type: ignore[attr-defined]
    call = f"{keys.name}.clear() or {function.text(inlined.node)}" if leaves else function.text(inlined.node)
    new = f"({keys.key(wanted)} {word} {keys.name} if {known} else {call})"
    return in_place(inlined.node, fitted(new, inlined.node, function), keys.name, function)


def read_once(
    found: Membership, may_hold: Callable[[str], str], types: tuple[str, ...], taken: frozenset[str]
) -> tuple[str, list[str]]:
    """What a call asks for in the caller's terms, and the tests that it is of the guarded types; an item is read by them."""
    probe, function = found.scan.probe, found.function
    assert probe is not None
    wanted = function.text(probe)
    if isinstance(probe, ast.Subscript) and isinstance(probe.slice, ast.Constant):
        given, wanted = wanted, name_for(probe, taken)
        test = bound_first(may_hold(wanted), wanted, f"{wanted} := {given}")
        return wanted, [f"type({function.text(probe.value)}) is dict", test]
    return wanted, [may_hold(wanted)] if isinstance(probe, ast.Name) else list(made_of(probe, types))


def _rewritten(edits: Sequence[Edit], found: Membership) -> Rewrite:
    function, listed = found.function, found.function.text(found.scan.subject)
    rewrite = Rewrite(
        edits=tuple(edits),
        why=f"one hash look-up in a set instead of a walk over {listed} for each test",
        memory=f"one set of the elements of {listed} while the function runs",
    )
    return with_imports(rewrite, function)
