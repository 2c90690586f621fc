"""Which layer sees through which wrong rewrite, what each layer is worth, and which right ones are turned away.

    python benchmarks/judge_corpus.py [--jobs 2] [--every 1] [--times] [--list]

Each rewrite of tests/judge_corpus is played as one patch, in processes of its own, by the limits that the judge has.
Every layer is asked, also after an earlier one objected, so that the table can tell what would get through without
it. times: the right rewrites that have a large input are timed as well. every: only one rewrite in so many.
"""

from __future__ import annotations

import argparse
import importlib
import pickle
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from perfprof.optimizer.judge.benchmark import function_benchmark
from perfprof.optimizer.judge.processes import Processes
from perfprof.optimizer.judge.replay import Call, Case, Limits, Played, Stage, play
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.weighing import weigh_differential, weigh_replay
from perfprof.optimizer.patches import FileChange

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from judge_corpus import RIGHT, WRONG, Rewrite

LAYERS = ("replay", "differential", "hostile")


@dataclass(frozen=True)
class Told:
    """What the layers said of one rewrite. objections: layer -> reason. passed: did replay pass?"""

    subject: Rewrite
    objections: dict[str, str]
    passed: bool
    doubt: str
    seconds: float
    gain: str = ""


def case_of(folder: Path, number: int, subject: Rewrite) -> Case:
    """The module, its import, and its captured calls."""
    name = f"judged_{number:03d}"
    (folder / f"{name}.py").write_text(subject.old)
    names = importlib.import_module(name).__dict__
    calls = [*eval(subject.calls, names), *([eval(subject.large, names)] if subject.large else ())]
    function = f"{name}.py::{subject.function}"
    blobs = tuple(Call(function, pickle.dumps(call, 4), size=len(pickle.dumps(call, 4))) for call in calls)
    return Case(subject.name, (FileChange(f"{name}.py", subject.old, subject.new),), blobs)


def judged(stage: Stage, case: Case, subject: Rewrite, *, times: bool) -> Told:
    """One rewrite under two hash seeds, all layers."""
    begun = time.monotonic()
    with ThreadPoolExecutor(1) as one:
        played = play(stage, [case], one, limits=Limits(all_layers=True))[case.id]
    objections = {layer: reason for layer in LAYERS if (reason := objection(layer, case, played))}
    weighed = weigh_replay(case, played)
    gain = ""
    if times and subject.large and not objections:
        found = function_benchmark(stage, case, weighed.used, promise=1.03, seconds=3.0)
        gain = f"{found.answered.decision} {found.answered.ratio:.1f}x"
    passed = weighed.outcome == "passed"
    return Told(subject, objections, passed, "" if passed else weighed.reason, time.monotonic() - begun, gain)


def objection(layer: str, case: Case, played: Played) -> str:
    """Why this layer says no, empty if it does not."""
    if layer == "replay":
        weighed = weigh_replay(case, played)
    else:
        weighed = weigh_differential(played, "typed" if layer == "differential" else layer)
    return weighed.reason if weighed.outcome == "failed" else ""


def main() -> None:
    """Play all and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--times", action="store_true")
    parser.add_argument("--list", action="store_true")
    chosen = parser.parse_args()
    subjects = (*WRONG[:: chosen.every], *RIGHT[:: chosen.every])
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(chosen.jobs) as pool:
        project, work = Path(folder).resolve() / "project", Path(folder).resolve()
        project.mkdir()
        sys.path.insert(0, str(project))
        cases = [case_of(project, number, subject) for number, subject in enumerate(subjects)]
        processes = Processes()
        stage = Stage(processes, sys.executable, Tree.plant(project, work / "old"), work)
        todo = [
            pool.submit(judged, stage, case, subject, times=chosen.times)
            for case, subject in zip(cases, subjects, strict=True)
        ]
        told = [future.result() for future in todo]
        processes.close()
    if chosen.list:
        for one in told:
            print(
                f"{one.seconds:6.1f} s  {one.subject.name:<45} {', '.join(one.objections) or one.doubt or 'none'} {one.gain}"
            )
    wrong = [one for one in told if one.subject in WRONG]
    report_wrong(wrong)
    report_right([one for one in told if one.subject not in WRONG], times=chosen.times)
    print(f"{sum(one.seconds for one in told) / len(told):.1f} s for one rewrite, both hash seeds")


def report_wrong(wrong: Sequence[Told]) -> None:
    """Layer by layer, and with each layer switched off."""
    first = Counter(next(iter(one.objections), "cannot tell" if not one.passed else "accepted") for one in wrong)
    print(f"{len(wrong)} wrong rewrites: {sum(bool(one.objections) for one in wrong)} rejected,", end=" ")
    print(f"{first['cannot tell']} cannot tell, {first['accepted']} accepted")
    print(f"{'layer':<14}{'objects':>8}{'first to':>10}{'alone':>7}{'accepted without it':>21}")
    for layer in LAYERS:
        sees = [one for one in wrong if layer in one.objections]
        alone = [one for one in sees if len(one.objections) == 1]
        without = len(alone) + first["accepted"]
        print(f"{layer:<14}{len(sees):>8}{first[layer]:>10}{len(alone):>7}{without:>21}")
    for one in wrong:
        if not one.objections:
            print(f"  {'accepted' if one.passed else 'cannot tell'}: {one.subject.name} ({one.doubt})")


def report_right(right: Sequence[Told], *, times: bool) -> None:
    """Which right rewrites are turned away, and why."""
    good = [one for one in right if not one.objections and one.passed]
    print(f"{len(right)} right rewrites: {len(good)} found to be the same")
    if times:
        timed = [one for one in good if one.gain]
        faster = [one for one in timed if one.gain.startswith("faster")]
        print(f"{len(faster)} of the {len(timed)} with a large input accepted as faster")
        good = [one for one in good if one not in timed or one in faster]
    for one in right:
        if one not in good:
            print(f"  {one.subject.name}: {one.objections or one.doubt or one.gain}")


if __name__ == "__main__":
    main()
