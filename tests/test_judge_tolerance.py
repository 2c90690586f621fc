"""Answers within a tolerance: floats may differ by it and nothing else, for patches that ask for it and for no other."""

from __future__ import annotations

import difflib
import io
import json
import math
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import example_run
import pytest

from perfprof.optimizer.judge.processes import Processes
from perfprof.optimizer.judge.replay import Call, Case, Limits, Played, Stage, play
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.weighing import weigh_differential, weigh_replay
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.reports import html, markdown
from perfprof.optimizer.reports.document import document
from perfprof.optimizer.reports.terminal import show
from perfprof.optimizer.writing.patch_message import message
from perfprof.profilers.inside.replaying.nearness import Near, Room, near
from perfprof.rules.rule import Level

numpy = pytest.importorskip("numpy")

OLD = """\
import numpy as np


def act(a, out):
    total = 0.0
    for i in range(len(a)):
        total += a[i]
        out[i] = a[i] / 3
    return {"sum": total, "of": len(a)}
"""
SUM = OLD.replace("        total += a[i]\n", "").replace("    return", "    total += a.sum()\n    return")
BOUND = "abs(float(a.sum())) * 1e-9 < 2.3e-16 * len(a) * np.abs(a).sum()"
NEW = {  # new code, tolerance
    "sum": (SUM, 1e-9),
    "exactly": (SUM, 0.0),
    "closer": (SUM, 1e-16),
    "bound": (
        SUM.replace("    total += a.sum()", f"    total = sum(a, 0.0) if {BOUND} else total + a.sum()"),
        1e-9,
    ),
    "type": (SUM.replace("a.sum()", "float(a.sum())").replace('"sum": total', '"sum": float(total)'), 1e-9),
    "whole": (SUM.replace('"of": len(a)', '"of": len(a) + 1'), 1e-9),
    "key": (SUM.replace('"of": len(a)', '"off": len(a)'), 1e-9),
    "arguments": (SUM.replace("a[i] / 3", "a[i] * (1 / 3)"), 1e-9),
    "other arguments": (SUM.replace("a[i] / 3", "a[i] / 3.1"), 1e-9),
    "shape": (SUM.replace("    return", "    out.shape = len(a), 1\n    return"), 1e-9),
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Case, Played]]]:
    project, work = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("work")
    chance = numpy.random.default_rng(7)
    blobs = [pickle.dumps(((chance.random(n), numpy.zeros(n)), {}), 4) for n in (1, 9, 40, 3000)]
    cases = []
    for number, (name, (new, tolerance)) in enumerate(NEW.items()):
        path = f"near_{number}.py"
        (project / path).write_text(OLD)
        calls = tuple(Call(f"{path}::act", blob) for blob in blobs)
        cases.append(Case(name, (FileChange(path, OLD, new),), calls, tolerance=tolerance))
    processes = Processes()
    stage = Stage(processes, sys.executable, Tree.plant(project, work / "old"), work)
    with ThreadPoolExecutor(1) as executor:
        told = play(stage, cases, executor, seeds=(0,), limits=Limits(typed=1.5))
    yield {case.id: (case, told[case.id]) for case in cases}
    processes.close()


@pytest.mark.parametrize("name", ["sum", "bound", "arguments"])
def test_captured_calls_agree_within_it_and_the_difference_is_told(
    played: dict[str, tuple[Case, Played]], name: str
) -> None:
    case, told = played[name]
    weighed = weigh_replay(case, told)
    assert weighed.outcome == "passed", weighed.reason
    assert "4 captured calls agree within 1e-09 (largest difference " in weighed.reason
    assert 0.0 < told.apart() < 1e-9


@pytest.mark.parametrize("name", ["exactly", "closer", "type", "whole", "key", "other arguments", "shape"])
def test_all_else_is_a_difference(played: dict[str, tuple[Case, Played]], name: str) -> None:
    weighed = weigh_replay(*played[name])
    assert weighed.outcome == "failed", weighed.reason


def test_a_sum_whose_terms_cancel_is_seen(played: dict[str, tuple[Case, Played]]) -> None:
    weighed = weigh_differential(played["sum"][1], "typed", 1e-9)
    assert weighed.outcome == "failed", weighed.reason
    assert "result differs" in weighed.reason
    weighed = weigh_differential(played["bound"][1], "typed", 1e-9)
    assert weighed.outcome == "passed", weighed.reason
    assert "inputs agree within 1e-09 (largest difference " in weighed.reason


def of(*values: Any) -> Near:
    return near(Room(), *values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1.0, 1.0 + 1e-12),
        (math.nan, -math.nan),
        (numpy.float64(1e300), numpy.float64(1e300 * (1 + 1e-12))),
        ([1.0, {"a": (2.0, 3)}], [1.0 + 1e-13, {"a": (2.0, 3)}]),
        (numpy.array([1.0, math.inf]), numpy.array([1.0 + 1e-13, math.inf])),
        (numpy.array([1 + 1j]), numpy.array([1 + 1j + 1e-13])),
        (5e-324, 5e-324),
        ({1.0: 0.1 + 0.2}, {1.0: 0.3}),
    ],
)
def test_near(one: Any, other: Any) -> None:
    assert of(one).distance(of(other)) < 1e-9
    assert of(other).distance(of(one)) < 1e-9


