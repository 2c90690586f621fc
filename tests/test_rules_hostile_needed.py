"""Results of functions that need constants and functions of the project: old against new, and names that get other values."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile import Anything, Loose, rewrites, seen

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen, Watch
from perfprof.rules.python import memoize
from perfprof.rules.reading.program import Program
from perfprof.rules.repeated.memoizing import needed
from perfprof.rules.rule import Case, Level, Proof, weigh

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


VALUES = [
    0,
    1,
    True,
    False,
    1.0,
    -0.0,
    0.0,
    2,
    12,
    "a",
    "1",
    "",
    "ab cd",
    b"a",
    None,
    (1,),
    "A1 b",
    [1],
    Loose("A"),
    Loose("a"),
    Anything(),
]
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
    if "_computed_cached(x" in new
]


def test_every_program_is_rewritten() -> None:
    assert len(CASES) == len(BODIES) * len(TYPES)


@pytest.mark.parametrize(("old", "new"), CASES)
def test_old_and_new_agree(old: str, new: str) -> None:
    chance = random.Random(old)
    rooms: list[dict[str, Any]] = [{}, {}]
    for text, room in zip((old, new), rooms, strict=True):
        exec(compile(text, "work.py", "exec"), room)
    for _ in range(RUNS):
        plan = [chance.choices(VALUES, k=chance.choice([1, 2])) for _ in range(12)]
        assert told_by(rooms[0], plan) == told_by(rooms[1], plan), (plan, new)


def told_by(room: dict[str, Any], plan: list[list[Any]]) -> list[tuple[str, str]]:
    """All results and errors."""
    said = []
    for given in plan:
        try:
            result = room["computed"](*given)
            said.append((type(result).__name__, repr(result)))
        except Exception as error:
            said.append((type(error).__name__, str(error)))
    return said


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
    "len(one) * BASE for one in split(text)": {"BASE", "split"},
    "len(joint(one)) for one in split(text)": {"joint", "JOINT", "split"},
    "NAMES.get(one, 0) for one in split(text)": None,  # a dict that anybody may change
    "len(noted(one)) for one in split(text)": None,
}
KEPT, LEFT = [body for body in NEEDS if NEEDS[body]], [body for body in NEEDS if not NEEDS[body]]


def argued(body: str, folder: Path, more: str = "") -> tuple[Case, tuple[Proof, ...]]:
    """What is said of `key`, in a project of three files and one more."""
    for name, source in {
        "app.py": APP.format(body),
        "settings.py": SETTINGS,
        "texts.py": TEXTS,
        "more.py": more,
    }.items():
        (folder / name).write_text(source)
    program = Program(folder, lambda path: path.read_text())
    module = program.module(folder / "app.py")
    function = module.function("key") if module is not None else None
    assert function is not None
    (suspect,) = memoize.looks_for(function, program)
    case = Case(suspect, program, {one.id: imagined(TYPES["str"])(one) for one in suspect.watches})
    return case, weigh(memoize.RULE, case)[0]


def opens(proofs: tuple[Proof, ...]) -> set[str]:
    return {one.obligation for one in proofs if one.level is Level.OPEN}


@pytest.mark.parametrize("body", KEPT)
def test_names_of_other_modules(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, proofs = argued(body, tmp_path)
    assert not opens(proofs)
    assert set(needed(case.suspect.reading, case.program)[0].names) == NEEDS[body]
    new = apply_edits(APP.format(body), memoize.RULE.rewrite(case).edits)
    assert "lru_cache" in new
    monkeypatch.syspath_prepend(tmp_path)
    rooms: list[dict[str, Any]] = [{}, {}]
    try:
        for source, room in zip((APP.format(body), new), rooms, strict=True):
            exec(source, room)
    finally:
        for name in {"texts", "settings"} & sys.modules.keys():
            del sys.modules[name]
    assert rooms[0]["key"]("ab cde") == rooms[1]["key"]("ab cde") == rooms[1]["key"]("ab cde")


@pytest.mark.parametrize("body", LEFT)
def test_what_may_change_is_left(body: str, tmp_path: Path) -> None:
    assert opens(argued(body, tmp_path)[1]) == {"computes-from-arguments-alone"}


@pytest.mark.parametrize(
    "more",
    [
        "import texts\ntexts.JOINT = '+'\n",
        "def test_key(monkeypatch):\n    monkeypatch.setattr('texts.JOINT', '+')\n",
        "def test_key(monkeypatch):\n    monkeypatch.setattr(texts, 'split', list)\n",
        "@mock.patch('app.split')\ndef test_key(split):\n    pass\n",
        "with mock.patch.object(app, 'joint', len):\n    pass\n",
        "with mock.patch.dict(app.__dict__, joint=len):\n    pass\n",
        "texts.__dict__['JOINT'] = '+'\n",
        "vars(texts)['JOINT'] = '+'\n",
        "texts.JOINT, other = '+', 1\n",
    ],
)
def test_a_project_that_gives_names_another_value(more: str, tmp_path: Path) -> None:
    assert opens(argued(KEPT[1], tmp_path, more)[1]) == {"computes-from-arguments-alone"}


@pytest.mark.parametrize(
    "more",
    [
        "class Words:\n    def __init__(self):\n        self.JOINT = '+'\n",
        "JOINT = '+'\n",
        "if texts.JOINT == '+':\n    pass\n",
    ],
)
def test_a_project_that_has_the_names_for_other_things(more: str, tmp_path: Path) -> None:
    assert not opens(argued(KEPT[1], tmp_path, more)[1])
