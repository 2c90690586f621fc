"""Old against new over hostile inputs, for the rules about repeated work.

Guards name the types that were seen, so each program is rewritten for several made-up evidences, and then runs on what
was seen and on what was not.
"""

from __future__ import annotations

import random

import pytest
from hostile import FRIENDLY, POOL, Meddler, Once, compare, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 150
MINE = {
    "regex-in-loop",
    "constant-rebuilt-in-loop",
    "loop-invariant-call",
    "prefix-sum",
    "window-sum",
}
INTS, WORDS, NUMBERS = ("int",), ("str",), ("int", "bool", "float")

PROGRAMS: dict[str, tuple[str, list[tuple[str, ...]]]] = {
    "sum": ("for x in xs:\n        out.append((x, sum(ys)))", [INTS]),
    "sum-while": ("i = 0\n    while i < len(xs):\n        out.append(sum(ys))\n        i += 1", [INTS]),
    "max": ("for x in xs:\n        out.append((x, max(ys)))", [INTS, WORDS, NUMBERS]),
    "min-default": ("for x in xs:\n        out.append((x, min(ys, default=0)))", [INTS]),
    "max-or": ("for x in xs:\n        if ys:\n            out.append(max(ys))", [INTS, WORDS, NUMBERS]),
    "sorted": ("for x in xs:\n        for y in sorted(ys):\n            out.append((x, y))", [INTS, WORDS, NUMBERS]),
    "sorted-name": ("for x in xs:\n        ys2 = sorted(ys)\n        out.append(ys2[0])", [INTS, WORDS, NUMBERS]),
    "sorted-slice": ("for x in xs:\n        out.append(sorted(ys)[:2])", [INTS, WORDS, NUMBERS]),
    "set": ("for x in xs:\n        if x in set(ys):\n            out.append(x)", [INTS, WORDS, NUMBERS]),
    "set-name": ("for x in xs:\n        known = set(ys)\n        if x in known:\n            out.append(len(known))", [INTS, WORDS]),
    "frozenset": ("out = [x for x in xs if x not in frozenset(ys)]", [INTS, WORDS, NUMBERS]),
    "list": ("for x in xs:\n        out.append(list(ys).count(x))", [INTS, WORDS]),
    "comprehension": ("out = [x for x in xs if x in [y.lower() for y in ys]]", [WORDS]),
    "comprehension-int": ("for x in xs:\n        out.append([y * 2 + 1 for y in ys if y > 1][:1])", [INTS]),
    "longest": ("for x in xs:\n        out.append((x, max(len(y) for y in ys)))", [WORDS]),
    "join": ("for x in xs:\n        out.append(', '.join(ys))", [WORDS]),
    "join-generator": ("for x in xs:\n        out.append('-'.join(y.strip() for y in ys))", [WORDS]),
    "any": ("for x in xs:\n        out.append(any(y > 1 for y in ys))", [INTS, NUMBERS]),
    "all": ("out = [x for x in xs if all(ys)]", [INTS, WORDS, NUMBERS]),
    "two": ("for x in xs:\n        out.append(sum(ys) + len(zs) if ys is not out else 0)", [INTS]),
    "two-operands": ("for x in xs:\n        for y in sorted(set(ys) - set(zs)):\n            out.append(y)", [INTS]),
    "dict": ("known = {}\n    for y in ys:\n        known[y] = 1\n    for x in xs:\n        if x in sorted(known):\n            out.append(x)", [INTS]),
    "nested": ("for x in xs:\n        for z in zs:\n            out.append(sum(ys))", [INTS]),
    "grows": ("for x in xs:\n        out.append(sum(ys))\n        zs.append(x)", [INTS]),
    "given-out": ("for x in xs:\n        zs.append(max(ys))", [INTS]),
    "broken": ("for x in xs:\n        if not x:\n            break\n        out.append(min(ys))", [INTS, WORDS]),
    "caught": ("for x in xs:\n        try:\n            out.append(max(ys))\n        except ValueError:\n            out.append(x)", [INTS]),
    "prefix": ("for i in range(len(xs)):\n        out.append(sum(ys[:i]))", [INTS]),
    "prefix-next": ("for i, x in enumerate(xs):\n        out.append((x, sum(xs[: i + 1])))", [INTS]),
    "prefix-unknown": ("for x in xs:\n        out.append(sum(ys[:x]))", [INTS]),
    "prefix-rebound": ("for i in range(len(xs)):\n        out.append([sum(ys[:i]) for i in xs])", [INTS]),
    "suffix": ("out = [sum(ys[i:]) for i in range(-2, len(xs) + 2)]", [INTS]),
    "window": ("for i in range(len(xs)):\n        out.append(sum(ys[i : i + 2]))", [INTS]),
    "window-unknown": ("for x in xs:\n        for z in zs:\n            out.append(sum(ys[x:z]))", [INTS]),
    "window-back": ("for i in range(len(xs)):\n        out.append(sum(ys[i - 2 : i]))", [INTS]),
    "table": ("for x in xs:\n        out.append({'a': 1, 'b': 2, 1: 3}.get(x, x))", [INTS]),
    "table-item": ("for x in xs:\n        try:\n            out.append({'a': 1, 1: 2}[x])\n        except KeyError:\n            out.append(0)", [INTS]),
    "table-name": ("for x in xs:\n        known = {'a', 'b', 1}\n        if x in known:\n            out.append(x)", [INTS]),
    "table-set": ("out = [x for x in xs if x in set('ab')]", [INTS]),
    "table-dict": ("for x in xs:\n        names = dict(a=1, b=2)\n        for y in ys:\n            out.append(names.get(y))", [INTS]),
    "match": ("for x in xs:\n        out.append(re.match('a|b', x) is None)", [INTS]),
    "sub": ("out = [re.sub('[ab]', '#', x, flags=re.I) for x in xs]", [INTS]),
    "split": ("for x in xs:\n        for part in re.split('a', x, maxsplit=1):\n            out.append(part)", [INTS]),
    "compile": ("for x in xs:\n        pattern = re.compile('a')\n        out.append(pattern.findall(x))", [INTS]),
}  # fmt: skip


