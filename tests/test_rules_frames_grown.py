"""Frames and arrays that a loop grows, old against new, over parts of every type that pandas and NumPy treat in their own way."""

from __future__ import annotations

import datetime
import itertools
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from columns import COLUMNS, same

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, Rule, weigh

pandas = pytest.importorskip("pandas")
numpy = pytest.importorskip("numpy")

GROWTH = registry()["frame-concat-in-loop"]
APPENDED = registry()["array-append-in-loop"]
GROWN = """
import pandas as pd

def grown(parts):
    found = pd.DataFrame({columns})
    for part in parts:
        found = pd.concat([found, part]{words})
    return found
"""


@pytest.mark.parametrize("words", ["", ", ignore_index=True"])
@pytest.mark.parametrize("columns", ["", "columns=['y', 'x']"])
def test_one_concat_gives_the_same_frame(columns: str, words: str, tmp_path: Path) -> None:
    source = GROWN.format(columns=columns, words=words)
    programs = _stacked(GROWTH, source, "pandas.DataFrame", tmp_path)
    for parts in _parts():
        old, new = (_grow(one, parts) for one in programs)
        pandas.testing.assert_frame_equal(old, new, check_index_type=True, check_column_type=True)
        assert type(old.index) is type(new.index)
        for number in range(old.shape[1]):
            assert all(map(same, old.iloc[:, number], new.iloc[:, number])), parts


def _parts() -> Iterator[list[Any]]:
    """Nothing; parts of one type, of two types, with other columns, without rows, and none where one was expected."""
    choose = random.Random(7)
    yield from ([], [None, None])
    for first, second in itertools.product(COLUMNS, COLUMNS):
        one = pandas.DataFrame({"x": COLUMNS[first](), "y": COLUMNS[second]()})
        other = pandas.DataFrame({"x": COLUMNS[choose.choice([*COLUMNS])](), "z": COLUMNS[second]()})
        yield choose.choice(
            [[one], [one, one.iloc[1:]], [one, other], [one.iloc[:0], one, other, one], [None, one, one]]
        )


def _grow(source: str, parts: list[Any]) -> Any:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["grown"]([None if part is None else part.copy() for part in parts])


UNLIKE = {
    "categories": [pandas.DataFrame({"x": pandas.Categorical([one])}) for one in (1, 1.5, "a")],
    "row labels": [pandas.DataFrame({"x": [1]}, index=[one]) for one in (1, 1.5, "a")],
    "categories of rows": [
        pandas.DataFrame({"x": [1]}, index=pandas.CategoricalIndex([one])) for one in (1, 1.5, "a")
    ],
}


@pytest.mark.parametrize("parts", UNLIKE.values(), ids=UNLIKE)
def test_types_that_only_look_alike_are_joined_step_by_step(parts: list[Any], tmp_path: Path) -> None:
    """A number that met another number became a float before the text came."""
    programs = _stacked(GROWTH, GROWN.format(columns="", words=""), "pandas.DataFrame", tmp_path)
    old, new = (_grow(one, parts) for one in programs)
    assert same([*old.index], [*new.index])
    assert same([*old["x"]], [*new["x"]])


HALF = """
import numpy as np
import pandas as pd

def grown(parts):
    found = {empty}
    {before}
        for part in parts:
            found = {step}
            {later}
    {after}
    return found
"""
GROWERS = {"pd.DataFrame()": "pd.concat([found, part])", "np.array([])": "np.append(found, part)"}
ENDS = {
    "except group": ("try:", "except* ValueError: pass"),
    "any context": ("with parts.open():", ""),
    "finally": ("try:", "finally: print(found)"),
}


