"""Obligations of a function whose results are kept between its calls."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.imported import can_have
from perfprof.rules.obligations.growth import shares_line
from perfprof.rules.obligations.proofs import guarded, obligation, proved, unproved
from perfprof.rules.obligations.replaced import is_rebound
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.repeated.caching import LRU_CACHE, gives_plain_values
from perfprof.rules.repeated.memoizing import (
    KEYS,
    Repeated,
    argument_types,
    changeable_results,
    needed,
    result_types,
)
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

USED = ("type", "all", "int", "str", "bytes", "bool", "float", "tuple", "object")
TEXTS = {"builtins.str", "builtins.bytes"}
WHOLE = frozenset({"globals", "vars", "dir", "getmembers"})


@obligation
def computes_from_arguments_alone(case: Case) -> Proof:
    """It computes its result from plain arguments alone, and does nothing else."""
    found: Repeated = case.suspect.reading
    function = found.function
    needs, problem = needed(found, case.program)
    if problem is not None:
        return unproved(problem[1], function.place(problem[0]))
    rebound = [one for one in needs.names if is_rebound(one, case)]
    if rebound:
        return unproved(
            f"the project gives `{rebound[0]}` another value while it runs", function.place(found.begin)
        )
    if _asks_patterns(case, found, needs.read):
        return unproved("a pattern may be bytes, which may ask the locale", function.place(found.begin))
    if needs.names:
        named = ", ".join(f"`{one}`" for one in needs.names)
        return proved(f"its body computes with its arguments and {named}, to which no file gives another value")
    return proved("its body computes with its arguments, constants and its own names")


def _asks_patterns(case: Case, found: Repeated, called: Sequence[Function]) -> bool:
    """Whether an argument that is bytes may be a pattern."""
    kinds = (argument_types(case, number) for number, _ in enumerate(found.function.parameters))
    given = any("builtins.bytes" in one for one in kinds)
    return given and any(map(_names_patterns, (found.function, *called)))


def _names_patterns(function: Function) -> bool:
    """Whether it reads a name that the file has from `re`."""
    names = {*function.names.loads, *function.names.captured}
    brought = (function.module.top.get(name) for name in names)
    return "re" in names or any(isinstance(one, ast.ImportFrom) and one.module == "re" for one in brought)


@obligation
def arguments_tell_apart(case: Case) -> Proof:
    """Arguments that give different results are different keys."""
    found: Repeated = case.suspect.reading
    where = found.function.place(found.begin)
    for number, name in enumerate(found.function.parameters):
        types = set(argument_types(case, number))
        if case.seen and not types:
            return unproved(f"`{name}` was never seen", where)
        if types and not types & KEYS:
            return unproved(
                f"`{name}` was {guards.readable(types)}, of which equal ones may differ or change", where
            )
        if types >= TEXTS:
            return unproved(
                f"`{name}` was {guards.readable(types & KEYS)}, which `python -bb` does not compare", where
            )
    return guarded("a test of the exact types: with others nothing is kept", where)


@obligation
def results_cannot_change(case: Case) -> Proof:
    """Nobody can change a result that is kept."""
    found: Repeated = case.suspect.reading
    types = [kind for kind in result_types(case) if kind != "builtins.NoneType"]
    changeable = changeable_results(case)
    if changeable:
        return unproved(f"a result was {changeable}", found.function.place(found.answers[0]))
    if any("builtins.float" in kind for kind in types) and len({"tuple[" in kind for kind in types}) > 1:
        return unproved(
            f"a result was {guards.readable(types)}, and may be NaN", found.function.place(found.answers[0])
        )
    if gives_plain_values(found):
        return proved("all that it returns are plain values")
    return guarded("a test of the exact type of each result", found.function.place(found.begin))


@obligation
def name_means_this_function(case: Case) -> Proof:
    """Its name means this function and no other, and the new code has a place."""
    found: Repeated = case.suspect.reading
    function, module = found.function, found.function.module
    where = function.place(function.node)
    if found.name in module.rebound or module.top.get(found.name) is not function.node or function.names.dynamic:
        return unproved(f"`{found.name}` has more than one meaning in this file", where)
    if WHOLE & module.identifiers:
        return unproved("the file's names are read as a whole, and the new code has more of them", where)
    if not can_have(LRU_CACHE, function):
        return unproved("`functools` has another meaning in this file", where)
    shadowed = [one for one in USED if not is_builtin(one, function)]
    if shadowed:
        return unproved(f"`{shadowed[0]}` has another meaning in this file", where)
    if shares_line(found.begin, function) or b"\t" in b"".join(
        module.raw_lines[function.line - 1 : function.end_line]
    ):
        return unproved("its body shares a line, or is indented by tabs", where)
    return proved("nothing in this file gives the name another meaning")