def source_of(body: str) -> str:
    return f"import re\n\n\ndef work(xs, ys, zs):\n    out = []\n    {body}\n    return out\n"


def imagined(watch: Watch, types: tuple[str, ...]) -> Seen:
    plain = {f"builtins.{name}": 500 for name in types}
    kind = watch.id.rpartition(":")[2]
    held = plain if kind in {"turns", "index", "start", "stop"} else {"builtins.list": 1000}
    return seen(watch, {"builtins.dict": 1000} if watch.detail == "dict" else held, plain, 10_000)


CASES = [
    pytest.param(name, types, new, id=f"{name}-{rule.name}-{types[-1]}")
    for name, (body, evidences) in PROGRAMS.items()
    for types in evidences
    for rule, new in rewrites(source_of(body), lambda watch, types=types: imagined(watch, types), MINE)  # type: ignore[misc]
]


def test_every_program_is_rewritten() -> None:
    assert not set(PROGRAMS) - {str(case.values[0]) for case in CASES}


@pytest.mark.parametrize(("name", "types", "new"), CASES)
def test_old_and_new_agree(name: str, types: tuple[str, ...], new: str) -> None:
    chance = random.Random(name)
    compare(source_of(PROGRAMS[name][0]), new, RUNS, lambda: arguments(chance, types))


def arguments(chance: random.Random, types: tuple[str, ...]) -> list[object]:
    """Three lists, often of what was seen; sometimes wild, one list twice, a tuple, or an iterator that meddles."""
    pool = FRIENDLY[types[-1]]
    if chance.random() < 0.4:
        pool = POOL[: chance.choice([5, 12, len(POOL)])]
    xs, ys, zs = lists(chance, pool, (0, 1, 2, 5, 9))
    shape = chance.random()
    if shape < 0.1:
        ys = xs
    elif shape < 0.2:
        zs = ys
    elif shape < 0.3:
        return [xs, tuple(ys), zs]
    elif shape < 0.4:
        return [xs, Once(ys), zs]
    elif shape < 0.5:
        return [Meddler(xs), ys, zs]
    elif shape < 0.55:
        return [xs, None, zs]
    return [xs, ys, zs]
