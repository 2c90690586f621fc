"""The gate itself is tested: wrong rewrites must be seen through, right ones must pass."""

from __future__ import annotations

import importlib
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from judge_corpus import RIGHT, WRONG, Rewrite

from perfprof.optimizer.judge.processes import Processes
from perfprof.optimizer.judge.replay import Call, Case, Limits, Played, Stage, play
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.weighing import weigh_differential, weigh_replay
from perfprof.optimizer.patches import FileChange

QUICK = Limits(
    typed=0.2, hostile=0.1, examples=40, timeout=280
)  # benchmarks/judge_corpus.py spends what the judge does


def module_of(index: int) -> str:
    return f"judged_{index:03d}"


def case_of(folder: Path, index: int, subject: Rewrite) -> Case:
    name = module_of(index)
    (folder / f"{name}.py").write_text(subject.old)
    module = importlib.import_module(name)
    calls = eval(subject.calls, module.__dict__)
    function = f"{name}.py::{subject.function}"
    blobs = tuple(Call(function, pickle.dumps(call, protocol=4)) for call in calls)
    return Case(subject.name, (FileChange(f"{name}.py", subject.old, subject.new),), blobs)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Case, Played]]]:
    """All rewrites in a handful of processes."""
    project = tmp_path_factory.mktemp("project")
    work = tmp_path_factory.mktemp("work")
    sys.path.insert(0, str(project))
    cases = [case_of(project, index, subject) for index, subject in enumerate((*WRONG, *RIGHT))]
    wrong, right = cases[: len(WRONG)], cases[len(WRONG) :]
    processes = Processes()
    stage = Stage(processes, sys.executable, Tree.plant(project, work / "old"), work)
    with ThreadPoolExecutor(2) as executor:
        told = play(stage, wrong, executor, seeds=(0, 1), limits=Limits(timeout=280))
        told |= play(stage, right, executor, seeds=(0, 1), limits=QUICK)
    yield {case.id: (case, told[case.id]) for case in cases}
    processes.close()
    sys.path.remove(str(project))


def objection(case: Case, told: Played) -> tuple[str, str]:
    """The first layer that says no, and why."""
    for layer, weighed in (
        ("replay", weigh_replay(case, told)),
        ("differential", weigh_differential(told, "typed")),
        ("hostile", weigh_differential(told, "hostile")),
    ):
        if weighed.outcome == "failed":
            return layer, weighed.reason
    return "", ""


@pytest.mark.parametrize("subject", WRONG, ids=lambda subject: subject.name)
def test_a_wrong_rewrite_is_rejected(subject: Rewrite, played: dict[str, tuple[Case, Played]]) -> None:
    layer, reason = objection(*played[subject.name])
    if subject.layer == "cannot tell":
        assert weigh_replay(*played[subject.name]).outcome == "cannot tell"
        return
    assert layer, reason
    assert layer in subject.layer, reason
    assert subject.function in reason


@pytest.mark.parametrize("subject", RIGHT, ids=lambda subject: subject.name)
def test_a_right_rewrite_passes(subject: Rewrite, played: dict[str, tuple[Case, Played]]) -> None:
    case, told = played[subject.name]
    assert objection(case, told) == ("", "")
    assert weigh_replay(case, told).outcome == "passed", weigh_replay(case, told)
    assert weigh_differential(told, "typed").outcome == "passed"
    assert weigh_differential(told, "hostile").outcome == "passed"


def test_the_corpus_is_large_enough() -> None:
    assert len(WRONG) >= 60
    assert len(RIGHT) >= 30
    assert len({subject.name for subject in (*WRONG, *RIGHT)}) == len(WRONG) + len(RIGHT)
    assert {subject.layer for subject in WRONG} >= {"replay", "differential", "hostile"}
