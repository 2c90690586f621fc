"""Write what answers in the place of a list's methods: a dict that is made of it, asked where a guard lets it.

The call itself stays in the new code, for whatever the dict does not answer, so that errors keep their type and text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.reading.handed import is_handed
from perfprof.rules.reading.names import fresh
from perfprof.rules.rule import Case, Edit, Level
from perfprof.rules.searching.indexing import at, collection_name, fitted, in_place, in_style
from perfprof.rules.searching.iterators import FEW, loop_tests
from perfprof.rules.searching.membership import Membership, list_tests, name_for
from perfprof.rules.searching.own_elements import is_own_element

if TYPE_CHECKING:
    from perfprof.rules.reading.scans import Scan


@dataclass(frozen=True, slots=True)
class Kept:
    """What is made of a list, by ``name``, and how it answers for a ``{key}``.

    whole: the test that it has all elements of the list. tests: what must hold beside the key's type; of these, the name
    alone says that it was made. unless: the test that it was not, which may be another one than that it is empty.
    """

    name: str
    value: str
    whole: str
    tests: tuple[str, ...]
    unless: str


def condition(case: Case, few: int = FEW) -> str:
    """What must hold before the loop, so that a dict of the list's elements answers for the list."""
    found: Membership = case.suspect.reading
    listed = found.function.text(found.scan.subject)
    tests = list_tests(found, case.watched("base0"), listed)
    tests += [*loop_tests(case, found, few), guards.all_keys(listed, key_types(case))]
    return guards.joined(dict.fromkeys(tests))


def key_types(case: Case) -> tuple[str, ...]:
    """The exact types of the elements, which the guards name."""
    seen = case.watched("base0")
    return guards.key_types(seen.elements if seen is not None else ()) or ("builtins.str",)


def names(case: Case, word: str) -> tuple[str, frozenset[str]]:
    """A name for the dict (``words_counts``), and all names that are taken with it."""
    found: Membership = case.suspect.reading
    taken = found.function.visible | case.taken
    name = fresh(f"{collection_name(found.scan.subject)}_{word}", taken)
    return name, taken | {name}


def answers(case: Case, kept: Kept, taken: frozenset[str]) -> Iterator[Edit]:
    """A conditional expression in the place of each call: what is kept of the list answers, else the call.

    One of the list's own elements was tested before the loop, and is there.
    """
    found: Membership = case.suspect.reading
    together = {test.node: calls for test in found.tests if (calls := _tested(test, found))}
    for scan in (found.scan, *found.twins):
        if any(scan.node in calls for calls in together.values()):
            continue
        if is_own_element(scan, found):
            yield _of_its_own(scan, kept, found)
            continue
        wanted, given = _wanted(scan, found, taken)
        taken |= {wanted}
        yield _answer(case, scan, kept, wanted, given)
    for test in found.tests:
        yield _test(case, test, kept) if test.node not in together else _both(case, test, kept, together[test.node])


def _wanted(scan: Scan, found: Membership, taken: frozenset[str]) -> tuple[str, str]:
    """What is looked for, and if that is more than a name, which is read once, how it is read."""
    probe, text = scan.probe, found.function.text(scan.probe) if scan.probe is not None else ""
    if isinstance(probe, ast.Name):
        return probe.id, ""
    if probe is None or isinstance(probe, ast.Constant):
        return text, ""
    loose = isinstance(probe, (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.GeneratorExp))
    return name_for(probe, taken), f"({text})" if loose else text


def _of_its_own(scan: Scan, kept: Kept, found: Membership) -> Edit:
    """The answer for an element of the list; a method that is handed to a builtin becomes a method of the dict."""
    call, function = scan.node, found.function
    assert isinstance(call, ast.Call)
    if is_handed(call):
        place: ast.expr = call.func
        new = f"{kept.name}.get if {kept.name} else {function.text(place)}"
    else:
        place = call
        new = f"{kept.name}[{ast.unparse(call.args[0])}] if {kept.name} else {function.text(call)}"
    return at("replace", place, fitted(in_style(new, function), call, function))


