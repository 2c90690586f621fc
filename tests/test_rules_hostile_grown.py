"""Old against new over hostile inputs, for lists that grow while they are asked, however the growing and the asking is spelled."""

from __future__ import annotations

import random

import pytest
from hostile import OWN, POOL, Plain, cases, compare, entangled, lists, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 250
ONE_BY_ONE = "for a in xs:\n        if a not in out:\n            {}"

SPELLINGS = {
    "added": ONE_BY_ONE.format("out += [a]"),
    "added-tuple": ONE_BY_ONE.format("out += (a,)"),
    "extended": ONE_BY_ONE.format("out.extend([a])"),
    "extended-tuple": ONE_BY_ONE.format("out.extend((a,))"),
    "summed": ONE_BY_ONE.format("out = out + [a]"),
    "one-line": "for a in xs:\n        if a not in out: out.append(a)",
    "two-on-a-line": "for a in xs:\n        if a not in out:\n            out.append(a); zs.append(a)",
    "summed-kept": "kept = out\n    " + ONE_BY_ONE.format("out = out + [a]") + "\n    zs = [kept, zs]",
    "added-kept": "kept = out\n    " + ONE_BY_ONE.format("out += [a]") + "\n    zs = [kept, zs]",
    "added-item": "for a in zip(xs, xs):\n        if a[0] not in out:\n            out += [a[0]]",
    "two-ways": ONE_BY_ONE.format("out += [a]") + "\n        elif a:\n            out.append('b')",
    "tuple": "out = ()\n    " + ONE_BY_ONE.format("out = out + (a,)"),
    "tuple-added": "out = ()\n    " + ONE_BY_ONE.format("out += (a,)"),
    "tuple-begun": "out = tuple(ys)\n    " + ONE_BY_ONE.format("out += (a,)"),
    "given": "for a in xs:\n        if a not in ys:\n            ys += [a]\n        out.append(len(ys))",
    "given-summed": "for a in xs:\n        if a not in ys:\n            ys = ys + [a]\n        out.append(len(ys))",
    "for-its-effect": "[out.append(a) for a in xs if a not in out]",
    "or-append": "zs = [a for a in xs if not (a in out or out.append(a))]",
    "and-append": "zs = [a for a in xs if a not in out and not out.append(a)]",
    "and-append-item": "zs = [a for a in zip(xs, xs) if a[0] not in out and not out.append(a[0])]",
    "given-or-append": "out = [a for a in xs if a in ys or ys.append(a)]",
    "count": "for a in xs:\n        if out.count(a) == 0:\n            out.append(a)",
    "count-more": "for a in xs:\n        if out.count(a) > 0:\n            continue\n        out += [a]",
    "count-less": "for a in xs:\n        if ys.count(a) < 1:\n            ys.append(a)\n        out.append(len(ys))",
    "count-not": "for a in xs:\n        if not out.count(a):\n            out.append(a)\n    if 1:\n        pass",
    "count-truth": "for a in xs:\n        zs.append(a) if out.count(a) else out.append(a)",
    "index": "for a in xs:\n        try:\n            out.index(a)\n        except ValueError:\n            out.append(a)",
    "index-begun": (
        "out = list(ys)\n    for a in xs:\n        try:\n            zs.append(out.index(a))\n"
        "        except ValueError as error:\n            out.append(a)\n            zs.append(str(error))"
    ),
    "index-given": (
        "for a in xs:\n        try:\n            out.append(ys.index(a))\n        except (KeyError, ValueError):\n"
        "            ys += [a]\n            out.append(len(ys) - 1)"
    ),
    "index-item": (
        "for a in zip(xs, xs):\n        try:\n            zs.append(out.index(a[0]))\n        except ValueError as error:\n"
        "            out.append(a[0])\n            zs.append(str(error))"
    ),
    "index-twice": "for a in xs:\n        if a not in out:\n            out.append(a)\n        zs.append(out.index(a))",
    "index-doubled": "for a in xs:\n        out.append(a)\n        zs.append(out.index(a))",
    "index-uncaught": "for a in xs:\n        if a:\n            out.append(a)\n        zs.append(out.index(a))",
    "index-stays": (
        "for a in xs:\n        try:\n            out.append(ys.index(a))\n        except ValueError as error:\n"
        "            out.append(str(error))"
    ),
    "index-stays-item": (
        "for a in zip(xs, xs):\n        try:\n            out.append(ys.index(a[0]))\n        except Exception as error:\n"
        "            out.append(str(error))"
    ),
    "rows": (
        "for i, a in enumerate(xs):\n        for row in out:\n            if row[0] == a:\n                zs = row\n"
        "                break\n        else:\n            out += [[a, i]]"
    ),
    "rows-summed": (
        "for i, a in enumerate(xs):\n        if not any(row[0] == a for row in out):\n            out = out + [(a, i)]"
    ),
}
# What is asked of a value where it is looked for is not asked again where it is appended, unless it may be another by then.
SPELLINGS |= {
    "while": (
        "for a in xs:\n        n = 0\n        while a in out and n < 3:\n            a, n = ys[n:], n + 1\n"
        "        out.append(a)"
    ),
    "while-broken": (
        "for a in xs:\n        n = 0\n        while a in out:\n            a, n = ys[n:], n + 1\n"
        "            if n:\n                break\n        out.append(a)"
    ),
    "while-not": (
        "a, n = 1, 0\n    while a not in out and n < len(xs):\n        out.append(a)\n        a, n = xs[n], n + 1"
    ),
    "while-not-later": (
        "a, n = 1, 0\n    while a not in out and n < len(xs):\n        a, n = xs[n], n + 1\n        out.append(a)"
    ),
    "elif": "for a in xs:\n        if a is None:\n            zs.append(a)\n        elif a not in out:\n            out.append(a)",
    "elif-sometimes": (
        "for a in xs:\n        if a is None:\n            out.append(a)\n        elif len(out) > 2 or a not in out:\n"
        "            out.append(a)"
    ),
    "and": "for a in xs:\n        if len(zs) < 99 and a not in out:\n            out.append(a)",
    "or": "for a in xs:\n        if len(zs) < 2 or a not in out:\n            out.append(a)",
    "continue": "for a in xs:\n        if a in out:\n            continue\n        zs.append(a)\n        out.append(a)",
    "else": "for a in xs:\n        if a in out:\n            zs.append(a)\n        else:\n            out.append(a)",
    "bound-since": "for a in xs:\n        if a not in out:\n            a = [a]\n            out.append(a)",
    "bound-sometimes": (
        "for a in xs:\n        if a not in out:\n            if len(out) % 2:\n                a = {}\n"
        "            out.append(a)"
    ),
    "bound-in-turn": (
        "for a in xs:\n        if a not in out:\n            for b in ys:\n                out.append(a)\n"
        "                a = b"
    ),
    "bound-in-test": "for a in xs:\n        if a not in out and (a := [a]):\n            out.append(a)",
    "bound-by-with": (
        "from contextlib import nullcontext\n    for a in xs:\n        if a not in out:\n"
        "            with nullcontext([a]) as a:\n                out.append(a)"
    ),
    "bound-by-except": (
        "for a in xs:\n        if a not in out:\n            try:\n                zs = zs + a\n"
        "            except Exception as a:\n                out.append(a)\n    out = [type(a) for a in out]"
    ),
    "tried": (
        "for a in xs:\n        try:\n            if a not in out:\n                zs = [*zs, len(a)]\n"
        "        except TypeError:\n            out.append(a)"
    ),
    "other-turn": "b = 1\n    for a in xs:\n        if a not in out:\n            zs = [a]\n        out.append(b)\n        b = a",
    "two-tests": (
        "for a in xs:\n        for b in ys:\n            if a not in out and b not in out:\n                out.append(a)\n"
        "                out.append(b)"
    ),
    "assigned": "for a in xs:\n        new = a not in out\n        if new:\n            out.append(a)",
    "is-number": (
        "for a in xs:\n        if isinstance(a, (float, list)):\n            out.append(a)\n        elif a not in out:\n"
        "            out.append(a)"
    ),
    "is-number-first": (
        "for a in xs:\n        if isinstance(a, int) and a not in out:\n            out.append(a)\n"
        "        elif a in out:\n            zs.append(a)"
    ),
    "twice": (
        "queue = list(xs)\n    while queue and len(out) < 40:\n        a = queue.pop()\n        out.append(a)\n"
        "        for b in ys:\n            if b not in out:\n                queue.append(b)\n                out.append(b)"
    ),
    "twice-bound-since": "for a in xs:\n        out.append(len(zs))\n        if a not in out:\n            a = a or {}\n            out.append(a)",
    "text": 'for a in xs:\n        b = f"{a!r}:"\n        if b not in out:\n            out.append(b)',
    "text-begun": (
        'out = [*ys]\n    for a in xs:\n        b = f"{a!r}:"[1:-2]\n        if b not in out:\n            out.append(b)'
    ),
    "text-filled": (
        'out.extend(ys)\n    for a in xs:\n        b = f"{a!r}:"[1:-2]\n        if b not in out:\n            out.append(b)'
    ),
    "text-turned": (
        "for b in ys:\n        for a in xs:\n            c = f'{a!r}:'[1:-2]\n            if c not in out:\n"
        "                out.append(c)\n        out.insert(0, b)"
    ),
    "pairs": (
        "for a in xs:\n        for b in ys:\n            c = (a, b)\n            if c not in out:\n                out.append(c)\n"
        "            out.append((b, a))"
    ),
    "pairs-asked": "for a in xs:\n        for b in ys:\n            if (a, b) not in out:\n                out.append((a, b))",
    "unbound": (
        "for n, b in enumerate(xs):\n        if b == 1:\n            a = b\n        if zs and a not in out:\n"
        "            out.append(a)"
    ),
    "text-asked": (
        'for a in xs:\n        b = f"{a!r}:"\n        if a in out or b in out:\n            zs.append(a)\n        out.append(b)'
    ),
    "text-more": 'for a in xs:\n        b = f"{a!r}:"\n        if b not in out:\n            out.append(b)\n        out.append(a)',
    "neighbours": (
        "for a, b in zip(xs, ys):\n        if a in out:\n            continue\n        out.append(a)\n"
        "        if b not in out:\n            zs.append(b)\n        if zs and b in out:\n            zs.append(a)"
    ),
    "neighbour-bound-anew": (
        "for a, b in zip(xs, ys):\n        if a not in out:\n            out.append(a)\n"
        "        if (b := zs) not in out:\n            zs.append(a)"
    ),
    "neighbour-unbound": (
        "for a in xs:\n        if a == 2:\n            b = a\n        if a not in out:\n            out.append(a)\n"
        "        if zs == [] or b not in out:\n            zs.append(a)\n        if b in out:\n            zs.append(b)"
    ),
    "begun-again": (
        "for b in ys:\n        for a in xs:\n            if a not in out:\n                out.append(a)\n"
        "        zs, out = out, [b]"
    ),
    "begun-late": (
        "if ys:\n        out = [zs]\n    else:\n        out = []\n        for a in xs:\n            if a not in out:\n"
        "                out.append(a)"
    ),
    "mark": (
        "for a in xs:\n        a = MISSING if a is None else a\n        if a not in out:\n            out.append(a)\n"
        "    out = [a is MISSING or a for a in out]"
    ),
}
PAIRS = {"builtins.tuple[builtins.str,builtins.int]": 500, "builtins.tuple[builtins.int,builtins.int]": 500}
KINDS = {
    "pairs": ({"builtins.tuple[builtins.int,builtins.str]": 1000}, [1, 2, "a", True, 1.0]),
    "unlike-pairs": (PAIRS, [1, 2, "a"]),
    "mixed": ({"builtins.int": 500, "builtins.str": 500}, ["a", "b", 1, 2]),
    "ints": ({"builtins.int": 1000}, [0, 1, 2, 3, -1]),
    "floats": ({"builtins.int": 500, "builtins.float": 500}, [0, 1, 2, 1.0, 0.5, float("nan"), True]),
    "own": ({"work.Plain": 1000}, OWN),
    "own-none": ({"work.Plain": 500, "builtins.NoneType": 500}, [*OWN, None]),
    "own-mixed": ({"work.Plain": 500, "builtins.str": 500}, [*OWN, "a", "b", "A", None]),
    "marks": ({"builtins.object": 500, "builtins.str": 500}, [object(), object(), "a", "b", None, Plain()]),
}


def source_of(spelling: str) -> str:
    return f"MISSING = object()\n\n\nclass Plain:\n    pass\n\n\ndef work(xs, ys, zs):\n    out = []\n    {spelling}\n    return out, zs\n"


def imagined(source: str, kinds: dict[str, int], watch: Watch) -> Seen:
    """Lists (tuples where the name says so) of keys, or of rows with keys."""
    name = watch.id.rpartition(":")[2]
    row = "builtins.tuple" if "(a, i)" in source else "builtins.list"
    rows = {f"{row}[builtins.int,builtins.int]" if row.endswith("tuple") else row: 1000}
    many = "builtins.tuple" if "out = ()" in source or "tuple(" in source else "builtins.list"
    held = {many: 1000} if watch.kind == "collection" else kinds
    held = {"builtins.list": 1000} if name.startswith(("loop", "also")) else held
    return seen(
        watch, {row: 1000} if name.startswith("item") else held, rows if "i]" in source or "i)" in source else kinds
    )


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
    pool = [*POOL, *OWN][: chance.choice([4, 7, len(POOL), 99])] if chance.random() < 0.5 else friendly
    return entangled(chance, *lists(chance, pool, (0, 1, 2, 5, 9)))
