"""Cells of data frames that a loop reads one by one: old against new, over columns of every type and every spelling."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from columns import COLUMNS, same

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, Suspect, weigh

pandas = pytest.importorskip("pandas")

RULE = registry()["frame-cells-in-loop"]
SPELLINGS = {
    "column.iloc": 'frame["{}"].iloc[i]',
    "column.iat": 'frame["{}"].iat[i]',
    "column.values": 'frame["{}"].values[i]',
    "column.to_numpy": 'frame["{}"].to_numpy()[i]',
    "column": 'frame["{}"][i]',
    "column.loc": 'frame["{}"].loc[i]',
    "column.at": 'frame["{}"].at[i]',
    "loc": 'frame.loc[i, "{}"]',
    "at": 'frame.at[i, "{}"]',
    "iloc of rows": 'frame.iloc[i]["{}"]',
}
SOURCE = """
def walked(frame):
    found = []
    for i in range(len(frame)):
        found.append(({reads}))
    return found
"""


def suspects(source: str, folder: Path) -> tuple[list[Suspect], Program]:
    (folder / "example.py").write_text(source)
    program = Program(folder, lambda one: one.read_text())
    module = program.module(folder / "example.py")
    assert module is not None
    assert RULE.in_function is not None
    return [one for function in module.functions for one in RULE.in_function(function, program)], program


def changed(source: str, folder: Path, kinds: Sequence[str]) -> str | None:
    """The new code, where each read saw values of its kind; None if an obligation does not hold."""
    found, program = suspects(source, folder)
    if len(found) != 1:
        return None
    seen = {f"{found[0].finding.id}:value{number}": Seen("", 9, {kind: 9}) for number, kind in enumerate(kinds)}
    seen[f"{found[0].finding.id}:base0"] = Seen("", 1, {"pandas.DataFrame": 1})
    case = Case(found[0], program, seen)
    return None if weigh(RULE, case)[1] is Level.OPEN else apply_edits(source, RULE.rewrite(case).edits)


def kinds_of(source: str, frame: Any) -> list[str]:
    """The type of each read of the last row."""
    return [f"{type(one).__module__}.{type(one).__qualname__}" for one in run(source, frame)[-1]]


def run(source: str, frame: Any) -> Any:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["walked"](frame)


def outcome(source: str, frame: Any) -> Any:
    try:
        return [
            tuple(repr(one) if hasattr(one, "shape") and one.shape else one for one in row)
            for row in run(source, frame)
        ]
    except Exception as error:
        return type(error).__name__, str(error)


INDEXES: dict[str, Callable[[], Any]] = {
    "counted": lambda: None,
    "backwards": lambda: [4, 3, 2, 1, 0],
    "twice": lambda: [0, 0, 1, 2, 3],
    "texts": lambda: list("abcde"),
    "floats": lambda: [0.0, 1.0, 2.0, 3.0, 4.0],
    "days": lambda: pandas.date_range("2026-01-01", periods=5),
    "levels": lambda: pandas.MultiIndex.from_product([[0], range(5)]),
    "truths": lambda: [False, True, 2, 3, 4],
}


def frames() -> Iterator[Any]:
    """Of all types and kinds of index, and what is no frame of these columns."""
    for x, y, z in itertools.product(COLUMNS, ["int64", "text", "float32", "mixed"], [None, "object-gaps"]):
        kinds = {"x": x, "y": y, **({"z": z} if z else {})}
        yield pandas.DataFrame({name: COLUMNS[kind]() for name, kind in kinds.items()})
    for labels in INDEXES.values():
        yield pandas.DataFrame({"x": COLUMNS["int64"](), "y": COLUMNS["mixed"]().array}, index=labels())
    yield from ODD


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_frames_of_all_types_give_the_same_values(spelling: str, tmp_path: Path) -> None:
    """Rewritten for whole numbers beside texts; then run over all others."""
    source = SOURCE.format(reads=", ".join(SPELLINGS[spelling].format(name) for name in "xy"))
    new = changed(source, tmp_path, ["numpy.int64", "builtins.str"])
    assert new is not None
    for frame in frames():
        assert same(outcome(source, frame), outcome(new, frame)), frame


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("spelling", ["column.iloc", "column", "column.at", "loc"])
def test_labels_that_are_walked_count_the_rows_or_nothing_changes(spelling: str, tmp_path: Path) -> None:
    """``for i in frame.index``; labels that come twice, or in another order, are asked of the frame as before."""
    reads = ", ".join(SPELLINGS[spelling].format(name) for name in "xy")
    source = SOURCE.format(reads=reads).replace("range(len(frame))", "frame.index")
    new = changed(source, tmp_path, ["numpy.int64", "builtins.str"])
    assert new is not None
    for frame in frames():
        assert same(outcome(source, frame), outcome(new, frame)), frame


def test_labels_of_another_frame_are_left_alone(tmp_path: Path) -> None:
    source = SOURCE.format(reads="other.loc[i, 'x'],").replace("range(len(frame))", "frame.index")
    assert changed(source.replace("(frame)", "(frame, other)"), tmp_path, ["numpy.int64"]) is None


ODD = [
    pandas.DataFrame(),
    pandas.DataFrame({"x": [1]}),
    pandas.DataFrame([[1, 2, 3]], columns=["x", "y", "y"]),
    pandas.DataFrame([[1, 2]], columns=pandas.MultiIndex.from_tuples([("x", "a"), ("y", "b")])),
    pandas.DataFrame({"x": [], "y": []}),
    {"x": [1, 2], "y": [3, 4]},
    {"x": {0: 1, 1: 2}, "y": {0: 1, 1: 2}},
    pandas.Series([1, 2]),
]


BODY = """
import numpy as np

