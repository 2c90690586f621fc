"""Results that are kept while what the function needs stays the same: old against new, while names are given other values."""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile import rewrites, seen

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.python import memoize
from perfprof.rules.reading.program import Program
from perfprof.rules.repeated.memoizing import needed, repeated_functions
from perfprof.rules.rule import Case

RUNS = 120  # of each program, with twelve calls each
HEAD = """import re
import string
from math import ceil
from string import digits

BASE = 10
SIGNS = ("-", "+", 1)
SKIPPED = frozenset({"a", 1, 2})
WORD = re.compile("[a-z0-9]+", re.I)
MISSING = None


def doubled(value):
    return value * 2


def split(text, joint=" "):
    return WORD.findall(str(text) + joint)


def counted(value):
    found = split(value)
    found.append(BASE)
    return found


"""
BODIES = {
    "constant": "return sum(ord(one) % BASE for one in str(x))",
    "tuple": "return [one for one in (x, y) if one not in SIGNS][:1] == [] or x",
    "set": "return ' '.join(one for one in str(x) if one not in SKIPPED)",
    "pattern": "return '|'.join(one for one in WORD.findall(f'{x} {y}'))",
    "helper": "return doubled(x)",
    "helpers": "return str(doubled(doubled(x))) + str(len(split(y)))",
    "chain": "return len(counted(x)) * 100 + len(counted(y))",
    "standard": "return ceil(len(str(x)) / 2) * 7 + sum(one in digits for one in str(y))",
    "letters": "return ''.join(one for one in str(x) if one in string.ascii_letters) or str(y)",
    "none": "return [x if MISSING is None else y for one in (1,)][0]",
    "caught": "try:\n        return int(doubled(x)) // BASE\n    except (TypeError, ValueError):\n        return SIGNS[0]",
}


