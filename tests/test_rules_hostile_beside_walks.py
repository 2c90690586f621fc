"""Old against new over hostile inputs, for walks over a list that an object holds which others change while it is walked.

A program is a way to walk, a class or a family of classes, and what changes the list between two matches.
"""

from __future__ import annotations

import random

import pytest
from hostile import FRIENDLY, POOL, compare, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 200
# What is done with each match: the list may be changed, also in its turn.
WALKS = {
    "acts": "for row in self._rows:\n            if row.key == x:\n                done.append(row.number)\n                self.change(Row(key=x, number=len(done)), len(done))",
    "acts-and-more": "for row in self._rows:\n            if row.key == x and row.number % 2:\n                done.append(row.number)\n                self.change(Row(key=done[0], number=7), len(done))\n        else:\n            done.append('end')",
    "breaks": "for row in self._rows:\n            if row.key == x:\n                self.change(row, row.number)\n                done.append(row.number)\n                if len(done) > 3:\n                    break\n        else:\n            done.append('end')",
    "skips": "for row in self._rows:\n            if row.key != x:\n                continue\n            self.change(row, 1)\n            done.append(row.number)",
    "calls": "done += [self.change(row, row.number) or row.number for row in self._rows if row.key == x]",
    "collects": "done += [row.number for row in self._rows if row.key == x]\n        self.change(Row(key=x, number=3), 2)",
    "keeps": "found = []\n        for row in self._rows:\n            if row.key == x:\n                found.append(row.number)\n        done += found\n        self.change(Row(key=x, number=3), 2)",
    "sums": "done.append(sum(row.number for row in self._rows if row.key == x))\n        self.change(Row(key=x, number=3), 1)",
    "nested": "for row in self._rows:\n            if row.key == x:\n                done.append(row.number)\n                if len(done) < 6:\n                    self.change(row, 3)\n                    self.found(x, done)",
    "attribute": "wanted = Row(key=x, number=0)\n        for row in self._rows:\n            if row.key == wanted.key:\n                return done.append(row.number)\n        self.change(Row(key=x, number=9), 1)",
    "both": "pair = (x, 1)\n        for row in self._rows:\n            if (row.key, row.number) == (x, 1):\n                self.change(row, 2)\n                done.append(row)",
    "unpacked": "for key, number in self._rows:\n            if key == x:\n                done.append(number)\n                self.change((x, number + 1), number)",
    "unpacked-all": "done += [number for key, number in self._rows if x == key]\n        self.change((x, len(done)), 1)",
    "unpacked-first": "for _, number in self._rows:\n            if number == x:\n                self.change((1, number), 2)\n                return done.append(number)",
    "yields": "yield from ()\n        for row in self._rows:\n            if row.key == x:\n                yield row.number",
    "position": "done.append(self._rows.index(x))\n        self.change(x, len(done))",
    "position-tried": "try:\n            done.append(self._rows.index(x))\n        except ValueError as error:\n            done.append(str(error))\n            self.change(x, 1)",
    "known": "if x in self._rows:\n            done.append(self._rows.index(x))\n        else:\n            self.change(x, 3)",
    "asks-made": "done.append((x, 1) in self._rows)\n        self.change((x, 1), 1)",
}
CHANGES = {
    "append": "if len(self._rows) < 12:\n            self._rows.append(row)",
    "front": "if len(self._rows) < 12:\n            self._rows.insert(number % 2, row)",
    "delete": "if self._rows:\n            del self._rows[number % len(self._rows)]",
    "both": "if number % 2:\n            self._rows[:1] = []\n        elif len(self._rows) < 12:\n            self._rows += [row]",
    "sort": "self._rows.sort(key=lambda one: repr(getattr(one, 'number', one)), reverse=number % 2)",
    "anew": "self._rows = [one for one in self._rows if number % 2] + [row]",
    "gives": "if self._rows:\n            return self._rows.pop(0)",
    "nothing": "return None",
}
PLAIN = "class Rows:\n    def __init__(self, rows):\n        self._rows = list(rows)\n\n"
FAMILY = (
    "class Base:\n    def __init__(self, rows):\n        self._rows = list(rows)\n\n"
    "    def change(self, row, number):\n        {change}\n\n\nclass Rows(Base):\n"
)


