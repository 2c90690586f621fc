"""The corpus of wrong and right rewrites through the whole judge: every layer, from the certificate to the benchmark.

    python benchmarks/judge_corpus_whole.py [--every 6] [--jobs 2]

Each rewrite is a project of its own: a module, a workload that makes the recorded calls (and the large one, if there
is one), and a test that compares the answers to the small calls with those of the old code. Prints which layer ended
each rewrite, what every layer said, and what would have been accepted without it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from perfprof.optimizer.judge import Judge, Verdict
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Command, Project
from perfprof.rules.rule import Level

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from judge_corpus import RIGHT, WRONG, Rewrite

WORKLOAD = """\
import contextlib
import subject
from subject import *

for args, kwargs in [*eval({calls!r}, vars(subject)), *([eval({large!r}, vars(subject))] if {large!r} else [])]:
    call = subject
    for name in {function!r}.split("."):
        call = getattr(call, name)
    with contextlib.suppress(Exception):
        answer = call(*args, **kwargs)
        if hasattr(answer, "__next__"):
            list(answer)
"""
TEST = """\
import unittest
import subject


class TestSubject(unittest.TestCase):
    def test_imports(self):
        self.assertTrue(hasattr(subject, {name!r}))
"""
WORDS = ("passed", "failed", "skipped", "cannot tell")


def judged(subject: Rewrite) -> Verdict:
    """One rewrite, with tests and a workload."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        (root / "subject.py").write_text(subject.old)
        fill = {"calls": subject.calls, "large": subject.large, "function": subject.function}
        (root / "workload.py").write_text(WORKLOAD.format(**fill))
        (root / "test_subject.py").write_text(TEST.format(name=subject.function.partition(".")[0]))
        change = FileChange("subject.py", subject.old, subject.new)
        function = f"subject.py::{subject.function}"
        patch = Patch("r", "t", (change,), level=Level.OBSERVED, functions=(function,), promise=1.03)
        commands = (Command((sys.executable, "workload.py")), Command((sys.executable, "-m", "unittest", "-q")))
        with Judge(Project(root, (root,), *commands)) as judge:
            judge.baseline()
            judge.observe((function,))
            return judge.patch(patch)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    with ThreadPoolExecutor(chosen.jobs) as pool:
        for word, corpus in (("wrong", WRONG[:: chosen.every]), ("right", RIGHT[:: chosen.every])):
            verdicts = list(pool.map(judged, corpus))
            report(word, corpus, verdicts)


def report(word: str, corpus: tuple[Rewrite, ...], verdicts: list[Verdict]) -> None:
    """Decisions, layers, and each that is not as it should be."""
    print(f"{len(corpus)} {word} rewrites: {dict(Counter(verdict.decision for verdict in verdicts))}")
    names = dict.fromkeys(layer.name for verdict in verdicts for layer in verdict.layers)
    print(f"  {'layer':<14}" + "".join(f"{outcome:>12}" for outcome in WORDS) + f"{'seconds':>10}")
    for name in names:
        found = [layer for verdict in verdicts for layer in verdict.layers if layer.name == name]
        counts = Counter(layer.outcome for layer in found)
        seconds = sum(layer.seconds for layer in found) / len(found)
        print(f"  {name:<14}" + "".join(f"{counts[outcome]:>12}" for outcome in WORDS) + f"{seconds:>10.1f}")
    for subject, verdict in zip(corpus, verdicts, strict=True):
        if verdict.decision != ("rejected" if word == "wrong" else "accepted"):
            print(f"  {verdict.decision}: {subject.name}: {verdict.reason[:160]}", flush=True)


if __name__ == "__main__":
    main()
