"""How often the judge errs, and how long it takes: identical code must not win, a large gain must be seen at once.

    python benchmarks/judge_decisions.py [--trials 100]

A/A: a function against itself with a variable renamed, real runs in fresh processes. A/B: the same function with a
set in place of a list, and the pairs it takes to certify that. Patch: one patch through all layers, as a multiple of
one run of the workload and the tests together.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from perfprof.optimizer.judge import Judge, captured
from perfprof.optimizer.judge.benchmark import FunctionTimes, function_benchmark
from perfprof.optimizer.judge.replay import play
from perfprof.optimizer.judge.weighing import weigh_replay
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Command, Project
from perfprof.rules.rule import Level

SLOW = """\
def common(left, right):
    found = []
    for item in left:
        if item in right:
            found.append(item)
    return found
"""
FAST = """\
_SAFE = frozenset({int, str})


def common(left, right):
    found = []
    known = frozenset(right) if _SAFE.issuperset(map(type, right)) else right
    for item in left:
        if item in (known if type(item) in _SAFE else right):
            found.append(item)
    return found
"""
WORKLOAD = """\
from module import common

for n in (0, 1, 20, 200, 400, 800, *[1200] * 6):
    common(list(range(n)), list(range(0, 2 * n, 2)))
"""
TESTS = (
    "import unittest, module\nclass T(unittest.TestCase):\n    def test(self):\n        module.common([1], [1])\n"
)


def patch(after: str, promise: float) -> Patch:
    """The module with another text."""
    change = FileChange("module.py", SLOW, after)
    return Patch("r", "t", (change,), level=Level.GUARDED, functions=("module.py::common",), promise=promise)


def times(judge: Judge, subject: Patch, seconds: float) -> FunctionTimes:
    """The function benchmark alone."""
    bench = judge._bench
    case = captured.case_of(subject, judge._captured(), frozenset())
    assert judge._executor is not None
    used = weigh_replay(case, play(bench.stage(), [case], judge._executor, seeds=(0,))[case.id]).used
    return function_benchmark(bench.stage(), case, used, promise=subject.promise, seconds=seconds)


def main() -> None:
    """Run all three and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=100)
    trials = parser.parse_args().trials
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for name, text in (("module.py", SLOW), ("workload.py", WORKLOAD), ("test_case.py", TESTS)):
            (root / name).write_text(text)
        project = Project(
            root,
            (root,),
            Command((sys.executable, "workload.py")),
            Command((sys.executable, "-m", "unittest", "-q", "test_case")),
        )
        with Judge(project) as judge:
            baseline = judge.baseline()
            judge.observe(("module.py::common",))
            same = patch(SLOW.replace("found", "taken"), 1.03)
            answers = Counter(times(judge, same, 1.5).answered.decision for _ in range(trials))
            pairs = [times(judge, patch(FAST, 1.2), 3.0).answered for _ in range(max(3, trials // 20))]
            begun = time.monotonic()
            verdict = judge.patch(patch(FAST, 1.2))
            spent = time.monotonic() - begun
    assert baseline.workload is not None
    assert baseline.suite is not None
    print(f"A/A   claimed faster {answers['faster']} and slower {answers['slower']} of {trials}, {dict(answers)}")
    print(
        f"A/B   {pairs[0].ratio:.0f}x certified in {max(one.pairs for one in pairs)} pairs at most, {len(pairs)} trials"
    )
    print(
        f"patch {verdict.decision}, {spent:.1f} s: {spent / (baseline.workload.seconds + baseline.suite.ran.seconds):.1f}x workload and tests"
    )


if __name__ == "__main__":
    main()