def _answer(case: Case, scan: Scan, kept: Kept, wanted: str, given: str) -> Edit:
    """The answer for anything. What may be no list is asked for its method before the probe is read, as it was."""
    found: Membership = case.suspect.reading
    call, function = scan.node, found.function
    assert isinstance(call, ast.Call)
    test = guards.is_key(wanted, key_types(case))
    test = test.replace(f"type({wanted})", f"type({wanted} := {given})", 1) if given else test
    before = bool(given) and case.level("is-a-list") is not Level.PROVED
    more = [one.format(key=wanted) for one in kept.tests if not (before and one == kept.name)]
    tests = guards.joined([test, *more])
    left = f"{kept.name}.clear() or " if _is_left(case, kept) else ""
    new = f"{kept.value.format(key=wanted)} if {tests} else {left}{function.text(call.func)}({wanted})"
    if before:
        new = f"{function.text(call)} if {kept.unless} else ({new})"
    new = f"({new})" if is_handed(call) else new  # anywhere else it is set in parentheses where it needs them
    return in_place(call, fitted(in_style(new, function), call, function), kept.name, function)


def _is_left(case: Case, kept: Kept) -> bool:
    """Whether only what may change the list falls back, so that the dict is given up; see `stale_sets`."""
    found: Membership = case.suspect.reading
    missing = any(
        "{key} in" in one for one in kept.tests
    )  # what is not there falls back as well, and may be harmless
    return not (missing or found.appends) and not (found.stable and all(one.private for one in found.stable))


def _test(case: Case, scan: Scan, kept: Kept) -> Edit:
    """A test of the list in the same loop asks the dict, too."""
    found: Membership = case.suspect.reading
    left = f"{kept.name}.clear() or " if _is_left(case, kept) else ""
    new = f"({kept.name} if {_asked(case, scan, kept)} else {left}{found.function.text(scan.subject)})"
    return at("replace", scan.subject, fitted(in_style(new, found.function), scan.subject, found.function))


def _asked(case: Case, scan: Scan, kept: Kept) -> str:
    assert isinstance(scan.probe, ast.Name)
    return guards.joined([guards.is_key(scan.probe.id, key_types(case)), kept.whole])


def _tested(scan: Scan, found: Membership) -> list[ast.Call]:
    """The calls in ``row[xs.index(x)] if x in xs else None``, made where the test says so and nowhere else; else []."""
    whole = found.function.parents.get(scan.node)
    if not isinstance(whole, ast.IfExp) or whole.lineno != whole.end_lineno or not _decides(scan.node, whole):
        return []
    chosen, other = set(ast.walk(whole.body)), set(ast.walk(whole.orelse))
    each = (found.scan, *found.twins)
    calls = [one for one in each if one.node in chosen and isinstance(one.node, ast.Call)]
    alike = all(ast.dump(one.probe) == ast.dump(scan.probe) for one in calls if one.probe and scan.probe)
    besides = any(one.node in other for one in each) or any(one.node in chosen | other for one in found.tests)
    return [one.node for one in calls] if alike and not besides else []  # type: ignore[misc]


def _decides(node: ast.AST, whole: ast.IfExp) -> bool:
    """Whether it is ``x in xs``, and all of the test."""
    plain = isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In)
    return plain and whole.test is node


def _both(case: Case, scan: Scan, kept: Kept, calls: list[ast.Call]) -> Edit:
    """The same expression of the dict where it may be asked, else as it was."""
    found: Membership = case.suspect.reading
    function, whole = found.function, found.function.parents[scan.node]
    assert isinstance(whole, ast.IfExp)
    assert isinstance(scan.probe, ast.Name)
    old, begin = function.text(whole), whole.col_offset
    new = old.encode()
    places = [(call, f"{kept.name}[{scan.probe.id}]") for call in calls] + [(scan.subject, kept.name)]
    for node, code in sorted(places, key=lambda one: -one[0].col_offset):
        new = new[: node.col_offset - begin] + code.encode() + new[(node.end_col_offset or 0) - begin :]
    both = f"({new.decode()}) if {_asked(case, scan, kept)} else ({old})"
    return at("replace", whole, fitted(in_style(both, function), whole, function))
