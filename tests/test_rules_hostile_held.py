"""Old against new over hostile inputs, for lists that an object holds and uses as a queue.

A program is the body of methods; `work` calls them in an order that the values decide.
"""

from __future__ import annotations

import random

import pytest
from hostile import POOL, Meddler, Once, compare, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 500
TAKES = {
    "tested": "return self._held.pop(0) if self._held else 'none'",
    "left": "if not self._held:\n            return 'none'\n        return self._held.pop(0)",
    "drained": "out = []\n        while self._held:\n            out.append(self._held.pop(0))\n        return out",
    "window": (
        "out = []\n        while self._held and self._held[0] != x:\n            out.append(self._held.pop(0))\n"
        "        return out, len(self._held), x in self._held"
    ),
    "both-ends": "if len(self._held) > 1:\n            last = self._held[-1]\n            return last, self._held.pop(0)",
    "capped": (
        "self._held.append(x)\n        if len(self._held) > 3:\n            self._held.pop(0)\n"
        "        return list(self._held), tuple(self._held)"
    ),
    "last": "if x == 1 and self._held:\n            return self._held.pop()\n        self._held.insert(0, x)",
    "again": "self._held.insert(0, x)\n        self._held.reverse()\n        return self._held.count(x)",
    "anew": "self._held = [x, *self._held.copy()] if False else [x]\n        self._held.insert(0, 'a')",
    "unhashed": "self._held.insert(0, x)\n        return any(self._held), len(set(self._held))",
    "cleared": "self._held.insert(0, x)\n        if x is None:\n            self._held.clear()\n        return all(self._held)",
}
BEGINS = ("list(rows)", "[]", "[*rows]", "[y for y in rows if y]", "sorted(rows)")


def source_of(name: str, begin: str) -> str:
    return (
        f"class Line:\n    def __init__(self, rows):\n        self._held = {begin}\n\n"
        f"    def put(self, x):\n        self._held.append(x)\n\n"
        f"    def more(self, xs):\n        self._held.extend(xs)\n\n"
        f"    def step(self, x):\n        {TAKES[name]}\n\n\n"
        "def work(xs, ys, zs):\n    out = []\n    line = Line(ys)\n    for x in xs:\n"
        "        out.append(line.step(x))\n        if x in zs:\n            line.put(x)\n"
        "        if x == 'a':\n            line.more(zs)\n    return out, [line.step(z) for z in zs]\n"
    )


def imagined(watch: Watch) -> Seen:
    keys = {"builtins.int": 500, "builtins.str": 500}
    return seen(watch, {"builtins.list": 1000} if watch.kind == "collection" else keys, keys, 1000, 1000)


CASES = [
    pytest.param(source_of(name, begin), new, id=f"{name}-{begin}")
    for name in TAKES
    for begin in BEGINS
    for _, new in rewrites(source_of(name, begin), imagined, {"queue-on-attribute"})
]


def test_every_program_is_rewritten() -> None:
    known = {str(case.values[0]) for case in CASES}
    assert [name for name in TAKES if source_of(name, BEGINS[0]) not in known] == ["anew"]


@pytest.mark.parametrize(("old", "new"), CASES)
def test_old_and_new_agree(old: str, new: str) -> None:
    chance = random.Random(old)
    compare(old, new, RUNS, lambda: arguments(chance))


def arguments(chance: random.Random) -> list[object]:
    """Three lists; sometimes one of them twice, or an iterator."""
    xs, ys, zs = lists(chance, [*POOL[: chance.choice([4, 12, len(POOL)])], "a", "b"], (0, 1, 2, 5, 9))
    shape = chance.random()
    if shape < 0.1:
        zs = ys
    elif shape < 0.2:
        return [xs, Once(ys), zs]
    elif shape < 0.3:
        return [Meddler(xs), ys, zs]
    return [xs, ys, zs]
