"""Walks over data frames, old against new, over frames of every type and every gap that pandas treats in its own way.

What a run would have seen is taken from one frame; where the obligations hold for it, both must give the same values
of the same types, for that frame and for any other with these columns.
"""

from __future__ import annotations

import datetime
import decimal
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, Rule, weigh

pandas = pytest.importorskip("pandas")
numpy = pytest.importorskip("numpy")

RULE = registry()["frame-iterrows"]
GROWTH = registry()["frame-concat-in-loop"]
APPENDED = registry()["array-append-in-loop"]
LENGTH = 5
SOURCE = """
def walked(frame):
    found = []
    for label, row in frame.iterrows():
        found.append((label, {reads}))
    return found
"""


def gaps(one: Any, hole: Any) -> list[Any]:
    return [hole if number % 2 else one for number in range(LENGTH)]


DAYS = pandas.date_range("2026-01-01", periods=LENGTH)
COLUMNS: dict[str, Callable[[], Any]] = {
    "int64": lambda: numpy.arange(LENGTH),
    "int8": lambda: numpy.arange(LENGTH, dtype="int8"),
    "uint64": lambda: numpy.arange(LENGTH, dtype="uint64"),
    "float64": lambda: numpy.arange(LENGTH) * 1.5,
    "float32": lambda: numpy.arange(LENGTH, dtype="float32"),
    "complex": lambda: numpy.arange(LENGTH) * 1j,
    "nan": lambda: numpy.array(gaps(1.5, float("nan"))),
    "bool": lambda: numpy.arange(LENGTH) % 2 == 0,
    "text": lambda: [f"t{number}" for number in range(LENGTH)],
    "text-gaps": lambda: gaps("t", None),
    "object-gaps": lambda: pandas.array(gaps("t", None), dtype=object),
    "none": lambda: [None] * LENGTH,
    "mixed": lambda: pandas.Series([1, "a", None, 2.5, True], dtype=object),
    "numbers-and-gaps": lambda: pandas.Series(gaps(1, None), dtype=object),
    "times": lambda: DAYS,
    "zoned": lambda: DAYS.tz_localize("UTC"),
    "spans": lambda: pandas.to_timedelta(numpy.arange(LENGTH), unit="s"),
    "object-times": lambda: pandas.Series([*DAYS], dtype=object),
    "datetimes": lambda: pandas.Series([datetime.datetime(2026, 1, 1)] * LENGTH, dtype=object),
    "dates": lambda: [datetime.date(2026, 1, 1)] * LENGTH,
    "decimals": lambda: [decimal.Decimal("1.5")] * LENGTH,
    "lists": lambda: [[1]] * LENGTH,
    "Int64": lambda: pandas.array(gaps(1, None), dtype="Int64"),
    "boolean": lambda: pandas.array(gaps(True, None), dtype="boolean"),
    "category": lambda: pandas.Categorical(gaps("a", "b")),
    "periods": lambda: pandas.period_range("2026", periods=LENGTH, freq="D"),
}


def read(frame: Any, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for _, row in frame.iterrows()]


def observed(prefix: str, names: tuple[str, ...], frame: Any) -> dict[str, Seen]:
    """What the watches of one walk over this frame see."""
    found = {f"{prefix}:base0": Seen("", 1, {_word(frame): 1})}
    for number, values in enumerate(zip(*read(frame, names), strict=True)):
        found[f"{prefix}:value{number}"] = Seen("", len(values), Counter(map(_word, values)))
    return found


def _word(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(same, one, other))
    return one is other or bool(one == other) or (one != one and other != other)


def changed(folder: Path, names: tuple[str, ...], frame: Any) -> tuple[str, str] | None:
    """The program before and after; None if an obligation does not hold for this frame."""
    source = SOURCE.format(reads=", ".join(f'row["{name}"]' for name in names))
    (folder / "example.py").write_text(source)
    program = Program(folder, lambda one: one.read_text())
    module = program.module(folder / "example.py")
    assert module is not None
    assert RULE.in_function is not None
    (suspect,) = [one for function in module.functions for one in RULE.in_function(function, program)]
    case = Case(suspect, program, observed(suspect.finding.id, names, frame))
    if weigh(RULE, case)[1] is Level.OPEN:
        return None
    return source, apply_edits(source, RULE.rewrite(case).edits)


def frames() -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """All columns of a frame, and those of them that are read."""
    for size in (1, 2, 3):
        for columns in list(itertools.combinations(COLUMNS, size))[:: 7 if size == 3 else 1]:
            yield columns, columns[: random.Random(repr(columns)).randint(1, size)]


def run(source: str, frame: Any) -> Any:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["walked"](frame)


def test_what_is_rewritten_gives_the_same_values(tmp_path: Path) -> None:
    rewritten, left = 0, 0
    for columns, names in frames():
        frame = pandas.DataFrame({name: COLUMNS[name]() for name in columns})
        sources = changed(tmp_path, names, frame)
        if sources is None:
            left += 1
            continue
        rewritten += 1
        old, new = (run(source, frame) for source in sources)
        assert same(old, new), (columns, names, old, new)
    assert rewritten > 100
    assert left > 200


