"""Which lists a loop asks again and again whether something is among them, and how these lists grow meanwhile."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules.hoisting import outermost
from perfprof.rules.reading.annotations import said_type
from perfprof.rules.reading.appends import Append, appends_of, deeds_of, inside
from perfprof.rules.reading.counted import counted
from perfprof.rules.reading.elements import is_for_unhashable, made_of
from perfprof.rules.reading.expressions import holder_of, path_of, reads_only
from perfprof.rules.reading.names import read_names
from perfprof.rules.reading.parts import part_of
from perfprof.rules.reading.repeats import all_scans, has_room
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.searching.given_up import given_up
from perfprof.rules.searching.indexing import collection_name
from perfprof.rules.searching.membership import Membership
from perfprof.rules.worth import LEAST_ELEMENTS

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.reading.scans import Loop, Scan


def memberships(function: Function, program: Program) -> Iterator[Membership]:
    """Every test of a name or attribute that a loop repeats; those of one list in one loop are one."""
    alike: dict[object, list[Membership]] = {}
    each = list(_each(function, program))
    grown = [one for one in each if one.appends]
    for one in each:
        found = next((_beside(one, other) for other in grown if _shares_set(one, other)), one)
        key = (
            tuple(map(ast.unparse, found.bases)),
            found.hoist.node,
            found.appends,
            found.stable,
            _apart(found),
            found.asides,
        )
        alike.setdefault(key, []).append(found)
    for first, *others in alike.values():
        yield replace(first, twins=tuple(one.scan for one in others))
    yield from _counted(function, program)


def _counted(function: Function, program: Program) -> Iterator[Membership]:
    """Counts that are compared with 0, of a list that grows meanwhile."""
    for question in counted(function):
        grows = () if _falls_back(question.node, question.scan, function) else appended(question.scan, function)
        growing = _growing(question.scan, grows, function, program) if grows else None
        if growing is not None and growing.appends:  # of one that stays all counts are kept, see `list-count`
            yield replace(growing, counted=question)
    yield from _in_parts(function, program)


def _in_parts(function: Function, program: Program) -> Iterator[Membership]:
    """``x in xs[:i]`` and ``x in xs[i + 1:]``, which a dict of positions answers."""
    for scan in all_scans(function) if not program.alone else ():
        part = part_of(scan.subject, scan, function) if scan.kind == "membership" and scan.around else None
        if part is None or not has_room(scan, function):
            continue
        asked = replace(scan, subject=part.values)
        loop, stable = outermost([part.values], asked, function, program)
        if loop is not None and not _plainly_no_list(asked, (), function, program):
            yield Membership(function, asked, loop, (part.values,), stable, part=part)


def _shares_set(one: Membership, other: Membership) -> bool:
    """Whether a loop inside the one in which the list grows asks it as well."""
    inside = any(loop.node is other.hoist.node for loop in one.scan.around)
    same = path_of(one.scan.subject) == path_of(other.scan.subject)
    return inside and same and not one.appends and not any(kept.problem for kept in one.stable)


def _beside(one: Membership, other: Membership) -> Membership:
    return replace(one, hoist=other.hoist, stable=other.stable, appends=other.appends)


def _apart(found: Membership) -> object:
    """What no other test shares if its edits would overlap, else what is known of what it looks for."""
    probe = found.scan.probe
    if probe is not None and any(isinstance(node, ast.Compare) for node in ast.walk(probe)):
        return id(found)
    looked_for = made_of(probe, found.function) if probe is not None else ""
    return looked_for, is_for_unhashable(found.scan.node, found.function)


def _each(function: Function, program: Program) -> Iterator[Membership]:
    """The tests one by one, unless what is asked plainly is no list."""
    for scan in all_scans(function):
        holder = holder_of(scan.subject)
        if scan.kind != "membership" or not scan.around or (path_of(scan.subject) is None and holder is None):
            continue
        grows = appended(scan, function) if holder is None else ()
        if _plainly_no_list(scan, grows, function, program) or not has_room(scan, function):
            continue
        if _falls_back(scan.node, scan, function):
            continue
        bases = (scan.subject,) if holder is None else (scan.subject, holder)
        loop, stable = outermost(bases, scan, function, program)
        if loop is None:
            continue
        growing = None
        if grows and (any(one.problem for one in stable) or _comes_in(scan, grows, loop)):
            growing = _growing(scan, grows, function, program)
        yield growing or _given_up(Membership(function, scan, loop, bases, stable), grows, program)


def _given_up(found: Membership, grows: tuple[Append, ...], program: Program) -> Membership:
    """The same where a branch may change the list, and the set can be given up before."""
    known = not any(one.problem for one in found.stable) or len(found.bases) > 1 or grows or program.alone
    kept = None if known else given_up(found.scan, found.function, program)
    return found if kept is None else replace(found, hoist=kept[0], stable=kept[1], asides=kept[2])


def _falls_back(node: ast.AST, scan: Scan, function: Function) -> bool:
    """Whether it is what a rewrite left for what its set does not take: ``id(x) in xs_ids if … else x in xs``."""
    above = function.parents.get(node)
    if not isinstance(above, ast.IfExp) or above.orelse is not node:
        return False
    made = collection_name(scan.subject)
    return any(name.startswith((f"{made}_ids", f"{made}_set")) for name in read_names(above.body))


def _plainly_no_list(scan: Scan, grows: tuple[Append, ...], function: Function, program: Program) -> bool:
    """Whether the subject is of another type, or a list that is written out too short to matter."""
    kind = builtin_type(scan.subject, function)
    if program.alone and kind is None and not grows:
        kind = said_type(scan.subject, function) or ""  # of which a guard makes sure
    if kind not in {None, "list", "tuple"}:
        return True
    return written_short(scan.subject, function)


def _comes_in(scan: Scan, grows: tuple[Append, ...], loop: Loop) -> bool:
    """Whether what is appended after a loop that asks is what it asked for, as where a free name is looked for."""
    probe = path_of(scan.probe) if scan.probe is not None else None
    return loop is not scan.around[0] and probe is not None and all(path_of(one.value) == probe for one in grows)


def _growing(scan: Scan, grows: tuple[Append, ...], function: Function, program: Program) -> Membership | None:
    """The test of a list to which the loop appends; None if something else changes it too."""
    loop, stable = outermost([scan.subject], scan, function, program, deeds_of(grows))
    if loop is None or any(one.problem for one in stable):
        return None
    return Membership(function, scan, loop, (scan.subject,), stable, inside(grows, loop))


def written_short(subject: ast.expr, function: Function) -> bool:
    """Whether the list is written out in the code with fewer elements than a set pays for."""
    if not isinstance(subject, ast.Name):
        return False
    values = function.names.values(subject.id)
    if values is None and not function.names.is_local(subject.id):
        statement = function.module.top.get(subject.id)
        values = [statement.value] if isinstance(statement, ast.Assign) else None
    return bool(values) and all(
        isinstance(value, (ast.List, ast.Tuple)) and 0 < len(value.elts) < LEAST_ELEMENTS for value in values or ()
    )


def appended(scan: Scan, function: Function) -> tuple[Append, ...]:
    """Where the very list gets an element that can be read twice."""
    path = path_of(scan.subject)
    found = appends_of(path, function) if path is not None else ()
    return tuple(
        one for one in found if reads_only(one.value, function) and one.path[0] not in read_names(one.value)
    )
