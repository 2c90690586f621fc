"""Old against new over hostile inputs, for keys that are computed: ``int(row["id"])``, ``row["date"][:10]``, ``row.get("k")``."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

import pytest
from hostile import OWN, POOL, Loose, compare, entangled, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 300
DICTS = "rows = [{'k': y, 'i': i} if y != 'none' else {'i': i} for i, y in enumerate(ys)]\n    "
OBJECTS = "rows = [Row(k=y, i=i) if y != 'none' else Row(i=i) for i, y in enumerate(ys)]\n    "
SETS = "rows = [{'k': y} if y else {y} for y in ys]\n    "
FIRST = "out = [next((row['i'] for row in rows if {0}), None) for a in xs]"
PLAIN = "out = [b for a in xs for b in ys if {0}]"

SPELLINGS = {
    "int": PLAIN.format("int(b) == a"),
    "int-both": PLAIN.format("int(b) == int(a)"),
    "int-turned": PLAIN.format("a == int(b)"),
    "int-of-dict": DICTS + FIRST.format("int(row['k']) == a"),
    "int-of-get": DICTS + FIRST.format("int(row.get('k')) == int(a)"),
    "int-of-default": DICTS + FIRST.format("int(row.get('k', 0)) == int(a)"),
    "int-of-object": OBJECTS + FIRST.format("int(row.k) == a").replace("row['i']", "row.i"),
    "int-in-tuple": DICTS + FIRST.format("(int(row['k']), row['i']) == (a, 1)"),
    "int-as-text": DICTS + FIRST.format("str(int(row['k'])) == a"),
    "text": PLAIN.format("str(b) == a"),
    "text-both": DICTS + FIRST.format("str(row['k']) == str(a)"),
    "text-lowered": DICTS + FIRST.format("str(row['k']).lower() == a"),
    "lowered": DICTS + FIRST.format("row['k'].lower() == a.lower()"),
    "stripped": DICTS + FIRST.format("row['k'].strip().rstrip('0') == a"),
    "replaced": DICTS + FIRST.format("row['k'].replace('1', '2') == a.replace('1', '2')"),
    "prefix": DICTS + FIRST.format("row['k'].removeprefix('1') == a"),
    "beginning": DICTS + FIRST.format("row['k'][:1] == a[:1]"),
    "end": PLAIN.format("b[-1:] == a"),
    "int-in-function": DICTS + "out = [find(rows, a) for a in xs]",
    "int-made-in-function": DICTS + "out = [made(rows, a) for a in xs]",
    "get": DICTS + FIRST.format("row.get('k') == a"),
    "get-of-sets": SETS + FIRST.format("row.get('k') == a").replace("row['i']", "len(row)"),
}
KINDS = {
    "ints": ({"builtins.int": 1000}, {"builtins.int": 1000}),
    "words": ({"builtins.str": 1000}, {"builtins.str": 1000}),
    "digits": ({"builtins.str": 1000}, {"builtins.int": 1000}),
    "both": ({"builtins.str": 500, "builtins.int": 500}, {"builtins.int": 1000}),
}


class Counts:
    """Tells how often a number was made of it."""

    def __init__(self) -> None:
        self.times = 0

    def __int__(self) -> int:
        self.times += 1
        return self.times


class Bent(int):
    """An int that is another one once it is converted."""

    def __int__(self) -> int:
        return 3


DIGITS: list[object] = ["0", "1", "2", "12", 0, 1, 2, 12]
NUMBERS: list[object] = [*DIGITS, " 1", "1_2", "-1", "+1", "01", "\u0663", "\u00b2", "\u2460", "", "x", "9" * 640]
NUMBERS += [
    "9" * 5000,
    10**639,
    1.0,
    1.9,
    True,
    None,
    b"1",
    float("nan"),
    Bent(1),
    Loose("1"),
    [1],
    "none",
    "A",
    "a",
]


def source_of(body: str) -> str:
    find = "def find(rows, key):\n    for row in rows:\n        if int(row['k']) == key:\n            return row['i']\n\n\n"
    if "made(" in body:
        find = (
            find.replace("find", "made")
            .replace("    for", "    key = int(key)\n    for", 1)
            .replace("int(row['k'])", "row['k']")
        )
    return f"{find if 'find(' in body or 'made(' in body else ''}def work(xs, ys, zs):\n    out = []\n    {body}\n    return out, zs\n"


def imagined(source: str, leaf: dict[str, int], key: dict[str, int], watch: Watch) -> Seen:
    """Lists of rows; parts of keys of one kind, keys of another."""
    name = watch.id.rpartition(":")[2]
    rows = {"builtins.dict": 1000} if "rows = [{" in source else leaf
    if watch.kind == "collection" or name.startswith(("loop", "also")):
        return seen(watch, {"builtins.list": 1000}, rows)
    if name.startswith("item"):
        return seen(watch, {"builtins.dict": 1000} if "{" in source else {"builtins.str": 9}, rows)
    return seen(watch, leaf if name.startswith("leaf") else key, rows)


def cases() -> Iterator[object]:
    for name, body in SPELLINGS.items():
        source, known = source_of(body), set[str]()
        for word, (leaf, key) in KINDS.items():
            for rule, new in rewrites(source, partial(imagined, source, leaf, key)):
                if new not in known:
                    yield pytest.param(name, source, new, id=f"{name}-{rule.name}-{word}")
                known.add(new)


CASES = list(cases())


def test_every_spelling_is_understood() -> None:
    missing = set(SPELLINGS) - {str(case.values[0]) for case in CASES}  # type: ignore[attr-defined]
    assert not missing


@pytest.mark.parametrize(("name", "source", "new"), CASES)
def test_old_and_new_agree_on_hostile_inputs(name: str, source: str, new: str) -> None:
    chance = random.Random(name)
    compare(source, new, RUNS, lambda: arguments(chance))


def arguments(chance: random.Random) -> list[object]:
    """Digits and ints only; with what looks like them, and with everything."""
    pools: list[list[object]] = [
        DIGITS,
        ["0", "1", "2", "12"],
        NUMBERS[: chance.choice([9, 12, 99])],
        [*NUMBERS, *POOL, *OWN],
    ]
    return entangled(chance, *lists(chance, chance.choice(pools), (0, 1, 2, 5, 9)))


@pytest.mark.parametrize("name", ["int", "int-both", "int-turned"])
def test_what_is_no_number_is_converted_as_often_as_before(name: str) -> None:
    asked = []
    for source in (source_of(SPELLINGS[name]), *(case.values[2] for case in CASES if case.values[0] == name)):  # type: ignore[attr-defined]
        names: dict[str, object] = {}
        exec(source, names)
        one, other = Counts(), Counts()
        work = names["work"]
        assert callable(work)
        work([one, 1], ["2", 1, other, 3], [])
        asked.append((one.times, other.times))
    assert len(set(asked)) == 1
    assert len(asked) > 1
