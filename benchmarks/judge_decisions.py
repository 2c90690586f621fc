"""How often the judge errs: identical code must not win, planted gains must be found, a large one at once.

    python benchmarks/judge_decisions.py [--identical 200] [--planted 40] [--whole 40] [--load 2] [--jobs 2] [--raw FILE]

identical: a function against itself with a variable renamed, each a judgement of its own in fresh processes; claims at
the smallest effect (3 %). planted: 5, 10 and 20 % more iterations in the old code; the true ratio is measured apart,
from all pairs of its kind. whole: the same for the whole workload, a fresh process a run. large: a list in place of a
set, and the pairs it takes. load: busy processes beside it, so that the machine is loaded on purpose. The interval of
a share is the exact one (Clopper and Pearson, 95 %).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import comb
from pathlib import Path
from statistics import median

from perfprof.optimizer.judge import Comparison, Judge, captured
from perfprof.optimizer.judge.benchmark import function_benchmark
from perfprof.optimizer.judge.replay import play
from perfprof.optimizer.judge.statistics import Answered
from perfprof.optimizer.judge.weighing import weigh_replay
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Command, Project
from perfprof.rules.rule import Level

MODULE = """\
def folded(values):
    total = 0
    for value in values:
        total = (total * 31 + value) % 1000003
    for value in values[: len(values) * {percent} // 100]:
        spare = (total * 31 + value) % 1000003
    return total


def common(left, right):
    {setup}
    return [item for item in left if item in {where}]
"""
CALLS = """\
from module import common, folded

for n in (0, 1, 40, 400, 3000, 3000, 3000, {largest}):
    folded(list(range(n)))
for n in (0, 1, 20, 200, 400):
    common(list(range(n)), list(range(0, 2 * n, 2)))
"""
SPIN = "while True: sum(range(10_000))"
Judged = tuple[Answered, Comparison | None]


def module(percent: int = 0, *, fast: bool = False) -> str:
    """percent: iterations too many. fast: a set where a list was."""
    return MODULE.format(
        percent=percent, setup="known = set(right)" if fast else "pass", where="known" if fast else "right"
    )


def patch(before: str, after: str, function: str) -> Patch:
    """One text of the module for the other."""
    change = FileChange("module.py", before, after)
    return Patch("r", "t", (change,), level=Level.PROVED, functions=(f"module.py::{function}",))


@contextlib.contextmanager
def judging(text: str, largest: int) -> Iterator[Judge]:
    """A judge of a project that holds this module; largest: values in the workload's largest call."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        (root / "module.py").write_text(text)
        (root / "workload.py").write_text(CALLS.format(largest=largest))
        with Judge(Project(root, (root,), Command((sys.executable, "workload.py")))) as judge:
            judge.baseline()
            judge.observe(("module.py::folded", "module.py::common"))
            yield judge


def by_function(judge: Judge, subject: Patch) -> Callable[[], Judged]:
    """The function benchmark as the judge runs it."""
    case = captured.case_of(subject, judge._captured(), frozenset())
    assert judge._executor is not None
    stage = judge._bench.stage("", judge.baseline().seen)
    used = weigh_replay(case, play(stage, [case], judge._executor, seeds=(0,))[case.id]).used

    def once() -> Judged:
        times = function_benchmark(stage, case, used, promise=subject.promise, seconds=3.0)
        return times.answered, times.comparison

    return once


def by_workload(judge: Judge, subject: Patch) -> Callable[[], Judged]:
    """The benchmark of the whole workload as the judge runs it."""
    layers, _ = judge._ready()

    def once() -> Judged:
        times = layers.whole(subject.changes)
        return times.answered, times.cpu

    return once


def exact(count: int, trials: int) -> tuple[float, float]:
    """Clopper and Pearson: the 95 % interval of a share."""

    def tail(share: float, least: int) -> float:
        """The probability of ``least`` or more."""
        return sum(comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(least, trials + 1))

    def solve(least: int, wanted: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if tail(middle, least) < wanted else (low, middle)
        return low

    return (solve(count, 0.025) if count else 0.0, solve(count + 1, 0.975) if count < trials else 1.0)


def row(name: str, answers: Sequence[Judged]) -> str:
    """One line of the table."""
    told = Counter(answered.decision for answered, _ in answers)
    low, high = exact(told["faster"], len(answers))
    every = [
        old / new for _, one in answers if one for old, new in zip(one.before, one.after, strict=True) if new > 0
    ]
    ratio = median(every) if every else float("nan")
    cells = [f"{told[word] / len(answers):>7.1%}" for word in ("faster", "slower", "no change", "cannot tell")]
    pairs = [answered.pairs for answered, _ in answers]
    return (
        f"{name:<22} {len(answers):>4} {ratio:>7.3f} {cells[0]} ({low:.1%} - {high:.1%}) {cells[1]} {cells[2]} {cells[3]}"
        f"   {median(pairs):.0f} (<= {max(pairs)})"
    )


@contextlib.contextmanager
def loaded(count: int) -> Iterator[None]:
    """So many busy processes beside us."""
    busy = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser()
    for name, default in (("identical", 200), ("planted", 40), ("whole", 40), ("load", 2), ("jobs", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--raw", type=Path)
    chosen = parser.parse_args()
    print(
        f"{'':22} {'n':>4} {'true':>7} {'faster':>7} {'(95 % interval)':>15} {'slower':>7} no change cannot tell   pairs"
    )
    same = module()
    renamed = same.replace("total", "answer")
    kinds: list[tuple[str, int, str, str, str]] = [("identical", chosen.identical, same, renamed, "folded")]
    kinds += [(f"planted {p} %", chosen.planted, module(p), same, "folded") for p in (5, 10, 20)]
    kinds += [("set for a list", max(3, chosen.planted // 4), same, module(fast=True), "common")]
    wholes = [(name, chosen.whole, *rest) for name, _, *rest in kinds[:-1]]
    raw: dict[str, list[tuple[str, list[float], list[float]]]] = {}
    with loaded(chosen.load):
        for prefix, prepare, rows, largest in (
            ("", by_function, kinds, 3000),
            ("whole: ", by_workload, wholes, 1_500_000),
        ):
            for name, trials, before, after, function in rows:
                with (
                    judging(before, largest) as judge,
                    ThreadPoolExecutor(chosen.jobs if not prefix else 1) as pool,
                ):
                    once = prepare(judge, patch(before, after, function))
                    answers = [future.result() for future in [pool.submit(once) for _ in range(trials)]]
                if answers:
                    print(row(prefix + name, answers), f"  load {os.getloadavg()[0]:.1f}", flush=True)
                raw[prefix + name] = [
                    (answered.decision, list(one.before), list(one.after)) for answered, one in answers if one
                ]
    if chosen.raw:
        chosen.raw.write_text(json.dumps(raw))


if __name__ == "__main__":
    main()
