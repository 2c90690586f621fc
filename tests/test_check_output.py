"""How check prints what it found: for people, for code scanning, and beside the lines of a pull request."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner
from test_check_scale import LARGE

from perfprof.optimizer.cli import main

WALK = dedent(LARGE["a walk of a graph"]).lstrip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shop, old").mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.perfprof]\n")
    (tmp_path / "shop, old" / "m.py").write_text(WALK)
    return tmp_path


def printed(folder: Path, monkeypatch: pytest.MonkeyPatch, *argv: str) -> str:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(main, ["check", "--no-cache", *argv])
    assert result.exit_code == 1, result.output
    return result.output


def test_a_line_says_what_is_slow_and_what_would_be_better(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = printed(project, monkeypatch).splitlines()[0]
    assert first.startswith("shop, old/m.py:5: queue-on-list: takes from the beginning of the list `queue`")
    assert first.endswith("(list as queue -> deque)")


@pytest.mark.parametrize(
    ("folder", "asked", "place"), [("shop, old", ".", "m.py:5"), ("..", None, "shop, old/m.py:5")]
)
def test_places_can_be_opened_from_where_one_stands(
    project: Path, monkeypatch: pytest.MonkeyPatch, folder: str, asked: str | None, place: str
) -> None:
    paths = asked or str(project / "shop, old" / "m.py")
    begin = "" if asked else f"{project.name}/"
    assert printed(project / folder, monkeypatch, paths).startswith(f"{begin}{place}: queue-on-list: ")


def test_github_shows_it_beside_the_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = printed(project, monkeypatch, "--format", "github")
    assert said.startswith(
        "::warning file=shop%2C old/m.py,line=5,endLine=5,title=perfprof queue-on-list::takes from"
    )
    assert said.count("\n") == 1


def test_sarif_and_json_are_printed_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = json.loads(printed(project, monkeypatch, "--format", "sarif"))["runs"][0]["results"]
    assert [one["ruleId"] for one in results] == ["queue-on-list"]
    report = json.loads(printed(project, monkeypatch, "--format", "json"))
    assert report["findings"][0]["path"] == "shop, old/m.py"
