"""What may go wrong while a project is judged: nothing of the user's is lost, and it is told in clear words."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from ended import ended

from perfprof.errors import BaselineError, PerfprofError
from perfprof.optimizer.judge import Judge, Settings
from perfprof.optimizer.judge.processes import TOKEN, Processes
from perfprof.optimizer.judge.replay import Limits
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Command, Project
from perfprof.rules.rule import Level

QUICK = Settings(seeds=(0,), function_seconds=0.5, workload_seconds=1.0, limits=Limits(examples=20))
MODULE = "def double(xs):\n    out = []\n    for x in xs:\n        out = out + [x * 2]\n    return out\n"
BETTER = "def double(xs):\n    out = []\n    for x in xs:\n        out.append(x * 2)\n    return out\n"
WORKLOAD = "from module import double\n\nfor n in (0, 1, 20, 400, 900):\n    print(len(double(list(range(n)))))\n"
TESTS = (
    "import unittest\nfrom module import double\n\n\nclass TestModule(unittest.TestCase):\n"
    "    def test_double(self):\n        self.assertEqual(double([1, 2]), [2, 4])\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in (("module.py", MODULE), ("workload.py", WORKLOAD), ("test_case.py", TESTS)):
        (folder / name).write_text(text)
    return folder


def project(root: Path) -> Project:
    tests = Command((sys.executable, "-m", "unittest", "-q", "test_case"))
    return Project(root, (root,), Command((sys.executable, "workload.py")), tests)


def patch() -> Patch:
    change = FileChange("module.py", MODULE, BETTER)
    return Patch("r", "t", (change,), level=Level.PROVED, functions=("module.py::double",))


def content(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): path.read_text()
        for path in sorted(root.rglob("*.py"))
        if ".perfprof" not in path.parts
    }


# What the judge does in turn, each time with a mark on the way; the process kills itself with SIGKILL at one of them.
KILLED = """\
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_judge_faults import QUICK, patch, project
from perfprof.optimizer.judge import Judge
from perfprof.optimizer.writing.apply import apply
from perfprof.optimizer.patches import FileChange

root, last = Path({root!r}), {last!r}

def tell(text):
    print(text, flush=True)
    if text.endswith(last):
        os.kill(os.getpid(), signal.SIGKILL)

with Judge(project(root), settings=QUICK, progress=tell) as judge:
    judge.baseline()
    judge.observe(("module.py::double",))
    judge.patch(patch())
    together = judge.together([patch()])
    tell("apply")
    apply(root, [FileChange(*change) for change in together.changes])
    tell("applied")
"""
PHASES = (
    *("the workload before any change", "the tests before any change", "observe the changed functions"),
    *("replay", "hostile", "growth", ": tests", "benchmark", "together: tests", "together: workload"),
    *("apply", "applied"),
)


def judging_processes(root: Path) -> list[int]:
    """Processes that some judge of this folder has started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(TOKEN) and str(root.parent) in process.environ().get("TMPDIR", ""):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("phase", PHASES)
def test_kill_in_each_phase(root: Path, phase: str) -> None:
    """The files are old or, at the end, new; what was left behind goes when the next judge starts."""
    before = content(root)
    temporary = root.parent / "temporary"
    temporary.mkdir()
    script = KILLED.format(tests=str(Path(__file__).parent), root=str(root), last=phase)
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    wanted = {**before, "module.py": BETTER} if phase == "applied" else before
    assert content(root) == wanted
    assert len(list(temporary.glob("perfprof-judge-*"))) == 1
    tidy = f"import tempfile\nfrom pathlib import Path\nfrom perfprof.optimizer.judge.workplace import Workplace\nWorkplace(Path({str(root)!r})).close()"
    subprocess.run([sys.executable, "-c", tidy], env={**os.environ, "TMPDIR": str(temporary)}, check=True)
    assert list(temporary.glob("perfprof-judge-*")) == []
    assert judging_processes(root) == []


