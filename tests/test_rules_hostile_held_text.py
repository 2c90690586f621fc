"""Old against new over hostile inputs, for text that an object, a dict, a list or a closure holds.

What is added is text, or looks at what is built, takes its place, or fails half-way; the place holds text, something
else, or nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

import pytest
from hostile import POOL, Once, compare, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 200
LOG: list[str] = []
HELD: list[Callable[[], object]] = []  # how to look at what is being built


class Looks(str):
    """Text that looks at what is built, from the right, and when it is formatted, told or asked."""

    def __radd__(self, other: object) -> str:
        look("radd")
        return "Looks"

    def __add__(self, other: object) -> str:
        look("add")
        return "Looks" + str(other)

    def __format__(self, spec: str) -> str:
        look("format")
        return "Looks"

    def __str__(self) -> str:
        look("str")
        return "Looks"

    def __bool__(self) -> bool:
        look("bool")
        return True

    def upper(self) -> str:
        look("upper")
        return "LOOKS"


class Taken:
    """Takes the place of what it is added to, and looks."""

    def __add__(self, other: object) -> object:
        look("taken")
        return self

    def __radd__(self, other: object) -> object:
        look("taken")
        return other if len(LOG) % 2 else self

    def __repr__(self) -> str:
        look("repr")
        return "Taken()"


def look(word: str) -> None:
    """What somebody sees half-way."""
    looking = HELD.pop() if HELD else None  # not while it is told what is there
    LOG.append(f"{word} {looking()!r}" if looking is not None else word)
    HELD.extend([looking] if looking is not None else [])


METHODS = """
class Page:
    text = "default"

    def __init__(self, begin):
        self.text = begin
        self.parts = begin if type(begin) is dict else {"body": begin}

    def write(self, xs, zs, sep, done):
        LOOP


class Slotted:
    __slots__ = ("text",)

    def __init__(self, begin):
        self.text = begin

    def write(self, xs, zs, sep, done):
        LOOP


class Below(Page):
    known = []
    text = property(lambda self: self.known[-1], lambda self, value: self.known.append(value))


def work(xs, ys, zs, given, shown):
    begin, sep = given
    done = []
    page = MAKE
    shown(lambda: (TOLD))
    try:
        got = page.write(xs, zs, sep, done)
    except Exception as error:
        got = type(error).__name__, str(error)
    return got, done, repr(TOLD)
"""
FUNCTIONS = """
def write(out, xs, zs, sep, done):
    LOOP


def work(xs, ys, zs, given, shown):
    begin, sep = given
    done = []
    out = MAKE
    shown(lambda: (TOLD))
    try:
        got = write(out, xs, zs, sep, done)
    except Exception as error:
        got = type(error).__name__, str(error)
    return got, done, repr(TOLD)
"""
CLOSURES = """
def work(xs, ys, zs, given, shown):
    begin, sep = given
    done = []
    text = MAKE

    def write(xs, zs, sep, done):
        nonlocal text
        LOOP

    shown(lambda: (TOLD))
    try:
        got = write(xs, zs, sep, done)
    except Exception as error:
        got = type(error).__name__, str(error)
    return got, done, repr(TOLD)
