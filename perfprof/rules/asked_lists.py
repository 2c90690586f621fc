"""Which lists a loop asks again and again whether something is among them, and how these lists grow meanwhile."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules.hoisting import outermost
from perfprof.rules.membership import Membership
from perfprof.rules.reading.elements import is_for_unhashable, made_of
from perfprof.rules.reading.expressions import builtin_type, holder_of, path_of, reads_only
from perfprof.rules.reading.names import read_names
from perfprof.rules.reading.repeats import all_scans, has_room
from perfprof.rules.worth import LEAST_ELEMENTS

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.reading.scans import Loop, Scan


def memberships(function: Function, program: Program) -> Iterator[Membership]:
    """Every test of a name or attribute that a loop repeats; those of one list in one loop are one."""
    alike: dict[object, list[Membership]] = {}
    for found in _each(function, program):
        key = tuple(map(ast.unparse, found.bases)), found.hoist.node, found.appends, found.stable, _apart(found)
        alike.setdefault(key, []).append(found)
    for first, *others in alike.values():
        yield replace(first, twins=tuple(one.scan for one in others))


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
        grows = _appends(scan, function) if holder is None else ()
        if _plainly_no_list(scan, grows, function, program) or not has_room(scan, function):
            continue
        bases = (scan.subject,) if holder is None else (scan.subject, holder)
        loop, stable = outermost(bases, scan, function, program)
        if loop is None:
            continue
        growing = None
        if grows and (any(one.problem for one in stable) or _comes_in(scan, grows, loop)):
            growing = _growing(scan, grows, function, program)
        yield growing or Membership(function, scan, loop, bases, stable)


def _plainly_no_list(scan: Scan, grows: tuple[ast.Expr, ...], function: Function, program: Program) -> bool:
    """Whether the subject is of another type, or a list that is written out too short to matter."""
    kind = builtin_type(scan.subject, function)
    if kind not in {None, "list", "tuple"} or (program.alone and kind is None and not grows):
        return True
    return written_short(scan.subject, function)


def _comes_in(scan: Scan, grows: tuple[ast.Expr, ...], loop: Loop) -> bool:
    """Whether what is appended after a loop that asks is what it asked for, as where a free name is looked for."""
    probe = path_of(scan.probe) if scan.probe is not None else None
    added = [one.value.args[0] for one in grows if isinstance(one.value, ast.Call)]
    return loop is not scan.around[0] and probe is not None and all(path_of(one) == probe for one in added)


def _growing(scan: Scan, grows: tuple[ast.Expr, ...], function: Function, program: Program) -> Membership | None:
    """The test of a list to which the loop appends; None if something else changes it too."""
    loop, stable = outermost([scan.subject], scan, function, program, [one.value for one in grows])
    if loop is None or any(one.problem for one in stable):
        return None
    inside = tuple(one for one in grows if _within(one, loop.statement))
    return Membership(function, scan, loop, (scan.subject,), stable, inside)


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


def _appends(scan: Scan, function: Function) -> tuple[ast.Expr, ...]:
    """Statements ``xs.append(value)`` on the very list, whose value can be read twice."""
    found = function.memo.get("appends")
    if found is None:
        found = function.memo["appends"] = tuple(_all_appends(function))
    path = path_of(scan.subject)
    return tuple(statement for target, statement in found if target == path)  # type: ignore[attr-defined]


def _all_appends(function: Function) -> Iterator[tuple[tuple[str, ...] | None, ast.Expr]]:
    for node in function.parents:
        call = node.value if isinstance(node, ast.Expr) else None
        if (
            not isinstance(node, ast.Expr)
            or not isinstance(call, ast.Call)
            or not isinstance(call.func, ast.Attribute)
        ):
            continue
        plain = call.func.attr == "append" and len(call.args) == 1 and not call.keywords
        root = (path_of(call.func.value) or ("",))[0]
        if plain and reads_only(call.args[0], function) and root not in read_names(call.args[0]):
            yield path_of(call.func.value), node


def _within(node: ast.stmt, statement: ast.stmt) -> bool:
    return statement.lineno <= node.lineno <= (statement.end_lineno or statement.lineno)
