"""Dicts that are searched as if they were lists: ``x in list(d)``, ``x in d.values()``, again and again.

Keys are looked up where the question stands, so the dict may change as it likes. Values go into a set before the
loop, as the elements of a list do (`perfprof.rules.searching.membership`), so they must stay.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.hoisting import outermost, watch
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.repeats import has_room
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Rewrite, Suspect
from perfprof.rules.searching import stale_sets
from perfprof.rules.searching.indexing import at, collection_name, in_style
from perfprof.rules.searching.iterators import loop_tests
from perfprof.rules.searching.key_sets import Conditions, KeySet, asked
from perfprof.rules.searching.membership import Membership, suspect
from perfprof.rules.searching.row_tests import quiet_text, quietly

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def dict_scans(function: Function, program: Program) -> Iterator[Membership]:
    """Every such question that a loop repeats. ``stable`` is empty for keys: they are asked where they stand."""
    for scan in function.scans:
        if scan.kind != "membership" or not scan.around or not has_room(scan, function):
            continue
        held, keys = _searched(scan.subject, function)
        if held is None or (
            program.alone and builtin_type(held, function) != "dict" and not _has_keys(scan.subject)
        ):
            continue
        if keys:
            yield Membership(function, scan, scan.around[-1], (held,), ())
            continue
        loop, stable = outermost([held], scan, function, program)
        if loop is not None:
            yield Membership(function, scan, loop, (held,), stable)


def _searched(subject: ast.expr, function: Function) -> tuple[ast.expr | None, bool]:
    """The dict in ``list(d)``, ``list(d.keys())``, ``d.values()`` or ``list(d.values())``, and whether it is its keys."""
    copied = _is_copy(subject, function)
    inner = subject.args[0] if copied and isinstance(subject, ast.Call) else subject
    view = inner.func if isinstance(inner, ast.Call) and not inner.args and not inner.keywords else None
    if isinstance(view, ast.Attribute) and view.attr in {"keys", "values"} and path_of(view.value) is not None:
        plain_keys = view.attr == "keys" and not copied  # `x in d.keys()` is a look-up already
        return (None if plain_keys else view.value), view.attr == "keys"
    return (inner, True) if copied and path_of(inner) is not None else (None, False)


def _is_copy(subject: ast.expr, function: Function) -> bool:
    """``list(…)`` or ``tuple(…)`` of one thing."""
    if not isinstance(subject, ast.Call) or not isinstance(subject.func, ast.Name) or subject.keywords:
        return False
    name = subject.func.id
    return name in {"list", "tuple"} and len(subject.args) == 1 and is_builtin(name, function)


def _has_keys(subject: ast.expr) -> bool:
    """Whether `keys` or `values` is asked for, so that it is a dict or something like one."""
    return any(isinstance(one, ast.Attribute) and one.attr in {"keys", "values"} for one in ast.walk(subject))


def dict_suspect(rule: str, found: Membership) -> Suspect:
    """The finding, and what a run must tell about it."""
    function = found.function
    part = "keys" if not found.stable else "values"
    one = suspect(rule, found, f"walks the {part} of `{function.text(found.bases[0])}` in each turn")
    asked = watch(f"{one.finding.id}:dict", found.bases[0], function, "types")
    return replace(one, watches=(*one.watches, asked))


def look_up(case: Case) -> Rewrite:
    """Ask the dict itself for keys, and a set made before the loop for values."""
    found: Membership = case.suspect.reading
    function, held = found.function, found.function.text(found.bases[0])
    taken = function.visible | case.taken
    seen = case.watched("base0")
    types = guards.key_types(seen.elements if seen is not None else ()) or ("builtins.str",)
    known = builtin_type(found.bases[0], function) == "dict"
    if not found.stable:
        there = "" if known else guards.exactly(held, ["dict"])
        keys = KeySet(held, function.text(found.scan.subject), types)
        edits = tuple(asked(found.scan, keys, Conditions(there), taken, function))
        return Rewrite(
            edits=edits, why=f"{held} is asked itself, instead of a list of its keys", memory="less: no lists"
        )
    name = fresh(f"{collection_name(found.bases[0])}_values", taken)
    quiet = in_style(quietly(found.bases[0]), function)
    tests = [] if known else [guards.exactly(quiet, ["dict"])]
    tests += [
        f"{held} is not {in_style(quiet_text(other), function)}"
        for stable in found.stable
        for other in stable.apart
    ]
    tests += [*loop_tests(case, found), guards.all_keys(f"{held}.values()", types)]
    keys = KeySet(name, function.text(found.scan.subject), types)
    leaves = stale_sets.is_left(case, found, keys)
    nothing, instead = ("set()", stale_sets.left(keys, missing=True)) if leaves else ("()", "")
    before = f"{name} = set({held}.values()) if {guards.joined(dict.fromkeys(tests))} else {nothing}"
    new = asked(found.scan, keys, Conditions(name, instead=instead), taken | {name}, function)
    return Rewrite(
        edits=(at("before", found.hoist.statement, before), *new),
        why=f"one hash look-up in a set instead of a walk over the values of {held} for each test",
        memory=f"one set of the values of {held} while the function runs",
    )
