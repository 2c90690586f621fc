"""Walks over data frames, old against new, over frames of every type and every gap that pandas treats in its own way.

What a run would have seen is taken from one frame; where the obligations hold for it, both must give the same values
of the same types, for that frame and for any other with these columns.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from columns import COLUMNS, same

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.observations import Seen
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, weigh

pandas = pytest.importorskip("pandas")
numpy = pytest.importorskip("numpy")

RULE = registry()["frame-iterrows"]
SOURCE = """
def walked(frame):
    found = []
    for label, row in frame.iterrows():
        found.append((label, {reads}))
    return found
"""


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


ODD_LABELS = {
    "dates that are found by their text": pandas.DatetimeIndex(["2020-01-01", "2020-01-02"]),
    "two levels": pandas.MultiIndex.from_tuples([("2020-01-01", "a"), ("y", "b")]),
    "one name twice": ["2020-01-01", "2020-01-01"],
    "other names": ["x", "y"],
}


@pytest.mark.parametrize("labels", ODD_LABELS.values(), ids=ODD_LABELS)
def test_labels_that_are_more_than_names_are_asked_as_before(labels: Any, tmp_path: Path) -> None:
    sources = changed(tmp_path, ("2020-01-01",), pandas.DataFrame({"2020-01-01": [1, 2], "y": ["a", "b"]}))
    assert sources is not None
    frame = pandas.DataFrame([[1, "a"], [2, "b"]]).set_axis(labels, axis=1)
    old, new = (_asked(source, frame) for source in sources)
    assert old == new


def _asked(source: str, frame: Any) -> str:
    try:
        return repr(run(source, frame))
    except KeyError as error:
        return repr(error)


@pytest.mark.parametrize("kind", ["int64", "float64", "text"])
def test_what_is_written_meanwhile_is_seen_as_before(kind: str, tmp_path: Path) -> None:
    """Written where no reading of the source can see it: while a name is asked for."""
    sources = changed(tmp_path, ("x",), pandas.DataFrame({"x": COLUMNS["int64"](), "y": COLUMNS["text"]()}))
    assert sources is not None

    class Writes(list[Any]):
        def append(self, one: Any) -> None:
            super().append(one)
            frame.loc[1:, "x"] = 70

    frames = [pandas.DataFrame({"x": COLUMNS["int64"](), "y": COLUMNS[kind]()}) for _ in sources]
    found = []
    for source, frame in zip(sources, frames, strict=True):
        names: dict[str, Any] = {"Writes": Writes}
        exec(source.replace("found = []", "found = Writes()"), names)
        found.append([*names["walked"](frame)])
    assert same(*found)


def test_columns_of_one_name_are_left(tmp_path: Path) -> None:
    frame = pandas.DataFrame([[1, 2], [3, 4]], columns=["x", "x"])
    assert changed(tmp_path, ("x",), frame) is None
