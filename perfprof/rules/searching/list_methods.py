"""Methods of a list that walk it (``xs.index(x)``, ``xs.count(x)``), asked of the same list in each turn of a loop.

Understood as a membership test is: the same list, a probe, a loop before which a dict of answers can be made. The
call itself stays in the new code, for whatever the dict does not answer, so that errors keep their type and text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.hoisting import outermost
from perfprof.rules.reading.appends import deeds_of, inside
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.names import fresh, read_names
from perfprof.rules.reading.repeats import all_scans, has_room
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Edit, Level
from perfprof.rules.searching.asked_lists import appended, written_short
from perfprof.rules.searching.indexing import collection_name, fitted, in_place, in_style
from perfprof.rules.searching.iterators import plain_tests
from perfprof.rules.searching.membership import Membership, list_tests, name_for

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.reading.scans import Scan


MADE = ("positions", "counts")


def asked(function: Function, program: Program, method: str, grows: bool = False) -> Iterator[Membership]:
    """Every call ``xs.method(x)`` of a name or attribute that a loop repeats; calls that share a loop are one.

    grows: whether the rule has an answer for a list that gets more elements meanwhile.
    """
    alone: dict[object, list[Membership]] = {}
    calls = list(_calls(function, program, method))
    for scan in calls:
        same = [
            one.node for one in calls if path_of(one.subject) == path_of(scan.subject)
        ]  # of a list, says a guard
        found = _placed(scan, function, program, same, grows)
        if found is not None:
            alike = not _inside_another(scan) and not any(one.problem for one in found.stable)
            apart = 0 if alike else id(scan)
            alone.setdefault((path_of(scan.subject), found.hoist.node, apart), []).append(found)
    for first, *others in alone.values():
        yield replace(first, twins=tuple(one.scan for one in others))


def _placed(
    scan: Scan, function: Function, program: Program, allowed: list[ast.AST], grows: bool
) -> Membership | None:
    """The call with the loop before which the answers are made."""
    loop, stable = outermost([scan.subject], scan, function, program, allowed)
    added = appended(scan, function) if grows and any(one.problem for one in stable) else ()
    if added:
        other, fixed = outermost([scan.subject], scan, function, program, [*allowed, *deeds_of(added)])
        if other is not None and not any(one.problem for one in fixed):
            return Membership(function, scan, other, (scan.subject,), fixed, inside(added, other))
    return Membership(function, scan, loop, (scan.subject,), stable) if loop is not None else None


def _calls(function: Function, program: Program, method: str) -> Iterator[Scan]:
    """The calls, read as a probe of a list, unless what is asked plainly is no list or too short."""
    for scan in all_scans(function):
        call = scan.node
        if scan.kind != "call" or not scan.around or not isinstance(call, ast.Call) or call.keywords:
            continue
        if not isinstance(call.func, ast.Attribute) or call.func.attr != method or len(call.args) != 1:
            continue
        one = replace(scan, subject=call.func.value, probe=call.args[0])
        if isinstance(one.probe, ast.Starred) or not _may_be_long(one.subject, function, program):
            continue
        if has_room(one, function) and not _falls_back(call, one.subject, function):
            yield one


def _may_be_long(subject: ast.expr, function: Function, program: Program) -> bool:
    """Whether it may be a list that is not written out in the code with a few elements."""
    path = path_of(subject)
    if path is None or isinstance(function.module.top.get(path[0]), (ast.Import, ast.ImportFrom)):
        return False
    kind = builtin_type(subject, function)
    listed = kind in {"list", "tuple"} or (kind is None and not program.alone)
    return listed and not written_short(subject, function)


def _falls_back(call: ast.Call, subject: ast.expr, function: Function) -> bool:
    """Whether it is what a rewrite left for other types: a dict made of the list is asked beside it."""
    above = function.parents.get(call)
    made = {f"{collection_name(subject)}_{word}" for word in MADE}
    return isinstance(above, ast.IfExp) and bool(made & read_names(above))


def _inside_another(scan: Scan) -> bool:
    """Whether the probe asks something itself (``xs.index(xs.index(x))``), so that edits would overlap."""
    return scan.probe is not None and any(isinstance(node, ast.Call) for node in ast.walk(scan.probe))


def condition(case: Case) -> str:
    """What must hold before the loop, so that a dict of the list's elements answers for the list."""
    found: Membership = case.suspect.reading
    listed = found.function.text(found.scan.subject)
    tests = list_tests(found, case.watched("base0"), listed)
    tests += [*plain_tests(case, found), guards.all_keys(listed, key_types(case))]
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


def answers(case: Case, name: str, pattern: str, taken: frozenset[str], unless: str = "") -> Iterator[Edit]:
    """A conditional expression in the place of each call: what the dict ``name`` answers, else the call.

    pattern: with ``{key}`` for the probe and ``{test}`` for its guard, which stands first. A probe that is more than a
    name is read once, by the guard; what may be no list is asked for its method before that, as it was. unless: what
    tells that there is no dict, if that may be empty.
    """
    found: Membership = case.suspect.reading
    function = found.function
    listed = case.level("is-a-list") is Level.PROVED
    for scan in (found.scan, *found.twins):
        probe, call = scan.probe, scan.node
        assert probe is not None
        assert isinstance(call, ast.Call)
        wanted, given = probe.id if isinstance(probe, ast.Name) else function.text(probe), ""
        if not isinstance(probe, (ast.Name, ast.Constant)):
            loose = isinstance(probe, (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.GeneratorExp))
            wanted, given = name_for(probe, taken), f"({wanted})" if loose else wanted
            taken |= {wanted}
        test = guards.is_key(wanted, key_types(case))
        test = test.replace(f"type({wanted})", f"type({wanted} := {given})", 1) if given else test
        test = f"({test})" if " or " in test else test
        new = f"{pattern.format(key=wanted, test=test)} else {function.text(call.func)}({wanted})"
        if given and not listed:
            new = f"{function.text(call)} if {unless or f'not {name}'} else {new.replace(f' and {name} else', ' else')}"
        yield in_place(call, fitted(in_style(f"({new})", function), call, function), name, function)
