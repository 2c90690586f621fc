"""One generic test for every Python rule: its page is its specification.

Evidence is never made up: each example's workload runs in a process of its own under the real probes.
"""

from __future__ import annotations

import copy
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.optimizer.writing.formatting import format_touched
from perfprof.profilers.workload import observe
from perfprof.rules import registry
from perfprof.rules.examples import Example, examples
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, Rule, Suspect, weigh

RULES = {
    name: rule
    for name, rule in registry().items()
    if rule.in_function is not None and Path(rule.origin).parent.name == "python"
}
ALL = [(name, one) for name, rule in RULES.items() for one in examples(rule.page)]
REWRITES = [pytest.param(name, one, id=f"{name}-{one.number}") for name, one in ALL if one.after]
LOOKALIKES = [pytest.param(name, one, id=f"{name}-{one.obligation}") for name, one in ALL if one.obligation]
SIZE = 64


@dataclass
class Bench:
    """A folder with one example as a module and its workload as a script."""

    folder: Path

    def cases(self, rule: Rule, source: str, workload: str, *, run: bool = True) -> list[Case]:
        path = self.folder / "example.py"
        path.write_text(source)
        program = Program(self.folder, lambda one: one.read_text())
        module = program.module(path)
        assert module is not None
        assert rule.in_function is not None
        suspects = [one for function in module.functions for one in rule.in_function(function, program)]
        seen = self.observed(suspects, workload) if run and suspects else {}
        cases = [Case(one, program, seen) for one in suspects]
        return [replace(case, proofs=weigh(rule, case)[0]) for case in cases]

    def observed(self, suspects: list[Suspect], workload: str) -> object:
        (self.folder / "workload.py").write_text(f"from example import *\nn = {SIZE}\n{workload}")
        watches = [watch for one in suspects for watch in one.watches]
        result = observe(
            [sys.executable, "workload.py"], cwd=self.folder, folder=self.folder / "run", watches=watches
        )
        assert result.exit_code == 0
        return result.seen


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def proven(rule: Rule, cases: list[Case]) -> list[Case]:
    return [case for case in cases if rule.worth(case).enough and all(p.level for p in case.proofs)]


@pytest.mark.parametrize(("name", "example"), REWRITES)
def test_before_becomes_after(name: str, example: Example, bench: Bench) -> None:
    rule = RULES[name]
    (case,) = proven(rule, bench.cases(rule, example.before, example.workload))
    changed = apply_edits(example.before, rule.rewrite(case).edits)
    path = bench.folder / "example.py"
    assert format_touched(example.before, changed, path, bench.folder) == example.after


@pytest.mark.parametrize(("name", "example"), REWRITES)
def test_without_evidence_nothing_is_said(name: str, example: Example, bench: Bench) -> None:
    rule = RULES[name]
    assert not proven(rule, bench.cases(rule, example.before, example.workload, run=False))


@pytest.mark.parametrize(("name", "example"), REWRITES)
def test_after_stays(name: str, example: Example, bench: Bench) -> None:
    rule = RULES[name]
    assert not proven(rule, bench.cases(rule, example.after, example.workload))


@pytest.mark.parametrize(("name", "example"), REWRITES)
@pytest.mark.parametrize("size", [0, 1, 50])
def test_both_mean_the_same(name: str, example: Example, size: int) -> None:
    assert outcome(example.before, example.workload, size) == outcome(example.after, example.workload, size)


def outcome(source: str, workload: str, size: int) -> object:
    """What the last expression of the workload gives, or the exception it raises; and the arguments afterwards."""
    names: dict[str, object] = {"n": size}
    exec(compile(source, "example.py", "exec"), names)
    *setup, call = workload.strip().rsplit("\n", 1)
    exec("\n".join(setup), names)
    before = set(names)
    try:
        result = eval(call, names)
    except Exception as error:
        result = (type(error), str(error))
    own = (key for key in before if not key.startswith("_"))  # not what the new code keeps for itself
    values = {key: names[key] for key in own if isinstance(names[key], (list, dict))}
    return copy.deepcopy(result), copy.deepcopy(values)


@pytest.mark.parametrize(("name", "example"), LOOKALIKES)
def test_look_alikes_fail_their_obligation_and_no_other(name: str, example: Example, bench: Bench) -> None:
    rule = RULES[name]
    cases = bench.cases(rule, example.before, example.workload)
    assert cases, "the shape must be found, so that the obligation decides"
    failed = [{p.obligation for p in case.proofs if p.level is Level.OPEN} for case in cases]
    assert {example.obligation} in failed, failed
    assert not proven(rule, cases)


@pytest.mark.parametrize("name", RULES)
def test_every_obligation_has_a_look_alike(name: str) -> None:
    tested = {one.obligation for one in examples(RULES[name].page)}
    assert {one.name for one in RULES[name].safe_if} == tested - {""}


@pytest.mark.parametrize(("name", "example"), LOOKALIKES)
def test_without_its_obligation_the_look_alike_would_be_rewritten(
    name: str, example: Example, bench: Bench
) -> None:
    rule = RULES[name]
    weaker = replace(rule, safe_if=tuple(one for one in rule.safe_if if one.name != example.obligation))
    cases = bench.cases(weaker, example.before, example.workload)
    assert any(all(p.level for p in case.proofs) for case in cases)


@pytest.mark.parametrize("name", RULES)
def test_pages_have_a_claim_and_parse(name: str) -> None:
    page = RULES[name].page
    assert page.splitlines()[0].endswith(".")
    for source in itertools.chain.from_iterable((one.before, one.after, one.workload) for one in examples(page)):
        compile(source, name, "exec")


def test_rules_say_their_own_name() -> None:
    assert all(suspect_name(rule) == name for name, rule in RULES.items())


def suspect_name(rule: Rule) -> str:
    example = examples(rule.page)[0]
    program = Program(Path("/"), lambda one: example.before)
    module = program.module(Path("/example.py"))
    assert module is not None
    assert rule.in_function is not None
    found: Iterator[Suspect] = (one for function in module.functions for one in rule.in_function(function, program))
    return next(found).finding.rule