def source_of(walk: str, change: str, derived: bool) -> str:
    made = {"position": "x", "known": "x", "asks": "(x, 1)", "unpacked": "(x, number)"}
    row = next((text for word, text in made.items() if walk.startswith(word)), "Row(key=x, number=number)")
    begin = FAMILY.format(change=CHANGES[change]) if derived else PLAIN
    last = "" if derived else f"    def change(self, row, number):\n        {CHANGES[change]}\n\n"
    step = "tried(rows.found, x, done)"
    if walk == "yields":
        step = f"interrupted(rows, x, done, {row})"
    return (
        f"{begin}    def found(self, x, done):\n        {WALKS[walk]}\n\n{last}\n"
        "def tried(step, x, done):\n    try:\n        return step(x, done)\n    except (KeyError, AttributeError, TypeError, IndexError, RuntimeError, ValueError) as error:\n"
        "        return type(error).__name__, str(error)[:40]\n\n\n"
        "def interrupted(rows, x, done, row):\n    for number, one in enumerate(tried(rows.found, x, done)):\n"
        "        done.append(one)\n        if number > 8:\n            break\n        rows.change(row, number)\n\n\n"
        "def work(xs, ys, zs):\n"
        f"    rows = Rows([{row} for number, x in enumerate(ys)])\n    out = []\n"
        f"    for number, x in enumerate(xs[:4] + zs[:4]):\n        done = []\n        told = {step}\n"
        "        out.append((told if type(told) in (int, str, tuple) else type(told).__name__, [one if type(one) in (int, str) else type(one).__name__ for one in done], len(rows._rows)))\n"
        "    return out\n"
    )


def imagined(watch: Watch) -> Seen:
    keys = {"builtins.int": 500, "builtins.str": 500, "builtins.NoneType": 9}
    pairs = {"builtins.tuple[builtins.int,builtins.int]": 500, "builtins.tuple[builtins.str,builtins.int]": 500}
    place = watch.id.rpartition(":")[2]
    if place == "row":
        return seen(watch, {"types.SimpleNamespace": 9}, keys)
    wide = watch.end_column - watch.column > 12 and place == "inner"
    held = pairs if wide or watch.detail == "pairs" else keys
    return seen(watch, {"builtins.list": 1000} if watch.kind == "collection" else held, keys, 1000, 1000)


def of_pairs(watch: Watch) -> Seen:
    pairs = {"builtins.tuple[builtins.int,builtins.int]": 500, "builtins.tuple[builtins.str,builtins.int]": 500}
    return seen(watch, {"builtins.list": 1000} if watch.kind == "collection" else pairs, pairs, 1000, 1000)


CASES = [
    pytest.param(source_of(walk, change, bool(number % 2)), new, id=f"{walk}-{change}")
    for walk in WALKS
    for number, change in enumerate(CHANGES)
    for _, new in rewrites(
        source_of(walk, change, bool(number % 2)),
        of_pairs if walk == "asks-made" else imagined,
        {"search-on-attribute"},
    )
]


def test_every_program_is_rewritten() -> None:
    assert {str(case.id).rpartition("-")[0] for case in CASES} == set(WALKS)
    assert len(CASES) >= len(WALKS) * len(CHANGES)


@pytest.mark.parametrize(("old", "new"), CASES)
def test_old_and_new_agree(old: str, new: str) -> None:
    chance = random.Random(old)
    compare(old, new, RUNS, lambda: arguments(chance))


def arguments(chance: random.Random) -> list[object]:
    """Three lists of values, few of them in half of the runs, so that searches find something."""
    pools: list[list[object]] = [*FRIENDLY.values(), [1, True, 1.0, "a", None], [1, "a"], POOL]
    return [*lists(chance, chance.choice(pools), (0, 1, 2, 5, 9))]
