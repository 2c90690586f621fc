"""Old against new over hostile inputs: lists asked for their own elements, and tests that go with an index."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
from hostile import OWN, POOL, compare, entangled, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 300
PROGRAMS = {
    "set-of-counts": "return sorted({(ys.count(y), str(y)) for y in ys})",
    "counts-of-a-set": "return sorted({str(y): ys.count(y) for y in set(ys)}.items())",
    "counts-in-order": "return [(y, ys.count(y)) for y in reversed(sorted(ys))]",
    "counts-of-a-part": "return [ys.count(y) for y in ys[1:3]]",
    "counts-of-pairs": "return [(i, x, ys.count(y)) for i, (x, y) in enumerate(zip(xs, ys))]",
    "counts-of-zipped": "return [ys.count(y) + ys.count(x) for x, y in zip(xs, ys)]",
    "most-often": "return max(set(ys), key=ys.count), min(ys, key=ys.count, default=xs)",
    "by-position": "return sorted(ys, key=ys.index), sorted(xs, key=ys.index)",
    "applied": "return list(map(ys.count, ys)), list(map(lambda y: ys.index(y), ys[::-1]))",
    "index-of-each": "return [ys.index(y) for y in ys]",
    "index-in-loop": "found = []\n    for y in ys:\n        found.append((ys.index(y), zs))\n    return found",
    "index-twice": "return [(ys.index(x), ys.index(y)) for x in xs for y in ys if x in ys]",
    "inner-name": "return [ys.index(y) for y in ys for y in xs]",
    "rebound": "found = []\n    for y in ys:\n        y = xs[0] if xs else y\n        found.append(ys.count(y))\n    return found",
    "rebound-by-walrus": (
        "found = []\n    for y in ys:\n        if zs and (y := zs[0]):\n            pass\n        found.append(ys.count(y))\n"
        "    return found"
    ),
    "rebound-inside": (
        "found = []\n    y = None\n    def other():\n        nonlocal y\n        y = xs[-1] if xs else y\n"
        "    for y in ys:\n        other()\n        found.append(ys.count(y))\n    return found"
    ),
    "rebound-list": "found = []\n    for y in ys:\n        ys = zs\n        found.append(ys.count(y))\n    return found",
    "deleted": "found = []\n    for y in ys:\n        found.append(ys.count(y))\n        del y\n    return found",
    "other-list": "found = []\n    for y in xs:\n        for x in ys:\n            found.append(ys.count(y))\n    return found",
    "first-ones": "return [y for i, y in enumerate(ys) if ys.index(y) == i]",
    "first-ones-turned": "return [y for i, y in enumerate(ys) if i == ys.index(y)]",
    "first-ones-later": "return [y for i, y in enumerate(ys, 1) if ys.index(y) == i]",
    "first-ones-not": "return [y for i, y in enumerate(ys) if ys.index(y) != i]",
    "first-ones-besides": "return [y for i, y in enumerate(ys) if ys.index(y) == i and y]",
    "first-places": "return [i for i, y in enumerate(ys) if ys.index(y) == i]",
    "tested": "return [ys.index(x) if x in ys else None for x in xs]",
    "tested-not": (
        "found = []\n    for x in xs:\n        if x not in ys:\n            continue\n        found.append(ys.index(x))\n"
        "    return found"
    ),
    "tested-counts": "return [x for x in xs if x in ys and ys.count(x) > 1]",
    "tested-another": "return [ys.index(x) for x, z in zip(xs, zs) if z in ys]",
    "ids": (
        "known, ids = [], []\n    for y in ys:\n        if y not in known:\n            known.append(y)\n"
        "        ids.append(known.index(y))\n    return known, ids"
    ),
    "ids-rebound": (
        "known = []\n    ids = []\n    for y in ys:\n        if y not in known:\n            y = xs[0] if xs else y\n"
        "            known.append(y)\n        ids.append(known.index(y) if y in known else None)\n    return known, ids"
    ),
    "ids-twice": (
        "known = ids = []\n    for y in list(ys):\n        if y not in known:\n            known.append(y)\n"
        "        zs.append(known.index(y))\n    return known, ids"
    ),
    "ids-swapped": (
        "known, xs = xs, []\n    for y in list(ys):\n        if y not in known:\n            known.append(y)\n"
        "        xs.append(known.index(y))\n    return known"
    ),
    "ids-else": (
        "known, ids = [], zs\n    for y in list(ys):\n        if y not in known:\n            known.append(y)\n"
        "        else:\n            ids.append(known.index(y))\n            known.append(None)\n    return known, ids"
    ),
    "ids-given": (
        "ids = []\n    for x in xs:\n        if x not in zs:\n            zs.append(x)\n"
        "        ids.append(zs.index(x))\n    return ids"
    ),
    "ids-of-others": (
        "known, ids = [], []\n    for y, x in zip(ys, xs):\n        if y not in known:\n            known.append(x)\n"
        "        elif x in known:\n            ids.append(known.index(y))\n    return known, ids"
    ),
    "handled": (
        "found = []\n    for x in xs:\n        try:\n            found.append(ys.index(x))\n        except ValueError as error:\n"
        "            found.append(str(error))\n    return found"
    ),
}
KINDS: dict[str, dict[str, int]] = {
    "str": {"builtins.str": 1000},
    "numbers": {"builtins.int": 500, "builtins.float": 300, "builtins.bool": 200, "builtins.NoneType": 10},
    "pairs": {"builtins.tuple[builtins.int,builtins.int]": 1000},
}
POOLS: list[list[object]] = [
    ["a", "b", "c", "A"],
    [1, 2, True, 1.0, float("nan"), None, 0, False],
    [(1, 2), (1.0, 2), (1,), (2, 1)],
    POOL,
    [*POOL, *OWN],
]


def imagined(kind: dict[str, int], missing: int, watch: Watch) -> Seen:
    word = watch.id.rpartition(":")[2]
    listed = watch.kind == "collection" or word.startswith("loop")
    one = seen(watch, {"builtins.list": 1000} if listed else kind, kind)
    return replace(one, count=missing) if word.startswith("missed") else one


def cases() -> Iterator[object]:
    for name, body in PROGRAMS.items():
        source = f"def work(xs, ys, zs):\n    {body}\n"
        known = set[str]()
        for word, kind in KINDS.items():
            for missing in (0, 1000):
                for rule, new in rewrites(source, partial(imagined, kind, missing), {"list-count", "list-index"}):
                    if new not in known:
                        yield pytest.param(source, new, id=f"{name}-{rule.name}-{word}-{missing}")
                    known.add(new)


CASES = list(cases())


def test_every_shape_but_those_that_change_the_list_is_rewritten() -> None:
    told = {str(case.id) for case in CASES}  # type: ignore[attr-defined]
    missing = {name for name in PROGRAMS if not any(one.startswith(f"{name}-list") for one in told)}
    assert missing <= {"rebound-list", "deleted", "rebound-inside"}, missing


@pytest.mark.parametrize(("source", "new"), CASES)
def test_old_and_new_agree_on_hostile_inputs(source: str, new: str) -> None:
    chance = random.Random(source)

    def arguments() -> list[object]:
        given = lists(chance, chance.choice(POOLS), (0, 1, 2, 5, 9))
        return entangled(chance, *given) if chance.random() < 0.4 else list(given)

    compare(source, new, RUNS, arguments)


def lines_of(name: str) -> list[str]:
    return [str(case.values[1]) for case in CASES if str(case.id).startswith(f"{name}-list")]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["rebound", "rebound-by-walrus", "inner-name", "other-list", "counts-of-zipped"])
def test_what_is_no_element_of_the_list_is_tested(name: str) -> None:
    assert all(
        "type(x) is" in new or "type(y) is" in new or "type(x) in" in new or "type(y) in" in new
        for new in lines_of(name)
    )


@pytest.mark.parametrize(
    "name", ["set-of-counts", "counts-of-a-set", "index-of-each", "index-in-loop", "most-often"]
)
def test_elements_of_the_list_are_not(name: str) -> None:
    assert lines_of(name)
    assert not any("type(y)" in new or "type(x)" in new or "lambda" in new for new in lines_of(name))


def test_one_structure_serves_the_test_and_the_index() -> None:
    for new in lines_of("tested") + lines_of("ids"):
        assert "_set" not in new
        assert new.count("_positions") >= 3
