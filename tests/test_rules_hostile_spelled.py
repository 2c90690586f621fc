"""Old against new over hostile inputs, for spellings that stand for a loop with a test or for a function that searches."""

from __future__ import annotations

import random

import pytest
from hostile import OWN, POOL, cases, compare, entangled, lists, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 250
LOOP = "for a in xs:\n        {begin}\n        for b in ys:\n            {body}\n        out.append({end})"
ROWS = "rows = [{'k': y, 'i': i} if y else {'i': i} for i, y in enumerate(ys)]\n    "
LINES = "lines = [f'{y}:{y} {i}' if i % 3 else y if i % 2 else str(y) for i, y in enumerate(ys)]\n    "
FIND = "def find({given}):\n{body}\n\n\n"

SPELLINGS = {
    # lambdas that a builtin applies
    "filter": "for a in xs:\n        out.append(list(filter(lambda b: b == a, ys)))",
    "filter-in": "out = list(filter(lambda a: a not in ys, xs))",
    "filter-two": "out = [list(filter(lambda b: b == a and b, ys)) for a in xs]",
    "filter-get": ROWS + "out = [[row['i'] for row in filter(lambda row: row.get('k') == a, rows)] for a in xs]",
    "next-filter": "out = [next(filter(lambda b: b == a, ys), 'none') for a in xs]",
    "for-filter": "for a in xs:\n        for b in filter(lambda b: b == a, ys):\n            out.append((a, b))",
    "sum-map": "out = [len(list(map(lambda b: (b, a), filter(lambda b: b == a, ys)))) for a in xs]",
    "any-map": "out = [any(map(lambda b: b == a, ys)) for a in xs]",
    "in-map": ROWS + "out = [a for a in xs if a in map(lambda row: row.get('k'), rows)]",
    "sorted-index": "out = sorted(xs, key=lambda a: ys.index(a))",
    "sorted-count": "out = sorted(xs, key=lambda a: (ys.count(a), xs.count(a)))",
    "max-count": "out = [max(xs, key=lambda a: ys.count(a))]",
    "map-next": "out = list(map(lambda a: next((b for b in ys if b == a), None), xs))",
    "map-in": "out = list(map(lambda a: a in ys, xs))",
    "shadowed": "b = 1\n    out = [list(filter(lambda b: b == a, ys)) for a in xs] + [b]",
    # functions that a builtin calls
    "handed-index": "out = sorted(xs, key=ys.index)",
    "handed-index-map": "try:\n        out = list(map(ys.index, xs))\n    except ValueError as error:\n        out = [str(error)]",
    "handed-count": "out = [max(xs, key=ys.count), sorted(xs, key=xs.count)]",
    "handed-lazily": "for a in map(ys.index, xs):\n        out.append(a)\n        if a:\n            break",
    "handed-in": "def known(word):\n        return word in ys\n    out = list(filter(known, xs))",
    "handed-in-item": (
        "asked = [{'q': a} if a else {} for a in xs]\n    def known(row):\n        return row['q'] in ys\n"
        "    out = list(filter(known, asked))\n    out = [row['q'] for row in out]"
    ),
    "handed-find": (
        "held = Held(ys)\n    out = list(map(held.kept, xs))",
        "self, key",
        "    return key in self.rows",
    ),
    "handed-search": (
        "held = Held(ys)\n    out = list(map(held.kept, xs))",
        "self, key",
        "    for row in self.rows:\n        if row == key:\n            return row\n    return -1",
    ),
    "handed-nested": (
        "def find(key):\n        return next((b for b in ys if b == key), None)\n    out = [len(xs), sorted(map(find, xs), key=id)]"
        "\n    out = [one for one in out[1]]"
    ),
    # collections that are made to be asked
    "asked-list": ROWS + "out = [a for a in xs if a not in list(map(lambda row: row.get('k'), rows))]",
    "asked-set": ROWS + "out = [a for a in xs if a in set(row.get('k') for row in rows)]",
    "asked-some": ROWS + "out = [a for a in xs if a in tuple(row['k'] for row in rows if row['i'])]",
    "asked-name": ROWS
    + "for a in xs:\n        keys = [row.get('k') for row in rows]\n        if a not in keys:\n            out.append(a)",
    "asked-name-set": (
        ROWS + "for a in xs:\n        keys = {row.get('k') for row in rows}\n        b = a\n"
        "        out.append((a in keys, a not in keys))"
    ),
    "asked-name-item": (
        ROWS
        + "for a in zip(xs, xs):\n        keys = set(row['k'] for row in rows)\n        if a[0] in keys and out:\n            out.append(a[0])\n"
        "        out.append(1)"
    ),
    "asked-name-else": (
        "for a in xs:\n        if a:\n            keys = [b for b in ys if b != 1]\n            out.append(1 if a in keys else 2)"
    ),
    # pieces of texts
    "piece-first": LINES
    + "for a in xs:\n        for line in lines:\n            if line.split(':')[0] == a:\n                out.append(line)",
    "piece-second": (
        LINES
        + "for a in xs:\n        for line in lines:\n            cells = line.split(':')\n            if cells[1] == a:\n"
        "                out.append(line)\n                break"
    ),
    "piece-last": LINES + "out = [next((line for line in lines if line.split()[-2] == a), None) for a in xs]",
    "piece-three": (
        LINES
        + "for a in xs:\n        for line in lines:\n            name, sign, rest = line.partition(':')\n            if name == a:\n"
        "                out.append((sign, rest))"
    ),
    "piece-lowered": LINES
    + "out = [line for a in xs for line in lines if line.strip().rsplit(':', 1)[0].lower() == a]",
    # loops that count by themselves
    "while": (
        "for a in xs:\n        i = 0\n        while i < len(ys):\n            if ys[i] == a:\n                out.append(i)\n"
        "                break\n            i += 1\n        out.append(i)"
    ),
    "while-all": (
        "for a in xs:\n        i = 0\n        while i < len(ys):\n            b = ys[i]\n            if b == a:\n"
        "                out.append((i, b))\n            i = i + 1"
    ),
    "while-flag": (
        "for a in xs:\n        i = 0\n        found = False\n        while i < len(ys) and not found:\n            if a == ys[i]:\n"
        "                found = True\n            i += 1\n        out.append(found)"
    ),
    "while-others": (
        "for a in xs:\n        i = 0\n        n = 0\n        while i < len(ys) and n < 2:\n            if ys[i] == a:\n                n += 1\n"
        "            i += 1\n        out.append(n)"
    ),
    "while-rows": (
        ROWS
        + "n = 0\n    while n < len(xs):\n        i = 0\n        while i < len(rows):\n            if rows[i]['k'] == xs[n]:\n"
        "                out.append(rows[i]['i'])\n                break\n            i += 1\n        n += 1"
    ),
    "while-length": (
        "n = len(ys)\n    for a in xs:\n        i = 0\n        while i < n:\n            if ys[i] == a:\n                out.append(i)\n"
        "            i += 1"
    ),
    "while-search": (
        "out = [find(ys, a) for a in xs]",
        "rows, key",
        "    i = 0\n    while i < len(rows):\n        if rows[i] == key:\n            return i\n        i += 1\n    return -1",
    ),
    # parts of a list
    "part-before": "for i, a in enumerate(ys):\n        if a in ys[:i]:\n            out.append((i, a))",
    "part-not-before": "for i in range(len(xs)):\n        if xs[i] not in ys[:i]:\n            out.append(i)",
    "part-after": "for i, a in enumerate(xs):\n        if a in ys[i + 1:]:\n            out.append((i, a))",
    "part-not-after": "out = [a for i, a in enumerate(xs) if a not in ys[i:]]",
    "part-computed": "for i in range(len(xs)):\n        if 3 - xs[i] in xs[i + 1:]:\n            out.append(i)",
    "part-walked": (
        "for i, a in enumerate(xs):\n        for b in ys[i + 1:]:\n            if a == b:\n                out.append((i, b))\n"
        "                break"
    ),
    "part-walked-before": "for i, a in enumerate(xs):\n        for b in ys[:i]:\n            if b == a:\n                out.append((i, b))",
    "part-any": ROWS + "out = [i for i, a in enumerate(xs) if any(row['k'] == a for row in rows[i:])]",
    # folds
    "or": LOOP.format(begin="hit = False", body="hit = hit or b == a", end="hit"),
    "or-turned": LOOP.format(begin="hit = None", body="hit = b == a or hit", end="hit"),
    "joined": LOOP.format(begin="hit = False", body="hit |= b == a", end="hit"),
    "joined-number": LOOP.format(begin="hit = 0", body="hit |= b == a", end="hit"),
    "counted": LOOP.format(begin="hit = 0", body="hit += a == b", end="hit"),
    "chosen": LOOP.format(begin="hit = 'none'", body="hit = b if b == a else hit", end="hit"),
    "kept": LOOP.format(begin="hit = 'none'", body="hit = hit if b != a else b", end="hit"),
    "counted-sum": "out = [sum(b == a for b in ys) for a in xs]",
    "chain": (
        "for a in xs:\n        n = m = 0\n        for i, b in enumerate(ys):\n            if b == a and i % 2:\n"
        "                n += 1\n            elif b == a and i:\n                m += 1\n        out.append((n, m))"
    ),
    "named": (
        ROWS + "for a in xs:\n        for row in rows:\n            if (key := row.get('k')) == a:\n"
        "                out.append((key, row['i']))\n                break"
    ),
    # positions
    "pairs": (
        "for i in range(len(ys)):\n        for j in range(i + 1, len(ys)):\n            if ys[i] == ys[j]:\n"
        "                out.append((i, j))"
    ),
    "pairs-named": (
        "n = len(ys)\n    for i in range(n):\n        for j in range(i, n):\n            if ys[i] == ys[j]:\n"
        "                out.append((i, j))\n                break"
    ),
    "pairs-any": "out = [any(ys[i] == ys[j] for i in range(len(ys)) for j in range(i + 1, len(ys)))]",
    "pairs-all": (
        "for i in range(len(ys)):\n        for j in range(len(ys)):\n            if i != j and ys[i] == ys[j]:\n"
        "                out.append((i, j))"
    ),
    "pairs-rows": (
        ROWS + "for i in range(len(rows)):\n        for j in range(i + 1, len(rows)):\n"
        "            if rows[i]['k'] == rows[j]['k']:\n                out.append((i, j))\n                break"
    ),
    "pairs-shrunk": (
        "n = len(ys)\n    if xs:\n        ys = ys[:len(xs)]\n    for i in range(n):\n        for j in range(i + 1, n):\n"
        "            if ys[i] == ys[j]:\n                return i, j\n    "
    ),
    "pairs-beside": (
        "for a in xs:\n        for j in range(len(ys)):\n            if zs[j] == a:\n                out.append(ys[j])\n"
        "                break"
    ),
    "two-sum": (
        "for i in range(len(ys)):\n        for j in range(i + 1, len(ys)):\n            if ys[i] + ys[j] == 3:\n"
        "                out.append((i, j))"
    ),
    "two-sum-to": (
        "for a in xs:\n        for i in range(len(ys)):\n            for j in range(len(ys)):\n"
        "                if ys[j] - ys[i] == a:\n                    return i, j\n    "
    ),
    "difference": "out = [b for a in xs for b in ys if a - b == 1]",
    "difference-turned": "out = [b for a in xs for b in ys if 1 == b + a]",
    # what a dict holds
    "held": "data = {'k': ys} if zs else {}\n    for a in xs:\n        for b in data['k']:\n            if b == a:\n                out.append(b)",
    "held-in": "data = {'k': ys} if zs else {}\n    out = [a for a in xs if a in data['k']]",
    "held-each": (
        "datas = [{'k': ys}, {'k': zs}, {}]\n    for data in datas:\n        for a in xs:\n            if a not in data['k']:\n"
        "                out.append(a)"
    ),
    "held-written": (
        "data = {'k': ys}\n    for a in xs:\n        if any(b == a for b in data['k']):\n            zs.append(a)\n        out.append(data)\n"
        "    out = [len(out)]"
    ),
    "held-get": "data = {'k': ys} if zs else {}\n    out = [b for a in xs for b in data.get('k', []) if b == a]",
    "held-get-in": "data = {'k': ys} if zs else {}\n    out = [a for a in xs if a in data.get('k', ())]",
    "held-get-none": "data = {'k': ys} if zs else {}\n    out = [a for a in xs if a in data.get('k')]",
    "held-get-of": "out = [a for a in xs if a in ys.get('k', [])]",
    "held-get-written": (
        "data = {'k': ys}\n    for a in xs:\n        if any(b == a for b in data.get('k', [])):\n            zs.append(a)\n"
        "        out.append(data)\n    out = [len(out)]"
    ),
    # lists that grow while they are searched
    "grown-any": "for a in xs:\n        if not any(b == a for b in out):\n            out.append(a)",
    "grown-item": "for a in xs:\n        if not any(b == a[0] for b in out):\n            out.append(a)",
    "grown-else": (
        "for i, a in enumerate(xs):\n        for row in out:\n            if row[0] == a:\n                row[1] += i\n"
        "                break\n        else:\n            out.append([a, i])"
    ),
    "grown-given": "for a, _ in zip(xs, range(9)):\n        if all(b != a for b in ys):\n            ys.append(a)\n        out.append(len(ys))",
    "grown-rows": (
        "rows = []\n    for i, a in enumerate(xs):\n        if a not in [row['k'] for row in rows]:\n"
        "            rows.append({'k': a, 'i': i} if a else {'k': i})\n    out = [row['k'] for row in rows]"
    ),
    "grown-flag": (
        "out = list(ys)\n    for a in xs:\n        there = False\n        for b in out:\n            if b == a:\n"
        "                there = True\n                break\n        if not there:\n            out.append(a)\n"
        "        if a == 1:\n            out.append('a')"
    ),
    "grown-both": (
        "for a in xs:\n        n = 0\n        for b in out:\n            n += b == a\n        out.append(a)\n"
        "        if n > 1:\n            out.append(n)"
    ),
    # functions
    "lowered": (
        "for a in xs:\n        out.append(find(ys, a))",
        "rows, key",
        "    key = key.lower()\n    for row in rows:\n        if row == key:\n            return row",
    ),
    "handed-on": (
        "for a in xs:\n        out.append(find(ys, a))",
        "rows, key",
        "    found = deep(rows, key)\n    return [found] if found else 'none'",
    ),
    "kept-first": (
        "held = Held(ys)\n    for a in xs:\n        out.append(held.kept(a))",
        "self, key",
        "    found = None\n    for row in self.rows:\n        if row == key:\n            found = row\n            break\n"
        "    return found",
    ),
    "kept-truth": (
        "held = Held(ys)\n    out = [held.kept(a) for a in xs]",
        "self, key",
        "    found = False\n    for row in self.rows:\n        if row == key:\n            found = True\n    return found",
    ),
    "kept-count": (
        "held = Held(ys)\n    out = [held.kept(a) for a in xs]",
        "self, key",
        "    n = 0\n    for row in self.rows:\n        if row == key:\n            n += 2\n    return n",
    ),
    "kept-all": (
        "held = Held(ys)\n    out = [held.kept(a) for a in xs]",
        "self, key",
        "    found = []\n    for row in self.rows:\n        if row == key and row:\n            found.append((row, key))\n    return found",
    ),
    "kept-listed": (
        "held = Held(ys)\n    out = [held.kept(a) for a in xs]",
        "self, key",
        "    found = [row for row in self.rows if row == key]\n    return found[0] if found else -1",
    ),
    "kept-asked": (
        "held = Held(ys)\n    out = [held.kept(a) for a in xs]",
        "self, key",
        "    found = [row for row in self.rows if row == key]\n    if found:\n        return found[0]\n    return []",
    ),
    "place": (
        "for a in xs:\n        out.append(find(ys, a))",
        "rows, key",
        "    for i, row in enumerate(rows):\n        if row == key:\n            return i\n    return -1",
    ),
    "knows": (
        "held = Held(ys)\n    out = [a for a in xs if held.kept(a)]",
        "self, key",
        "    return key in self.rows",
    ),
    "unknown": ("out = [a for a in xs if find(a, ys)]", "key, rows", "    return key not in rows"),
    "knows-item": (
        "asked = [{'q': a} if a else {} for a in xs]\n    out = [find(row, ys) for row in asked]",
        "row, rows",
        "    if row['q'] in rows:\n        return True\n    return False",
    ),
    "knows-given": ("out = [find(a, ys) for a in xs]", "row, rows", "    return row['q'] in rows"),
    "kept-filter": (
        "held = Held(ys)\n    out = [held.kept(a) for a in xs]",
        "self, key",
        "    return next(filter(lambda row: row == key, self.rows), None)",
    ),
    "kept-filter-all": (
        "held = Held(ys)\n    out = [held.kept(a) for a in xs]",
        "self, key",
        "    return list(filter(lambda row: row == key, self.rows))",
    ),
    "kept-filter-first": (
        "held = Held(ys)\n    out = [held.kept(a) for a in xs]",
        "self, key",
        "    found = list(filter(lambda row: row == key, self.rows))\n    return found[0] if found else -1",
    ),
    "kept-map": (
        "held = Held(ys)\n    out = [held.kept(a) for a in xs]",
        "self, key",
        "    return any(map(lambda row: row == key, self.rows))",
    ),
    "given-filter": (
        "out = [find(ys, a) for a in xs]",
        "rows, key",
        "    found = list(filter(lambda row: row == key, rows))\n    return found[0] if found else None",
    ),
    "default-given": (
        "held = Held(ys)\n    out = [held.kept(a) for a in xs]",
        "self, key",
        "    for row in self.rows:\n        if row == key:\n            return (row, 1)\n    return key",
    ),
    "place-counted": (
        "out = [find(ys, a) for a in xs]",
        "rows, key",
        "    found = -1\n    for i in range(len(rows)):\n        if rows[i] == key:\n            found = i\n            break\n    return found",
    ),
    "nested": "def find(key):\n        for b in ys:\n            if b == key:\n                return b\n    out = [find(a) for a in xs]",
}


