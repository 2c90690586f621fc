"""Old against new over hostile inputs, for the rules that keep an order or remember results.

As in `test_rules_hostile_repeated`: guards name the types that were seen, so each program is rewritten for several
made-up evidences, and then runs on what was seen and on what was not.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_rules_hostile import POOL as WILD
from test_rules_hostile import RULES, Once, compiled, copied, outcome

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, Rule, weigh

RUNS = 250
MINE = {"sort-in-loop"}
INTS, WORDS, NUMBERS = ("int",), ("str",), ("int", "bool", "float")
PAIRS, MIXED = ("tuple[builtins.int,builtins.str]",), (
    "tuple[builtins.int,builtins.int]",
    "tuple[builtins.float,builtins.int]",
)

SORTED_QUEUE = (
    "queue = list(xs)\n    while queue:\n        queue.sort()\n        a = queue.pop({})\n        out.append(a)\n"
    "        out.append(queue[:])\n        if len(out) < 40 and zs:\n            queue.append(zs.pop())\n"
    "            queue.extend(ys[:1])\n    out.append(list(queue))"
)  # fmt: skip
PROGRAMS: dict[str, tuple[str, list[tuple[str, ...]]]] = {
    "ranked": ("r = []\n    for x in xs:\n        r.append(x)\n        r.sort()\n        out.append(r[:])", [INTS, WORDS, NUMBERS, PAIRS, MIXED]),
    "ranked-made": ("r = []\n    for x in xs:\n        r.append((x, 'a'))\n        r.sort()\n        out.append(r[:])", [PAIRS]),
    "ranked-item": ("r = []\n    for i in range(len(xs)):\n        r.append(xs[i])\n        r.sort()\n        out.append(r[:])", [INTS, NUMBERS, PAIRS]),
    "ranked-given": ("r = sorted(ys)\n    for x in xs:\n        r.append(x)\n        r.sort()\n        out.append(r[:])", [INTS, WORDS, NUMBERS, MIXED]),
    "ranked-capped": ("r = []\n    for x in xs:\n        r.append(x)\n        r.sort()\n        if len(r) > 3:\n            out.append(r.pop(0))\n    out.append(list(r))", [INTS, WORDS, NUMBERS]),
    "ranked-removed": ("r = []\n    for x in xs:\n        r.append(x)\n        r.sort()\n        if x in ys:\n            r.remove(x)\n        elif len(r) > 4:\n            del r[1:3]\n    out.append(list(r))", [INTS, WORDS, NUMBERS]),
    "ranked-caught": ("r = []\n    for x in xs:\n        try:\n            r.append(x)\n            r.sort()\n        except TypeError as error:\n            out.append(str(error))\n        out.append(r[:])", [INTS, WORDS, NUMBERS]),
    "ranked-walked": ("r = []\n    for x in xs:\n        r.append(x)\n        r.sort()\n        for y in r:\n            if len(r) < 12:\n                out.append(y)\n    out.append(list(r))", [INTS, WORDS]),
    "queue-first": (SORTED_QUEUE.format("0"), [INTS, WORDS, NUMBERS, PAIRS, MIXED]),
    "queue-last": (SORTED_QUEUE.format(""), [INTS, WORDS, NUMBERS, PAIRS, MIXED]),
}  # fmt: skip


def source_of(body: str) -> str:
    return f"def work(xs, ys, zs):\n    out = []\n    {body}\n    return out\n"


def imagined(watch: Watch, types: tuple[str, ...]) -> Seen:
    plain = {f"builtins.{name}": 500 for name in types}
    held = {"builtins.list": 1000} if watch.kind == "collection" else plain
    count = 10 if watch.kind == "entry" else 10_000
    return Seen(watch.id, count, held, 200, 200, 200 * 10_000, plain, {"plain": 5, "other": 5})


def rewrites(source: str, types: tuple[str, ...]) -> Iterator[tuple[Rule, str]]:
    program = Program(Path("/"), lambda path: source)
    module = program.module(Path("/work.py"))
    assert module is not None
    for rule in (one for one in RULES if one.name in MINE):
        assert rule.in_function is not None
        for suspect in (one for function in module.functions for one in rule.in_function(function, program)):
            seen = {watch.id: imagined(watch, types) for watch in suspect.watches}
            proofs, level = weigh(rule, Case(suspect, program, seen))
            if level is not Level.OPEN:
                yield rule, apply_edits(source, rule.rewrite(Case(suspect, program, seen, proofs=proofs)).edits)


CASES = [
    pytest.param(name, types, new, id=f"{name}-{rule.name}-{types[-1]}")
    for name, (body, evidences) in PROGRAMS.items()
    for types in evidences
    for rule, new in rewrites(source_of(body), types)
]


def test_every_program_is_rewritten() -> None:
    assert not set(PROGRAMS) - {str(case.values[0]) for case in CASES}


@pytest.mark.parametrize(("name", "types", "new"), CASES)
def test_old_and_new_agree(name: str, types: tuple[str, ...], new: str) -> None:
    old, chance = source_of(PROGRAMS[name][0]), random.Random(name)
    functions = [compiled(old), compiled(new)]
    for _ in range(RUNS):
        given = arguments(chance, types)
        before, after = (outcome(function, copied(given)) for function in functions)
        assert before == after, (given, new)


FRIENDLY: dict[str, list[object]] = {
    "int": [0, 1, 2, 3, 7, -1],
    "str": ["a", "b", "A", "", "ab "],
    "float": [1, 2.5, True, float("nan"), -0.0, 0, 0.0, 2],
    PAIRS[-1]: [(1, "a"), (1, "b"), (0, "a"), (2, "")],
    MIXED[-1]: [(1, 1), (1.0, 2), (0, 1), (-0.0, 1), (float("nan"), 1), (1, True)],
}


def arguments(chance: random.Random, types: tuple[str, ...]) -> list[object]:
    """Three lists, often of what was seen; sometimes wild, one list twice, a tuple, or an iterator."""
    pool = FRIENDLY[types[-1]]
    if chance.random() < 0.4:
        pool = [*pool, *WILD[: chance.choice([5, 12, len(WILD)])]]
    lists: list[object] = [
        [chance.choice(pool) for _ in range(chance.choice([0, 1, 2, 5, 9, 20]))] for _ in range(3)
    ]
    shape = chance.random()
    if shape < 0.1:
        lists[2] = lists[1]
    elif shape < 0.15:
        lists[0] = lists[1]
    elif shape < 0.2:
        return [lists[0], tuple(lists[1]), lists[2]]  # type: ignore[arg-type]  # it is a list
    elif shape < 0.25:
        return [Once(lists[0]), lists[1], lists[2]]  # type: ignore[arg-type]  # it is a list
    return lists
