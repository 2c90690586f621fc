"""Hot functions and hot paths of recordings that are known by construction."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.optimizer.reports.recorded.hot import section
from perfprof.profilers import formats
from perfprof.profilers.formats import Lane, Profile
from perfprof.profilers.hot import hot_functions, hot_paths
from perfprof.profilers.recording import Recording
from perfprof.profilers.stacks import Frame

MAIN, LOAD, PARSE, SAVE = (
    Frame("/app/a.py", name, line) for line, name in enumerate(("main", "load", "parse", "save"), 1)
)
JSON = Frame("/usr/lib/python3.11/json/decoder.py", "decode", 9)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    stacks = {
        (MAIN, LOAD, PARSE): 3.0,
        (MAIN, LOAD, JSON): 3.0,
        (MAIN, SAVE): 3.5,
        (MAIN,): 0.5,
        (PARSE, PARSE): 0.0,
    }
    file = tmp_path / "p.json"
    file.write_bytes(formats.write("speedscope", Profile((Lane("a", 1, "a", stacks),))))
    return formats.recording_of(file, tmp_path / "r.sqlite")


def test_functions_have_own_and_whole_time(recording: Recording) -> None:
    found = {one.function: (round(one.own, 2), round(one.total, 2)) for one in hot_functions(recording)}
    assert found == {"save": (0.35, 0.35), "load": (0.3, 0.6), "parse": (0.3, 0.3), "main": (0.05, 1.0)}


def test_paths_end_where_they_divide(recording: Recording) -> None:
    found = [
        ("/".join(frame.function for frame in one.frames), round(one.share, 2)) for one in hot_paths(recording)
    ]
    assert found == [("main/save", 0.35), ("main/load/parse", 0.3)]
    (only,) = hot_paths(recording, least=0.5)
    assert [frame.function for frame in only.frames] == ["main", "load"]


def test_recursion_stands_in_a_path_once(tmp_path: Path) -> None:
    """Directly and through another function; the line is that of most of the innermost calls."""
    inner = Frame("/app/a.py", "load", 7)
    file = tmp_path / "p.json"
    stacks = {(MAIN, LOAD, LOAD, LOAD, inner): 6.0, (MAIN, LOAD, PARSE, LOAD, PARSE, LOAD): 3.0, (MAIN, LOAD): 1.0}
    file.write_bytes(formats.write("speedscope", Profile((Lane("a", 1, "a", stacks),))))
    (path,) = hot_paths(formats.recording_of(file, tmp_path / "r.sqlite"))
    assert [(frame.function, frame.line) for frame in path.frames] == [("main", 1), ("load", 7)]
    assert path.share == pytest.approx(1.0)


def test_lines_of_one_function_are_one_path(tmp_path: Path) -> None:
    lines = {(MAIN, Frame("/app/a.py", "load", line)): 1.0 for line in range(20)}
    file = tmp_path / "p.json"
    file.write_bytes(formats.write("speedscope", Profile((Lane("a", 1, "a", lines),))))
    (path,) = hot_paths(formats.recording_of(file, tmp_path / "r.sqlite"))
    assert path.frames[-1].function == "load"


def test_functions_between_are_told_where_no_path_is_hot(tmp_path: Path) -> None:
    stacks = {(MAIN, Frame("/app/a.py", f"step{n}", n + 10)): 1.0 for n in range(20)}
    file = tmp_path / "p.json"
    file.write_bytes(formats.write("speedscope", Profile((Lane("a", 1, "a", stacks),))))
    told = section(formats.recording_of(file, tmp_path / "r.sqlite"), tmp_path)
    assert told is not None
    assert told["says"].startswith("one path takes")  # main, with all it calls
    assert "main" in told["brief"][0]
    assert len(told["brief"]) == 5
    assert all("step" in line and "5 %" in line and "of its own" in line for line in told["brief"][1:])