def source_of(spelling: str | tuple[str, str, str]) -> str:
    body, given, helper = spelling if isinstance(spelling, tuple) else (spelling, "", "")
    deep = "def deep(rows, key):\n    return next((row for row in rows if row == key), None)\n\n\n"
    before = deep + FIND.format(given=given, body=helper) if given and not given.startswith("self") else ""
    if given.startswith("self"):
        method = "\n".join("    " + line for line in helper.splitlines())
        before = (
            f"class Held:\n    def __init__(self, rows):\n        self.rows = rows\n\n"
            f"    def kept({given}):\n{method}\n\n\n"
        )
    return f"{before}def work(xs, ys, zs):\n    out = []\n    {body}\n    return out, zs\n"


def imagined(source: str, kinds: dict[str, int], watch: Watch) -> Seen:
    """Lists everywhere, of keys or of rows with keys."""
    name = watch.id.rpartition(":")[2]
    row = "builtins.dict" if "rows = [" in source or "{'k': a," in source else "builtins.list"
    rows = {row: 1000} if row == "builtins.dict" or "[a, i]" in source else kinds
    held = {"builtins.list": 1000} if watch.kind == "collection" or name.startswith(("loop", "also")) else kinds
    held = {"builtins.dict": 1000} if name == "base1" else held
    held = {"builtins.str": 1000} if "lines = [" in source and name.startswith(("leaf", "inner", "outer")) else held
    return seen(watch, {row: 1000} if name.startswith("item") else held, rows)


