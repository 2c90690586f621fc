"""A set that is given up before a branch calls what may change the list: old against new, whatever that call does."""

from __future__ import annotations

import random
from pathlib import Path
from types import FunctionType, SimpleNamespace

import pytest
from hostile import compiled, rewrites, seen

from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.reading.program import Program
from perfprof.rules.searching.asked_lists import memberships

WORDS = ["a", "b", "c", "d", "e", "f"]
# where the list is: `ys` in the bodies
PLACES = {"parameter": "ys", "attribute": "self.ys", "global": "YS", "item": 'self["ys"]'}
BODIES = {
    "else": "if x in ys:\n    out.append(x)\nelse:\n    deed(x)",
    "deeper": "if x not in ys:\n    out.append(x)\n    if x != 'a':\n        deed(x)",
    "two": "if x in ys:\n    if x == 'b':\n        got = deed(x)\n        out.append(got)\nelif x:\n    out.append(deed(x))",
    "caught": "if x not in ys:\n    try:\n        deed(x)\n    except ValueError:\n        out.append(x)",
    "handler": "try:\n    out.append(x in ys or int(x))\nexcept ValueError:\n    deed(x)",
    "twice": "if x not in ys:\n    deed(x)\n    deed(x)\nout.append(x in ys)",
    "asks": "if x not in ys:\n    out.append(deed(x) or x in ys)",
    "chosen": "out += [y for y in xs if y in ys]\nif x == 'c':\n    deed(x)",
    "lambda": "out += filter(lambda y: y in ys, xs)\nif x == 'c':\n    deed(x)",
    "leaves": "if x not in ys:\n    deed(x)\n    break",
    "method": "if x not in ys:\n    self.deed(x)\n    out.append(x)",
}


def source(body: str, place: str, nested: bool) -> str:
    """A function that walks, asks, and in a branch does a deed of which nothing is known."""
    text = body.replace("ys", place) if place != "ys" else body
    loop = "for x in xs:\n" + "".join(f"    {line}\n" for line in text.splitlines())
    if nested:
        loop = "for _ in range(2):\n" + "".join(f"    {line}\n" for line in loop.splitlines())
    inside = "".join(f"    {line}\n" for line in loop.splitlines())
    return f"YS = []\n\ndef work(xs, ys, self, deed):\n    out = []\n{inside}    return out\n"


def imagined(watch: Watch) -> Seen:
    held = {"builtins.list": 9} if ":base" in watch.id or watch.id.endswith("it0") else {"builtins.str": 9}
    return seen(watch, {"builtins.dict": 9} if ":held" in watch.id else held, {"builtins.str": 9})


class Holder(SimpleNamespace):
    """An object with items as well."""

    def __getitem__(self, key: str) -> object:
        return getattr(self, key)


def outcome(work: object, number: int) -> object:
    """What comes of a run, with the deeds that the number gives, and the list afterwards."""
    assert isinstance(work, FunctionType)
    chance = random.Random(number)
    odd: list[object] = [None, 1, 1.5]
    held = Holder(ys=chance.choices(WORDS, k=chance.choice([0, 1, 3])))
    work.__globals__["YS"] = given = held.ys
    xs = [chance.choice(odd if chance.random() < 0.2 else WORDS) for _ in range(12)]
    deeds = chance.choices(["", "add", "clear", "replace", "another", "raise"], k=20)

    def deed(x: object) -> object:
        one = deeds.pop()
        if one == "add":
            held.ys.append(x)
        elif one == "clear":
            held.ys.clear()
        elif one == "replace":
            held.ys[:1] = [x]
        elif one == "another":
            held.ys = ["d", x]
            work.__globals__["YS"] = held.ys
        elif one == "raise":
            held.ys[:] = [x]
            raise ValueError
        return one

    held.deed = deed
    try:
        result = work(xs, given, held, deed)
    except Exception as error:
        result = type(error).__name__
    return result, held.ys, given, deeds


def cases() -> list[tuple[str, str, bool]]:
    return [(body, place, nested) for body in BODIES for place in PLACES for nested in (False, True)]


@pytest.mark.parametrize(("body", "place", "nested"), cases())
def test_what_a_branch_does_to_the_list_is_seen(body: str, place: str, nested: bool) -> None:
    old = source(BODIES[body], PLACES[place], nested)
    for _, new in rewrites(old, imagined, only={"list-membership"}):
        before, after = compiled(old), compiled(new)
        for number in range(150):
            assert outcome(before, number) == outcome(after, number), new


@pytest.mark.parametrize("place", ["parameter", "attribute", "global"])
@pytest.mark.parametrize(
    "body", ["else", "deeper", "two", "caught", "handler", "twice", "asks", "chosen", "method"]
)
def test_it_is_given_up(body: str, place: str) -> None:
    news = [new for _, new in rewrites(source(BODIES[body], PLACES[place], False), imagined, {"list-membership"})]
    assert any("_set = " in new.partition("for x in xs")[2] for new in news), news


@pytest.mark.parametrize(
    "body",
    [
        "deed(x)\nif x in ys:\n    out.append(x)",  # in each turn
        "if x in ys:\n    ys.remove(x)",  # of the list itself
        "if x in ys: deed(x)",  # no line of its own
        "if x not in ys:\n    ys = deed(x)",  # another list
        "if x not in ys:\n    yield deed(x)",  # others may run while it waits
        "if x not in ys:\n    while deed(x):\n        pass",  # no simple statement
        "if x in ys:\n    deed(1)\nif x == 1:\n    deed(2)\nif x == 2:\n    deed(3)",  # in more places than anybody reads
    ],
)
def test_it_is_left(body: str) -> None:
    program = Program(Path("/"), lambda path: source(body, "ys", False))
    module = program.module(Path("/work.py"))
    assert module is not None
    found = [one for function in module.functions for one in memberships(function, program)]
    assert found
    assert not any(one.asides for one in found)