"""
# name: (program, how the place is made, the place, what is told of it)
PLACES = {
    "attribute": (METHODS, "Page(begin)", "self.text", "(page.__reduce_ex__(2)[2], page.text)"),
    "default": (METHODS, "Page.__new__(Page)", "self.text", "(page.__reduce_ex__(2)[2], Page.text)"),
    "slot": (
        METHODS,
        "Slotted(begin) if ys else Slotted.__new__(Slotted)",
        "self.text",
        "getattr(page, 'text', 0)",
    ),
    "below": (METHODS, "Below(begin)", "self.text", "Below.known"),
    "item": (METHODS, "Page({'body': begin} if ys else {})", "self.parts['body']", "page.parts"),
    "dict": (FUNCTIONS, "{'body': begin, 'rest': 0} if ys else {}", "out['body']", "out"),
    "last": (FUNCTIONS, "[0, begin] if ys else []", "out[-1]", "out"),
    "first": (FUNCTIONS, "[begin, 0] if ys else xs", "out[0]", "type(out) is list and out"),
    "nonlocal": (CLOSURES, "begin", "text", "text"),
}
LOOPS = (
    "for x in xs:\n    PLACE += x",
    "for x in xs:\n    PLACE = PLACE + x + sep",
    "for x in xs:\n    PLACE = x + PLACE",
    'for x in xs:\n    if not x:\n        continue\n    PLACE = f"{PLACE}{x!r:>4}; "',
    "for i, x in enumerate(xs):\n    if x == sep:\n        break\n    PLACE += '%s: %s ' % (i, x)\nelse:\n    i = 1",
    "for x in xs:\n    for y in zs:\n        PLACE += x.upper()\n        PLACE += y[0]",
    "for x, y in zip(xs, zs):\n    z = x + y\n    if z > sep:\n        return z\n    PLACE += z.ljust(3)",
    "for i in range(len(xs)):\n    PLACE += xs[i] + str(len(xs) // (i - 2))",
    "for x in xs:\n    PLACE += x.encode('ascii').decode()",
    "for (x, y) in xs:\n    PLACE += x + str(y) + sep",
    "for i, (x, y) in enumerate(xs):\n    if y:\n        PLACE = f'{y}' + x + PLACE\n",
    "for x in xs:\n    if x in zs:\n        PLACE += x\n    elif x is None:\n        pass\n    else:\n        PLACE += sep",
)


def source_of(place: str, loop: str) -> str:
    """A program that builds text in a place by a loop, and tells the text and what was raised."""
    program, make, where, told = PLACES[place]
    space = re.search("^( +)LOOP", program, re.MULTILINE)
    assert space is not None
    body = loop.replace("PLACE", where).replace("\n", "\n" + space[1])
    return program.replace("LOOP", body).replace("MAKE", make).replace("TOLD", told)


def imagined(watch: Watch, place: str, rows: bool = False) -> Seen:
    """Evidence of text in lists, or of rows of text, and of what holds the place."""
    name = watch.id.rpartition(":")[2]
    text, lists = {"builtins.str": 1000}, {"builtins.list": 1000}
    if name == "holder":
        return seen(watch, lists if place in ("last", "first") else {"builtins.dict": 1000}, {})
    known = name.startswith(("more", "whole")) or watch.end_column - watch.column == len("sep")
    held = {"builtins.tuple[builtins.str,builtins.str]": 500, "builtins.tuple[builtins.str,builtins.int]": 500}
    return seen(watch, text if known else lists, held if rows else text, 10_000, 300)


CASES = [
    pytest.param(place, old, new, id=f"{place}-{number}")
    for place in PLACES
    for number, loop in enumerate(LOOPS)
    for old in [source_of(place, loop)]
    for _, new in rewrites(old, lambda watch, place=place, loop=loop: imagined(watch, place, "(x, y)" in loop), {"held-concatenation"})  # type: ignore[misc]
]


def test_every_program_is_rewritten() -> None:
    assert {str(case.id).rpartition("-")[0] for case in CASES} == set(PLACES)
    assert len(CASES) >= len(PLACES) * len(LOOPS)


@pytest.mark.parametrize(("place", "old", "new"), CASES)
def test_old_and_new_agree(place: str, old: str, new: str) -> None:
    chance = random.Random(old)
    compare(old, new, RUNS, lambda: arguments(chance, "(x, y)" in old), told)


def told() -> list[str]:
    """What was seen half-way since the last time."""
    found = LOG[:]
    LOG.clear()
    HELD.clear()
    return found


class Walked(tuple[object, ...]):
    """A row that looks at what is built when it is walked."""

    def __iter__(self) -> Iterator[object]:
        look("walked")
        return super().__iter__()


def row(first: object, second: object, chance: random.Random) -> object:
    """A pair; now and then what is none, or only looks like one."""
    odd = [[first, second], (first,), (first, second, 1), Walked((first, second)), "ab", first]
    return (first, second) if chance.random() < 0.9 else chance.choice(odd)


def arguments(chance: random.Random, rows: bool) -> list[object]:
    """Mostly text; now and then what looks, what is no text, or what can be walked only once."""
    friendly: list[object] = ["a", "b", "", "ab ", "ä", "a"]
    wild = [
        *friendly,
        Looks("t"),
        Looks(""),
        Taken(),
        b"x",
        *(one for one in POOL if type(one) is not list),
    ]  # lists would grow
    odd = [Looks("t"), Taken(), b"x", 1, None, ("a",)]
    pool = wild if chance.random() < 0.4 else friendly
    xs: list[object] = [chance.choice(pool) for _ in range(chance.choice((0, 1, 2, 5, 9)))]
    zs: list[object] = [chance.choice(pool) for _ in range(chance.choice((0, 1, 2, 5)))]
    if chance.random() < 0.1:
        zs = xs
    if rows:
        others = [*friendly, Looks("t"), Taken(), b"x", 1, 2, True, 2.5, None]
        many = others if chance.random() < 0.4 else [*friendly, 1, 2]
        xs = [row(chance.choice(many), chance.choice(many), chance) for _ in xs]
    first = Once(xs) if chance.random() < 0.05 else tuple(xs) if chance.random() < 0.05 else xs
    begin = chance.choice(["", "begun", "begun"] if chance.random() < 0.8 else odd)
    sep = chance.choice(["a", ", "] if chance.random() < 0.9 else odd)
    return [first, chance.choice([[], [1], [1]]), zs, [begin, sep], HELD.append]
