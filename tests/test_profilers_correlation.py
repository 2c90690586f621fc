"""One line of time: what goes with peaks of CPU and growth of memory, in a recording that is known."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from perfprof.profilers.correlation import Explained, explain
from perfprof.profilers.journals import Journal
from perfprof.profilers.merge import Writer
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import record

APP = "/app/app.py"


def explained(folder: Path, lines: list[list[Any]]) -> Explained:
    """Of a process that wrote these lines."""
    frames = [["frame", 0, APP, "main", 1], ["frame", 1, APP, "hot", 5], ["frame", 2, APP, "steady", 9]]
    stacks = [["stack", 0, [1, 0]], ["stack", 1, [2, 0]]]
    statements = [["statement", 0, "sqlite3", ":memory:", "select slow()"], ["site", 0, [[APP, "hot", 5]]]]
    writer = Writer(folder / "recording.sqlite")
    writer.add_all([Journal({"pid": 7, "parent": 1, "argv": ["app"]}, [*frames, *stacks, *statements, *lines])], {})
    writer.finish({"interval": "0.005", "cpu_seconds": "3", "seconds": "12", "command": "app"})
    with Recording.open(folder / "recording.sqlite") as recording:
        return explain(recording)


def planted() -> list[list[Any]]:
    """Twelve seconds: each third one is hot, with a statement that takes two seconds and ends there, and memory grows."""
    lines: list[list[Any]] = []
    count, rss, cpu = 0, 50_000_000, 0.0
    for second in range(12):
        hot = second % 3 == 2
        lines += [["at", 1000 + second], ["sample", "MainThread", 1, 20 + second % 2]]
        cpu += 0.1 + 0.7 * hot
        if hot:
            count += 1
            lines += [["sample", "MainThread", 0, 140]]
            lines += [["execution", 1, 0, 0, [1], count, 0.8 * count, 1, 1, "", 1]]
            rss += 8_000_000
        lines += [["metric", 1000.5 + second, 7, cpu, rss, 1, 0, 0, 5, 0]]
    return lines


def test_the_planted_causes_are_named(tmp_path: Path) -> None:
    found = explained(tmp_path, planted())
    causes = {(cause.effect, cause.name.rpartition("/")[2]): cause for cause in found.causes}
    hot = causes["CPU peaks", "app.py:hot"]
    assert hot.share == pytest.approx(140 / 160, abs=0.02)
    assert hot.elsewhere == 0
    assert causes["CPU peaks", "select slow()"].strength > 0.8
    assert causes["memory growth", "app.py:hot"].share == -1
    assert not any(name == "app.py:steady" for _, name in causes)
    assert "what rises together need not be cause and effect" in found.untold


def test_routes_and_endpoints_are_told_apart(tmp_path: Path) -> None:
    """Each third second one route waits, and asks one endpoint; another of each is quick all the time."""
    lines: list[list[Any]] = []
    cpu = 0.0
    for second in range(12):
        slow = second % 3 == 2
        cpu += 0.1 if slow else 0.9
        lines += [["at", 1000 + second], ["metric", 1000.5 + second, 7, cpu, 1, 1, 0, 0, 5, 0]]
        for subject, keys, sums in (
            ("requests", [["GET", "/quick", 200, "wsgi"], ["GET", "/slow", 200, "wsgi"]], [0] * 4),
            ("network", [["httpx", "GET", "http://a/quick"], ["httpx", "GET", "http://a/slow"]], [0] * 8),
        ):
            lines.append(["tally", subject, 1000.9 + second, keys[0], 0, 1, 0.01, 0.01, 1, {"1": 1}, sums])
            if slow:
                lines.append(["tally", subject, 1000.9 + second, keys[1], 0, 1, 0.8, 0.8, 1, {"1": 1}, sums])
    causes = {(cause.effect, cause.kind, cause.name) for cause in explained(tmp_path, lines).causes}
    assert ("waiting", "route", "GET /slow") in causes
    assert ("waiting", "endpoint", "GET http://a/slow") in causes
    assert not [name for _, _, name in causes if "quick" in name]


def test_an_even_run_has_no_causes(tmp_path: Path) -> None:
    lines = [line for second in range(12) for line in (["at", 1000 + second], ["sample", "MainThread", 1, 100])]
    assert not explained(tmp_path, lines).causes


def test_a_short_run_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("sum(range(3_000_000))\n")
    with record([sys.executable, "app.py"], cwd=tmp_path, folder=tmp_path / "run", timeout=60) as recording:
        found = explain(recording)
    assert not found.causes
    assert "a correlation needs" in found.untold[0]
