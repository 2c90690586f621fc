"""Old against new over hostile inputs, for lists that are sorted for one or a few of their elements."""

from __future__ import annotations

import random

import pytest
from hostile import FRIENDLY, POOL, Once, compare, lists, rewrites, seen

RUNS = 300
TAKES = ("[0]", "[-1]", "[:1]", "[:3]", "[:40]")
WAYS = ("sorted(xs)", "sorted(xs, reverse=True)", "sorted(xs, reverse=False)")
ELEMENTS = ("int", "str", "bytes")
KINDS = {"builtins.list": 5, "builtins.tuple": 5, "builtins.set": 1}


def source_of(way: str, take: str) -> str:
    return (
        f"def work(xs, ys, zs):\n    found = {way}{take}\n    for xs in (ys, zs, set(map(str, ys))):\n"
        f"        found = found, {way}{take}\n    return found\n"
    )


def imagined(item: str) -> object:
    return lambda watch: seen(watch, KINDS, {f"builtins.{item}": 500}, 1000, 1000)


CASES = [
    pytest.param(source_of(way, take), new, id=f"{way}{take}-{item}")
    for way in WAYS
    for take in TAKES
    for item in ELEMENTS
    for _, new in rewrites(source_of(way, take), imagined(item), {"sorted-for-extreme"})  # type: ignore[arg-type]
]


def test_every_program_is_rewritten() -> None:
    assert len(CASES) == 2 * len(WAYS) * len(TAKES) * len(ELEMENTS)


@pytest.mark.parametrize(("old", "new"), CASES)
def test_old_and_new_agree(old: str, new: str) -> None:
    chance = random.Random(old)
    compare(old, new, RUNS, lambda: arguments(chance))


def arguments(chance: random.Random) -> list[object]:
    """Three lists, mostly of values that can be ordered; sometimes an iterator or a tuple."""
    pools: list[list[object]] = [*FRIENDLY.values(), [1, True, 2, 2, 1.0], [b"a", b"b"], [(1, 2), (1,)], POOL]
    xs, ys, zs = lists(chance, chance.choice(pools), (0, 1, 2, 5, 9))
    return [Once(xs) if chance.random() < 0.1 else tuple(xs) if chance.random() < 0.3 else xs, ys, zs]
