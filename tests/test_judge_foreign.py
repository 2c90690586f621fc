"""Anybody's patch: diffs are read strictly, and every shape of project can be judged."""

from __future__ import annotations

import difflib
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from ended import ended

from perfprof.errors import UsageError
from perfprof.optimizer.judge import Settings, Verdict
from perfprof.optimizer.judge.diffs import apply, parse
from perfprof.optimizer.judge.foreign import from_diff, judge_foreign, understood
from perfprof.optimizer.judge.replay import Limits
from perfprof.optimizer.judge.workplace import PREFIX, Workplace
from perfprof.optimizer.patches import Patch
from perfprof.optimizer.project import Command, Project

QUICK = Settings(seeds=(0, 1), function_seconds=1.0, workload_seconds=2.0, limits=Limits(examples=20))


def diff_of(before: str, after: str, path: str = "a.py") -> str:
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after))
    lines = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\nc\n", "a\nB\nc\n"),
        ("a\nb\nc", "a\nb\nC"),
        ("a\nb", "a\nb\nc\n"),
        ("a\r\nb\r\n", "a\r\nB\r\n"),
        ("a\n\n\nb\n", "a\n\nb\n"),
        ("x = 1\n-- y\n++ z\n", "x = 1\n-- y\n++ zz\n"),
        ("a\x0cb\nc\n", "a\x0cb\nd\n"),
        ("".join(f"{i}\n" for i in range(60)), "".join(f"{i}\n" for i in range(60) if i not in (3, 50))),
    ],
)
def test_a_diff_goes_in_and_comes_out(before: str, after: str) -> None:
    (diff,) = parse(diff_of(before, after))
    assert diff.path == "a.py"
    assert apply(before, diff) == after
    assert apply(after, diff, reverse=True) == before


def test_lines_may_have_moved_but_not_changed() -> None:
    (diff,) = parse(diff_of("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nD\ne\nf\n"))
    assert apply("new\nlines\na\nb\nc\nd\ne\nf\n", diff) == "new\nlines\na\nb\nc\nD\ne\nf\n"
    assert apply("a\nb\nX\nd\ne\nf\n", diff) is None


def test_a_mailed_patch_with_two_files_and_a_new_one() -> None:
    text = (
        "From 1234 Mon Sep 17 00:00:00 2001\nSubject: [PATCH] Faster\n\n--- not a header\n---\n a.py | 2 +-\n\n"
        "diff --git a/a.py b/a.py\nindex 1..2 100644\n" + diff_of("a\n", "b\n") + "diff --git a/n.py b/n.py\n"
        "new file mode 100644\n--- /dev/null\n+++ b/n.py\n@@ -0,0 +1,2 @@\n+x = 1\n+y = 2\n-- \n2.39\n"
    )
    first, second = parse(text)
    assert (first.path, first.created, second.path, second.created) == ("a.py", False, "n.py", True)
    assert apply("", second) == "x = 1\ny = 2\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello\n",
        "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n",
        "GIT binary patch\n",
        "rename from x\nrename to y\n",
    ],
)
def test_what_is_no_diff_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def test_a_patch_that_does_not_fit_is_refused(root: Path) -> None:
    (root / "a.py").write_text("something else\n")
    with pytest.raises(UsageError, match="does not fit"):
        from_diff(diff_of("a\n", "b\n"), Project(root, (root,)))
    with pytest.raises(UsageError, match="not there"):
        from_diff(diff_of("a\n", "b\n", "b.py"), Project(root, (root,)))
    with pytest.raises(UsageError, match="out of the project"):
        from_diff(diff_of("a\n", "b\n", "../b.py"), Project(root, (root,)))
    with pytest.raises(UsageError, match="neither a patch file nor a git range"):
        from_diff("no-such-range..HEAD", Project(root, (root,)))


def test_a_patch_that_is_in_already_is_taken_out_first(root: Path) -> None:
    (root / "a.py").write_text("b\n")
    found = understood(diff_of("a\n", "b\n"), Project(root, (root,)))
    assert [(change.before, change.after) for change in found.patch.changes] == [("a\n", "b\n")]
    assert [(change.before, change.after) for change in found.base] == [("b\n", "a\n")]


COMMON = """\
def common(left, right):
    found = []
    for item in left:
        if item in right:
            found.append(item)
    return found
"""
GUARDED = """\
_SAFE = frozenset({int, str})


def common(left, right):
    found = []
    known = frozenset(right) if _SAFE.issuperset(map(type, right)) else right
    for item in left:
        if item in (known if type(item) in _SAFE else right):
            found.append(item)
    return found
"""
CALLS = "\nfor n in (0, 1, 20, 500):\n    print(len(common(list(range(n)), list(range(0, 2 * n, 2)))))\n"


def judged(root: Path, files: dict[str, str], path: str, after: str, *argv: str) -> tuple[Patch, Verdict]:
    for name, text in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    project = Project(root, (root,), Command((*argv,)))
    return judge_foreign(project, diff_of(files[path], after, path), settings=QUICK)


def test_a_package_in_src_whose_command_sets_the_path_itself(root: Path) -> None:
    files = {
        "src/pkg/__init__.py": "",
        "src/pkg/core.py": COMMON,
        "src/pkg/bench.py": f"from pkg.core import *\n{CALLS}",
    }
    argv = ("env", "PYTHONPATH=src", sys.executable, "-m", "pkg.bench")
    patch, verdict = judged(root, files, "src/pkg/core.py", GUARDED, *argv)
    assert patch.functions == ("src/pkg/core.py::common",)
    assert verdict.decision == "accepted", verdict


