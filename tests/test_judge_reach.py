"""Which tests reach a patch, and what becomes of tests that fail only now and then."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfprof.optimizer.judge import Judge, Settings
from perfprof.optimizer.judge.captured import case_of
from perfprof.optimizer.judge.reaching import Reach, identity, reached, run_some
from perfprof.optimizer.judge.trial import Trial
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Command, Project
from perfprof.rules.rule import Level

MODULE = """\
def one():
    return 1


class Two:
    @staticmethod
    def both():
        return one() + 1


def three():
    return 3


def shared():
    return 4
"""
TESTS = """\
import unittest

import module


class TestModule(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        module.shared()

    def test_one(self):
        self.assertEqual(module.one(), 1)

    def test_two(self):
        self.assertEqual(module.Two.both(), 2)

    def test_none(self):
        self.assertTrue(TESTED)


TESTED = True
"""
RUNNERS = {
    "pytest": (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_case.py"),
    "unittest": (sys.executable, "-m", "unittest", "-q", "test_case"),
}


def judge(root: Path, runner: str, **settings: float) -> Judge:
    (root / "module.py").write_text(MODULE)
    return Judge(Project(root, (root,), None, Command(RUNNERS[runner])), settings=Settings(seeds=(0,), **settings))


def patch(before: str, after: str, *functions: str) -> Patch:
    change = FileChange("module.py", MODULE, MODULE.replace(before, after))
    return Patch("r", "t", (change,), level=Level.PROVED, functions=tuple(f"module.py::{f}" for f in functions))


@pytest.mark.parametrize("runner", RUNNERS)
def test_each_function_knows_its_tests(tmp_path: Path, runner: str) -> None:
    (tmp_path / "test_case.py").write_text(TESTS)
    names = ["one", "Two.both", "three", "shared", "missing"]
    with judge(tmp_path, runner) as subject:
        found = reached(subject._bench, [f"module.py::{name}" for name in names], 60)
        prefix = "test_case.py::TestModule::" if runner == "pytest" else "test_case.TestModule."
        assert found["module.py::one"] == {f"{prefix}test_one", f"{prefix}test_two"}
        assert found["module.py::Two.both"] == {f"{prefix}test_two"}
        assert found["module.py::three"] == frozenset()
        assert "" in found["module.py::shared"]
        assert "module.py::missing" not in found
        suite, _ = run_some(subject._bench, subject._bench.old, found["module.py::Two.both"], 60)
        assert suite.green
        assert suite.passed == 1


def test_what_is_not_known_is_reached_by_all() -> None:
    reach = Reach()
    told = {"a": frozenset({"t1"}), "b": frozenset({"t2", ""})}
    assert reach.tests(["a"], lambda functions: told) == {"t1"}
    assert reach.tests(["a", "b"], lambda functions: told) is None
    assert reach.tests(["c"], lambda functions: told) is None
    assert reach.tests([], lambda functions: told) is None


def test_several_patches_are_tested_by_what_reaches_them(tmp_path: Path) -> None:
    (tmp_path / "test_case.py").write_text(TESTS)
    good = patch("return 3", "return 2 + 1", "three")
    wrong = patch("return one() + 1", "return one() + 2", "Two.both")
    right = patch("return one() + 1", "return 1 + one()", "Two.both")
    with judge(tmp_path, "unittest", short_suite=0.0) as subject:
        subject.announce([good, wrong, right])
        layers, _ = subject._ready()
        told = [layers.tests(Trial(one, case_of(one, (), frozenset()))) for one in (good, wrong, right)]
    assert told[0] == ("skipped", "no test reaches the changed functions")
    assert told[1][0] == "failed"
    assert "test_two" in told[1][1]
    assert told[2][0] == "passed"
    assert "the 1 that reach the change" in told[2][1]


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_test_that_fails_now_and_then_is_named(tmp_path: Path, runner: str) -> None:
    count = tmp_path.parent / f"{tmp_path.name}.count"
    (tmp_path / "test_case.py").write_text(
        f"{TESTS}\n\nclass TestMood(unittest.TestCase):\n    def test_mood(self):\n"
        f"        import pathlib\n        file = pathlib.Path({str(count)!r})\n"
        "        number = int(file.read_text()) + 1 if file.exists() else 1\n        file.write_text(str(number))\n"
        "        self.assertNotEqual(number % 3, 0)\n"
    )
    with judge(tmp_path, runner) as subject:  # two runs for the baseline, the third one fails
        outcome, reason = subject._ready()[0].suite(patch("return 3", "return 2 + 1", "three").changes)
    assert outcome == "passed", reason
    assert "flaky" in reason
    assert "test_mood" in reason


def test_a_name_as_the_runner_prints_it() -> None:
    assert identity("test_a (test_case.TestA.test_a)") == "test_case.TestA.test_a"
    assert identity("test_a (test_case.TestA)") == "test_case.TestA.test_a"
    assert identity("test_case.py::test_a[1]") == "test_case.py::test_a[1]"
