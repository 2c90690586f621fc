"""Which functions that compute the same again are told: those whose time a cache would save, and each time once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from probed import observed, write

from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.python import memoize
from perfprof.rules.reading.program import Program
from perfprof.rules.repeated.memoizing import argument_types, worth_keeping
from perfprof.rules.rule import Case

CHAIN = """
from elsewhere import cleaned

STYLE = {"joint": "-"}


def letters(text):
    return "".join(one for one in text if one.isalpha())


def key(text):
    return letters(text).lower() + str(sum(ord(one) for one in text))


def shown(text, width):
    return key(text)[:width] + "".join(one for one in letters(text))


def tidied(text):
    return letters(text) + "".join(one for one in cleaned(text))


def noted(text):
    print(text)
    return "".join(one for one in text)


def in_style(text):
    return "".join(one + STYLE["joint"] for one in text)


def alone(text):
    return sum(ord(one) for one in text)
"""


def cases(told: dict[str, tuple[float, float]]) -> list[Case]:
    """Of the functions named, with the share of each and how often arguments come again."""
    program = Program(Path("/"), lambda path: CHAIN)
    module = program.module(Path("/app.py"))
    assert module is not None
    found = [one for function in module.functions for one in memoize.looks_for(function, program)]
    seen: dict[str, Seen] = {}
    for one in found:
        again = int(10_000 * told.get(one.finding.subject, (0.0, 0.0))[1])
        for watch in one.watches:
            reads = {"again": again, "new": 10_000 - again} if watch.kind == "again" else {}
            text = watch.kind == "collection" or watch.id.endswith("made0")
            seen[watch.id] = Seen(
                watch.id, 10_000, {"builtins.str": 10_000} if text else {}, 9, 9, 90_000, {}, reads
            )
    named = [one for one in found if one.finding.subject in told]
    return [
        Case(replace(one, finding=replace(one.finding, share=told[one.finding.subject][0])), program, seen)
        for one in named
    ]


def left(told: dict[str, tuple[float, float]]) -> dict[str, str]:
    """Why functions are left, by their names."""
    given = cases(told)
    names = {case.suspect.finding.id: case.suspect.finding.subject for case in given}
    return {names[one]: why for one, why in memoize.told_once(given).items()}


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        # nearly the same is saved: the one that needs the fewest results
        ({"letters": (0.4, 0.99), "key": (0.5, 0.9), "shown": (0.55, 0.8)}, {"key": "letters", "shown": "letters"}),
        # the outer one saves much more
        ({"letters": (0.1, 0.99), "key": (0.5, 0.9)}, {"letters": "key"}),
        # nobody knows what the outer one depends on: what can be written is told, though it saves less
        ({"letters": (0.2, 0.9), "tidied": (0.8, 0.9)}, {"tidied": "letters"}),
        # nobody calls the other
        ({"key": (0.4, 0.9), "alone": (0.4, 0.9)}, {}),
        ({"key": (0.4, 0.9)}, {}),
        # too little by itself, so that it takes nothing from others
        ({"letters": (0.04, 0.99), "key": (0.3, 0.6)}, {}),
    ],
)
def test_one_time_is_told_once(told: dict[str, tuple[float, float]], wanted: dict[str, str]) -> None:
    assert left(told) == {one: f"its time is that of `{other}`" for one, other in wanted.items()}


@pytest.mark.parametrize(
    ("share", "again", "enough"), [(0.06, 0.9, True), (0.05, 0.9, False), (0.06, 0.6, False), (0.8, 0.4, False)]
)
def test_a_cache_must_save_a_part_of_the_run(share: float, again: float, enough: bool) -> None:
    (case,) = cases({"alone": (share, again)})
    assert worth_keeping(case).enough == enough


@pytest.mark.parametrize(
    ("name", "why"),
    [("tidied", ""), ("noted", "`print` is read from outside"), ("in_style", "`STYLE` is read from outside")],
)
def test_what_nobody_could_finish_is_cold(name: str, why: str) -> None:
    told = worth_keeping(cases({name: (0.8, 0.9)})[0])
    assert (told.enough, why in told.reason) == (not why, True)


def test_types_are_those_where_the_function_begins() -> None:
    """A name that is given another value before it is first read, and one that is not read in each call."""
    (case,) = cases({"shown": (0.5, 0.9)})
    begun = f"{case.suspect.finding.id}:again"
    types = {"builtins.tuple[builtins.str,builtins.int]": 9, "builtins.tuple[builtins.str,builtins.NoneType]": 1}
    case = replace(case, seen={**case.seen, begun: replace(case.seen[begun], types=types)})
    assert argument_types(case, 1) == ("builtins.NoneType", "builtins.int")


def test_a_run_tells_types_and_what_came_again(tmp_path: Path) -> None:
    calls = "for i in range(50):\n    shown(i % 3)\nshown('a', 7)\nshown([1])\n"
    write(tmp_path, work=f"def shown(value, width=None):\n    parts = value\n    return parts\n\n\n{calls}")
    asked = Watch("it", str(tmp_path / "work.py"), 2, 12, 2, 17, "again", "(value, width,)")
    told = observed(tmp_path, "work.py", watches=[asked]).seen["it"]
    assert (told.count, told.reads) == (52, {"again": 47, "new": 4, "other": 1})
    wanted = {("int", "NoneType"): 50, ("str", "int"): 1, ("list", "NoneType"): 1}
    assert told.types == {
        f"builtins.tuple[builtins.{one},builtins.{other}]": n for (one, other), n in wanted.items()
    }
