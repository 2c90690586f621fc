"""Old against new over hostile inputs, for loops that cut off the beginning of a text, of bytes or of a list."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hostile import POOL, compare, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 250
MAKES = {
    "xs": "builtins.str",
    '"".join(map(str, xs))': "builtins.str",
    "list(xs)": "builtins.list",
    "tuple(ys)": "builtins.tuple",
}
TESTS = ("rest", "not not rest", "len(rest) > 1", "rest and zs", "True")
USES = (
    "rest[0]",
    "rest[3]",
    "(rest[:2], rest[1:3])",
    "rest[:k]",
    "rest[k:5]",
    "rest[k:-1]",
    "len(rest) * 2",
    "(rest.index(zs[0]) + 1, len(rest))",
    "(not rest, 1 if rest else 2)",
    "(rest.find(zs[0]), rest.startswith(zs[0]), rest.endswith(zs[0]))",
)
STEPS = ("rest = rest[1:]", "rest = rest[k:]", "k, rest = 2, rest[len(zs[:2]) :]", "rest = rest[len(rest[:3]) :]")


def source_of(make: str, test: str, use: str, step: str) -> str:
    """A loop that makes at most nine turns, with an exit half-way that gives away what is left."""
    return (
        f"def work(xs, ys, zs, k):\n    rest = {make}\n    done = []\n    ys.append(done)\n    while {test}:\n"
        f"        if len(done) > 8:\n            return done, rest\n        done.append({use})\n        {step}\n"
        "        if done[-1] == 3:\n            break\n    return done, rest\n"
    )


def programs() -> list[tuple[str, str]]:
    """Each way to make it and to step with each test or use, not all with all."""
    chosen = [
        (make, test, use, step)
        for number, (use, step) in enumerate((use, step) for use in USES for step in STEPS)
        for make in MAKES
        for test in (TESTS[number % len(TESTS)], TESTS[(number + 2) % len(TESTS)])
    ]
    return [(make, source_of(make, test, use, step)) for make, test, use, step in chosen]


def imagined(make: str) -> Callable[[Watch], Seen]:
    """Evidence of the type that it is."""
    return lambda watch: seen(watch, {MAKES[make]: 5}, {})


CASES = [
    pytest.param(make, old, new, id=str(number))
    for number, (make, old) in enumerate(programs())
    for _, new in rewrites(old, imagined(make), {"repeated-slice"})
]


def test_every_program_is_rewritten() -> None:
    assert len(CASES) == len(programs())


@pytest.mark.parametrize(("make", "old", "new"), CASES)
def test_old_and_new_agree(make: str, old: str, new: str) -> None:
    chance = random.Random(old)
    compare(old, new, RUNS, lambda: arguments(chance, make))


def arguments(chance: random.Random, make: str) -> list[object]:
    """A text or bytes where nothing makes it one; a list of anything else; what it is asked for; and a bound."""
    text: object = "".join(chance.choice("ab;é😀") for _ in range(chance.choice((0, 1, 2, 5, 9, 30))))
    if make == "xs" and chance.random() < 0.5:
        text = str(text).encode()
    if make == "list(xs)":
        text = [chance.choice(POOL) for _ in range(chance.choice((0, 1, 2, 5, 9)))]
    ys: list[object] = [chance.choice(POOL) for _ in range(chance.choice((0, 1, 2, 5, 9)))]
    asked = [chance.choice(["a", ";", "", b"a", b"", 97, None, "ab", ("a", "b"), 3])]
    return [text, ys, asked, chance.choice([0, 1, 2, 3, 50, -1, -2, -50, None, True, "a", 1.5, 2**70, -(2**70)])]
