"""``perfprof report`` of recordings and of other tools' profiles, and its recording as their formats."""

from __future__ import annotations

import json
import pstats
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from perfprof.optimizer.cli import main

PROGRAM = "def work():\n    total = 0\n    for i in range(4_000_000):\n        total += i\n\nwork()\n"


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-m", "perfprof", "record", "-q", "-o", "out.rec", "--", sys.executable, "app.py"]
    subprocess.run(command, check=True, capture_output=True)
    return tmp_path / "out.rec"


def report(*words: str) -> str:
    result = CliRunner().invoke(main, ["report", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_last_run_as_the_profiles_of_other_tools(recorded: Path) -> None:
    report("--speedscope", "a.json", "--collapsed", "a.txt", "--pstats", "a.prof", "--chrome", "a.trace")
    assert "work" in {frame["name"] for frame in json.loads(Path("a.json").read_text())["shared"]["frames"]}
    assert "work (" in Path("a.txt").read_text()
    assert any(name == "work" for _, _, name in pstats.Stats("a.prof").stats)  # type: ignore[attr-defined]
    assert json.loads(Path("a.trace").read_text())[0]["ph"] == "M"


def test_a_recording_and_a_profile_are_shown(recorded: Path) -> None:
    assert "app.py:3 work" in report("out.rec")
    report("out.rec", "--collapsed", "stacks.txt")
    output = report("stacks.txt", "--html", "page.html")
    assert "work" in Path("page.html").read_text()
    assert "work" in report("stacks.txt")
    assert not output


def test_what_is_no_profile_is_one_error(recorded: Path) -> None:
    result = CliRunner().invoke(main, ["report", "app.py"])
    assert result.exit_code == 2
    assert "no profile that perfprof can read" in result.output
