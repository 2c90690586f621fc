"""Write the set that is asked in the place of a list: made once before the loop, or kept beside a list that grows."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.imported import with_imports
from perfprof.rules.reading.appends import Append
from perfprof.rules.reading.names import fresh, read_names
from perfprof.rules.rule import Case, Edit, Rewrite
from perfprof.rules.searching import positions
from perfprof.rules.searching.indexing import at, collection_name, fitted, in_place, in_style
from perfprof.rules.searching.iterators import long_tests, loop_tests
from perfprof.rules.searching.membership import Membership, list_tests, name_for, starts_empty
from perfprof.rules.searching.row_tests import made_of

if TYPE_CHECKING:
    from perfprof.rules.reading.counted import Counted
    from perfprof.rules.reading.program import Function

MANY_CALLS = 64  # from which on it is worth a word that a set is made in each


def build_set(case: Case) -> Rewrite:
    """A set before the loop, and the test asks it; with appends, the set grows beside the list."""
    found: Membership = case.suspect.reading
    if found.part is not None:
        return positions.in_part(case)
    function = found.function
    taken = function.visible | case.taken
    name = fresh(f"{collection_name(found.scan.subject)}_set", taken)
    seen = case.watched("base0")
    types = guards.key_types(seen.elements if seen is not None else (), library=True) or ("builtins.str",)
    listed = function.text(found.scan.subject)
    tests = list_tests(found, seen, listed)
    whole = there = ""
    if found.appends:
        tests += [] if starts_empty(found) else long_tests(case, found)
        there = f"{name} is not None" if tests else ""
        before = _beside(found, name, types, listed, guards.joined(tests))
        whole = f"len({name}) == len({listed})"
    else:
        tests += [*loop_tests(case, found), guards.all_keys(listed, types)]
        if found.inlined is not None:
            tests = [*found.inlined.before, *tests]
        # perhaps it is missing: then only the loop's own test reads it
        missing = found.inlined is not None or not isinstance(found.scan.subject, ast.Name)
        there = name if missing else ""
        before = f"{name} = set({listed}) if {guards.joined(tests)} else {'()' if missing else listed}"
    if found.inlined is not None:
        made = at("before", found.hoist.statement, before)
        return _rewritten([made, _in_its_place(found, name, types, taken)], listed, function)
    edits = [at("before", found.hoist.statement, before)]
    taken |= {name}
    if found.counted is not None:
        edits.append(_counted(found.counted, name, types, (there, whole), function))
    for scan in (found.scan, *found.twins) if found.counted is None else ():
        asked, once = answer(replace(found, scan=scan), name, types, (there, whole), taken)
        edits += [at("replace", scan.subject, fitted(asked, scan.subject, function)), *once]
        taken |= {word for edit in once for word in read_names(ast.parse(edit.source, mode="eval"))}
    edits += [_added(one, name, types, there, function) for one in found.appends]
    rewrite = _rewritten(edits, listed, function)
    return replace(rewrite, memory=rewrite.memory + _for_the_caller(case, found))


def _for_the_caller(case: Case, found: Membership) -> str:
    """Where the set would belong, if each call is given the same list; nobody here can tell whether it is."""
    entry, function = case.watched("entry"), found.function
    given = isinstance(found.scan.subject, ast.Name) and found.scan.subject.id in function.parameters
    if entry is None or entry.count < MANY_CALLS or not given or found.appends:
        return ""
    return f", made {entry.count:,} times in this run: where the list is the same each time, make it in the caller"


def _counted(one: Counted, name: str, types: tuple[str, ...], around: tuple[str, str], function: Function) -> Edit:
    """``x not in`` the set in the place of a count that is compared with 0."""
    assert isinstance(one.scan.probe, ast.Name)
    wanted = one.scan.probe.id
    test = guards.joined([around[0], guards.is_key(wanted, types), around[1]])
    new = f"({wanted} {one.word} {name} if {test} else {function.text(one.node)})"
    return at("replace", one.node, fitted(in_style(new, function), one.node, function))


def _added(one: Append, name: str, types: tuple[str, ...], there: str, function: Function) -> Edit:
    """The element in the set as well, once the list has it; ``append`` gives None, and so does ``add``."""
    # to read an attribute or an item once more may give something else
    value = function.text(one.value) if isinstance(one.value, ast.Name) else f"{'.'.join(one.path)}[-1]"
    test = guards.joined([there, guards.is_key(value, types)])
    if isinstance(one.node, ast.stmt):
        return at("after", one.node, f"if {test}:\n    {name}.add({value})")
    new = f"({function.text(one.node)} or ({name}.add({value}) if {test} else None))"
    return at("replace", one.node, fitted(in_style(new, function), one.node, function))


def _in_its_place(found: Membership, name: str, types: tuple[str, ...], taken: frozenset[str]) -> Edit:
    """What stands in the place of a call that asks: the set, or the call for what the guard does not know."""
    probe, inlined, function = found.scan.probe, found.inlined, found.function
    assert probe is not None
    assert inlined is not None
    wanted = function.text(probe)
    tests = [name, guards.is_key(wanted, types)]
    if isinstance(probe, ast.Subscript) and isinstance(probe.slice, ast.Constant):
        given, wanted = wanted, name_for(probe, taken | {name})
        test = guards.is_key(wanted, types).replace(f"type({wanted})", f"type({wanted} := {given})", 1)
        tests = [name, f"type({function.text(probe.value)}) is dict", test]
    elif not isinstance(probe, ast.Name):
        tests = [name, *made_of(probe, types)]
    word = "not in" if isinstance(inlined.answer.ops[0], ast.NotIn) else "in"  # type: ignore[attr-defined]
    new = f"({wanted} {word} {name} if {guards.joined(tests)} else {function.text(inlined.node)})"
    return in_place(inlined.node, fitted(new, inlined.node, function), name, function)


def _rewritten(edits: Sequence[Edit], listed: str, function: Function) -> Rewrite:
    rewrite = Rewrite(
        edits=tuple(edits),
        why=f"one hash look-up in a set instead of a walk over {listed} for each test",
        memory=f"one set of the elements of {listed} while the function runs",
    )
    return with_imports(rewrite, function)


def _beside(found: Membership, name: str, types: tuple[str, ...], listed: str, test: str) -> str:
    """The set beside a growing list, as it is when the loop begins; None where the test fails, which may be empty."""
    if not test and starts_empty(found):
        return f"{name} = set()"
    item = fresh("item", found.function.visible)
    made = f"{{{item} for {item} in {listed} if {guards.is_key(item, types)}}}"
    return f"{name} = {made} if {test} else None" if test else f"{name} = {made}"


def answer(
    found: Membership, name: str, types: tuple[str, ...], around: tuple[str, str], taken: frozenset[str]
) -> tuple[str, list[Edit]]:
    """What is asked: the set if the probe is of the guarded types, else the list.

    around: what else is tested before the probe (the set is there) and after it (the set is complete), or empty.

    A probe that is more than a name is read once, into a name of its own.
    """
    probe = found.scan.probe
    assert probe is not None
    wanted, listed = found.function.text(probe), found.function.text(found.scan.subject)
    once: list[Edit] = []
    if not isinstance(probe, (ast.Name, ast.Constant)):
        kept = name_for(probe, taken)
        value = f"({wanted})" if isinstance(probe, (ast.NamedExpr, ast.Yield, ast.YieldFrom)) else wanted
        once = [at("replace", probe, f"({kept} := {value})")]
        wanted = kept
    test = guards.joined([around[0], guards.is_key(wanted, types), around[1]])
    return in_style(f"({name} if {test} else {listed})", found.function), once
