"""First positions of a list's elements in a dict: of a list that stays, or beside one that grows.

What the dict does not have is not in the list either, if every element was of the guarded types: then an empty list raises
the ``ValueError`` that the walk to the end would have raised, in its very words.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.rule import Case, Edit, Rewrite
from perfprof.rules.searching import list_answers, list_methods
from perfprof.rules.searching.indexing import at, collection_name, fitted, in_style
from perfprof.rules.searching.iterators import FEW_POSITIONS, long_tests
from perfprof.rules.searching.list_answers import Kept
from perfprof.rules.searching.membership import Membership, list_tests, name_for, starts_empty
from perfprof.rules.searching.own_elements import is_own_element

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfprof.rules.reading.program import Function

_EMPTY = {"builtins.list": "[]", "builtins.tuple": "()", "list": "[]", "tuple": "()"}
_CAUGHT = frozenset({"ValueError", "Exception", "BaseException"})


def build_positions(case: Case) -> Rewrite:
    """A dict of first positions, which answers if it has the element."""
    found: Membership = case.suspect.reading
    listed = found.function.text(found.scan.subject)
    return Rewrite(
        edits=tuple(_beside(case) if found.appends else _first_ones(case) or _before(case)),
        why=f"one look-up in a dict of first positions instead of a walk over {listed} for each",
        memory=f"one dict entry for each element of {listed} while the function runs",
    )


def first_positions(listed: str) -> str:
    """From the end to the beginning, so that of equal elements the first one wins."""
    return f"dict(zip(reversed({listed}), reversed(range(len({listed})))))"


def _before(case: Case) -> Iterator[Edit]:
    """The dict of a list that stays."""
    found: Membership = case.suspect.reading
    listed = found.function.text(found.scan.subject)
    name, taken = list_answers.names(case, "positions")
    yield at(
        "before",
        found.hoist.statement,
        f"{name} = {first_positions(listed)} if {list_answers.condition(case, FEW_POSITIONS)} else {{}}",
    )
    empty = _empty(case) if _misses(case) else ""
    value, tests = f"{name}[{{key}}]", (f"{{key}} in {name}",)
    if empty:
        value, tests = f"({name}[{{key}}] if {{key}} in {name} else {empty}.index({{key}}))", (name,)
    yield from list_answers.answers(case, Kept(name, value, name, tests, f"not {name}"), taken)


def _first_ones(case: Case) -> tuple[Edit, ...]:
    """``dict.fromkeys`` for a comprehension that keeps each first one of equal elements."""
    found: Membership = case.suspect.reading
    function, whole = found.function, list_methods.first_ones(found.scan.node, found.function)
    if whole is None or found.twins or found.tests or not is_own_element(found.scan, found):
        return ()
    kept = list_methods.FIRST_ONES.format(function.text(found.scan.subject))
    new = f"{kept} if {list_answers.condition(case)} else {function.text(whole)}"
    return (at("replace", whole, fitted(in_style(new, function), whole, function)),)


def _beside(case: Case) -> Iterator[Edit]:
    """The dict beside a list that grows. While it knows all elements it answers, else the list is walked as before.

    How many it knows is counted beside it, for an element may be there twice; not where each was asked for before.
    """
    found: Membership = case.suspect.reading
    listed, types = found.function.text(found.scan.subject), list_answers.key_types(case)
    name, taken = list_answers.names(case, "positions")
    known = fresh(f"{collection_name(found.scan.subject)}_placed", taken)
    tests = list_tests(found, case.watched("base0"), listed)
    empty = starts_empty(found)
    tests += [] if empty else long_tests(case, found)
    if empty and not tests and _asked_before(found):
        yield from _of_different(case, name, taken)
        return
    begin = f"{name}, {known} = {{}}, {0 if empty and not tests else None}"
    if tests or not empty:
        tests = list(dict.fromkeys([*tests, guards.all_keys(listed, types)]))
        begin += f"\nif {guards.joined(tests)}:\n    {name}, {known} = {first_positions(listed)}, len({listed})"
    yield at("before", found.hoist.statement, in_style(begin, found.function))
    there = [f"{known} is not None"] if tests else []
    complete = guards.joined([*there, f"{known} == len({listed})"])
    value, more = f"{name}[{{key}}]", [f"{{key}} in {name}"]
    if _misses(case):
        value, more = f"({name}[{{key}}] if {{key}} in {name} else {_empty(case) or '[]'}.index({{key}}))", []
    kept = Kept(name, value, complete, (complete, *more), f"{known} is None")
    yield from list_answers.answers(case, kept, taken | {known})
    for one in found.appends:  # the new one's position, if it is the only one that the dict lacks
        value = found.function.text(one.value) if isinstance(one.value, ast.Name) else f"{listed}[-1]"
        new = guards.joined([*there, f"{known} == len({listed}) - 1", guards.is_key(value, types)])
        noted = f"if {new}:\n    {name}.setdefault({value}, {known})\n    {known} += 1"
        yield at("after", one.node, in_style(noted, found.function))


def _of_different(case: Case, name: str, taken: frozenset[str]) -> Iterator[Edit]:
    """The dict beside a list that begins empty and gets each element once: both are as long as the other."""
    found: Membership = case.suspect.reading
    listed = found.function.text(found.scan.subject)
    complete = f"len({name}) == len({listed})"
    yield at("before", found.hoist.statement, f"{name} = {{}}")
    kept = Kept(name, f"{name}[{{key}}]", complete, (complete, f"{{key}} in {name}"), f"{name} is None")
    yield from list_answers.answers(case, kept, taken)
    for one in found.appends:
        value = found.function.text(one.value)
        noted = f"if {guards.is_key(value, list_answers.key_types(case))}:\n    {name}[{value}] = len({listed}) - 1"
        yield at("after", one.node, in_style(noted, found.function))


def _asked_before(found: Membership) -> bool:
    """Whether what is appended is a name for which ``if x not in xs`` around it asks the list."""
    function = found.function
    names = {one.node: one.probe.id for one in found.tests if isinstance(one.probe, ast.Name)}
    for one in found.appends:
        above = function.parents.get(one.node)
        test = above.test if isinstance(above, ast.If) and one.node in above.body else None
        plain = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotIn) and len(test.ops) == 1
        if not plain or names.get(test) != getattr(one.value, "id", ""):  # type: ignore[arg-type]
            return False
    return True


def in_part(case: Case) -> Rewrite:
    """A dict of first positions tells what is in ``xs[:i]``, one of last positions what is in ``xs[i:]``."""
    found: Membership = case.suspect.reading
    part, probe, compare, function = found.part, found.scan.probe, found.scan.node, found.function
    assert part is not None
    assert probe is not None
    assert isinstance(compare, ast.Compare)
    listed, bound = function.text(part.values), ast.unparse(part.bound)
    name, taken = list_answers.names(case, "positions")
    made = first_positions(listed) if part.beginning else f"dict(zip({listed}, range(len({listed}))))"
    wanted = given = function.text(probe)
    if not isinstance(probe, (ast.Name, ast.Constant)):
        wanted = name_for(probe, taken)
    test = guards.is_key(wanted, list_answers.key_types(case))
    if wanted != given:
        test = test.replace(f"type({wanted})", f"type({wanted} := ({given}))", 1)
    test = guards.joined([test, name])
    place = f"{name}.get({wanted}, {bound if part.beginning else -1})"
    lies = part.beginning is isinstance(compare.ops[0], ast.In)
    word = "in" if isinstance(compare.ops[0], ast.In) else "not in"
    new = f"({place} {'<' if lies else '>='} {bound} if {test} else {wanted} {word} {function.text(compare.comparators[0])})"
    before = f"{name} = {made} if {list_answers.condition(case)} else {{}}"
    return Rewrite(
        edits=(
            at("before", found.hoist.statement, before),
            at("replace", compare, fitted(in_style(new, function), compare, function)),
        ),
        why=f"one look-up in a dict of positions instead of a copy of a part of {listed} and a walk over it",
        memory=f"one dict entry for each element of {listed} while the function runs",
    )


def _empty(case: Case) -> str:
    """An empty one of what is searched, whose words for a missing element are the same; "" if it may be either."""
    found: Membership = case.suspect.reading
    seen, kind = case.watched("base0"), builtin_type(found.scan.subject, found.function)
    kinds = {kind} if kind is not None else set(seen.types) if seen is not None else set()
    return _EMPTY.get(kinds.pop(), "") if len(kinds) == 1 else ""


OFTEN = 0.25  # of the look-ups: then what is missing must not be searched in the list


def handlers(found: Membership) -> list[ast.ExceptHandler]:
    """Where a missing element is expected: the innermost handler around each call that takes the ValueError."""
    each = (_handler(one.node, found.function) for one in (found.scan, *found.twins))
    return list(dict.fromkeys(one for one in each if one is not None))


def _handler(call: ast.AST, function: Function) -> ast.ExceptHandler | None:
    node, above = call, function.parents.get(call)
    while above is not None and node is not function.node:
        if isinstance(above, ast.Try) and node in above.body:
            found = next((one for one in above.handlers if _CAUGHT & set(_kinds(one.type))), None)
            if found is not None:
                return found
        node, above = above, function.parents.get(above)
    return None


def _misses(case: Case) -> bool:
    """Whether runs showed that what is looked for is often not there, so that an error is what is made most of all."""
    found: Membership = case.suspect.reading
    seen = [case.watched(f"missed{number}") for number in range(len(handlers(found)))]
    calls = [case.watched("base0"), *(case.watched(f"twin{number}") for number in range(len(found.twins)))]
    return sum(one.count for one in seen if one) > OFTEN * sum(one.count for one in calls if one)


def _kinds(kind: ast.expr | None) -> list[str]:
    named = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return ["BaseException" if one is None else getattr(one, "id", "") for one in named]
