"""Walks over data frames that are left as they are: the row is more than its values, or the walk more than a loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.profilers.observations import Seen
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, weigh

RULE = registry()["frame-iterrows"]
SOURCE = """
def walked(frame):
    found = []
    for label, row in frame.iterrows():
        found.append((label, {reads}))
    return found
"""


def test_an_attribute_that_no_run_read_may_be_one_of_the_series(tmp_path: Path) -> None:
    source = SOURCE.format(reads="row.x, row.index")
    assert _level(source, tmp_path, unread=1) is Level.OPEN
    assert _level(source.replace("row.index", "row['index']"), tmp_path, unread=1) is Level.OBSERVED


MEANWHILE = {
    "a generator's caller": "yield row['x']",
    "a function of another file": "elsewhere(label)",
    "an array that the frame may share": "values[label] = 1",
    "what grows in place": "values += row['x']",
    "another name of it": "other.loc[label, 'x'] = 1",
    "NumPy's writers": "np.copyto(values, 1)",
}


@pytest.mark.parametrize("what", MEANWHILE.values(), ids=MEANWHILE)
def test_a_frame_of_one_type_is_left_when_somebody_may_write_to_it(what: str, tmp_path: Path) -> None:
    source = """
import numpy as np

def walked(frame, other, values):
    found = []
    sums = {{}}
    total = 0
    for label, row in frame.iterrows():
        found.append(row["y"])
        sums[label] = np.sqrt(row["y"])
        total += row["x"]
        {what}
    return found
"""
    assert _level(source.format(what=what), tmp_path, "numpy.float64") is Level.OPEN
    assert _level(source.format(what="pass"), tmp_path, "numpy.float64") is Level.OBSERVED
    assert _level(source.format(what=what), tmp_path) is Level.OBSERVED


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
    "after something else of the statement": """
def walked(frame, changed):
    return changed(frame) + sum(row["x"] for _, row in frame.iterrows())
""",
    "of another frame by then": """
def walked(frame, changed):
    return [(frame := changed) is None, [row["x"] for _, row in frame.iterrows()]]
""",
    "a missing attribute is expected": """
def walked(frame):
    return [row.x for _, row in frame.iterrows()]

def tried(frame):
    try:
        return walked(frame)
    except AttributeError:
        return []
""",
    "a missing attribute is suppressed": """
def walked(frame, suppressing):
    found = []
    for _, row in frame.iterrows():
        with suppressing:
            found.append(row.x)
    return found
""",
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


def _level(source: str, folder: Path, kind: str = "builtins.int", unread: int = 0) -> Level:
    """The level at which a program stands whose frame has whole numbers; open if it is not even suspected."""
    (folder / "example.py").write_text(source)
    program = Program(folder, lambda one: one.read_text())
    module = program.module(folder / "example.py")
    assert module is not None
    assert RULE.in_function is not None
    levels = []
    for suspect in (one for function in module.functions for one in RULE.in_function(function, program)):
        prefix, count = suspect.finding.id, len(suspect.reading.reads)
        seen = {f"{prefix}:value{number}": Seen("", 9, {kind: 9}) for number in range(count)}
        seen |= {f"{prefix}:value{count - 1 - number}": Seen("") for number in range(unread)}
        seen[f"{prefix}:base0"] = Seen("", 1, {"pandas.DataFrame": 1})
        levels.append(weigh(RULE, Case(suspect, program, seen))[1])
    return max(levels, default=Level.OPEN)


def test_a_plain_walk_is_not_left(tmp_path: Path) -> None:
    assert _level(SOURCE.format(reads="row['x'], row.y"), tmp_path) is Level.OBSERVED