FAR = [
    (1.0, 1),
    (1.0, True),
    (1.0, numpy.float64(1.0)),
    (numpy.float32(1), numpy.float64(1)),
    (0.0, -0.0),
    (0.0, 1e-300),
    (5e-324, 1e-323),
    (math.inf, 1.7e308),
    (math.inf, -math.inf),
    (math.nan, 1.0),
    (1e308, -1e308),
    ("1.0", "1.0000000000001"),
    ({1.0: 2}, {1.0 + 1e-13: 2}),
    ({1.0}, {1.0 + 1e-13}),
    ([1.0, 2.0], (1.0, 2.0)),
    ([1.0, 2.0], [1.0]),
    ([1.0, 2.0], [2.0, 1.0]),
    (numpy.ones(4), numpy.ones((2, 2))),
    (numpy.ones(4), numpy.ones(4, dtype="f4")),
    (numpy.ones(4), numpy.ones(4, dtype="i8")),
    (numpy.ones((2, 2)), numpy.ones((2, 2), order="F")),
    (numpy.ones(2), numpy.ma.ones(2)),
    (numpy.ma.array([1.0, 2.0], mask=[0, 1]), numpy.ma.array([1.0, 2.0], mask=[0, 0])),
]


@pytest.mark.parametrize(("one", "other"), FAR)
def test_far(one: Any, other: Any) -> None:
    assert of(one).distance(of(other)) > 1e-9
    assert of(other).distance(of(one)) > 1e-9


def test_frames_differ_in_values_alone() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [1, 2]}, index=[0.5, 1.5])
    moved = frame * 1.0
    moved["b"], moved["a"] = frame["b"], frame["a"] * (1 + 1e-12)
    assert 0 < of(frame).distance(of(moved)) < 1e-9
    assert of(frame["a"]).distance(of(moved["a"])) < 1e-9
    for other in (frame.set_axis([0.5, 1.5 + 1e-13]), frame.rename(columns={"a": "c"}), frame.astype({"b": float})):
        assert of(frame).distance(of(other)) == math.inf


def test_who_is_who_is_no_number() -> None:
    one, two = [1.0], [1.0]
    assert of([one, one]).distance(of([one, two])) == math.inf
    assert of([one, one]).distance(of([two, two])) == 0.0


def test_what_is_too_much_to_keep_is_compared_to_the_byte() -> None:
    one, other = numpy.ones(50), numpy.ones(50) + 1e-13
    assert near(Room(60), one, one.copy()).distance(near(Room(60), other, other.copy())) == math.inf
    assert near(Room(60), [1.0] * 70).distance(near(Room(60), [1.0 + 1e-13] * 70)) == math.inf


def test_verify_takes_the_tolerance_of_its_command_line_and_not_of_the_settings(tmp_path: Path) -> None:
    old = "def total(xs):\n    found = 0.0\n    for x in xs:\n        found += x\n    return found\n"
    new = "import math\n\n\ndef total(xs):\n    return math.fsum(xs)\n"
    (tmp_path / "core.py").write_text(old)
    (tmp_path / "work.py").write_text("from core import total\nfor n in (9, 30000):\n    total([0.1] * n)\n")
    (tmp_path / "pyproject.toml").write_text("[tool.perfprof]\ntolerance = 1e-9\n")
    (tmp_path / "a.patch").write_text(
        "".join(difflib.unified_diff(old.splitlines(True), new.splitlines(True), "a/core.py", "b/core.py"))
    )
    told = []
    for more in ([], ["--tolerance", "1e-9"]):
        words = [
            sys.executable,
            "-m",
            "perfprof",
            "verify",
            "a.patch",
            *more,
            "--json",
            "r.json",
            "--",
            sys.executable,
        ]
        subprocess.run([*words, "work.py"], cwd=tmp_path, capture_output=True, check=False)
        report = json.loads((tmp_path / "r.json").read_text())
        told.append((report["verdicts"][0]["replay"], report["patches"][0]["tolerance"]))
    assert told == [("failed", None), ("passed", 1e-9)]
    assert 0 < report["verdicts"][0]["largest_difference"] < 1e-9
    page = (tmp_path / report["run"]["folder"] / "report.html").read_text()
    assert "captured calls agree within 1e-09 (largest difference" in page


def test_every_channel_tells_it() -> None:
    one = next(one for one in example_run.OUTCOMES if one.status == "applied" and one.verdict and one.patch)
    assert one.patch is not None
    assert one.verdict is not None
    patch, verdict = replace(one.patch, tolerance=1e-9), replace(one.verdict, tolerance=1e-9, largest=3e-15)
    near_one = replace(one, patch=patch, verdict=verdict, level=Level.OBSERVED)
    said = message(near_one, "0001.patch", "")
    assert "Within:   floats may differ by 1e-09 of their value, as set; the largest" in said
    assert "perfprof verify --tolerance 1e-09 0001.patch" in said
    assert "Perfprof-Level: verified within tolerance" in said
    report = document(replace(example_run.RUN, outcomes=(near_one,)))
    assert report["findings"][0]["level"] == report["patches"][0]["level"] == "verified within tolerance"
    assert (report["patches"][0]["tolerance"], report["verdicts"][0]["largest_difference"]) == (1e-9, 3e-15)
    shown = io.StringIO()
    show(report, shown, 300)
    told = "verified within 1e-09, largest difference 3e-15"
    for text in (shown.getvalue(), html.render(report), markdown.render(report)):
        assert told in text
    exact = document(example_run.RUN)
    assert {one["tolerance"] for one in exact["patches"]} == {None}
    assert {one["largest_difference"] for one in exact["verdicts"]} == {None}
