"""Functions that search what they are given: a loop over one parameter for the rows that equal what others give.

Such a function may be handed fewer rows. So may one that only hands its parameter on to such a function.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfprof.rules.reading.callees import is_generator
from perfprof.rules.reading.expressions import is_builtin, reads_only
from perfprof.rules.reading.names import read_names
from perfprof.rules.reading.repeats import all_scans
from perfprof.rules.reading.resolution import arguments, resolve
from perfprof.rules.reading.selection import Selection, selection, substituted

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program
    from perfprof.rules.reading.scans import Scan

DEEPEST = 3  # functions that hand a parameter on


@dataclass(frozen=True, eq=False, slots=True)
class Searching:
    """A parameter that is only walked. outer: the wanted key in terms of the function's parameters.

    reader: where the loop stands, at the end of the way.
    """

    parameter: str
    scan: Scan
    chosen: Selection
    outer: ast.expr
    reader: Function


def searches_given(target: Function, program: Program, depth: int = DEEPEST) -> tuple[Searching, ...]:
    """The searches of a function over one of its parameters."""
    if isinstance(target.node, (ast.AsyncFunctionDef, ast.Module)) or is_generator(target):
        return ()  # of a generator see `walks_given`
    found = target.memo.get("searches")
    if found is None:
        target.memo["searches"] = ()  # a circle of calls hands nothing on
        found = target.memo["searches"] = (*_own(target), *(_handed_on(target, program, depth) if depth else ()))
    return found  # type: ignore[return-value]  # the memo holds what was put there


def walks_given(target: Function) -> tuple[Searching, ...]:
    """The same of a generator that gives rows of a parameter for the key that it was called with, which nobody changes."""
    if not isinstance(target.node, ast.FunctionDef) or not is_generator(target):
        return ()
    return tuple(
        one for one in _own(target) if isinstance(one.outer, ast.Name) and one.outer.id in target.parameters
    )


def _start(target: Function) -> list[ast.stmt]:
    return target.body[1:] if ast.get_docstring(target.node) is not None else target.body


def _own(target: Function) -> Iterator[Searching]:
    start = _start(target) if target.loops else []
    for inside in all_scans(target) if start else ():
        name = inside.subject.id if isinstance(inside.subject, ast.Name) else ""
        if inside.kind != "loop" or name not in target.parameters or inside.around:
            continue
        found = selection(inside, target) if _only_read(name, inside.subject, target) else None
        if found is None or not _of_the_row(found, target):
            continue
        outer = _at_once(found.outer, inside.node, start, target)
        if outer is not None:
            yield Searching(name, inside, found, outer, target)


def _of_the_row(found: Selection, target: Function) -> bool:
    """Whether a row's key is made of the row alone, by builtins: ``int(row["id"])``."""
    others = read_names(found.inner) - found.bound
    return all(is_builtin(name, target) for name in others)


def _at_once(outer: ast.expr, loop: ast.AST, start: list[ast.stmt], target: Function) -> ast.expr | None:
    """The wanted key as every call reads it first, in terms of what the function is given; None if it is later.

    ``key = key.lower()`` before the loop is read through.
    """
    first = start[0]
    bound = {one for one in read_names(outer) if target.names.bindings.get(one)}
    if not bound:
        return outer if isinstance(outer, ast.Name) or loop is first else None
    made = first.targets[0] if isinstance(first, ast.Assign) and len(first.targets) == 1 else None
    if not isinstance(first, ast.Assign) or not isinstance(made, ast.Name) or bound != {made.id}:
        return None
    alone = len(target.names.bindings[made.id]) == 1 and made.id not in target.names.captured
    in_time = isinstance(outer, ast.Name) or (len(start) > 1 and loop is start[1])
    if not alone or not in_time or not reads_only(first.value, target):
        return None
    return substituted(outer, {made.id: first.value})


def _handed_on(target: Function, program: Program, depth: int) -> Iterator[Searching]:
    """``find(rows, key)`` in a function whose own parameters are the rows and what the key is."""
    for scan in target.scans or _calls(target):
        call = scan.node
        if scan.kind != "call" or scan.around or not isinstance(call, ast.Call) or len(call.args) < 2:
            continue
        inner = resolve(call.func, target, program)
        if inner is None or inner is target or any(isinstance(one, ast.Starred) for one in call.args):
            continue
        given = arguments(inner, call)
        found = (_in_terms_of(given, one, target) for one in searches_given(inner, program, depth - 1))
        yield from (one for one in found if one is not None)


def _in_terms_of(given: dict[str, ast.expr], one: Searching, target: Function) -> Searching | None:
    """A search of an inner function in terms of what the outer one is given; None if it hands on something else."""
    rows, wanted = given.get(one.parameter), read_names(one.outer)
    if not isinstance(rows, ast.Name) or rows.id not in target.parameters or not wanted <= given.keys():
        return None
    keys = {name: given[name] for name in wanted}
    fixed = all(isinstance(key, ast.Name) and _is_given(key.id, target) for key in keys.values())
    if not fixed or not isinstance(one.outer, ast.Name) or not _only_read(rows.id, rows, target):
        return None
    return replace(one, parameter=rows.id, outer=substituted(one.outer, keys))


def _calls(target: Function) -> tuple[Scan, ...]:
    """The calls of a function without loops, which is not read for scans."""
    from perfprof.rules.reading.scans import scans

    return tuple(scans(target.body)[0])


def _is_given(name: str, target: Function) -> bool:
    return name in target.parameters and not target.names.bindings.get(name)


def _only_read(name: str, where: ast.expr, target: Function) -> bool:
    """Whether the parameter is read once, there, so that fewer rows cannot be noticed."""
    loads = target.names.loads.get(name, [])
    unbound = not target.names.bindings.get(name) and name not in target.names.captured
    return unbound and len(loads) == 1 and loads[0] is where
