"""Write an expression before the loop that repeats it, under a test of the exact types of what it is computed from."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from perfprof.rules import guards
from perfprof.rules.containers.copies import copied_from
from perfprof.rules.reading.kinds import FLAT, Kind, kind
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.repeats import stands_alone
from perfprof.rules.reading.scans import COMPREHENSIONS
from perfprof.rules.repeated import written_rows
from perfprof.rules.repeated.invariants import Computed, Invariant, environment, observed_kinds
from perfprof.rules.rule import Case, Rewrite
from perfprof.rules.searching.indexing import at, collection_name, in_style
from perfprof.rules.searching.iterators import plain_tests
from perfprof.rules.searching.row_tests import quiet_text, quietly


def compute_before(case: Case) -> Rewrite:
    """The expression before the loop, under a test of its operands' types, and its name in the loop."""
    found: Invariant = case.suspect.reading
    function = found.function
    name = fresh(name_of(found), function.visible | case.taken)
    text = function.text(found.display)
    tests = conditions(case, found)
    before, answer = f"{name} = {text}", name
    if tests:
        before = f"{name} = {text} if {guards.joined(tests)} else None"
        answer = in_style(f"{name} if {name} is not None else {text}", function)
        answer = answer if stands_alone(found.display, function) else f"({answer})"
    return Rewrite(
        edits=(at("before", found.hoist.statement, before), at("replace", found.display, answer)),
        why=f"{' '.join(text.split())} is computed once; nothing in the loop changes what it is made of",
        memory="its result while the function runs",
    )


def conditions(case: Case, found: Invariant) -> list[str]:
    """What must hold for computing it early: plain loops, operands apart from what changes, and of exact types."""
    kinds = observed_kinds(case) or ()
    tests = plain_tests(case, found)
    if found.rows is not None:
        tests += written_rows.tests(found.rows, case.watched("looped"), found.function)
    for number, one in enumerate(kinds):
        apart = found.stable[number].apart
        tests += type_tests(case, number, one, apart, needs_filled(found, kinds, number))
    return list(dict.fromkeys(tests))


def type_tests(case: Case, number: int, one: Kind, apart: Sequence[str] = (), filled: bool = False) -> list[str]:
    """Tests that an operand is of the exact types that were seen, its elements too, and is none of ``apart``."""
    function, base = case.suspect.reading.function, case.suspect.reading.bases[number]
    quiet, text = in_style(quietly(base), function), function.text(base)
    seen = case.watched(f"base{number}")
    assert seen is not None
    if one.name in FLAT:
        return [guards.is_key(quiet, tuple(sorted(seen.types)))]
    others = [f"{text} is not {in_style(quiet_text(other), function)}" for other in apart]
    types = guards.key_types(seen.elements) or ()
    return [guards.exactly(quiet, [one.name]), *others, *([text] if filled else []), guards.all_keys(text, types)]


def needs_filled(found: Computed, kinds: tuple[Kind, ...], number: int) -> bool:
    """Whether the expression would fail for an empty operand (``max``)."""
    emptied = tuple(replace(one, filled=one.filled and n != number) for n, one in enumerate(kinds))
    return kind(found.display, environment(found.bases, emptied), found.function) is None


def name_of(found: Computed) -> str:
    """``prices_sum``, ``sorted_names``, ``wanted_set``."""
    node, word = found.display, "list"
    if isinstance(node, ast.Call):
        word = node.func.id if isinstance(node.func, ast.Name) else "joined"
        word = "copy" if copied_from(node) is not None and word == "joined" else word
    elif isinstance(node, ast.Subscript):
        word = "copy"
    elif isinstance(node, COMPREHENSIONS):
        word = {ast.SetComp: "set", ast.DictComp: "dict"}.get(type(node), "list")
    base = collection_name(found.bases[0])
    return f"sorted_{base}" if word == "sorted" else f"{base}_{word}"
