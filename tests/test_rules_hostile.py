"""Old against new over hostile inputs: whatever was observed, a guarded rewrite must mean the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

import pytest
from hostile import OWN, POOL, compare, entangled, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 400

SPELLINGS = {
    "loop": "for a in xs:\n        for b in ys:\n            if b == a:\n                out.append((a, b))",
    "loop-reversed": "for a in xs:\n        for b in ys:\n            if a == b:\n                out.append((a, b))",
    "first": "for a in xs:\n        for b in ys:\n            if b == a:\n                out.append(b)\n                break",
    "else": (
        "for a in xs:\n        for b in ys:\n            if b == a:\n                out.append(b)\n"
        "                break\n        else:\n            out.append(None)"
    ),
    "flag": (
        "for a in xs:\n        hit = False\n        for b in ys:\n            if b == a:\n                hit = True\n"
        "                break\n        if hit:\n            out.append(a)"
    ),
    "continue": (
        "for a in xs:\n        for b in ys:\n            if b != a:\n                continue\n"
        "            out.append((a, b))"
    ),
    "last": (
        "for a in xs:\n        last = None\n        for b in ys:\n            if b == a:\n                last = b\n"
        "        out.append(last)"
    ),
    "next": "out = [next((b for b in ys if b == a), 'none') for a in xs]",
    "any": "out = [a for a in xs if any(b == a for b in ys)]",
    "all": "out = [a for a in xs if all(b != a for b in ys)]",
    "group": "out = [[b for b in ys if b == a] for a in xs]",
    "sum": "out = [sum(1 for b in ys if b == a) for a in xs]",
    "comprehension": "out = [(a, b) for a in xs for b in ys if b == a]",
    "index-loop": "for i in range(len(xs)):\n        for j in range(len(ys)):\n            if xs[i] == ys[j]:\n                out.append((i, j))",
    "enumerate": "for a in xs:\n        for j, b in enumerate(ys):\n            if b == a:\n                out.append((a, j))",
    "pairs": "for a in xs:\n        for b, c in zip(ys, ys):\n            if b == a:\n                out.append((a, c))",
    "helper": "for a in xs:\n        out.append(find(ys, a))",
    "method": "repo = Repo(ys)\n    for a in xs:\n        out.append(repo.find(a))",
    "method-raises": (
        "repo = Repo(ys)\n    for a in xs:\n        try:\n            out.append(repo.must(a))\n"
        "        except LookupError:\n            out.append('none')"
    ),
    "in-twice": "for a in xs:\n        if a in ys:\n            out.append(a)\n        elif (a, a) not in ys or a not in ys:\n            out.append((a, a in ys))",
    "free-name": (
        "for a in xs:\n        name, n = a, 0\n        while name in out and n < 3:\n"
        "            n += 1\n            name = (a, n)\n        out.append(name)"
    ),
    "in": "for a in xs:\n        if a in ys:\n            out.append(a)",
    "not-in": "out = [a for a in xs if a not in ys]",
    "tuple-in": "for a in xs:\n        if (a, 1) in ys:\n            out.append(a)",
    "item": "for a in xs:\n        if a[0] in ys:\n            out.append(a)",
    "seen": "for a in xs:\n        if a not in out:\n            out.append(a)",
    "seen-key": "for a in xs:\n        if a in ys:\n            continue\n        if a not in out:\n            out.append(a)",
    "seen-given": "out = list(ys)\n    for a in xs:\n        if a not in out:\n            out.append(a)",
    "dict-rows": (
        "rows = [{'k': y} for y in ys]\n    for a in xs:\n        for row in rows:\n            if row['k'] == a:\n"
        "                out.append(row['k'])"
    ),
    "get-rows": (
        "rows = [{'k': y} if y else {} for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if row.get('k') == a:\n                out.append(a)"
    ),
    "attributes": (
        "rows = [Row(k=y) for y in ys]\n    for a in xs:\n        for row in rows:\n            if row.k == a and row.k:\n"
        "                out.append(row.k)\n                break"
    ),
    "missing": (
        "rows = [Row(k=y) if y else Row() for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if row.k == a:\n                out.append(row.k)\n                break"
    ),
    "missing-item": (
        "rows = [{'k': y} if y else {} for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if row['k'] == a:\n                out.append(a)\n                break"
    ),
    "item-by-number": (
        "rows = [[y] if y else [] for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if row[0] == a:\n                out.append(a)\n                break"
    ),
    "pair-key": (
        "rows = [Row(k=y, v=1) for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if (row.k, row.v) == (a, 1):\n                out.append(a)"
    ),
    "text-key": (
        "rows = [Row(k=y) for y in ys]\n    for a in xs:\n        for row in rows:\n"
        "            if row.k.lower() == a:\n                out.append(a)\n                break"
    ),
    "lowered": "for a in xs:\n        for b in ys:\n            if str(b).lower() == a:\n                out.append((a, b))",
    "out-is-given": "for a in xs:\n        for b in ys:\n            if b == a:\n                zs.append(b)\n                break",
    "seen-is-given": "for a in xs:\n        if a not in ys:\n            ys.append(a)",
    "seen-and-set": "for a in xs:\n        if a not in ys:\n            ys.append(a)\n            zs[0] = 'b'",
    "position": "for a in xs:\n        out.append(ys.index(a))",
    "position-caught": (
        "for a in xs:\n        try:\n            out.append(ys.index(a))\n"
        "        except ValueError as error:\n            out.append(str(error))"
    ),
    "position-of-own": "for a in xs:\n        out.append((xs.index(a), ys.index(a)))",
    "position-of-item": "out = [ys.index(a[0]) for a in xs]",
    "count": "for a in xs:\n        zs.append(ys.count(a))",
    "count-own": "out = [a for a in xs if xs.count(a) > 1]",
    "count-pair": "out = [(ys.count(a), ys.count((a, 1)), ys.count(a)) for a in xs]",
    "copied-list": "for a in xs:\n        if a not in (1, 'a'):\n            out = out + [a]",
    "copied-lists": "for a in xs:\n        out = out + a",
    "copied-given": "for a in xs:\n        out = out + ys",
    "copied-dict": "known = {}\n    for a in xs:\n        known = {**known, a: len(known)}\n    out = list(known.items())",
    "copied-dicts": "known = dict()\n    for a in xs:\n        known = {**known, **a, 'k': 1}\n    out = list(known.items())",
    "summed": "for a in zs:\n        out.append(sum(ys, []))",
    "summed-made": "out = sum([[x, *ys] for x in xs], [])",
    "summed-items": "out = sum([x for x in xs], start=[])",
    "queue": (
        "queue = list(xs)\n    while queue:\n        a = queue.pop(0)\n        out.append(a)\n"
        "        if len(out) < 30 and a in (1, 'a'):\n            queue.extend(ys)\n    out.append(len(queue))"
    ),
    "queue-levels": (
        "queue = [*xs]\n    while queue:\n        level = []\n        for _ in range(len(queue)):\n"
        "            level.append(queue.pop(0))\n        out.append(level)\n        if len(out) < 4:\n"
        "            queue += ys"
    ),
    "queue-turned": (
        "queue, seen = list(xs), []\n    while not queue == []:\n        for _ in range(len(ys) % 3):\n"
        "            queue.append(queue.pop(0))\n        out.append(queue.pop(0))\n        if len(out) < 9 and out[-1] in zs:\n"
        "            if queue != [] and ys:\n                seen.append(len(queue))\n            queue.extend(ys)\n    out.append(seen)"
    ),
    "prepended": "for a in xs:\n        out.insert(0, a)\n        if a in out:\n            out.extend(ys)",
    "keys": (
        "known = {'a': 1, 1: 2, 'b': 3}\n    for a in xs:\n        if a in list(known.keys()):\n            out.append(a)\n"
        "        elif type(a) in (int, str):\n            known[a] = len(known)"
    ),
    "keys-of-given": "for a in xs:\n        if a not in tuple(ys):\n            out.append(a)",
    "values": "known = dict(enumerate(ys))\n    for a in xs:\n        if a in known.values():\n            zs.append(a)",
    "values-of-item": "known = dict(enumerate(ys))\n    out = [a for a in xs if a[0] not in list(known.values())]",
    "anti-join": (
        "for a in xs:\n        found = False\n        for b in ys:\n            if b == a:\n                found = True\n"
        "                break\n        if not found:\n            out.append(a)"
    ),
    "group-by-keys": (
        "groups = {}\n    for i, a in enumerate(xs):\n        groups[i] = [b for b in ys if b == a]\n"
        "    out = list(groups.items())"
    ),
    "asked-made": "rows = [Row(k=y) for y in ys]\n    out = [a for a in xs if a in [row.k for row in rows]]",
    "asked-if": (
        "rows = [{'k': y} for y in ys]\n    for a in xs:\n"
        "        if a not in {row['k'] for row in rows if row['k']}:\n            out.append(a)"
    ),
    "asked-lazily": "for a in xs:\n        if a in (b for b in ys):\n            out.append(a)",
    "asked-twice": "out = [a for a in xs if a in [b for z in zs for b in ys] or a in [z for z in zs]]",
    "unpacked": (
        "rows = [(y, 1) if y else zs[:1] for y in ys]\n    for a in xs:\n        for k, v in rows:\n"
        "            if k == a:\n                out.append(v)\n                break"
    ),
    "unpacked-all": "rows = list(zip(ys, zs))\n    out = [[v for k, v in rows if k == a] for a in xs]",
    "unpacked-given": "out = [next((v for k, v in ys if k == a), 'none') for a in xs]",
    "distinct": "out = [a for i, a in enumerate(ys) if a not in ys[:i]]",
    "given-grows": "for a in xs:\n        if a in ys:\n            zs.append(a)",
}
HEAD = "def find(rows, key):\n    for row in rows:\n        if row == key:\n            return row\n    return None\n\n\n"
HEAD += "class Node:\n    pass\n\n\n"
HEAD += "class Repo:\n    def __init__(self, rows):\n        self.rows = rows\n\n    def find(self, key):\n"
HEAD += "        return next((row for row in self.rows if row == key), None)\n\n    def must(self, key):\n"
HEAD += "        for row in self.rows:\n            if row == key:\n                return row\n        raise LookupError\n\n\n"


def source_of(spelling: str) -> str:
    return f"{HEAD}def work(xs, ys, zs):\n    out = []\n    {spelling}\n    return out\n"


KEYS = {"builtins.int": 500, "builtins.str": 500}
NODES = {"work.Node": 500, "builtins.int": 500, "builtins.NoneType": 500}


def imagined(source: str, keys: dict[str, int], watch: Watch) -> Seen:
    """Lists everywhere, and for keys ints and strings, or objects that are equal to themselves only."""
    rows = ""
    if "(a, 1)" in source or "k, v in" in source:
        rows = "builtins.tuple[builtins.int,builtins.int]"
    elif "{'k'" in source:
        rows = "builtins.dict"
    elif "[[y]" in source or "sum(ys" in source or "start=" in source:
        rows = "builtins.list"
    kinds = {
        "dict": {"builtins.dict": 1000},
        "base": {"builtins.list": 1000},
        "item": {rows or "builtins.list": 1000},
    }
    kinds |= {"more": {"builtins.list": 1000}, "loop": {"builtins.list": 1000}}
    kinds |= {"leaf": {"builtins.str": 1000}} if keys is KEYS else {}
    return seen(watch, kinds.get(watch.id.rpartition(":")[2][:4], keys), {rows: 1000} if rows else keys)


def cases(name: str) -> Iterator[tuple[str, str, list[object]]]:
    """(rule, new source, friendly values) of a spelling; with other evidence only what becomes another source."""
    source = source_of(SPELLINGS[name])
    plain = [(rule.name, new) for rule, new in rewrites(source, partial(imagined, source, KEYS))]
    own = [(rule.name, new) for rule, new in rewrites(source, partial(imagined, source, NODES))]
    yield from ((rule, new, ["a", "b", 1, 2]) for rule, new in plain)
    yield from ((f"{rule}-own", new, [*OWN[:3], 1, None]) for rule, new in own if (rule, new) not in plain)


CASES = [
    pytest.param(name, new, friendly, id=f"{name}-{rule}")
    for name in SPELLINGS
    for rule, new, friendly in cases(name)
]


def test_every_spelling_is_understood() -> None:
    missing = set(SPELLINGS) - {str(case.values[0]) for case in CASES}
    assert not missing


@pytest.mark.parametrize(("name", "new", "friendly"), CASES)
def test_old_and_new_agree_on_hostile_inputs(name: str, new: str, friendly: list[object]) -> None:
    chance = random.Random(name)
    compare(source_of(SPELLINGS[name]), new, RUNS, lambda: arguments(chance, friendly))


def arguments(chance: random.Random, friendly: list[object]) -> list[object]:
    """Three arguments; sometimes of few and friendly values, sometimes one object twice, a tuple, or an iterator."""
    pool = POOL[: chance.choice([4, 7, len(POOL), len(POOL)])] if chance.random() < 0.7 else friendly
    pool = [*friendly, *OWN] if None in friendly and chance.random() < 0.3 else pool
    return entangled(chance, *lists(chance, pool, (0, 1, 2, 5, 9)))