def test_a_shell_script_that_starts_the_program_in_another_folder(root: Path) -> None:
    files = {
        "go.sh": f"cd tools && exec {sys.executable} run.py",
        "tools/run.py": f"import sys\nsys.path.insert(0, '../lib')\nfrom core import common\n{CALLS}",
        "lib/core.py": COMMON,
    }
    _, verdict = judged(root, files, "lib/core.py", GUARDED, "sh", "go.sh")
    assert verdict.decision == "accepted", verdict
    assert "4 captured calls agree" in {layer.name: layer.reason for layer in verdict.layers}["replay"]


def test_a_patch_with_a_new_module_and_a_new_test(root: Path) -> None:
    (root / "core.py").write_text(COMMON)
    (root / "run.py").write_text(f"from core import common\n{CALLS}")
    new = GUARDED.replace("_SAFE = frozenset({int, str})\n", "from safe import SAFE as _SAFE\n")
    made = "--- /dev/null\n+++ b/{}\n@@ -0,0 +1,1 @@\n+{}\n"
    text = diff_of(COMMON, new, "core.py") + made.format("safe.py", "SAFE = frozenset({int, str})")
    text += made.format("test_safe.py", "import safe")
    patch, verdict = judge_foreign(
        Project(root, (root,), Command((sys.executable, "run.py"))), text, settings=QUICK
    )
    assert [change.path for change in patch.changes] == ["core.py", "safe.py"]
    assert verdict.decision == "accepted", verdict


def test_a_function_in_the_script_itself_which_starts_without_a_guard(root: Path) -> None:
    _, verdict = judged(root, {"run.py": COMMON + CALLS}, "run.py", GUARDED + CALLS, sys.executable, "run.py")
    assert verdict.decision == "accepted", verdict


def test_methods_of_a_class_in_the_script(root: Path) -> None:
    start = """\
class Item:
    def __init__(self, key):
        self.key = key


class Shop:
    def __init__(self, items):
        self.items = items

    def find(self, keys):
        found = []
"""
    old = start + """\
        for key in keys:
            for item in self.items:
                if item.key == key:
                    found.append(item)
        return found
"""
    new = start + """\
        index = {}
        if type(self.items) is list and all(type(i) is Item and type(i.key) is int for i in self.items):
            for item in self.items:
                index.setdefault(item.key, []).append(item)
        for key in keys:
            for item in index.get(key, ()) if index and type(key) is int else self.items:
                if item.key == key:
                    found.append(item)
        return found
"""
    end = "\n\nif __name__ == '__main__':\n    for n in (1, 9, 200):\n        print(len(Shop([Item(i) for i in range(n)]).find(range(n))))\n"
    _, verdict = judged(root, {"run.py": old + end}, "run.py", new + end, sys.executable, "run.py")
    assert verdict.decision == "accepted", verdict
    assert "3 captured calls agree" in {layer.name: layer.reason for layer in verdict.layers}["replay"]


def test_a_function_that_writes_a_file_is_compared_in_the_workload(root: Path) -> None:
    old = COMMON.replace(
        "    return found\n", "    open('out.txt', 'a').write(str(found))\n    return len(found)\n"
    )
    new = GUARDED.replace(
        "    return found\n", "    open('out.txt', 'a').write(str(found))\n    return len(found)\n"
    )
    calls = CALLS.replace("len(", "(")
    _, right = judged(root, {"run.py": old + calls}, "run.py", new + calls, sys.executable, "run.py")
    told = {layer.name: layer for layer in right.layers}
    assert told["replay"].outcome == "cannot tell"
    assert "for writing" in told["replay"].reason
    assert told["answers"].outcome == "passed"
    wrong = new.replace("str(found)", "str(set(found))")
    _, verdict = judged(root, {"run.py": old + calls}, "run.py", wrong + calls, sys.executable, "run.py")
    assert verdict.decision == "rejected"
    assert "out.txt" in verdict.reason
    assert not (root / "out.txt").exists()


def test_a_generator_function_that_is_given_one_is_compared_in_the_workload(root: Path) -> None:
    old = "def evens(rows):\n    for row in rows:\n        if row % 2 == 0:\n            yield row\n"
    lazy = "def evens(rows):\n    yield from (row for row in rows if row % 2 == 0)\n"
    wrong = "def evens(rows):\n    yield from sorted((row for row in rows if row % 2 == 0), reverse=True)\n"
    end = "\nfor n in (0, 5, 1000):\n    print(sum(evens(x for x in range(n))))\n"
    for new, outcome in ((lazy, "passed"), (wrong, "failed")):
        _, verdict = judged(root, {"run.py": old + end}, "run.py", new + end, sys.executable, "run.py")
        assert {layer.name: layer.outcome for layer in verdict.layers}["answers"] == outcome, verdict


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupting_leaves_nothing_behind(root: Path, way: signal.Signals) -> None:
    (root / "a.py").write_text("a\n")
    (root / "run.py").write_text("import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    code = (
        "import signal, sys; from pathlib import Path; from perfprof.optimizer.judge import Judge;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # a shell in the background has it ignored
        "from perfprof.optimizer.project import Command, Project;"
        f"root = Path({str(root)!r});"
        "judge = Judge(Project(root, (root,), Command((sys.executable, 'run.py'))));"
        "print(judge._bench.place.path, flush=True)\n"
        "with judge: judge.baseline()"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    place = Path(running.stdout.readline().strip())
    assert place.name.startswith(PREFIX)
    deadline = time.monotonic() + 60
    while not (children := psutil.Process(running.pid).children(recursive=True)) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(way)
    running.wait(timeout=60)
    if way is signal.SIGKILL:  # the next one cleans up
        Workplace(root).close()
    assert children
    assert not place.exists()
    assert ended(child.pid for child in children)
