"""``pytest --perfprof`` in projects of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.profilers.parts import tests
from perfprof.profilers.recording import Recording

SUITE = """
import sqlite3
import pytest

@pytest.mark.parametrize("n", [1, 3_000_000])
def test_counts(n):
    total = 0
    for i in range(n):
        total += i

def test_asks():
    db = sqlite3.connect(":memory:")
    for i in range(30):
        db.execute("select ?", (i,))

def test_fails():
    assert 0
"""


def run(folder: Path, *words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(SUITE)
    command = [*before, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_each_test_has_its_cost(tmp_path: Path, workers: tuple[str, ...]) -> None:
    ran = run(tmp_path, "--perfprof-output=out.rec", *workers)
    assert ran.returncode == 1, ran.stderr
    assert "Recording: out.rec" in ran.stdout
    with Recording.open(tmp_path / "out.rec") as recording:
        found = {test.name.partition("::")[2]: test for test in tests.read(recording)}
        assert found.keys() == {"test_counts[1]", "test_counts[3000000]", "test_asks", "test_fails"}
        assert tests.read(recording)[0].name == "test_it.py::test_counts[3000000]"
        assert found["test_fails"].outcome == "failed"
        assert sum(one.count for one in recording.executions()) == 30
        assert recording.share(tmp_path / "test_it.py", 5, 9) > 0


def test_the_word_behind_the_option_is_a_test_file(tmp_path: Path) -> None:
    """And not a file to be written over."""
    ran = run(tmp_path, "--perfprof", "test_it.py")
    assert ran.returncode == 1, ran.stderr
    assert (tmp_path / "test_it.py").read_text() == SUITE
    (kept,) = (tmp_path / ".perfprof" / "runs").glob("*/recording.sqlite")
    shown = subprocess.run(
        [sys.executable, "-m", "perfprof", "report"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "4 tests" in shown.stdout, "the last run, with a report of its own"
    assert kept.parent.name in shown.stdout


def test_a_suite_that_is_not_asked_is_left_alone(tmp_path: Path) -> None:
    ran = run(tmp_path)
    assert "perfprof" not in ran.stdout
    assert not (tmp_path / ".perfprof").exists()


def test_record_takes_the_tests_in(tmp_path: Path) -> None:
    before = (sys.executable, "-m", "perfprof", "record", "--sampler", "loops", "-q", "-o", "out.rec", "--")
    assert run(tmp_path, before=before).returncode == 1
    with Recording.open(tmp_path / "out.rec") as recording:
        assert len(tests.read(recording)) == 4


def test_slowest_tests_have_a_tree(tmp_path: Path) -> None:
    ran = run(tmp_path, "--perfprof-tree", "test_counts")
    assert ran.returncode == 1, ran.stderr
    assert "Call tree of test_it.py::test_counts[3000000]" in ran.stdout
    assert "test_counts  test_it.py:" in ran.stdout
