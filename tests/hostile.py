"""Old against new over hostile inputs: the mechanism that all hostile tests of Python rules share.

A test file brings programs (functions `work(xs, ys, zs)`), evidence that is made up for each watch, and arguments. Safety
must not rest on evidence, so it is made up on purpose. Values come from one pool of shared objects, so that identity,
NaN, 1 == 1.0 == True, unhashable and wildly comparing objects meet in all arguments.
"""

from __future__ import annotations

import ast
import copy
import random
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, Rule, weigh
from perfprof.rules.searching.iterators import FEW, FEW_GROWN, FEW_POSITIONS

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

RULES = [
    rule
    for rule in registry().values()
    if rule.in_function is not None and Path(rule.origin).parent.name == "python"
]


class Anything:
    """Equal to everything, and hashes as nobody expects."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "Anything()"


class Loose(str):
    """A string that compares without case."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.lower() == other.lower()

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


class Refuses:
    """Raises when it is compared."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "Refuses()"


class Plain:
    """Equal to itself only."""

    def __repr__(self) -> str:
        return "Plain()"


class Contrary(Plain):
    """Equal to itself only, and different from nothing."""

    def __ne__(self, other: object) -> bool:
        return False


class Hashed(Plain):
    """Equal to itself only, but its hash is an effect."""

    def __hash__(self) -> int:
        raise RuntimeError("no hash")


class Once:
    """Stands for an iterator that is made anew for each run."""

    def __init__(self, rows: list[object]) -> None:
        self.rows = rows


class Meddler:
    """Stands for a generator that adds to the searched list while the loop asks it for its rows."""

    def __init__(self, rows: list[object]) -> None:
        self.rows = rows

    def meddling(self, others: object) -> Iterator[object]:
        for row in self.rows:
            if isinstance(others, list):
                others.append(row)
            yield row


NAN = float("nan")
POOL: list[object] = [
    0,
    1,
    2,
    3,
    1.0,
    True,
    False,
    None,
    "a",
    "A",
    "b",
    "",
    NAN,
    float("nan"),
    -0.0,
    (1, 2),
    (1,),
    [1],
    {},
    b"a",
]
POOL += [Anything(), Loose("A"), Loose("a"), Refuses(), [1, 2], ([],), object()]
OWN: list[object] = [Plain(), Plain(), Contrary(), object(), Refuses(), Hashed(), Plain, Anything]


FRIENDLY: dict[str, list[object]] = {
    "int": [0, 1, 2, 3, 7, -1],
    "str": ["a", "b", "A", "", "ab "],
    "float": [1, 2.5, True, float("nan"), -0.0, 0, 0.0, 2],
}


def rewrites(
    source: str, imagined: Callable[[Watch], Seen], only: Collection[str] = (), tolerance: float = 0.0
) -> Iterator[tuple[Rule, str]]:
    """Each rewrite of a source that the rules (or those named) find safe, with the new source."""
    program = Program(Path("/"), lambda path: source)
    module = program.module(Path("/work.py"))
    assert module is not None
    for rule in (one for one in RULES if not only or one.name in only):
        assert rule.in_function is not None
        for suspect in (one for function in module.functions for one in rule.in_function(function, program)):
            seen = {watch.id: imagined(watch) for watch in suspect.watches}
            case = Case(suspect, program, seen, tolerance=tolerance)
            proofs, level = weigh(rule, case)
            if level is not Level.OPEN:
                yield rule, for_few(apply_edits(source, rule.rewrite(replace(case, proofs=proofs)).edits), source)


_TURNS = re.compile(rf"\b(len\(\w+\)|\w+) > (?:{FEW}|{FEW_POSITIONS}|{FEW_GROWN})\b")


def for_few(new: str, old: str) -> str:
    """A rewrite that answers from what it builds for short loops as well: those of the tests are."""
    return _TURNS.sub(lambda found: found[0] if found[0] in old else f"{found[1]} > 0", new)


def seen(watch: Watch, held: dict[str, int], elements: dict[str, int], rounds: int = 1000, size: int = 100) -> Seen:
    """Evidence that nobody collected: sizes that pay, and plain attributes."""
    count = 10 if watch.kind == "entry" else rounds
    return Seen(watch.id, count, held, size, size, size * rounds, elements, {"plain": 5, "other": 5})


def cases(
    sources: Mapping[str, str],
    kinds: Mapping[str, tuple[dict[str, int], list[object]]],
    imagined: Callable[[str, dict[str, int], Watch], Seen],
) -> Iterator[ParameterSet]:
    """Each rewrite of each named source, where elements are seen of each of these kinds: name, old, new, values of that kind."""
    for name, source in sources.items():
        known = set[str]()
        for word, (types, friendly) in kinds.items():
            for rule, new in rewrites(source, partial(imagined, source, types)):
                if new not in known:
                    yield pytest.param(name, source, new, friendly, id=f"{name}-{rule.name}-{word}")
                known.add(new)


def compare(
    old: str, new: str, runs: int, arguments: Callable[[], list[object]], told: Callable[[], object] = lambda: None
) -> None:
    """Run both on equal arguments; results, exceptions, arguments afterwards and what is ``told`` must agree."""
    assert ast.dump(ast.parse(old)) != ast.dump(ast.parse(new))
    functions = [compiled(old), compiled(new)]
    for _ in range(runs):
        given = arguments()
        before, after = ((outcome(function, copied(given)), told()) for function in functions)
        assert before == after, (given, new)


def compiled(source: str) -> object:
    names: dict[str, object] = {"Row": SimpleNamespace}
    exec(compile(source, "work.py", "exec"), names)
    return names["work"]


def lists(chance: random.Random, pool: list[object], sizes: Collection[int]) -> list[list[object]]:
    """Three lists of values from a pool."""
    return [[chance.choice(pool) for _ in range(chance.choice(list(sizes)))] for _ in range(3)]


def entangled(chance: random.Random, xs: list[object], ys: list[object], zs: list[object]) -> list[object]:
    """The three as arguments; sometimes one of them twice, a tuple, an iterator, nothing, or a list that meddles."""
    shape = chance.random()
    if shape < 0.1:
        zs = ys
    elif shape < 0.2:
        xs = ys
    elif shape < 0.25:
        return [xs, tuple(ys), zs]
    elif shape < 0.3:
        return [xs, Once(ys), zs]
    elif shape < 0.33:
        return [xs, None, zs]
    elif shape < 0.4:
        return [Meddler(xs), ys, zs]
    return [xs, ys, zs]


def copied(given: list[object]) -> list[object]:
    """New containers with the same elements, aliases kept."""
    twins: dict[int, object] = {}
    for one in given:
        if isinstance(one, Once):
            twins[id(one)] = iter(one.rows)
        else:
            twins.setdefault(id(one), copy.copy(one))
    first = given[0]
    if isinstance(first, Meddler):
        twins[id(first)] = first.meddling(twins[id(given[1])])
    return [twins[id(one)] for one in given]


def outcome(function: object, given: list[object]) -> object:
    """Result or exception, and the arguments afterwards; by identity where values cannot be compared."""
    assert callable(function)
    try:
        result: object = ("gives", marks(function(*given)))
    except Exception as error:
        result = ("raises", type(error).__name__, str(error))
    return result, [marks(one) if isinstance(one, (list, tuple)) else None for one in given]


def marks(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [marks(one) for one in value]
    return (
        (type(value).__name__, repr(value))
        if type(value) in (int, str, bool, float, bytes, bytearray, type(None))
        else id(value)
    )
