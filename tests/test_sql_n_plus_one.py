"""The page of `n-plus-one` is its specification: examples run under the real recorder, on a real SQLite."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.optimizer.writing.formatting import format_touched
from perfprof.profilers.workload import observe, record
from perfprof.rules import registry
from perfprof.rules.examples import Example, examples
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, weigh

RULE = registry()["n-plus-one"]
ALL = examples(RULE.page)
REWRITES = [one for one in ALL if one.after]
LOOKALIKES = [one for one in ALL if one.obligation]
WORKLOAD = next(one.workload for one in ALL if one.workload)
SIZE = 40


@dataclass
class Bench:
    """A folder with modules and a workload; argues about what a recorded run of it did."""

    folder: Path

    def write(self, files: dict[str, str], workload: str) -> None:
        """The modules, and the workload that begins with all of the first one."""
        first = next(iter(files)).removesuffix(".py")
        for name, source in {**files, "workload.py": f"from {first} import *\nn = {SIZE}\n{workload}"}.items():
            (self.folder / name).write_text(source)

    def cases(
        self, files: dict[str, str], workload: str = WORKLOAD, *, run: bool = True, rule: object = RULE
    ) -> list[Case]:
        assert RULE.in_function is not None
        self.write(files, workload)
        program = Program(self.folder, lambda path: path.read_text())
        modules = [program.module(self.folder / name) for name in files]
        suspects = [s for m in modules if m for f in m.functions for s in RULE.in_function(f, program)]
        argv = [sys.executable, "workload.py"]
        seen, executions = {}, ()
        if run and suspects:
            watches = [watch for one in suspects for watch in one.watches]
            with record(argv, cwd=self.folder, folder=self.folder / "record", sampler="off") as recording:
                assert recording.meta["exit_code"] == "0"
                executions = recording.executions()
            seen = observe(argv, cwd=self.folder, folder=self.folder / "observe", watches=watches).seen
        cases = [Case(one, program, seen, executions) for one in suspects]
        return [replace(case, proofs=weigh(rule, case)[0]) for case in cases]  # type: ignore[arg-type]

    def changed(self, files: dict[str, str], workload: str = WORKLOAD) -> dict[str, str]:
        """The files after the rewrite of the one case that is proven."""
        (case,) = [one for one in self.cases(files, workload) if proven(one)]
        return self.rewritten(files, [case])

    def rewritten(self, files: dict[str, str], cases: list[Case]) -> dict[str, str]:
        """The files with the edits of these cases."""
        result = dict(files)
        for case in cases:
            edits = RULE.rewrite(case).edits
            for name in files:
                mine = [edit for edit in edits if (edit.path or case.suspect.finding.path) == name]
                if mine:
                    changed = apply_edits(result[name], mine)
                    result[name] = format_touched(result[name], changed, self.folder / name, self.folder)
        return result

    def statements(self, files: dict[str, str], workload: str) -> int:
        """How many statements the workload runs."""
        self.write(files, workload)
        argv = [sys.executable, "workload.py"]
        with record(argv, cwd=self.folder, folder=self.folder / "count", sampler="off") as recording:
            return sum(one.count for one in recording.executions())

    def printed(self, files: dict[str, str], workload: str) -> str:
        """What the workload prints."""
        self.write(files, workload)
        run = [sys.executable, "workload.py"]
        return subprocess.run(run, cwd=self.folder, capture_output=True, text=True, check=True).stdout


def proven(case: Case) -> bool:
    return RULE.worth(case).enough and all(proof.level for proof in case.proofs)


def ran(source: str, workload: str, folder: Path) -> tuple[int, int]:
    """How many statements the old and the new code run, which print the same; in the new one nothing is left to find."""
    files, bench = {"example.py": source.lstrip()}, Bench(folder)
    cases = bench.cases(files, workload)
    chosen = [case for case in cases if proven(case)]
    assert len(chosen) == 1, [[p for p in case.proofs if not p.level] for case in cases]
    new = bench.rewritten(files, chosen)
    assert bench.printed(new, workload) == bench.printed(files, workload), new["example.py"]
    assert not [case for case in bench.cases(new, workload) if proven(case)]
    return bench.statements(files, workload), bench.statements(new, workload)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def outcome(source: str, workload: str, size: int) -> tuple[object, int]:
    """What the workload's last expression gives, and how many statements it ran."""
    names: dict[str, object] = {"n": size}
    exec(compile(source, "example.py", "exec"), names)
    *setup, call = workload.strip().rsplit("\n", 1)
    exec("\n".join(setup), names)
    ran: list[str] = []
    names["conn"].set_trace_callback(ran.append)  # type: ignore[attr-defined]
    result = eval(call, names)
    return plain(result), len(ran)


def plain(value: object) -> object:
    """Rows as what they hold, so that they compare."""
    if isinstance(value, sqlite3.Row):
        return tuple(value)
    if isinstance(value, (list, tuple)):
        return type(value)(plain(one) for one in value)
    return {key: plain(one) for key, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("example", REWRITES, ids=lambda one: str(one.number))
def test_before_becomes_after(example: Example, bench: Bench) -> None:
    assert bench.changed({"example.py": example.before}, example.workload) == {"example.py": example.after}


@pytest.mark.parametrize("example", REWRITES, ids=lambda one: str(one.number))
@pytest.mark.parametrize("size", [0, 1, 60, 1300])
def test_both_mean_the_same_with_fewer_statements(example: Example, size: int) -> None:
    old, many = outcome(example.before, example.workload, size)
    new, few = outcome(example.after, example.workload, size)
    assert new == old
    assert few <= 1 + -(-size // 500) <= many + 1


@pytest.mark.parametrize("example", REWRITES, ids=lambda one: str(one.number))
def test_without_a_recorded_run_nothing_is_said(example: Example, bench: Bench) -> None:
    assert not any(proven(one) for one in bench.cases({"example.py": example.before}, run=False))


@pytest.mark.parametrize("example", REWRITES, ids=lambda one: str(one.number))
def test_after_stays(example: Example, bench: Bench) -> None:
    assert not any(proven(one) for one in bench.cases({"example.py": example.after}, example.workload))


@pytest.mark.parametrize("example", LOOKALIKES, ids=lambda one: one.obligation)
def test_look_alikes_fail_their_obligation_and_no_other(example: Example, bench: Bench) -> None:
    cases = bench.cases({"example.py": example.before}, example.workload)
    assert any(RULE.worth(case).enough for case in cases), "it must look like the real thing"
    failed = [{proof.obligation for proof in case.proofs if not proof.level} for case in cases]
    assert failed == [{example.obligation}], [case.proofs for case in cases]


def test_every_obligation_has_a_look_alike() -> None:
    assert {one.name for one in RULE.safe_if} == {one.obligation for one in LOOKALIKES}