@pytest.mark.parametrize("seen", ["int64", "bool", "float64"])
def test_a_frame_that_no_run_saw_gives_the_same_values(seen: str, tmp_path: Path) -> None:
    """The program is rewritten for frames of one kind, and meets all others."""
    usual = pandas.DataFrame({"x": COLUMNS[seen](), "y": COLUMNS["int64" if seen == "float64" else "text"]()})
    sources = changed(tmp_path, ("x", "y"), usual)
    assert sources is not None
    for first, second, third in itertools.product(COLUMNS, COLUMNS, [None, "bool"]):
        frame = pandas.DataFrame({"x": COLUMNS[first](), "y": COLUMNS[second]()})
        if third is not None:
            frame["z"] = COLUMNS[third]()
        old, new = (run(source, frame) for source in sources)
        assert same(old, new), (first, second, third, old, new)


@pytest.mark.parametrize(
    "frame",
    [
        pandas.DataFrame({"x": [1, 2], "y": ["a", "b"]}, index=[7, 7]),
        pandas.DataFrame({"x": [1, 2], "y": ["a", "b"]}, index=pandas.MultiIndex.from_tuples([(1, "a"), (2, "b")])),
        pandas.DataFrame([["a", "b", 1], ["c", "d", 2]], columns=["z", "z", "x"]),
        pandas.DataFrame({"x": [2**60, 1], "y": [0.5, 1.5]}),
        pandas.DataFrame({"x": [1, 2], 3: [4, 5]}),
    ],
    ids=["repeated labels", "labels of two parts", "a name twice", "numbers made floats", "a number for a name"],
)
def test_odd_frames_give_the_same_values(frame: Any, tmp_path: Path) -> None:
    sources = changed(tmp_path, ("x",), frame)
    assert sources is not None
    old, new = (run(source, frame) for source in sources)
    assert same(old, new)


def test_columns_of_one_name_are_left(tmp_path: Path) -> None:
    frame = pandas.DataFrame([[1, 2], [3, 4]], columns=["x", "x"])
    assert changed(tmp_path, ("x",), frame) is None


LEFT = {
    "given away": "row['x'], row",
    "asked for all": "row['x'], len(row)",
    "asked by place": "row['x'], row.iloc[0]",
    "asked by a name that is computed": "row['x'], row[chr(120)]",
    "its own name": "row['x'], row.name",
    "a method": "row['x'], row.sum()",
    "written to": "row['x'], row.__setitem__('x', 3)",
    "in a text": "f'{row.x}'",
    "bound again": "(row := row['x'])",
}


@pytest.mark.parametrize("reads", LEFT.values(), ids=LEFT)
def test_a_row_that_is_more_than_its_values_is_left(reads: str, tmp_path: Path) -> None:
    assert _level(SOURCE.format(reads=reads), tmp_path) is Level.OPEN


WHOLE = {
    "after the loop": SOURCE.format(reads="row['x']").replace("return found", "return found, row['x']"),
    "a test that is asked again": """
def walked(frame):
    while any(row["x"] > 0 for _, row in frame.iterrows()):
        frame = frame - 1
""",
    "a generator that runs later": """
def walked(frame):
    return (row["x"] for _, row in frame.iterrows())
""",
    "perhaps never": """
def walked(frame):
    return len(frame) and [row["x"] for _, row in frame.iterrows()]
""",
    "of all": """
def walked(frame):
    global row
    for _, row in frame.iterrows():
        print(row["x"])
""",
    "by text": """
def walked(frame):
    for _, row in frame.iterrows():
        print(row["x"], locals()["row"])
""",
}


@pytest.mark.parametrize("source", WHOLE.values(), ids=WHOLE)
def test_a_walk_that_is_more_than_a_loop_is_left(source: str, tmp_path: Path) -> None:
    assert _level(source, tmp_path) is Level.OPEN


def _level(source: str, folder: Path) -> Level:
    """The level at which a program stands whose frame has whole numbers; open if it is not even suspected."""
    (folder / "example.py").write_text(source)
    program = Program(folder, lambda one: one.read_text())
    module = program.module(folder / "example.py")
    assert module is not None
    assert RULE.in_function is not None
    levels = []
    for suspect in (one for function in module.functions for one in RULE.in_function(function, program)):
        prefix, count = suspect.finding.id, len(suspect.watches) - 3
        seen = {f"{prefix}:value{number}": Seen("", 9, {"builtins.int": 9}) for number in range(count)}
        seen[f"{prefix}:base0"] = Seen("", 1, {"pandas.DataFrame": 1})
        levels.append(weigh(RULE, Case(suspect, program, seen))[1])
    return max(levels, default=Level.OPEN)


def test_a_plain_walk_is_not_left(tmp_path: Path) -> None:
    assert _level(SOURCE.format(reads="row['x'], row.y"), tmp_path) is Level.OBSERVED


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
    """Nothing; parts of one type, of two types, with other columns, without rows."""
    choose = random.Random(7)
    yield []
    for first, second in itertools.product(COLUMNS, COLUMNS):
        one = pandas.DataFrame({"x": COLUMNS[first](), "y": COLUMNS[second]()})
        other = pandas.DataFrame({"x": COLUMNS[choose.choice([*COLUMNS])](), "z": COLUMNS[second]()})
        yield choose.choice([[one], [one, one.iloc[1:]], [one, other], [one.iloc[:0], one, other, one]])


def _grow(source: str, parts: list[Any]) -> Any:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["grown"]([part.copy() for part in parts])


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
