"""Hot functions and hot paths of recordings that are known by construction."""

from __future__ import annotations

from pathlib import Path

import pytest

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
