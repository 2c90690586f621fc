"""``perfprof compare``: two recordings, two revisions, and the budget."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from perfprof.optimizer.cli import main
from perfprof.optimizer.comparing.budget import Budget, breaches
from perfprof.optimizer.comparing.comparison import compare
from perfprof.optimizer.comparing.figures import Figure, figures
from perfprof.optimizer.judge.verdict import Comparison
from perfprof.profilers.journals import Journal
from perfprof.profilers.merge import Writer
from perfprof.profilers.recording import Recording

PROGRAM = """
import sqlite3

def total(n):
    return sum(i % 7 for i in range(n))

def rows(k):
    db = sqlite3.connect(":memory:")
    db.execute("create table t (a)")
    for i in range(k):
        db.execute("insert into t values (?)", (i,))

print(total(200_000), rows(20))
"""


def figure(name: str, value: float, **more: object) -> dict[str, Figure]:
    return {name: Figure(name, value, "s", **more)}  # type: ignore[arg-type]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def git(*words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["compare", *words])
    return result.exit_code, result.output


def record(name: str) -> str:
    words = [sys.executable, "-m", "perfprof", "record", "-q", "--sampler", "loops", "-o", name, "--"]
    subprocess.run([*words, sys.executable, "app.py"], check=True, capture_output=True)
    return name


@pytest.mark.parametrize(
    ("old", "new", "decision"),
    [(1.0, 2.0, "worse"), (1.0, 0.5, "better"), (1.0, 1.02, "cannot tell"), (0.001, 0.01, "cannot tell")],
)
def test_single_runs_decide_only_what_stands_out(old: float, new: float, decision: str) -> None:
    (row,) = compare(figure("cpu", old), figure("cpu", new), 0.1).rows
    assert (row.decision, row.pairs) == (decision, 1)
    assert row.low < row.change < row.high


def test_counts_are_exact_and_more_throughput_is_better() -> None:
    (row,) = compare(figure("queries", 10, exact=True), figure("queries", 12, exact=True), 0.1).rows
    assert (row.decision, row.low, row.high) == ("worse", 1.2, 1.2)
    (row,) = compare(figure("throughput", 100, higher=True), figure("throughput", 50, higher=True), 0.1).rows
    assert row.decision == "worse"
    (row,) = compare(figure("throughput", 100, higher=True), figure("throughput", 200, higher=True), 0.1).rows
    assert row.decision == "better"


def test_runs_by_turns_decide_over_the_recordings() -> None:
    same = Comparison("cpu", (1.0,) * 10, (1.01,) * 10, 1 / 1.01, 0.98, 1.0)
    (row,) = compare(figure("cpu", 1.0), figure("cpu", 9.0), 0.1, {"cpu": same}).rows
    assert row.decision == "same"
    assert row.change == pytest.approx(1.01)


@pytest.mark.parametrize(("looks", "decision"), [(2, "cannot tell"), (10, "worse")])
def test_memory_that_was_looked_at_twice_says_little(looks: int, decision: str, tmp_path: Path) -> None:
    """The first look may fall on an interpreter that only begins."""
    found = []
    for name, held in (("a", 4_000_000), ("b", 14_000_000)):
        writer = Writer(tmp_path / name)
        lines = [["metric", 1000.0 + at, 7, 0.1, held, 1, 0, 0, 5, 0] for at in range(looks)]
        writer.add_all([Journal({"pid": 7, "parent": 1, "argv": ["app"]}, lines)], {})
        writer.finish({"interval": "0.005", "cpu_seconds": "1", "seconds": "1", "command": "app"})
        with Recording.open(tmp_path / name) as recording:
            found.append(figures(recording, tmp_path))
    (row,) = (row for row in compare(*found, 0.1).rows if row.name == "memory")
    assert row.decision == decision


def test_from_nothing_to_something_is_worse() -> None:
    (row,) = compare(figure("queries", 0, exact=True), figure("queries", 3, exact=True), 0.1).rows
    assert (row.decision, row.change) == ("worse", math.inf)


def test_a_budget_bounds_from_above_and_throughput_from_below() -> None:
    budget = Budget.read({"queries": 10, "throughput": 50, "p95-ms": 20, "functions": {"a.py:f": 0.5}})
    after = figure("queries", 11) | figure("throughput", 40, higher=True) | figure("latency p95", 0.019)
    after |= figure("function a.py:f", 0.6)
    assert [one.figure for one in breaches(budget, after)] == ["queries", "throughput", "function a.py:f"]


def test_one_recording_is_held_against_the_budget(project: Path) -> None:
    recording = record("a.rec")
    code, output = run(recording)
    assert code == 0
    assert "There is no budget to hold it against" in output
    assert "worse by more" not in output
    (project / "pyproject.toml").write_text("[tool.perfprof.budget]\nqueries = 5\np95-ms = 3\n")
    code, output = run(recording)
    assert code == 1
    assert "BUDGET broken: queries is 21, 5 is allowed." in output
    assert "'latency p95', which was not recorded" in output


def test_a_wrong_key_names_the_right_one(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.perfprof.budget]\nquerys = 5\n")
    code, output = run("a.rec")
    assert code == 2
    assert "did you mean queries?" in output


def test_two_recordings(project: Path) -> None:
    first = record("a.rec")
    (project / "app.py").write_text(PROGRAM.replace("rows(20)", "rows(80)"))
    code, output = run(first, record("b.rec"), "--json", "out.json")
    assert code == 1
    assert "REGRESSION broken: queries is 81, 23.1 is allowed." in output
    report = json.loads(Path("out.json").read_text())
    assert report["breaches"][0]["figure"] == "queries"
    (project / "pyproject.toml").write_text("[tool.perfprof.budget]\nregression = 9\n")  # whoever else runs here
    assert run("b.rec", first, "-q", "--markdown", "out.md")[0] == 0
    assert Path("out.md").read_text().startswith("<!-- perfprof-compare -->")


def test_two_revisions_are_run_by_turns(project: Path) -> None:
    git("init", "-q")
    git("add", "app.py")
    git("commit", "-qm", "one")
    (project / "app.py").write_text(PROGRAM.replace("200_000", "4_000_000").replace("rows(20)", "rows(2)"))
    code, output = run("HEAD", ".", "--seconds", "1", "--json", "-", "--", sys.executable, "app.py")
    report = json.loads(output)
    rows = {row["name"]: row for row in report["rows"]}
    assert rows["queries"]["decision"] == "better"
    assert rows["cpu"]["pairs"] >= 1  # in a second, as many as the machine has room for
    assert rows["cpu"]["change"] > 1
    assert code in (0, 1)  # one pair need not be enough for an answer about the time
    assert not list(project.glob("*.rec"))
    assert git_status() == [" M app.py"]


def git_status() -> list[str]:
    return subprocess.run(
        ["git", "status", "--short"], capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nothing"], "no such recording"),
        (["nothing", "other"], "neither a recording nor a git revision"),
        (["app.py"], "not a recording"),
    ],
)
def test_wrong_use_is_one_error(project: Path, words: list[str], says: str) -> None:
    code, output = run(*words)
    assert code == 2
    assert says in output
