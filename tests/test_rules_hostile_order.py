"""Old against new over hostile inputs, for the rules that keep an order, remember results, or take elements out.

Guards name the types that were seen, so each program is rewritten for several made-up evidences, and then runs on what
was seen and on what was not. Some numbers log what is computed with them, for the order of effects counts as well.
"""

from __future__ import annotations

import random

import pytest
from hostile import FRIENDLY, POOL, Once, compare, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 250
MINE = {"sort-in-loop", "pure-recursion", "remove-in-loop"}
INTS, WORDS, NUMBERS = ("int",), ("str",), ("int", "bool", "float")
ROWS, GIVEN = ("list", "tuple[builtins.int]"), ("tuple[]", "tuple[builtins.int,builtins.int]")
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
    "grid": (
        "def f(row, c, r):\n    if r >= len(row) or c >= len(row[r]) or row[r][c] == 1:\n        return 0\n"
        "    if r == len(row) - 1:\n        return 1\n    return f(row, c, r + 1) + f(row, c + 1, r)\n"
    ),
    "spent": (
        "def f(left, sizes):\n    if left == 0:\n        return 1\n    if left < 0 or not sizes:\n        return 0\n"
        "    return f(left - sizes[0] * sizes[0] - 1, sizes) + f(left, sizes[1:])\n"
    ),
    "table": (
        "COSTS = {1: 2, 2: 3, 3: -1}\n\n\ndef f(n):\n    if n < 1:\n        return n\n"
        "    return max(f(n - 1), f(n - 2)) + COSTS[n % 3 + 1]\n"
    ),
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
    "taken-away": ("for y in ys:\n        if y in xs:\n            xs.remove(y)\n    out = [*xs]", [INTS, WORDS]),
    "taken-by-trying": ("for y in zs:\n        try:\n            ys.remove(y)\n        except ValueError:\n            pass\n    out = [*ys]", [INTS, WORDS]),
    "grid": ("for y in ([xs[:4], ys[:4], zs[:4]], [xs, tuple(ys), 'ab'], [xs] * 3):\n        out.append(f(y, 0, 0))", [ROWS]),
    "spent": ("for x in xs[:3]:\n        for y in (tuple(ys[:5]), ys[:4], (True, 1, 1.0), ()):\n            out.append(f(x, y))", [GIVEN]),
    "table": ("for x in xs:\n        out.append(f(x))", [INTS]),
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
        if types == ROWS or (types == GIVEN and watch.id.endswith("key0")):
            held = {"builtins.int": 500}
        elif types == GIVEN:
            held = plain
    if types in (ROWS, GIVEN) and watch.id.rpartition(":")[2].startswith("made"):
        held = {"builtins.int": 500}
    return seen(watch, held, plain, 10_000, 200)


CASES = [
    pytest.param(name, types, new, id=f"{name}-{rule.name}-{types[-1]}")
    for name, (_, evidences) in PROGRAMS.items()
    for types in evidences
    for rule, new in rewrites(source_of(name), lambda watch, types=types: imagined(watch, types), MINE)  # type: ignore[misc]
]


def test_every_program_is_rewritten() -> None:
    assert not set(PROGRAMS) - {str(case.values[0]) for case in CASES}


@pytest.mark.parametrize(("name", "types", "new"), CASES)
def test_old_and_new_agree(name: str, types: tuple[str, ...], new: str) -> None:
    chance = random.Random(name)
    compare(source_of(name), new, RUNS, lambda: arguments(chance, types), told)


def told() -> list[str]:
    """What was logged since the last time."""
    found = LOG[:]
    LOG.clear()
    return found


PAIRED: dict[str, list[object]] = {
    PAIRS[-1]: [(1, "a"), (1, "b"), (0, "a"), (2, "")],
    **{key: [0, 1, 2, 3, 5] for key in (ROWS[-1], GIVEN[-1])},
    MIXED[-1]: [(1, 1), (1.0, 2), (0, 1), (-0.0, 1), (float("nan"), 1), (1, True)],
}


def arguments(chance: random.Random, types: tuple[str, ...]) -> list[object]:
    """Three lists, often of what was seen; sometimes wild, one list twice, a tuple, or an iterator."""
    pool = (FRIENDLY | PAIRED)[types[-1]]
    if chance.random() < 0.4:
        pool = [*pool, *POOL[: chance.choice([5, 12, len(POOL)])], *OWN_POOL]
    xs, ys, zs = lists(chance, pool, (0, 1, 2, 5, 9, 20))
    shape = chance.random()
    if shape < 0.1:
        zs = ys
    elif shape < 0.15:
        xs = ys
    elif shape < 0.2:
        return [xs, tuple(ys), zs]
    elif shape < 0.25:
        return [Once(xs), ys, zs]
    return [xs, ys, zs]
