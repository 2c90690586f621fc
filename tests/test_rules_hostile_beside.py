"""Old against new over hostile inputs, for lists that an object holds and its methods search.

A program is a search, a way to make the list, and what changes it; `work` calls them in an order that the values decide.
"""

from __future__ import annotations

import random

import pytest
from hostile import FRIENDLY, POOL, compare, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 250
SEARCHES = {
    "value": "for row in self._rows:\n            if row == x:\n                return row, type(row)\n        return 'none'",
    "in": "return x in self._rows, x not in self._rows",
    "in-loop": "seen = [y for y in (x, 1, 'a') if y not in self._rows]\n        self._rows.extend(seen)\n        return seen",
    "item": "return next((row[1] for row in self._rows if row[0] == x), 'none')",
    "second": "for row in self._rows:\n            if x == row[1]:\n                return row\n        raise KeyError(str(x))",
    "key": "for row in self._rows:\n            if row.key == x:\n                return row.number\n        return 'none'",
    "and-more": "return any(row.key == x and row.number > 2 for row in self._rows)",
    "none": "return all(row.key != x for row in self._rows), len(self._rows)",
    "takes": "for row in self._rows:\n            if row.key == x:\n                self._rows.remove(row)\n                return row.number",
    "adds": "for row in self._rows:\n            if row.key == x:\n                self._rows.append(row)\n                return row.number",
}
CHANGES = {
    "append": "self._rows.append(row)",
    "twice": "self._rows += [row, row]",
    "front": "self._rows.insert(0, row)",
    "pop": "last = self._rows.pop()\n        self._rows.append(row)\n        return type(last)",
    "replace": "self._rows[0] = row",
    "slice": "self._rows[1:3] = [row]",
    "delete": "if len(self._rows) > 2:\n            del self._rows[:2]\n        self._rows.append(row)",
    "reverse": "self._rows.reverse()",
    "halve": "half = self._rows.pop(len(self._rows) // 2)\n        self._rows.insert(0, half)",
    "clear": "self._rows.clear()\n        self._rows.extend([row, row])",
    "anew": "self._rows = [one for one in self._rows if self.found(one) != 'none'] + [row]",
    "guarded": "try:\n            self._rows.remove(7)\n        except ValueError:\n            self._rows.append(row)",
}
BEGINS = ("list(rows)", "[one for one in rows]", "sorted(rows, key=repr)")


def source_of(search: str, change: str, begin: str) -> str:
    row = {"item": "(x, number)", "second": "(number, x)", "value": "x", "in": "x", "in-loop": "x"}.get(
        search, "Row(key=x, number=number)"
    )
    return (
        f"class Rows:\n    def __init__(self, rows):\n        self._rows = {begin}\n\n"
        f"    def found(self, x):\n        {SEARCHES[search]}\n\n"
        f"    def change(self, row):\n        {CHANGES[change]}\n\n"
        "    def again(self, x):\n        return len(self._rows), [*map(type, self._rows)]\n\n\n"
        "def tried(step, x):\n    try:\n        return step(x)\n    except (KeyError, AttributeError, TypeError, IndexError, RuntimeError, ValueError) as error:\n"
        "        return type(error).__name__, str(error)[:40]\n\n\n"
        "def work(xs, ys, zs):\n"
        f"    rows = Rows([{row} for number, x in enumerate(ys)])\n    out = []\n"
        "    for number, x in enumerate(xs):\n        out.append(tried(rows.found, x))\n"
        f"        if number % 2:\n            out.append(tried(rows.change, {row}))\n"
        "    for x in zs:\n        out.append((tried(rows.found, x), tried(rows.again, x)))\n    return out\n"
    )


def imagined(watch: Watch) -> Seen:
    keys = {"builtins.int": 500, "builtins.str": 500, "builtins.NoneType": 9}
    types = {"builtins.tuple": 500} if ":item" in watch.id else keys
    return seen(watch, {"builtins.list": 1000} if watch.kind == "collection" else types, keys, 1000, 1000)


CASES = [
    pytest.param(source_of(search, change, begin), new, id=f"{search}-{change}-{begin[:4]}")
    for search in SEARCHES
    for number, change in enumerate(CHANGES)
    for begin in [BEGINS[number % 3]]
    if (search, change) != ("adds", "anew")  # which never ends
    for _, new in rewrites(source_of(search, change, begin), imagined, {"search-on-attribute"})
]


def test_every_program_is_rewritten() -> None:
    assert len(CASES) == len(SEARCHES) * len(CHANGES) - 1


@pytest.mark.parametrize(("old", "new"), CASES)
def test_old_and_new_agree(old: str, new: str) -> None:
    chance = random.Random(old)
    compare(old, new, RUNS, lambda: arguments(chance))


def arguments(chance: random.Random) -> list[object]:
    """Three lists of values, few of them in half of the runs, so that searches find something."""
    pools: list[list[object]] = [*FRIENDLY.values(), [1, True, 1.0, "a", None], POOL]
    return [*lists(chance, chance.choice(pools), (0, 1, 2, 5, 9, 14))]
