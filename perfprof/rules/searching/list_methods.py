"""Methods of a list that walk it (``xs.index(x)``, ``xs.count(x)``), asked of the same list in each turn of a loop.

Understood as a membership test is: the same list, a probe, a loop before which a dict of answers can be made, see
`perfprof.rules.searching.list_answers`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from perfprof.rules.hoisting import outermost, runs_later
from perfprof.rules.reading.annotations import said_type
from perfprof.rules.reading.appends import deeds_of, inside
from perfprof.rules.reading.elements import is_for_unhashable
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.names import read_names
from perfprof.rules.reading.repeats import all_scans, has_room
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.searching.asked_lists import appended, written_short
from perfprof.rules.searching.indexing import collection_name
from perfprof.rules.searching.membership import Membership

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.reading.scans import Scan


MADE = {"index": "positions", "count": "counts"}  # what is made of the list for a method
FIRST_ONES = "list(dict.fromkeys({}))"
GROWS = frozenset({"index"})  # for which there is an answer where a list gets more elements meanwhile


def asked(function: Function, program: Program, method: str) -> tuple[Membership, ...]:
    """Every call ``xs.method(x)`` of a name or attribute that a loop repeats; calls that share a loop are one.

    With them go tests (``x in xs``) of the same list in the same loop, which the same dict answers.
    """
    known = function.memo.get(f"asked {method}")
    if known is None:
        known = function.memo[f"asked {method}"] = tuple(_asked(function, program, method, method in GROWS))
    return cast("tuple[Membership, ...]", known)


def tests_answered(function: Function, program: Program) -> frozenset[ast.AST]:
    """The tests that go with calls of a method, so that no set is made for them beside the dict, and what was left of such."""
    found = (one for method in MADE for one in asked(function, program, method))
    left = (one for one in all_scans(function) if one.kind == "membership" and path_of(one.subject) is not None)
    return frozenset(
        (
            *(test.node for one in found for test in one.tests),
            *(one.node for one in left if _falls_back(one.node, one.subject, function)),
        )
    )


def _asked(function: Function, program: Program, method: str, grows: bool) -> Iterator[Membership]:
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
    taken: set[ast.AST] = set()
    for first, *others in alone.values():
        found = replace(first, twins=tuple(one.scan for one in others))
        tests = tuple(one for one in _tests(found, program) if one.node not in taken)
        taken |= {one.node for one in tests}
        yield replace(found, tests=tests)


def _tests(found: Membership, program: Program) -> Iterator[Scan]:
    """Tests whether the list has what a call asks it for, in the same loop."""
    function, listed = found.function, path_of(found.scan.subject)
    asked_for = {one.probe.id for one in (found.scan, *found.twins) if isinstance(one.probe, ast.Name)}
    if any(one.problem for one in found.stable) or not asked_for:
        return
    for scan in all_scans(function):
        if scan.kind != "membership" or path_of(scan.subject) != listed or not isinstance(scan.probe, ast.Name):
            continue
        if scan.probe.id in asked_for and has_room(scan, function) and _runs_within(scan, found):
            yield scan


def _runs_within(scan: Scan, found: Membership) -> bool:
    """Whether it is evaluated in the turns of the loop, and not for what cannot be hashed."""
    within = any(one.node is found.hoist.node for one in scan.around)
    later = runs_later(scan, found.function) is not None
    return within and not later and not is_for_unhashable(scan.node, found.function)


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
    if kind is None and program.alone:
        kind = said_type(subject, function) or ""  # of which a guard makes sure
    listed = kind in {None, "list", "tuple"}
    return listed and not written_short(subject, function)


def _falls_back(node: ast.AST, subject: ast.expr, function: Function) -> bool:
    """Whether it is what a rewrite left for other types: something made of the list is asked beside it."""
    made, above = {f"{collection_name(subject)}_{word}" for word in MADE.values()}, function.parents.get(node)
    while isinstance(above, (ast.expr, ast.comprehension)):
        if isinstance(above, ast.IfExp) and _answers(above, made, FIRST_ONES.format(ast.unparse(subject))):
            return True
        above = function.parents.get(above)
    return False


def _answers(chosen: ast.IfExp, made: set[str], first: str) -> bool:
    asked = read_names(chosen.test) | read_names(chosen.body)
    return bool(made & asked) or ast.unparse(chosen.body) == first


def _inside_another(scan: Scan) -> bool:
    """Whether the probe asks something itself (``xs.index(xs.index(x))``), so that edits would overlap."""
    return scan.probe is not None and any(isinstance(node, ast.Call) for node in ast.walk(scan.probe))


def first_ones(call: ast.AST, function: Function) -> ast.ListComp | None:
    """``[x for i, x in enumerate(xs) if xs.index(x) == i]`` around ``xs.index(x)``, which keeps each first one."""
    compare = function.parents.get(call)
    part = function.parents.get(compare) if isinstance(compare, ast.Compare) else None
    whole = function.parents.get(part) if isinstance(part, ast.comprehension) else None
    if not isinstance(whole, ast.ListComp) or not is_builtin("enumerate", function):
        return None
    target = whole.generators[0].target
    pair = target.elts if isinstance(target, ast.Tuple) else []
    names = [one.id for one in pair if isinstance(one, ast.Name)]
    return whole if len(names) == len(pair) == 2 and _keeps_first_ones(whole, names[0], ast.unparse(call)) else None


def _keeps_first_ones(whole: ast.ListComp, place: str, asked: str) -> bool:
    listed, _, probe = asked.partition(".index(")
    begin = f"[{probe[:-1]} for {place}, {probe[:-1]} in enumerate({listed}) if"
    tests = (f"{asked} == {place}", f"{place} == {asked}")
    return ast.unparse(whole) in {_unparsed(f"{begin} {test}]") for test in tests}


def _unparsed(source: str) -> str:
    return ast.unparse(ast.parse(source, mode="eval"))
