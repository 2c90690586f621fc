"""Old against new for programs that nobody wrote: the look-alikes, changed at random as careless or hostile hands would.

A mutant is a look-alike with a few statements put in, moved or wrapped, names exchanged for others (which makes aliases),
and arguments of other types. Its evidence is made up, so only rewrites that rest on no run are compared: what is proved
or guarded must mean the same whatever was observed. Each look-alike has a seed of its own, so that others leave it alone.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import random
import re
import signal
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest
from hostile import RULES, Anything, Loose, for_few
from test_rules_lookalikes import LookAlike, imagined, table

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, weigh

PARTS = 6  # tests that share the look-alikes; each of them takes its part
ONE_OF = 5  # look-alikes that are changed: one of these, by its name
MUTANTS = 3  # of each
SECONDS = 0.5  # a mutant may run for ever; then nothing is compared
PATCHING = re.compile(
    r"\bmath\b|\bexec\b|\bglobals\b|mock|import asyncio|threading|numpy|pandas"
)  # known, or not the same twice

STATEMENTS = """{a}.append({b})|{a}.extend({b})|{a} = {b}|{a} += {b}|{a}[0] = {b}|del {a}[0]|{a}.clear()|{a}.pop()|{a}.sort()
{a} = list({b})|{a}, {b} = {b}, {a}|print({a})|if {a}: break|if {a}: continue|if {a} == {b}: return {c}|hold = {a}|{a} = {a}
hold = [{a}]; hold[0].append({b})|{a} = iter({b})|{a} = tuple({b})|{a} = {c} if {b} else {a}|del {a}|{a}[{b}] = {c}|raise ValueError
{a}.insert(0, {b})|{a}.remove({b})|{a}[:] = {b}|{a}.update({b})|{a} = {a} + {b}|{a} = {b} + {a}|{a} = {a}[1:]|{a} = {b}[0]
{a} = str({b})|{a} = {b}.copy()|{a} = set({b})|{a} = {b} = {c}|{a} = sorted({b})|{a} = {b} or {c}|{a}.reverse()|yield {a}
{a} = [{c} for {c} in {b}]|(lambda: {a}.append({b}))()|print({a} in {b}, len({a}))|({a} := {b})|assert {a}|for {a} in {b}: pass
""".replace(
    "\n", "|"
).split(
    "|"
)[
    :-1
]
WRAPPINGS = (
    "try:\n    pass\nexcept Exception as error:\n    print(type(error).__name__)",
    "try:\n    pass\nfinally:\n    print('left')",
    "for _ in range(2):\n    pass",
    "while True:\n    pass\n    break",
    "if {a}:\n    pass\nelse:\n    {b} = {a}",
)
GIVEN = """float('nan')|(1, 2)|[1]|[]|{}|'a'|None|True|1.0|0|-1|[1, 2, 3]|['a', 'b', 'a']|iter([1, 2])|{'a': 1}|range(5)|'abc'|b'ab'
[1, 1.0, True]|[None, 'a', 1]|[[1], [1]]|[(1, 2), (1,)]|{1, 2}|Loose('A')|Anything()|[Loose('A'), 'a']|[Anything(), 1]|Bag([1, 2])""".replace(
    "\n", "|"
).split(
    "|"
)


class Bag(list):  # type: ignore[type-arg]
    """A list that is walked the other way round, and takes everything twice."""

    def __iter__(self) -> Iterator[object]:
        return iter(list.copy(self)[::-1])

    def append(self, one: object) -> None:
        list.extend(self, [one, one])


class Endless(BaseException):
    """The mutant does not end."""


def mutated(source: str, chance: random.Random) -> str | None:
    """The source, changed in one to three places; None if that is no program."""
    try:
        tree = ast.parse(source)
        for _ in range(chance.choice((1, 1, 2, 3))):
            functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
            _change(chance.choice(functions), chance)
        text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        compile(text, "work.py", "exec")
    except (SyntaxError, ValueError, IndexError):
        return None
    return text


def _change(function: ast.FunctionDef, chance: random.Random) -> None:
    names = [one.id for one in ast.walk(function) if isinstance(one, ast.Name)]
    names = [one for one in names if one not in dir(__builtins__)] + [one.arg for one in function.args.args]
    bodies = [getattr(one, field, None) for one in ast.walk(function) for field in ("body", "orelse")]
    blocks = [one for one in bodies if isinstance(one, list) and one and isinstance(one[0], ast.stmt)]
    block, place = chance.choice(blocks), chance.random()
    if place < 0.6:
        at = chance.randint(0, len(block))
        block[at:at] = _parsed(chance.choice(STATEMENTS), names, chance)
    elif place < 0.75:
        loads = [one for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)]
        chance.choice(loads).id = chance.choice(names)
    elif place < 0.85:
        block.insert(chance.randint(0, len(block)), copy.deepcopy(chance.choice(chance.choice(blocks))))
    else:
        at = chance.randrange(len(block))
        (wrapped,) = _parsed(chance.choice(WRAPPINGS), names, chance)
        wrapped.body[0], block[at] = block[at], wrapped  # type: ignore[attr-defined]


def _parsed(text: str, names: list[str], chance: random.Random) -> list[ast.stmt]:
    for word in "abc":
        text = text.replace("{" + word + "}", chance.choice(names))
    return ast.parse(text).body


def _called(call: str, chance: random.Random) -> str:
    """A call with one of its arguments, or of their elements, exchanged."""
    tree = ast.parse(call, mode="eval")
    lists = [(one, field) for one in ast.walk(tree) for field in ("args", "elts") if getattr(one, field, None)]
    if lists and chance.random() < 0.7:
        held, field = chance.choice(lists)
        given = getattr(held, field)
        if isinstance(given, list):
            given[chance.randrange(len(given))] = ast.parse(chance.choice(GIVEN), mode="eval").body
    return ast.unparse(tree)


def rewritten(source: str, evidence: frozenset[str]) -> Iterator[str]:
    """What is proved or guarded, each by itself."""
    program = Program(Path("/"), lambda path: source)
    module = program.module(Path("/work.py"))
    assert module is not None
    for rule in RULES:
        assert rule.in_function is not None
        for suspect in [one for function in module.functions for one in rule.in_function(function, program)]:
            told = {watch.id: imagined(watch, evidence) for watch in suspect.watches}
            proofs, level = weigh(rule, Case(suspect, program, told))
            if level > Level.OBSERVED:
                yield for_few(
                    apply_edits(source, rule.rewrite(Case(suspect, program, told, proofs=proofs)).edits), source
                )


def told(source: str, calls: list[str]) -> list[object]:
    """Results, errors and what is printed, without the addresses of objects."""
    names: dict[str, object] = {"Anything": Anything, "Loose": Loose, "Bag": Bag}
    found: list[object] = []
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for call in calls:
            try:
                if not found:
                    exec(compile(source, "work.py", "exec"), names)
                found.append(_shown(eval(call, names)))
            except Exception as error:
                found.append(type(error).__name__)
    return [re.sub(r"0x[0-9a-f]+", "0x", repr(one)) for one in (*found, printed.getvalue())]


def _shown(value: object) -> object:
    if isinstance(value, (list, tuple)):
        whole = list.copy(value) if isinstance(value, list) else value
        return type(value).__name__, [_shown(one) for one in whole]
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    if isinstance(value, Iterator):
        return [_shown(one) for one, _ in zip(value, range(50), strict=False)]
    return "" if isinstance(value, FunctionType) else value


def _stop(*given: object) -> None:
    raise Endless


def in_time(source: str, calls: list[str]) -> list[object] | None:
    """What a program tells; None if it does not end."""
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        return told(source, calls)
    except (Endless, RecursionError, MemoryError):
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def chosen(part: int) -> list[LookAlike]:
    """The look-alikes of one part, by their names."""
    marks = ((one, zlib.crc32(one.name.encode())) for one in table() if not PATCHING.search(one.source))
    return [one for one, mark in marks if mark % ONE_OF == 0 and mark // ONE_OF % PARTS == part and one.calls]


@pytest.mark.parametrize("part", range(PARTS))
def test_mutants_mean_the_same(part: int) -> None:
    compared = 0
    for one in chosen(part):
        for number in range(MUTANTS):
            chance = random.Random(f"{one.name} {number}")
            source = mutated(one.source, chance)
            news = list(rewritten(source, one.evidence)) if source is not None else []
            if source is None or not news:
                continue
            calls = [_called(call, chance) for call in one.calls for _ in range(2)]
            old = in_time(source, calls)
            for new in news if old is not None else ():
                found = in_time(new, calls)
                assert found is None or found == old, f"{one.name} {number}\n{source}\n{new}"
                compared += 1
    assert compared > 10