def noting(told: list[Any], gives: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """A function that notes what it is called with."""

    def noted(*given: Any) -> Any:
        told.append(given)
        return gives(told)

    return noted


PATCHES: dict[str, list[Callable[[list[Any]], Any]]] = {
    "BASE": [lambda told: 7, lambda told: 10.0, lambda told: True, lambda told: int("10"), lambda told: told],
    "SIGNS": [lambda told: ["-"], lambda told: (True, "x"), lambda told: "-+", lambda told: None],
    "SKIPPED": [lambda told: {"a"}, lambda told: frozenset({"b"}), lambda told: frozenset({"a", True, 2.0})],
    "WORD": [lambda told: __import__("re").compile("[0-9]"), lambda told: None],
    "MISSING": [lambda told: 0, lambda told: told],
    "doubled": [lambda told: noting(told, len), lambda told: str, lambda told: None],
    "split": [lambda told: noting(told, list), lambda told: dir],
    "ceil": [lambda told: noting(told, len), lambda told: int, lambda told: None],
    "digits": [lambda told: "ab", lambda told: ["1"], lambda told: None],
    "counted": [lambda told: lambda value: [*told, value]],
}
VALUES = [0, 1, True, False, 1.0, 2, 12, "a", "1", "", "ab cd", b"a", None, (1,), "A1 b"]
TYPES = {
    "int": {"builtins.int": 5}, "str": {"builtins.str": 5}, "both": {"builtins.int": 5, "builtins.str": 5},
}  # fmt: skip
GIVEN = {"builtins.int": 5, "builtins.str": 5, "builtins.bool": 5}


def source_of(body: str) -> str:
    return f"{HEAD}def computed(x, y=1):\n    'says it'\n    (x, y)\n    {BODIES[body]}\n"


def imagined(types: dict[str, int]) -> Callable[[Watch], Seen]:
    def of(watch: Watch) -> Seen:
        made = watch.id.rpartition(":")[2].startswith("made")
        return seen(watch, GIVEN if made else types, GIVEN, 1000, 10)

    return of


CASES = [
    pytest.param(source_of(body), new, id=f"{body}-{name}")
    for body in BODIES
    for name, types in TYPES.items()
    for _, new in rewrites(source_of(body), imagined(types), {"memoize"})
    if "_anew(x" in new and "_known_computed" in new
]


def test_every_program_is_rewritten() -> None:
    assert len(CASES) == len(BODIES) * len(TYPES)


@pytest.mark.parametrize(("old", "new"), CASES)
def test_old_and_new_agree(old: str, new: str) -> None:
    chance = random.Random(old)
    rooms: list[dict[str, Any]] = [{}, {}]
    for text, room in zip((old, new), rooms, strict=True):
        exec(compile(text, "work.py", "exec"), room)
    first = dict(rooms[0]), dict(rooms[1])
    for _ in range(RUNS):
        plan = [_step(chance) for _ in range(12)]
        assert told_by(rooms[0], first[0], plan) == told_by(rooms[1], first[1], plan), (plan, new)


def _step(chance: random.Random) -> tuple[str, Any]:
    """A call, a name that is given another value, or one that gets its own value back."""
    word = chance.choice(["call", "call", "call", "call", "change", "back"])
    if word == "call":
        return word, chance.choices(VALUES, k=chance.choice([1, 2]))
    name = chance.choice([*PATCHES])
    return word, (name, chance.choice(PATCHES[name]))


def told_by(room: dict[str, Any], first: dict[str, Any], plan: list[tuple[str, Any]]) -> list[Any]:
    """All results and errors, and what the functions that were put in were called with."""
    said: list[Any] = []
    noted: list[Any] = []
    for word, what in plan:
        if word == "change":
            room[what[0]] = what[1](noted)
        elif word == "back":
            room[what[0]] = first[what[0]]
        else:
            try:
                result = room["computed"](*what)
                said.append((type(result).__name__, repr(result)))
            except Exception as error:
                said.append((type(error).__name__, str(error)))
    for name in PATCHES:
        room[name] = first[name]
    return [said, repr(noted)]


APP = "from settings import BASE, NAMES\nfrom texts import joint, noted, split\n\n\ndef key(text):\n    return sum({})\n"
SETTINGS = 'BASE = 10\nNAMES = {"a": 1}\n'
TEXTS = """JOINT = "-"


def split(text):
    return [one for one in text.split() if len(one) > 1]


def joint(text):
    return JOINT + text


def noted(text):
    print(text)
    return text
"""


NEEDS = {
    "len(one) * BASE for one in split(text)": ("BASE", "split"),
    "len(joint(one)) for one in split(text)": ("joint", 'getattr(joint, "__globals__", {}).get("JOINT")', "split"),
    "NAMES.get(one, 0) for one in split(text)": None,  # a dict that anybody may change
    "len(noted(one)) for one in split(text)": None,
}


@pytest.mark.parametrize("body", NEEDS)
def test_names_of_other_modules(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, source in {"app.py": APP.format(body), "settings.py": SETTINGS, "texts.py": TEXTS}.items():
        (tmp_path / name).write_text(source)
    program = Program(tmp_path, lambda path: path.read_text())
    module = program.module(tmp_path / "app.py")
    function = module.function("key") if module is not None else None
    assert function is not None
    (found,) = repeated_functions(function, program)
    names, problem = needed(found, program)
    wanted = NEEDS[body]
    assert (problem is None) == (wanted is not None)
    if wanted is None:
        return
    assert {*names} == {*wanted}
    (suspect,) = memoize.looks_for(function, program)
    new = apply_edits(APP.format(body), memoize.RULE.rewrite(Case(suspect, program)).edits)
    monkeypatch.syspath_prepend(tmp_path)
    texts, settings = (importlib.import_module(name) for name in ("texts", "settings"))
    try:
        rooms: list[dict[str, Any]] = [{}, {}]
        for source, room in zip((APP.format(body), new), rooms, strict=True):
            exec(source, room)
        assert sum("_known_key" in room for room in rooms) == 1
        for joint in ("-", "++", "-"):
            texts.JOINT, settings.BASE = joint, len(joint)  # type: ignore[attr-defined]
            assert rooms[0]["key"]("ab cde") == rooms[1]["key"]("ab cde") == rooms[1]["key"]("ab cde")
    finally:
        del sys.modules["texts"], sys.modules["settings"]
