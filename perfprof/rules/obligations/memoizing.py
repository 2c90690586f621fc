"""Obligations of a function whose results are kept between its calls."""

from __future__ import annotations

from perfprof.rules import guards
from perfprof.rules.obligations.growth import shares_line
from perfprof.rules.obligations.proofs import guarded, obligation, proved, unproved
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.repeated.memoizing import Repeated, argument_types, changeable_results, needed, result_types
from perfprof.rules.rule import Case, Proof

KEYS = frozenset({"builtins.int", "builtins.str", "builtins.bytes", "builtins.bool", "builtins.NoneType"})
TWINS = ({"builtins.int", "builtins.bool"}, {"builtins.str", "builtins.bytes"})  # equal, or compared with a warning
USED = ("type", "len", "set", "map", "all", "int", "str", "bytes", "bool", "float", "tuple", "getattr")
WHOLE = frozenset({"globals", "vars", "dir", "getmembers"})


@obligation
def computes_from_arguments_alone(case: Case) -> Proof:
    """It computes its result from plain arguments alone, and does nothing else."""
    found: Repeated = case.suspect.reading
    function = found.function
    needs, problem = needed(found, case.program)
    if problem is not None:
        return unproved(problem[1], function.place(problem[0]))
    if any(function.names.bindings.get(name) for name in function.parameters) and function.names.captured:
        return unproved("a function inside reads its names", function.place(found.begin))
    hidden = [one for one in needs if one.partition(".")[0] in function.parameters]
    if hidden:
        return unproved(f"`{hidden[0]}` is a parameter here, and something else where it is needed")
    if needs:
        return guarded(f"a test that {', '.join(f'`{one}`' for one in needs)} stand for what they stood for")
    return proved("its body computes with its arguments, constants and its own names")


@obligation
def arguments_tell_apart(case: Case) -> Proof:
    """Arguments that give different results are different keys."""
    found: Repeated = case.suspect.reading
    where = found.function.place(found.begin)
    for number, name in enumerate(found.function.parameters):
        types = set(argument_types(case, number))
        if case.seen and not types:
            return unproved(f"`{name}` was never seen", where)
        if not types <= KEYS:
            return unproved(
                f"`{name}` was {guards.readable(types)}, of which equal ones may differ or change", where
            )
        if any(both <= types for both in TWINS):
            return unproved(f"`{name}` was {guards.readable(types)}, which may be equal to each other", where)
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
    shadowed = [one for one in USED if not is_builtin(one, function)]
    if shadowed:
        return unproved(f"`{shadowed[0]}` has another meaning in this file", where)
    if shares_line(found.begin, function) or b"\t" in b"".join(
        module.raw_lines[function.line - 1 : function.end_line]
    ):
        return unproved("its body shares a line, or is indented by tabs", where)
    return proved("nothing in this file gives the name another meaning")
