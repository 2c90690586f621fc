"""Old against new over hostile inputs, for text, bytes and tuples that a loop builds.

What is added is of the kind that is built, or not: subclasses, and objects that add themselves from the right.
"""

from __future__ import annotations

import random

import pytest
from hostile import POOL, Once, compare, lists, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

RUNS = 300
TEXT, BYTES, TUPLE = "str", "bytes", "tuple"
LOG: list[str] = []


class Text(str):
    """Text that adds itself in its own way."""

    def __add__(self, other: object) -> str:
        return "<" + str(other)

    def __radd__(self, other: object) -> str:
        LOG.append(f"radd {other!r}")
        return "Text"


class Added:
    """Takes the place of what it is added to."""

    def __add__(self, other: object) -> object:
        LOG.append(f"add {other!r}")
        return self

    def __radd__(self, other: object) -> object:
        LOG.append(f"radd {other!r}")
        return other if len(LOG) % 2 else self

    def __format__(self, spec: str) -> str:
        LOG.append(f"format {spec!r}")
        return "Added"

    def __repr__(self) -> str:
        return "Added()"


class Row(tuple[object, ...]):
    """A tuple of its own kind."""

    def __radd__(self, other: object) -> str:
        return f"row of {other!r}"


FRIENDLY: dict[str, list[object]] = {
    TEXT: ["a", "b", "ab ", "", "ä"],
    BYTES: [b"a", b"", b"bc"],
    TUPLE: [(1,), (), ("a", 2), ([],)],
}
WILD = [*POOL, Text("t"), Text(""), Added(), Row((1,)), bytearray(b"x"), b"y", "z"]

# What is built is `s` in all of them; {0} is what it begins with.
PROGRAMS = {
    "prepended": ("for x in xs:\n        s = x + s", (TEXT, BYTES, TUPLE)),
    "in-place": ("for x in xs:\n        s += x", (BYTES, TUPLE)),
    "appended": ("for x in xs:\n        if x in zs:\n            continue\n        s = s + x", (BYTES, TUPLE)),
    "made": ("for x in xs:\n        s += (x,)\n        s += (x, *ys)", (TUPLE,)),
    "made-before": ("for x in xs:\n        s = (x,) + s", (TUPLE,)),
    "two": ("for x in xs:\n        s = s + x + ', '", (TEXT,)),
    "two-bytes": ("for x in xs:\n        s = s + b'<' + x + b'>'", (BYTES,)),
    "two-before": ("for x in xs:\n        s = '(' + x + ')' + s", (TEXT,)),
    "packed": ("for x in xs:\n        s += struct.pack('>2s', x) + bytes((len(ys),))", (BYTES,)),
    "packed-only": ("for x in xs:\n        s += struct.pack('>2s', x)\n        s += bytes([len(x)] * 2)", (BYTES,)),
    "percent": ("for x in xs:\n        s = s + '%s-%r' % (x, ys) + chr(len(x))", (TEXT,)),
    "joined": ("for x in xs:\n        s = ', '.join(ys) + s", (TEXT,)),
    "formatted": ("for x in xs:\n        s = f'{s}{x!r:>3}; '", (TEXT,)),
    "formatted-end": ("for x in xs:\n        s = f'{s}, '\n        s += x", (TEXT,)),
    "broken": (
        "for x in xs:\n        if x == 1:\n            break\n        s = x + s\n    else:\n        zs.append('all')",
        (TEXT, BYTES, TUPLE),
    ),
    "broken-else": (
        "for x in xs:\n        if not x:\n            break\n        s = x + s\n    else:\n        for y in ys:\n            s = y + s",
        (TEXT, BYTES, TUPLE),
    ),
    "caught": (
        "for x in xs:\n        try:\n            s = x + s\n        except Exception as error:\n"
        "            zs.append(str(error))\n        else:\n            zs.append(x)",
        (TEXT, BYTES, TUPLE),
    ),
    "nested": (
        "for x in xs:\n        for y in ys:\n            s = y + s\n        zs.append(s)",
        (TEXT, BYTES, TUPLE),
    ),
    "twice": ("for x in xs:\n        s = x + s\n    for y in ys:\n        s = y + s", (TEXT, BYTES, TUPLE)),
    "while": ("i = 0\n    while i < len(xs):\n        s = xs[i] + s\n        i += 1", (TEXT, BYTES, TUPLE)),
    "added-before": ("s += zs.pop()\n    for x in xs:\n        s = x + s", (TEXT, BYTES, TUPLE)),
    "returned": (
        "for x in xs:\n        if x in ys:\n            return x\n        s = x + s",
        (TEXT, BYTES, TUPLE),
    ),
    "in-turn": (
        "for x in xs:\n        s = {0}\n        for y in ys:\n            s = y + s\n        zs.append(s)",
        (TEXT, BYTES, TUPLE),
    ),
    "yielded": ("for x in (lambda: xs)():\n        s = x + s\n        zs.append(x)", (TEXT, BYTES, TUPLE)),
}
BEGIN = {TEXT: ("''", "'begun'"), BYTES: ("b''", "b'begun'"), TUPLE: ("()", "(1, 'begun')")}


def source_of(name: str, begin: str) -> str:
    body = PROGRAMS[name][0].replace("{0}", begin)
    return (
        f"import struct\n\n\ndef work(xs, ys, zs):\n    s = {begin}\n    {body}\n    return s, type(s).__name__\n"
    )


def imagined(watch: Watch, kind: str) -> Seen:
    held = {f"builtins.{kind}": 1000}
    return seen(watch, held, held, 10_000, 300)


CASES = [
    pytest.param(name, kind, begin, new, id=f"{name}-{begin}-{number}")
    for name, (_, kinds) in PROGRAMS.items()
    for kind in kinds
    for begin in BEGIN[kind]
    for number, (_, new) in enumerate(
        rewrites(source_of(name, begin), lambda watch, kind=kind: imagined(watch, kind), {"immutable-concatenation"})  # type: ignore[misc]
    )
]


def test_every_program_is_rewritten() -> None:
    assert not set(PROGRAMS) - {str(case.values[0]) for case in CASES}


@pytest.mark.parametrize(("name", "kind", "begin", "new"), CASES)
def test_old_and_new_agree(name: str, kind: str, begin: str, new: str) -> None:
    chance = random.Random(name)
    compare(source_of(name, begin), new, RUNS, lambda: arguments(chance, kind), told)


def told() -> list[str]:
    """What was logged since the last time."""
    found = LOG[:]
    LOG.clear()
    return found


def arguments(chance: random.Random, kind: str) -> list[object]:
    """Three lists, often of the kind that is built; sometimes wild, or one list twice, or an iterator."""
    pool = FRIENDLY[kind]
    if chance.random() < 0.5:
        pool = [*pool, *pool, *pool, *chance.sample(WILD, 3)]
    xs, ys, zs = lists(chance, pool, (0, 1, 2, 5, 9))
    shape = chance.random()
    if shape < 0.1:
        zs = ys
    elif shape < 0.2:
        xs = ys
    elif shape < 0.25:
        return [Once(xs), ys, zs]
    return [xs, ys, zs]
