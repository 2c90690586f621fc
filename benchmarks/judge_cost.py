"""What it costs to judge 1, 8 and 32 patches of one project, against the plain way.

    python benchmarks/judge_cost.py [--patches 1 8 32]

The project has 32 modules with a slow function each, four tests a function and a workload that calls all. The plain
way: for each patch the whole suite once, and ten pairs of runs of the whole workload; measured for one patch, the
others cost the same. The judge: baseline, captured calls, every layer for each patch, then the set together.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from perfprof.optimizer.judge import Judge
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Command, Project
from perfprof.rules.rule import Level

SLOW = """\
def common(left, right):
    found = []
    for item in left:
        found = found + [item + {number}]
    return found
"""
FAST = SLOW.replace("found = found + [item + {number}]", "found.append(item + {number})")
TEST = """\
import time
import unittest

from part{number} import common


class TestPart(unittest.TestCase):
    def test_some(self):
        self.assertEqual(common([1, 2], []), [1 + {number}, 2 + {number}])

    def test_none(self):
        self.assertEqual(common([], []), [])

    def test_many(self):
        self.assertEqual(len(common(range(900), [])), 900)

    def test_waits(self):
        time.sleep(0.1)
        self.assertEqual(len(common([1], [])), 1)
"""
COUNT = 32
PAIRS = 10


def prepare(root: Path) -> Project:
    """Write the project."""
    numbers = range(COUNT)
    for number in numbers:
        (root / f"part{number}.py").write_text(SLOW.format(number=number))
        (root / f"test_part{number}.py").write_text(TEST.format(number=number))
    imports = "".join(f"import part{number}\n" for number in numbers)
    calls = "".join(f"    part{number}.common(list(range(size)), [])\n" for number in numbers)
    (root / "workload.py").write_text(f"{imports}\nfor size in (0, 1, 30, 600, 1200):\n{calls}")
    return Project(
        root,
        (root,),
        Command((sys.executable, "workload.py")),
        Command((sys.executable, "-m", "unittest", "discover", "-q", "-p", "test_*.py")),
    )


def patch(number: int) -> Patch:
    """The fast form of one module."""
    change = FileChange(f"part{number}.py", SLOW.format(number=number), FAST.format(number=number))
    return Patch("r", "t", (change,), level=Level.PROVED, functions=(f"part{number}.py::common",), promise=1.2)


def plain(project: Project) -> float:
    """Seconds for one patch: the suite, and twenty runs of the workload."""
    with Judge(project) as judge:
        bench = judge._bench
        begun = time.monotonic()
        bench.run_tests(bench.old)
        for _ in range(PAIRS):
            for tree in (bench.old, bench.new):
                bench.run_workload(tree)
        return time.monotonic() - begun


def judged(project: Project, count: int) -> tuple[float, Counter[str], int]:
    """Seconds, decisions, and how many patches were accepted together."""
    patches = [patch(number) for number in range(count)]
    begun = time.monotonic()
    with Judge(project) as judge:
        judge.baseline()
        judge.observe([patch.functions[0] for patch in patches])
        judge.announce(patches)
        verdicts = [judge.patch(one) for one in patches]
        accepted = [one for one, told in zip(patches, verdicts, strict=True) if told.decision == "accepted"]
        together = judge.together(accepted)
    return time.monotonic() - begun, Counter(told.decision for told in verdicts), len(together.accepted)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--patches", type=int, nargs="+", default=[1, 8, 32])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = prepare(Path(folder).resolve())
        one = plain(project)
        print(f"{'patches':>8}{'plain way':>12}{'judge':>10}{'ratio':>8}   decisions, accepted together")
        for count in chosen.patches:
            seconds, told, kept = judged(project, count)
            print(
                f"{count:>8}{count * one:>10.1f} s{seconds:>8.1f} s{count * one / seconds:>7.1f}x   {dict(told)}, {kept}",
                flush=True,
            )


if __name__ == "__main__":
    main()
