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
MINE = {"sort-in-loop", "pure-recursion"}
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
HEADS = {
    "ways": "def f(n):\n    if n < 2:\n        return 1\n    return f(n - 1) + f(n - 2)\n",
    "ways-if": "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n",
    "thirds": "def f(n, k=2):\n    if not n or n < 0:\n        return n\n    return (f(n // 2, k)\n            + f(n - k, k))\n",
    "distance": (
        "def f(a, b, i, j):\n    if i == len(a) or j == len(b):\n        return len(a) - i + len(b) - j\n"
        "    if a[i] == b[j]:\n        return f(a, b, i + 1, j + 1)\n"
        "    return 1 + min(f(a, b, i + 1, j), f(a, b, i, j + 1))\n"
    ),
    "coins": (
        "def f(left, coins):\n    if left <= 0:\n        return left\n    best = 99\n    for coin in coins:\n"
        "        best = min(best, f(left - 2, coins) + coin)\n    total = 0\n    for coin in coins:\n        total += f(left - coin * coin - 1, coins)\n    return best + total\n"
    ),
    "chosen": (
        "def f(i, room, sizes):\n    if i == len(sizes):\n        return room\n"
        "    return max([f(i + 1, room, sizes), f(i + 1, room - sizes[i], sizes)])\n"
    ),
    "raises": "def f(n, xs):\n    if n < 1:\n        return xs[n]\n    return f(n - 1, xs) + f(n - 3, xs)\n",
    "nested": "def f(n, k):\n    if n <= 0:\n        return k\n    return f(n - 1, k - f(n - 2, k))\n",
}
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
    "ways": ("for x in xs:\n        out.append(f(x))", [INTS, NUMBERS]),
    "ways-if": ("for x in xs:\n        out.append(f(x))", [INTS]),
    "thirds": ("for x in xs:\n        out.append((f(x), f(x, 3)))", [INTS]),
    "distance": ("out = [f(xs[:5], ys[:5], 0, 0), f(ys[:4], xs, 1, 0)]", [INTS, WORDS, NUMBERS]),
    "coins": ("for x in zs[:3]:\n        out.append(f(x, ys[:3]))", [INTS, NUMBERS]),
    "chosen": ("out = [f(0, 9, xs[:8]), f(0, ys, xs[:3])]", [INTS, NUMBERS]),
    "raises": ("for x in xs:\n        try:\n            out.append(f(x, ys))\n        except Exception as error:\n            out.append(str(error))", [INTS]),
    "nested": ("for x in xs:\n        out.append(f(x, len(ys)))", [INTS]),
}  # fmt: skip


LOG: list[str] = []  # what was computed with, and in which order


class Logged(int):
    """A number whose operators are effects."""

    __hash__ = int.__hash__


def _logging(name: str) -> None:
    plain = getattr(int, name)

    def method(self: int, other: object) -> object:
        LOG.append(f"{name} {int(self)} {type(other).__name__}")
        return plain(self, other)

    setattr(Logged, name, method)


for operator in "__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __add__ __radd__ __sub__ __rsub__ __floordiv__".split():
    _logging(operator)
OWN_POOL = [Logged(1), Logged(2), Logged(5)]


def source_of(name: str) -> str:
    body, head = PROGRAMS[name][0], HEADS.get(name, "")
    return f"{head}\n\ndef work(xs, ys, zs):\n    out = []\n    {body}\n    return out\n"


def imagined(watch: Watch, types: tuple[str, ...]) -> Seen:
    plain = {f"builtins.{name}": 500 for name in types}
    held = {"builtins.list": 1000} if watch.kind == "collection" else plain
    if watch.id.rpartition(":")[2].startswith("key"):
        held = {f"builtins.{types[0]}": 500}
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
    for name, (_, evidences) in PROGRAMS.items()
    for types in evidences
    for rule, new in rewrites(source_of(name), types)
]


def test_every_program_is_rewritten() -> None:
    assert not set(PROGRAMS) - {str(case.values[0]) for case in CASES}


@pytest.mark.parametrize(("name", "types", "new"), CASES)
def test_old_and_new_agree(name: str, types: tuple[str, ...], new: str) -> None:
    old, chance = source_of(name), random.Random(name)
    functions = [compiled(old), compiled(new)]
    for _ in range(RUNS):
        given = arguments(chance, types)
        before, after = ((outcome(function, copied(given)), told()) for function in functions)
        assert before == after, (given, new)


def told() -> list[str]:
    """What was logged since the last time."""
    found = LOG[:]
    LOG.clear()
    return found


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
        pool = [*pool, *WILD[: chance.choice([5, 12, len(WILD)])], *OWN_POOL]
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
