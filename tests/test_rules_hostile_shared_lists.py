"""Old against new over hostile inputs, for lists that functions share: of the module, and of the function around them."""

from __future__ import annotations

import random
import textwrap

import pytest
from hostile import FRIENDLY, POOL, compare, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 150
SEARCHES = {
    "first": "for row in rows:\n    if row.key == x:\n        return row.number\nreturn 'none'",
    "next": "return next((row.number for row in rows if row.key == x), 'none')",
    "all": "return [row.number for row in rows if x == row.key]",
    "acts": "out = []\nfor row in rows:\n    if row.key == x:\n        change(row, row.number)\n        out.append(row.number)\nreturn out",
    "in": "return x in rows",
    "index": "return rows.index(x)",
    "unpacked": "for key, number in rows:\n    if key == x:\n        return number\nreturn None",
}
CHANGES = {
    "append": "if len(rows) < 14:\n    rows.append(row)",
    "both": "if number % 3:\n    del rows[:1]\nelif len(rows) < 14:\n    rows.insert(0, row)",
    "sort": "rows.sort(key=repr)",
    "pop": "if rows:\n    return rows.pop()",
    "anew": "{scope} rows\nrows = [one for one in rows if number % 2] + [row]",
    "swap": "if rows:\n    rows[-1] = row",
}
OF_FUNCTION = """
def make(ys):
    rows = [made(x, number) for number, x in enumerate(ys)]

    def found(x):
{search}

    def change(row, number):
{change}

    return found, change
"""
OF_MODULE = """
rows = []


def found(x):
{search}


def change(row, number):
{change}


def make(ys):
    rows.clear()
    rows.extend(made(x, number) for number, x in enumerate(ys))
    return found, change
"""
WORK = """
def made(x, number):
    return {row}


def tried(step, *given):
    try:
        return step(*given)
    except (KeyError, AttributeError, TypeError, IndexError, RuntimeError, ValueError) as error:
        return type(error).__name__, str(error)[:40]


def work(xs, ys, zs):
    found, change = make(ys)
    out = []
    for number, x in enumerate(xs + zs):
        out.append(tried(found, x))
        if number % 2:
            told = tried(change, made(x, number), number)
            out.append(type(told).__name__)
    return out
"""


def source_of(search: str, change: str, of_module: bool) -> str:
    deep = "    " if of_module else "        "
    row = {"in": "x", "index": "x", "unpacked": "(x, number)"}.get(search, "Row(key=x, number=number)")
    changing = CHANGES[change].format(scope="global" if of_module else "nonlocal")
    text = (OF_MODULE if of_module else OF_FUNCTION).replace("{search}", textwrap.indent(SEARCHES[search], deep))
    return text.replace("{change}", textwrap.indent(changing, deep)) + WORK.format(row=row)


def imagined(watch: Watch) -> Seen:
    keys = {"builtins.int": 500, "builtins.str": 500, "builtins.NoneType": 9}
    if watch.id.endswith(":row"):
        return seen(watch, {"types.SimpleNamespace": 9}, keys)
    return seen(watch, {"builtins.list": 1000} if watch.kind == "collection" else keys, keys, 1000, 1000)


CASES = [
    pytest.param(source, new, id=f"{search}-{change}-{'module' if of_module else 'function'}")
    for search in SEARCHES
    for change in CHANGES
    for of_module in (False, True)
    for source in [source_of(search, change, of_module)]
    for _, new in rewrites(source, imagined, {"search-on-shared-list"})
]


def test_every_program_is_rewritten() -> None:
    assert len(CASES) == len(SEARCHES) * len(CHANGES) * 2


@pytest.mark.parametrize(("old", "new"), CASES)
def test_old_and_new_agree(old: str, new: str) -> None:
    chance = random.Random(old)
    compare(old, new, RUNS, lambda: arguments(chance))


def arguments(chance: random.Random) -> list[object]:
    """Three lists of values, few of them in half of the runs, so that searches find something."""
    pools: list[list[object]] = [*FRIENDLY.values(), [1, True, 1.0, "a", None], [1, "a"], POOL]
    return [*lists(chance, chance.choice(pools), (0, 1, 2, 5, 9))]