@pytest.mark.parametrize("ends", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("empty", GROWERS)
def test_an_error_that_may_be_survived_leaves_the_loop(empty: str, ends: tuple[str, str], tmp_path: Path) -> None:
    if "except*" in ends[1] and sys.version_info < (3, 11):
        pytest.skip("`except*` is newer")
    source = HALF.format(empty=empty, step=GROWERS[empty], before=ends[0], later="print(part)", after=ends[1])
    assert "unseen-half-grown" in _open(source, tmp_path)


WRITES = ["part.loc[0, 'x'] = 9", "part.index = [7]", "part.fillna(0, inplace=True)", "clean(part)"]


@pytest.mark.parametrize("later", WRITES)
def test_a_part_that_is_written_to_later_is_left(later: str, tmp_path: Path) -> None:
    """pandas 2 shares the values of the first part with the frame."""
    plain = HALF.format(
        empty="pd.DataFrame()", step=GROWERS["pd.DataFrame()"], before="if parts:", later=later, after=""
    )
    assert "parts-are-frames" in _open(plain, tmp_path)
    assert "parts-are-frames" not in _open(plain.replace(later, "print(len(part))"), tmp_path)


def test_an_array_that_grows_by_a_bare_name_is_left(tmp_path: Path) -> None:
    """The new code needs ``np.array`` and ``np.concatenate``."""
    source = APPENDING.replace("import numpy as np", "from numpy import append").replace("np.append", "append")
    assert _suspects(source, tmp_path) == []


def test_a_part_that_a_caller_sends_is_written_in_parentheses(tmp_path: Path) -> None:
    source = APPENDING.replace("append(found, part)", "append(found, (yield part))")
    old, new = _stacked(APPENDED, source, "numpy.ndarray", tmp_path)
    assert "np.array((yield part))" in new
    ends = []
    for one in (old, new):
        names: dict[str, Any] = {}
        exec(one, names)
        walk = names["grown"](numpy.array([1.5]), [1, 2])
        asked = [next(walk), walk.send(7)]
        with pytest.raises(StopIteration) as end:
            walk.send(8)
        ends.append((asked, end.value.value.tolist()))
    assert ends[0] == ends[1] == ([1, 2], [1.5, 7.0, 8.0])


def test_parts_with_ways_of_their_own_are_left(tmp_path: Path) -> None:
    for part in ("numpy.ma.MaskedArray", "pint.Quantity", "work.Own"):
        assert "array-from-the-start" in _open(APPENDING, tmp_path, part)
    assert _open(APPENDING, tmp_path, "pandas.Series") == set()


def _suspects(source: str, folder: Path) -> list[tuple[Rule, Any, Program]]:
    (folder / "example.py").write_text(source)
    program = Program(folder, lambda one: one.read_text())
    module = program.module(folder / "example.py")
    assert module is not None
    functions = [(rule, one) for rule in (GROWTH, APPENDED) for one in module.functions]
    return [
        (rule, one, program)
        for rule, function in functions
        if rule.in_function
        for one in rule.in_function(function, program)
    ]


def _open(source: str, folder: Path, part: str = "") -> set[str]:
    """The obligations that are open, as if a run had seen what is usual, and parts of this type."""
    ((rule, suspect, program),) = _suspects(source, folder)
    kind = "pandas.DataFrame" if rule is GROWTH else "numpy.ndarray"
    prefix = suspect.finding.id
    seen = {f"{prefix}:whole": Seen("", 9, {kind: 9}), f"{prefix}:part": Seen("", 9, {part or kind: 9})}
    proofs, _ = weigh(rule, Case(suspect, program, seen))
    return {one.obligation for one in proofs if one.level is Level.OPEN}


APPENDING = """
import numpy as np

def grown(found, parts):
    for part in parts:
        found = np.append(found, part)
    return found
"""
SCALARS = [
    1,
    2**60,
    2**63,
    2**70,
    -1,
    1.5,
    float("nan"),
    True,
    1j,
    "a",
    "longer",
    b"a",
    None,
    datetime.date(2026, 1, 1),
]


def test_one_array_has_the_same_values(tmp_path: Path) -> None:
    programs = _stacked(APPENDED, APPENDING, "numpy.ndarray", tmp_path)
    arrays = [numpy.asarray(COLUMNS[name]()) for name in ("int8", "uint64", "float32", "bool", "times", "complex")]
    parts = [*SCALARS, [1, 2], [], [[1, 2], [3, 4]], *arrays]
    for start in (numpy.array([]), numpy.empty((2, 2), dtype="int64"), numpy.array(["t"]), *arrays):
        for given in ([], *([one, one] for one in parts), *itertools.pairwise(parts)):
            old, new = (_outcome(one, start.copy(), given) for one in programs)
            assert old == new, (start, given)


def _outcome(source: str, *given: Any) -> tuple[Any, ...]:
    names: dict[str, Any] = {}
    exec(source, names)
    try:
        found = names["grown"](*given)
    except Exception as error:
        return (type(error),)  # NumPy's text lists the types that it was given, once or many times
    return (found.dtype, found.shape, repr(found.tolist()))


def _stacked(rule: Rule, source: str, kind: str, folder: Path) -> list[str]:
    """The program before and after, as if a run had seen parts and whole to be of this type."""
    (folder / "example.py").write_text(source)
    program = Program(folder, lambda one: one.read_text())
    module = program.module(folder / "example.py")
    assert module is not None
    assert rule.in_function is not None
    (suspect,) = [one for function in module.functions for one in rule.in_function(function, program)]
    seen = {f"{suspect.finding.id}:{name}": Seen("", 9, {kind: 9}) for name in ("part", "whole")}
    case = Case(suspect, program, seen)
    assert weigh(rule, case)[1] is Level.OBSERVED
    return [source, apply_edits(source, rule.rewrite(case).edits)]