def test_a_full_disk_is_named_and_changes_nothing(root: Path) -> None:
    """A limit on the size of files stands for a full disk."""
    before = content(root)
    child = os.fork()
    if not child:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
        code = 1
        try:
            with Judge(project(root), settings=QUICK) as judge:
                judge.baseline()
        except (PerfprofError, OSError) as error:
            code = 7 if isinstance(error, PerfprofError) and "space" in str(error) else 8
        os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    assert content(root) == before


def test_a_test_that_hangs_is_ended_and_named(root: Path) -> None:
    (root / "test_case.py").write_text(
        TESTS.replace("self.assert", "import time\n        time.sleep(600)\n        self.assert")
    )
    begun = time.monotonic()
    with (
        pytest.raises(BaselineError) as raised,
        Judge(project(root), settings=Settings(timeout=2.0)) as judge,
    ):
        judge.baseline()
    assert "did not end within 2 s" in str(raised.value)
    assert time.monotonic() - begun < 200


def test_a_test_that_forks_leaves_nobody_behind(root: Path) -> None:
    note = root.parent / "child"
    (root / "test_case.py").write_text(
        TESTS.replace(
            "        self.assert",
            "        import os, time\n        child = os.fork()\n"
            "        if not child:\n            os.setsid()\n            time.sleep(600)\n            os._exit(0)\n"
            f"        open({str(note)!r}, 'a').write(f'{{child}}\\n')\n        self.assert",
        )
    )
    with Judge(project(root), settings=QUICK) as judge:
        judge.baseline()
        children = [int(line) for line in note.read_text().split()]
        assert children
    assert ended(children)


def test_one_that_takes_too_long_takes_nobody_with_it(root: Path) -> None:
    """Two hash seeds run at once: the end of one is not the end of the other."""
    processes = Processes()
    late, steady = ([sys.executable, "-c", f"import time; time.sleep({seconds})"] for seconds in (60, 3))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(processes.run, late, cwd=root, env=os.environ, timeout=1.0)
        second = pool.submit(processes.run, steady, cwd=root, env=os.environ, timeout=60.0)
        assert first.result().late
        assert second.result().well
    processes.close()


def test_a_workload_that_fails_every_third_time_is_repeated_and_told(root: Path) -> None:
    count = root.parent / "count"
    (root / "workload.py").write_text(
        f"from pathlib import Path\n\nfile = Path({str(count)!r})\n"
        "number = int(file.read_text()) + 1 if file.exists() else 1\nfile.write_text(str(number))\n"
        f"assert number % 3, 'the third time'\n{WORKLOAD}print(len(double(list(range(8_000)))))\n"
    )
    before = content(root)
    with Judge(project(root), settings=QUICK) as judge:
        judge.baseline()
        verdict = judge.patch(patch())
    assert verdict.decision != "rejected", verdict
    assert verdict.comparison is not None
    assert "the workload failed in one of two runs of the same code" in verdict.reason
    assert content(root) == before


def test_tests_that_write_into_the_tree_write_into_the_copy(root: Path) -> None:
    (root / "test_case.py").write_text(
        TESTS.replace(
            "        self.assert",
            "        import pathlib\n        here = pathlib.Path(__file__).parent\n"
            "        assert not (here / 'made.py').exists()\n"
            "        (here / 'made.py').write_text('x')\n        (here / 'workload.py').write_text('broken(')\n"
            "        (here / 'module.py').write_text('broken(')\n        self.assert",
        )
    )
    before = content(root)
    with Judge(project(root), settings=QUICK) as judge:
        assert judge.baseline().suite is not None
        judge.observe(("module.py::double",))
        verdict = judge.patch(patch())
    assert verdict.decision != "rejected", verdict
    assert content(root) == before


def test_no_word_of_a_traceback(root: Path) -> None:
    (root / "workload.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
    with pytest.raises(BaselineError) as raised, Judge(project(root), settings=QUICK) as judge:
        judge.baseline()
    assert re.search(r"the workload ended with exit code -9", str(raised.value))
    assert "Traceback" not in str(raised.value)
