"""Write a name for what several places compute."""

from __future__ import annotations

import ast

from perfprof.rules import guards
from perfprof.rules.reading.kinds import FLAT
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.repeats import stands_alone
from perfprof.rules.repeated.hoisted import name_of, needs_filled, type_tests
from perfprof.rules.repeated.invariants import observed_kinds
from perfprof.rules.repeated.sharing import Shared, result_types
from perfprof.rules.rule import Case, Edit, Rewrite
from perfprof.rules.searching.indexing import at, in_style


def share(case: Case) -> Rewrite:
    """The result in a name, and the name at the other places, under a test of the exact types."""
    found: Shared = case.suspect.reading
    function = found.function
    taken = function.visible | case.taken
    text = function.text(found.display)
    if found.calls is None:
        name = fresh(name_of(found), taken)
        edits = _computed_before(case, found, name, text)
    else:
        name = fresh(f"{found.calls.qualname.lstrip('_')}_result", taken)
        edits = _kept_where_it_is(case, found, name, text)
    return Rewrite(
        edits=tuple(edits),
        why=f"{' '.join(text.split())} is computed once; nothing in between changes what it is made of",
        memory="its result while the function runs",
    )


def _computed_before(case: Case, found: Shared, name: str, text: str) -> list[Edit]:
    tests = guards.joined(operand_tests(case, found))
    edits = [at("before", found.hoist.statement, f"{name} = {text} if {tests} else None")]
    return edits + [
        at("replace", one, _answer(found, one, f"{name} if {name} is not None else {text}")) for one in found.places
    ]


def _kept_where_it_is(case: Case, found: Shared, name: str, text: str) -> list[Edit]:
    kept = guards.is_key(name, result_types(case))
    tests = guards.joined([*operand_tests(case, found), kept])
    first = at("replace", found.display, f"({name} := {text})")
    return [first] + [
        at("replace", one, _answer(found, one, f"{name} if {tests} else {text}")) for one in found.others
    ]


def _answer(found: Shared, place: ast.expr, text: str) -> str:
    text = in_style(text, found.function)
    return text if stands_alone(place, found.function) else f"({text})"


def operand_tests(case: Case, found: Shared) -> list[str]:
    """That all that it is computed of is of the exact types that were seen, and none of it what the code changes."""
    kinds = observed_kinds(case) or ()
    tests: list[str] = []
    for number, one in enumerate(kinds):
        filled = found.calls is None and needs_filled(found, kinds, number)
        apart = found.stable[number].apart if one.name not in FLAT else ()
        tests += type_tests(case, number, one, apart, filled)
    return list(dict.fromkeys(tests))
