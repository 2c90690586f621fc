"""The whole judge on tiny real projects: every decision that it can come to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.errors import BaselineError, PerfprofError
from perfprof.optimizer.judge import Judge, Settings, Verdict
from perfprof.optimizer.judge.processes import Ran
from perfprof.optimizer.judge.replay import Limits
from perfprof.optimizer.judge.suites import read
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Command, Project
from perfprof.profilers.observations import Capture
from perfprof.profilers.workload import observe
from perfprof.rules.rule import Level, Proof

QUICK = Settings(seeds=(0, 1), function_seconds=1.0, workload_seconds=2.0, limits=Limits(examples=40))

MODULE = """\
def common(left, right):
    found = []
    for item in left:
        if item in right:
            found.append(item)
    return found


def size(items):
    count = 0
    for _ in items:
        count += 1
    return count
"""
GUARDED = """\
def common(left, right):
    found = []
    known = frozenset(right) if _SAFE.issuperset(map(type, right)) else right
    for item in left:
        if item in (known if type(item) in _SAFE else right):
            found.append(item)
    return found


_SAFE = frozenset({int, str})


def size(items):
    count = 0
    for _ in items:
        count += 1
    return count
"""
WORKLOAD = """\
from module import common, size

for n in (0, 1, 20, 300, 600):
    print(len(common(list(range(n)), list(range(0, 2 * n, 2)))), size(range(n)))
"""
TESTS = """\
import unittest

from module import common, size


class TestModule(unittest.TestCase):
    def test_common(self):
        self.assertEqual(common([1, 2, 3], [3, 2]), [2, 3])

    def test_size(self):
        self.assertEqual(size([1, 2]), 2)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "module.py").write_text(MODULE)
    (folder / "workload.py").write_text(WORKLOAD)
    (folder / "test_case.py").write_text(TESTS)
    return folder


