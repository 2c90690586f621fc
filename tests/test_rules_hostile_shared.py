"""Old against new over hostile inputs, for expressions that several statements compute from the same values.

Operands are plain data, or objects that note how often they are added, compared and asked, and fail now and then.
"""

from __future__ import annotations

import random

import pytest
from hostile import POOL, Once, compare, entangled, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 200
LOG: list[str] = []


class Noted:
    """Notes what is done with it; every fifth time it fails."""

    def note(self, word: str) -> None:
        LOG.append(word)
        if len(LOG) % 5 == 4:
            raise ValueError(f"{word} {len(LOG)}")

    def __add__(self, other: object) -> object:
        self.note("add")
        return self

    __radd__ = __mul__ = __add__

    def __lt__(self, other: object) -> bool:
        self.note("less")
        return len(LOG) % 2 == 0

    __gt__ = __ge__ = __lt__

    def __eq__(self, other: object) -> bool:
        self.note("equal")
        return False

    def __hash__(self) -> int:
        self.note("hash")
        return 3

    def __bool__(self) -> bool:
        self.note("bool")
        return True

    def __repr__(self) -> str:
        return "Noted()"


class Word(str):
    """Text that notes when it is asked."""

    def upper(self) -> str:
        LOG.append("upper")
        return "W"

    def __len__(self) -> int:
        LOG.append("len")
        return 2

    def __iter__(self):  # type: ignore[no-untyped-def]
        LOG.append("iter")
        return iter("ab")


HEAD = """
def far(a, b, c=2):
    found = c
    for x in str(a):
        for y in str(b):
            found += x != y
    if found > 40:
        raise ValueError(found)
    return found if found % 3 else str(found) if found % 2 else [found]


def work(xs, ys, zs, more):
    a, b = more
    done = []
"""
LISTS = (
    "sorted(xs)",
    "max(xs)",
    "sum(xs)",
    "min(xs, default=0)",
    "len([x for x in xs if x > 1])",
    "sum(x * x for x in xs if x)",
    "any(x == 2 for x in xs)",
    "set(xs)",
    "max([x + 1 for x in xs])",
)
TEXTS = ("a.split()", "sorted(a)", "len(set(a.lower()))", "a.replace('a', b)")
CALLS = ("far(a, b)", "far(a + b, b)", "far(b, a, 3)", "far(a, a[0])")
CONTEXTS = (
    "done.append(len(str(SAME)))\n    done.append(SAME == 2)",
    "low, high = len(str(SAME)), str(SAME)\n    done.append((low, high))",
    "if not SAME:\n        done.append(0)\n    elif ys and SAME:\n        done.append(1)\n    done.append(repr(SAME))",
    "if SAME == 2 and a != b:\n        for y in ys:\n            done.append((y, not SAME))\n    else:\n        done.append(str(SAME) + 'x')",
    "for y in ys:\n        first = str(SAME)\n        if y in zs:\n            continue\n        done.append((first, y, SAME == 3))",
    "try:\n        done.append(str(SAME))\n        done.append(str(SAME) * 2)\n    except (TypeError, ValueError, IndexError) as error:\n"
    "        done.append(str(error))\n    done.append(1)",
    "if ys:\n        done.append(str(SAME))\n    else:\n        done.append(str(SAME) + '!')\n    done.append([y for y in zs])\n    done.append(str(SAME))",
    "done.append(1 if ys and str(SAME) else 2)\n    zs.append(3)\n    done.append(str(SAME))",
    "out = {str(SAME): 1}\n    out[str(SAME)] = str(SAME)\n    done.append(out)",
)


MADE = {"sorted(xs)", "set(xs)", "a.split()", "sorted(a)"}  # of these nobody may hold what is shared
READ = (("len(str(SAME))", "len(SAME)"), ("str(SAME)", "len(SAME)"), ("repr(SAME)", "min(SAME)"))
READ += (("SAME == 2", "2 in SAME"), ("SAME == 3", "a in SAME"))  # type: ignore[assignment]


def source_of(expression: str, context: str) -> str:
    """A program that computes an expression at several places."""
    for told, read in READ if expression in MADE else ():
        context = context.replace(told, read)
    return f"{HEAD}    {context.replace('SAME', expression)}\n    return done\n"


def imagined(watch: Watch, expression: str) -> Seen:
    """Evidence of ints in lists, of texts, and of what the function gives."""
    name = watch.id.rpartition(":")[2]
    if watch.kind == "order":
        return Seen(watch.id, 10, reads={"order": 0, "other": 10, "unknown": 0})
    if name.startswith("made"):
        return seen(watch, {"builtins.int": 500, "builtins.str": 500}, {})
    if expression in LISTS:
        return seen(watch, {"builtins.list": 1000}, {"builtins.int": 1000}, 1000, 300)
    return seen(watch, {"builtins.str": 1000}, {"builtins.str": 1000}, 1000, 300)


CASES = [
    pytest.param(expression, old, new, id=f"{expression.replace('::', '')}-{number}-{which}")
    for expression in (*LISTS, *TEXTS, *CALLS)
    for number, context in enumerate(CONTEXTS)
    for old in [source_of(expression, context)]
    for which, (_, new) in enumerate(
        rewrites(old, lambda watch, e=expression: imagined(watch, e), {"common-subexpression"})  # type: ignore[misc]
    )
]


def test_programs_are_rewritten() -> None:
    assert {str(case.values[0]) for case in CASES} == {*LISTS, *TEXTS, *CALLS}
    assert len(CASES) >= 90


@pytest.mark.parametrize(("expression", "old", "new"), CASES)
def test_old_and_new_agree(expression: str, old: str, new: str) -> None:
    chance = random.Random(old)
    compare(old, new, RUNS, lambda: arguments(chance), told)


def told() -> list[str]:
    """What was noted since the last time."""
    found = LOG[:]
    LOG.clear()
    return found


def arguments(chance: random.Random) -> list[object]:
    """Lists of ints, mostly, which may be one list; two texts, mostly."""
    numbers: list[object] = [0, 1, 2, 3, 7, -1, 12]
    wild = [*numbers, *(one for one in POOL if type(one) is not list), Noted(), Noted()]
    pool = wild if chance.random() < 0.4 else numbers
    xs, ys, zs = ([chance.choice(pool) for _ in range(chance.choice((0, 1, 2, 5, 9)))] for _ in range(3))
    words: list[object] = ["a", "ab", "", "b a", "aaaaaaaaaaaaaaaaa"]
    odd = [*words, Word("ab c"), 1, 12.0, None, b"ab", (1, "a"), True]
    more: list[object] = [chance.choice(words if chance.random() < 0.7 else odd) for _ in range(2)]
    given = entangled(chance, xs, ys, zs)
    if isinstance(given[0], Once):
        given[0] = xs
    return [*given, more]