KINDS = {
    "mixed": ({"builtins.int": 500, "builtins.str": 500}, ["a", "b", 1, 2]),
    "ints": ({"builtins.int": 1000}, [0, 1, 2, 3, -1]),
    "floats": ({"builtins.int": 500, "builtins.float": 500}, [0, 1, 2, 1.0, 0.5, float("nan"), True]),
}


CASES = list(cases({name: source_of(one) for name, one in SPELLINGS.items()}, KINDS, imagined))


def test_every_spelling_is_understood() -> None:
    missing = set(SPELLINGS) - {str(case.values[0]) for case in CASES}  # type: ignore[attr-defined]
    assert not missing


@pytest.mark.parametrize(("name", "source", "new", "friendly"), CASES)
def test_old_and_new_agree_on_hostile_inputs(name: str, source: str, new: str, friendly: list[object]) -> None:
    chance = random.Random(name)
    compare(source, new, RUNS, lambda: arguments(chance, friendly))


def arguments(chance: random.Random, friendly: list[object]) -> list[object]:
    """Three arguments; sometimes of few and friendly values, sometimes one object twice, a tuple, or an iterator."""
    pool = [*POOL, *OWN][: chance.choice([4, 7, len(POOL), 99])] if chance.random() < 0.6 else friendly
    return entangled(chance, *lists(chance, pool, (0, 1, 2, 5, 9)))
