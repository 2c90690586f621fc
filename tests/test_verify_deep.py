"""`--deep`: CrossHair finds what neither recorded calls nor inputs derived from them show."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from perfprof.optimizer.judge.deep import deep
from perfprof.optimizer.judge.processes import Processes
from perfprof.optimizer.judge.replay import Stage
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.patches import FileChange, Patch

SECONDS = 6.0  # of CPU
OLD = """\
def clamp(value: int, low: int, high: int) -> int:
    if value < low:
        return low
    return high if value > high else value


def total(values: list[int]) -> int:
    answer = 0
    for value in values:
        answer += value
    return answer


def grade(points: int) -> str:
    if points >= 90000:
        return "a"
    return "b" if points > 70 else "c"


def free(values):
    return list(values)
"""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "core.py").write_text(OLD)
    return Stage(Processes(), sys.executable, Tree.plant(tmp_path / "project", tmp_path / "old"), tmp_path)


def patch(name: str, old: str, new: str) -> Patch:
    assert old in OLD
    change = FileChange("core.py", OLD, OLD.replace(old, new))
    return Patch("r", "t", (change,), functions=(f"core.py::{name}",))


needs_crosshair = pytest.mark.skipif(
    importlib.util.find_spec("crosshair") is None, reason="needs the extra perfprof[deep]"
)


@needs_crosshair
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (
            "clamp",  # low > high
            "    if value < low:\n        return low\n    return high if value > high else value",
            "    return max(low, min(value, high))",
        ),
        ("grade", "points >= 90000", "points > 90000"),  # one number of all
        ("total", "    answer = 0\n", "    if values and values[0] == 4242:\n        return 7\n    answer = 0\n"),
    ],
)
def test_a_planted_difference_is_found_and_called(stage: Stage, name: str, old: str, new: str) -> None:
    outcome, told = deep(stage, patch(name, old, new), SECONDS)
    assert outcome == "failed", told
    assert told.startswith(f"{name}(")
    assert "; old returned " in told
    assert stage.tree.touched() == []


@needs_crosshair
def test_the_same_is_never_called_proved(stage: Stage) -> None:
    outcome, told = deep(stage, patch("grade", "points > 70", "70 < points"), 2.0)
    assert (outcome, told) == ("passed", "crosshair found no difference in grade")


@needs_crosshair
def test_where_it_cannot_be_asked_it_says_so(stage: Stage) -> None:
    outcome, told = deep(stage, patch("free", "list(values)", "[*values]"), 2.0)
    assert outcome == "skipped"
    assert "not every parameter has a type hint" in told