def walked(frame, other, values):
    found = []
    for i in range(1, len(frame)):
        {body}
    return found
"""
REWRITTEN = {
    "the one before": "found.append(frame['x'].iloc[i] - frame['x'].iloc[i - 1])",
    "a label before": "found.append(frame.loc[i, 'x'] - frame.loc[i - 1, 'x'])",
    "another column is written": "frame.at[i, 'y'] = frame.at[i, 'x'] * 2",
    "another column is added to": "frame.loc[i, 'y'] += frame.loc[i - 1, 'x']",
    "in a comprehension": "found += [frame['x'].iloc[i] for _ in values]",
    "eaten at once": "found.append(sum(frame['x'].iloc[i] for _ in values))",
}


@pytest.mark.parametrize("body", REWRITTEN.values(), ids=REWRITTEN)
def test_what_is_rewritten_does_the_same(body: str, tmp_path: Path) -> None:
    source = BODY.format(body=body)
    new = changed(source, tmp_path, ["numpy.int64"] * body.count("'x'"))
    assert new is not None
    for labels in INDEXES.values():
        frames = [
            pandas.DataFrame({"x": COLUMNS["int64"](), "y": COLUMNS["int64"]()}, index=labels()) for _ in range(2)
        ]
        rooms: list[dict[str, Any]] = [{}, {}]
        ends = []
        for text, frame, room in zip((source, new), frames, rooms, strict=True):
            exec(text, room)
            try:
                ends.append(room["walked"](frame, None, [1, 2]))
            except (KeyError, ValueError, TypeError) as error:
                ends.append([type(error)])
        assert same(*ends)
        assert frames[0].equals(frames[1])


LEFT = {
    "the same column is written": "frame.at[i, 'x'] = frame.at[i - 1, 'x'] + 1",
    "a column of any name is written": "frame.at[i, values[0]] = frame.at[i, 'x']",
    "a row that may be none of them": "frame.at[i + 1, 'y'] = frame.at[i, 'x']",
    "a whole column": "frame['y'] = frame.at[i, 'x']",
    "by another name": "other.at[i, 'x'] = frame.at[i, 'x']",
    "an array that may be the column's": "values[i] = frame.at[i, 'x']",
    "an attribute that may be the column": "other.x = frame.at[i, 'x']",
    "a column is taken out": "found.append(frame.at[i, 'x']); frame.pop('y')",
    "a column is put in": "found.append(frame.at[i, 'x']); frame.insert(0, 'y', 1)",
    "another frame's values come in": "found.append(frame.at[i, 'x']); frame.update(other)",
    "somebody else's function": "values(frame.at[i, 'x'])",
    "another counter": "i = len(found); found.append(frame.at[i, 'x'])",
    "a counter of its own": "found += [frame.at[i, 'x'] for i in values]",
    "another frame": "found.append(frame.at[i, 'x']); frame = other",
    "later": "found.append(lambda: frame.at[i, 'x'])",
    "a generator that runs later": "found.append(frame.at[i, 'x'] for _ in values)",
    "its caller between two": "yield frame.at[i, 'x']",
    "a label that may be none": "found.append(frame.at[i + 1, 'x'])",
    "labels from the end": "found.append(frame.at[i - 2, 'x'])",
    "computed columns": "found.append(frame[values[0]].iloc[i])",
    "computed places": "found.append(frame['x'].iloc[values[i]])",
    "a row by label": "found.append(frame.loc[i]['x'])",
    "rows of a group": "found.append(frame.iloc[i:i + 2]['x'])",
    "in a text": "found.append(f\"{frame['x'].iloc[i]}\")",
    "the builtin is not the builtin": "range = values; found.append(frame['x'].iloc[i])",
}


@pytest.mark.parametrize("body", LEFT.values(), ids=LEFT)
def test_what_may_be_another_cell_is_left(body: str, tmp_path: Path) -> None:
    assert changed(BODY.format(body=body), tmp_path, ["numpy.int64"] * 9) is None


@pytest.mark.parametrize("kind", ["pandas.Timestamp", "pandas.NaT", "decimal.Decimal", "builtins.list"])
def test_values_of_other_types_are_left(kind: str, tmp_path: Path) -> None:
    source = SOURCE.format(reads="frame['x'].iloc[i],")
    assert changed(source, tmp_path, [kind]) is None
    assert changed(source, tmp_path, ["numpy.float64"]) is not None


@pytest.mark.parametrize("walked", ["9", "len(frame)", "2, 9", "len(frame) - 1, -1, -1", "1, len(frame)", "0"])
@pytest.mark.parametrize("place", ["i", "i + 1", "i - 1", "i - 5", "i + 2"])
@pytest.mark.parametrize("read", ["column.iloc", "column.iat", "column.values", "iloc of rows"])
def test_places_beyond_the_rows_fail_alike(walked: str, place: str, read: str, tmp_path: Path) -> None:
    cell = SPELLINGS[read].format("x").replace("[i]", f"[{place}]")
    source = SOURCE.replace("range(len(frame))", f"range({walked})").format(reads=f"{cell}, i")
    new = changed(source, tmp_path, ["numpy.int64", "builtins.int"])
    assert new is not None
    for rows in ([], [1], [1, 2], [1, 2, 3, 4]):
        frame = pandas.DataFrame({"x": rows, "y": [str(one) for one in rows]})
        old, now = outcome(source, frame), outcome(new, frame)
        assert str(old) == str(now)