PYTEST = Command((sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_case.py"))
UNITTEST = Command((sys.executable, "-m", "unittest", "-q", "test_case"))


def project(root: Path, *, tests: Command | None = UNITTEST) -> Project:
    return Project(root, (root,), Command((sys.executable, "workload.py")), tests)


def patch(root: Path, after: str, *, level: Level = Level.GUARDED, promise: float = 1.2, **more: str) -> Patch:
    before = (root / "module.py").read_text()
    change = FileChange("module.py", before, after)
    return Patch(
        "a-rule", "a title", (change,), level=level, functions=("module.py::common",), promise=promise, **more
    )


def captured(root: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    seen = observe(
        (sys.executable, "workload.py"),
        cwd=root,
        folder=folder,
        watches=(),
        captures=[Capture(str(root / "module.py"), "common", 1)],
        output=folder / "output",
    )
    assert seen.calls is not None
    return seen.calls


def outcomes(verdict: Verdict) -> dict[str, str]:
    return {layer.name: layer.outcome for layer in verdict.layers}


def test_a_good_patch_is_accepted_alone_and_applied_nowhere(root: Path, tmp_path: Path) -> None:
    calls = captured(root, tmp_path / "run")
    good = patch(root, GUARDED)
    with Judge(project(root, tests=PYTEST), calls=calls, settings=QUICK) as judge:
        baseline = judge.baseline()
        assert baseline.suite is not None
        assert baseline.suite.passed == 2
        assert "module.py" in baseline.by_tests & baseline.by_workload
        verdict = judge.patch(good)
        together = judge.together([good])
    assert verdict.decision == "accepted", verdict
    assert verdict.patch == good.digest
    assert verdict.comparison is not None
    assert verdict.comparison.metric == "cpu"
    assert verdict.comparison.low > 1.2
    assert len(verdict.comparison.before) == len(verdict.comparison.after) >= 3
    told = outcomes(verdict)
    assert list(told) == [
        "certificate",
        "syntax",
        "replay",
        "differential",
        "hostile",
        "growth",
        "tests",
        "function",
    ]
    assert set(told.values()) == {"passed"}
    assert "O(n^2.0) in len(left), len(right) -> O(n^1.0)" in next(
        layer.reason for layer in verdict.layers if layer.name == "growth"
    )
    assert together.accepted == (good.digest,)
    assert together.changes == (("module.py", MODULE, GUARDED),)
    assert together.whole is not None
    assert "2 passed" in together.tests
    assert (root / "module.py").read_text() == MODULE
    assert sorted(path.name for path in root.iterdir() if path.name != "__pycache__") == [
        *("module.py", "test_case.py", "workload.py")
    ]


def test_wrong_patches_are_rejected_by_the_cheapest_layer(root: Path, tmp_path: Path) -> None:
    calls = captured(root, tmp_path / "run")
    wrong = {
        "certificate": patch(root, GUARDED, level=Level.OPEN),
        "syntax": patch(root, MODULE.replace("def common(", "def common(other, ")),
        "replay": patch(root, MODULE.replace("if item in right", "if item not in right")),
        "hostile": patch(
            root, MODULE.replace("    for item in left:", "    right = set(right)\n    for item in left:")
        ),
        "tests": patch(root, GUARDED.replace("count = 0", "count = 1")),
    }
    with Judge(project(root), calls=calls, settings=QUICK) as judge:
        for layer, subject in wrong.items():
            verdict = judge.patch(subject)
            assert verdict.decision == "rejected", (layer, verdict)
            assert verdict.layers[-1].name == layer, verdict.reason
            assert verdict.layers[-1].outcome == "failed"


def test_no_gain_is_no_reason_to_change_code(root: Path, tmp_path: Path) -> None:
    calls = captured(root, tmp_path / "run")
    idle = patch(root, MODULE.replace("found = []", "found = list()"))
    with Judge(project(root), calls=calls, settings=QUICK) as judge:
        verdict = judge.patch(idle)
    assert verdict.decision != "accepted", verdict  # on a machine too noisy to tell it cannot be rejected, either
    assert verdict.reason.startswith(("no gain: ", "after ")), verdict.reason


def test_what_the_certificate_says_is_told(root: Path) -> None:
    weak = patch(root, GUARDED, level=Level.OPEN)
    weak = Patch(
        **{name: getattr(weak, name) for name in weak.__slots__}
        | {"proofs": (Proof("o", Level.OPEN, "a list was seen"),)}
    )
    with Judge(project(root), settings=QUICK) as judge:
        assert judge.patch(weak).reason == "open: a list was seen"


def test_without_tests_it_says_what_that_costs(root: Path, tmp_path: Path) -> None:
    calls = captured(root, tmp_path / "run")
    with Judge(project(root, tests=None), calls=calls, settings=QUICK) as judge:
        assert "no tests given" in judge.baseline().tests
        verdict = judge.patch(patch(root, GUARDED))
    assert verdict.decision == "accepted", verdict
    assert outcomes(verdict)["tests"] == "skipped"


def test_nothing_captured_and_nothing_proved_cannot_be_told(root: Path) -> None:
    (root / "workload.py").write_text("import module\n")
    with Judge(project(root), settings=QUICK) as judge:
        verdict = judge.patch(patch(root, GUARDED))
    assert verdict.decision == "cannot tell", verdict
    assert "guarded is not enough" in verdict.reason


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"test_case.py": TESTS.replace("[1, 2]), 2", "[1, 2]), 3")}, ["the tests fail", "test_size", "test_case"]),
        ({"workload.py": "print('half')\nraise SystemExit(7)\n"}, ["the workload ended with exit code 7", "half"]),
        ({"workload.py": "import nothing_like_it\n"}, ["the workload", "nothing_like_it"]),
        ({"test_case.py": "X = 1\n"}, ["test"]),
    ],
    ids=["red tests", "failing workload", "missing import", "no tests found"],
)
def test_a_red_baseline_ends_it(root: Path, files: dict[str, str], words: list[str]) -> None:
    for name, text in files.items():
        (root / name).write_text(text)
    with pytest.raises(BaselineError) as raised, Judge(project(root), settings=QUICK) as judge:
        judge.baseline()
    assert raised.value.exit_code == 3
    for word in words:
        assert word in str(raised.value)


def test_a_command_that_does_not_exist(root: Path) -> None:
    subject = Project(root, (root,), Command(("no-such-program",)))
    with pytest.raises(PerfprofError, match="cannot be started"), Judge(subject, settings=QUICK) as judge:
        judge.baseline()


def test_a_flaky_test_is_named_and_decides_nothing(root: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    (root / "test_case.py").write_text(
        f"{TESTS}\n\ndef test_moody():\n    import pathlib\n    mark = pathlib.Path({str(mark)!r})\n"
        "    before = mark.exists()\n    mark.touch()\n    assert before\n"
    )
    with Judge(project(root, tests=PYTEST), settings=QUICK) as judge:
        baseline = judge.baseline()
        assert baseline.flaky == ("test_case.py::test_moody",)
        mark.unlink()
        outcome = judge._ready()[0].suite(patch(root, GUARDED).changes)
    assert outcome[0] == "passed", outcome


def test_a_test_that_hangs_with_the_patch_is_survived(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfprof.optimizer.judge.baseline.LEAST_TIMEOUT", 3.0)
    monkeypatch.setattr("perfprof.optimizer.judge.baseline.Baseline.tests_timeout", 3.0)
    hanging = GUARDED.replace("count = 0\n", "count = 0\n    import time\n    time.sleep(60)\n")
    with Judge(project(root), settings=QUICK) as judge:
        judge.baseline()
        outcome, reason = judge._ready()[0].suite(patch(root, hanging).changes)
    assert outcome == "failed"
    assert "did not end within 3 s" in reason


def test_the_limit_is_told_and_not_what_a_busy_machine_made_of_it() -> None:
    ran = Ran(("x",), -9, 4.6, 0.1, 0, "", late=True, limit=3.0)
    assert read(ran).sentence() == "the tests did not end within 3 s"


def test_the_culprit_of_a_set_is_found_and_dropped(root: Path, tmp_path: Path) -> None:
    names = [f"part{number}" for number in range(5)]
    for name in names:
        (root / f"{name}.py").write_text("VALUE = 0\n")
    tests = "".join(f"import {name}\n" for name in names)
    (root / "test_case.py").write_text(
        f"{tests}{TESTS}\n\nclass TestParts(unittest.TestCase):\n"
        "    def test_parts(self):\n        self.assertLess(part1.VALUE + part3.VALUE, 2)\n"
    )
    patches = [
        Patch("r", name, (FileChange(f"{name}.py", "VALUE = 0\n", "VALUE = 1\n"),), level=Level.PROVED)
        for name in names
    ]
    with Judge(project(root), settings=QUICK) as judge:
        together = judge.together(patches)
    assert [digest for digest, _ in together.dropped] == [patches[3].digest]
    assert "test_parts" in together.dropped[0][1]
    assert together.accepted == tuple(patch.digest for patch in (*patches[:3], patches[4]))
    assert {path for path, _, _ in together.changes} == {"part0.py", "part1.py", "part2.py", "part4.py"}


def test_what_ran_from_elsewhere_proves_nothing(root: Path, tmp_path: Path) -> None:
    (root / "test_case.py").write_text(f"import sys\nsys.path.insert(0, {str(root)!r})\n{TESTS}")
    with Judge(project(root), settings=QUICK) as judge:
        assert "module.py" in judge.baseline().outside
        outcome, reason = judge._ready()[0].suite(patch(root, GUARDED).changes)
    assert outcome == "cannot tell"
    assert "module.py" in reason


def test_fewer_statements_are_counted_and_answers_compared(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    before = """\
import sqlite3


def load(connection):
    found = []
    for (key,) in connection.execute("select id from orders order by id").fetchall():
        found.append((key, connection.execute("select name from customers where id = ?", (key,)).fetchone()[0]))
    return found
"""
    after = """\
import sqlite3


def load(connection):
    names = dict(connection.execute("select id, name from customers"))
    return [(key, names[key]) for (key,) in connection.execute("select id from orders order by id").fetchall()]
"""
    (root / "module.py").write_text(before)
    (root / "workload.py").write_text(
        "import sqlite3\nfrom module import load\n"
        "connection = sqlite3.connect(':memory:')\n"
        "connection.execute('create table orders (id)')\nconnection.execute('create table customers (id, name)')\n"
        "rows = [(i, f'n{i}') for i in range(50)]\n"
        "connection.executemany('insert into orders values (?)', [row[:1] for row in rows])\n"
        "connection.executemany('insert into customers values (?, ?)', rows)\n"
        "for _ in range(3):\n    print(len(load(connection)))\n"
    )

    def subject(text: str) -> Patch:
        change = FileChange("module.py", before, text)
        functions = ("module.py::load",)
        return Patch("n-plus-one", "t", (change,), level=Level.OBSERVED, functions=functions, counter="queries")

    with Judge(project(root, tests=None), settings=QUICK) as judge:
        verdict = judge.patch(subject(after))
        wrong = judge.patch(subject(after.replace("[(key, names[key])", "[(key, names[key].upper())")))
        idle = judge.patch(subject(before.replace("found = []", "found = list()")))
    assert verdict.decision == "accepted", verdict
    assert outcomes(verdict)["answers"] == "passed"
    assert verdict.comparison is not None
    assert verdict.comparison.metric == "queries"
    assert verdict.comparison.before[0] - verdict.comparison.after[0] == 3 * 49
    assert wrong.decision == "rejected"
    assert wrong.layers[-1].name == "answers"
    assert idle.decision == "rejected"
    assert "no gain" in idle.reason


@pytest.fixture
def repository(root: Path) -> Path:
    def git(*argv: str) -> None:
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@e", *argv], cwd=root, check=True)

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "first")
    (root / "module.py").write_text(GUARDED)
    git("commit", "-qam", "Ask a set")
    return root


def test_a_git_range_that_is_in_the_tree_already(repository: Path) -> None:
    from perfprof.optimizer.judge.foreign import judge_foreign

    patch, verdict = judge_foreign(project(repository), "HEAD~1..HEAD", settings=QUICK)
    assert patch.functions == ("module.py::common",)
    assert patch.changes == (FileChange("module.py", MODULE, GUARDED),)
    assert verdict.decision == "accepted", verdict
    assert (repository / "module.py").read_text() == GUARDED
