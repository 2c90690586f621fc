"""What `verify` takes: every form in which a change comes, read without guessing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from perfprof.errors import UsageError
from perfprof.optimizer.judge.foreign import understood
from perfprof.optimizer.project import Command, Project

OLD = "def f(x):\n    return [y for y in x]\n\n\nclass C:\n    @property\n    def g(self):\n        return 1\n"
NEW = "def f(x):\n    return list(x)\n\n\nclass C:\n    @property\n    def g(self):\n        return 2 - 1\n"


def git(root: Path, *argv: str) -> str:
    ran = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *argv], cwd=root, check=True, capture_output=True
    )
    return ran.stdout.decode("utf-8", "surrogateescape")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "core.py").write_text(OLD)
    (root / "notes.txt").write_text("one\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    return root


def project(root: Path, *workload: str) -> Project:
    return Project(root, (root,), Command(workload) if workload else None)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--no-prefix",),
        ("--src-prefix=i/", "--dst-prefix=w/"),
        ("-U0",),
        ("-U0", "--no-prefix"),
        ("--src-prefix=a/deeper/", "--dst-prefix=b/deeper/"),
    ],
)
def test_every_prefix_of_git(root: Path, options: tuple[str, ...]) -> None:
    (root / "pkg" / "core.py").write_text(NEW)
    text = git(root, "diff", *options)
    git(root, "checkout", "-q", ".")
    found = understood(text, project(root))
    assert [(one.path, one.after) for one in found.patch.changes] == [("pkg/core.py", NEW)]
    assert found.patch.functions == ("pkg/core.py::f", "pkg/core.py::C.g")
    assert found.patch.finding is not None
    assert (found.patch.finding.path, found.patch.finding.line) == ("pkg/core.py", 2)
    (root / "pkg" / "core.py").write_text(NEW)  # the same patch, in the tree already
    again = understood(text, project(root))
    assert again.patch.digest == found.patch.digest
    assert [(one.before, one.after) for one in again.base] == [(NEW, OLD)]


def test_a_plain_diff_from_inside_a_folder_without_prefix(root: Path) -> None:
    (root / "pkg" / "core.py.new").write_text(NEW)
    argv = ["diff", "-u", "pkg/core.py", "pkg/core.py.new"]
    ran = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    assert understood(ran.stdout, project(root)).patch.changes[0].after == NEW


@pytest.mark.parametrize("file", ["\n", "\r\n"])
@pytest.mark.parametrize("mail", ["\n", "\r\n"])
def test_line_ends_of_the_file_hold(root: Path, file: str, mail: str) -> None:
    path = root / "pkg" / "core.py"
    path.write_bytes(NEW.encode())
    text = git(root, "diff").replace("\n", mail)
    path.write_bytes(OLD.replace("\n", file).encode())
    assert understood(text, project(root)).patch.changes[0].after == NEW.replace("\n", file)


def test_new_deleted_renamed_and_emptied_files(root: Path) -> None:
    git(root, "mv", "pkg/core.py", "pkg/heart.py")
    (root / "pkg" / "heart.py").write_text(NEW.replace("2 - 1", "1"))
    (root / "pkg" / "fresh.py").write_text("x = 1\n")
    (root / "pkg" / "void.py").write_text("")
    (root / "notes.txt").unlink()
    git(root, "add", "-A")
    text = git(root, "diff", "--cached", "-M30%")
    assert "rename from" in text
    with_patch = understood(text, project(root))
    git(root, "reset", "-q", "--hard")
    found = understood(text, project(root))
    told = {one.path: (bool(one.before), bool(one.after), one.gone) for one in found.patch.changes}
    assert told == {
        "notes.txt": (True, False, True),
        "pkg/core.py": (True, False, True),
        "pkg/heart.py": (False, True, False),
        "pkg/fresh.py": (False, True, False),
        "pkg/void.py": (False, False, False),
    }
    assert with_patch.patch.digest == found.patch.digest


def test_a_range_between_states_that_are_not_checked_out(root: Path) -> None:
    git(root, "checkout", "-qb", "faster")
    (root / "pkg" / "core.py").write_text(NEW)
    git(root, "commit", "-qam", "two")
    git(root, "checkout", "-q", "main")
    (root / "pkg" / "core.py").write_text(OLD + "\n\nlater = 1\n")
    git(root, "commit", "-qam", "three")
    for text, base in (("main...faster", [(OLD + "\n\nlater = 1\n", OLD)]), ("faster~1..faster", None)):
        found = understood(text, project(root))
        assert [(one.before, one.after) for one in found.patch.changes] == [(OLD, NEW)]
        assert base is None or [(one.before, one.after) for one in found.base] == base
    (root / "pkg" / "core.py").write_text("x = 1\n")  # not in a commit yet
    found = understood("HEAD", project(root))
    assert [(one.before, one.after) for one in found.patch.changes] == [(OLD + "\n\nlater = 1\n", "x = 1\n")]


def test_tests_of_the_patch_do_not_judge_it_and_a_new_benchmark_runs_on_both_sides(root: Path) -> None:
    (root / "pkg" / "core.py").write_text(NEW)
    (root / "tests").mkdir()
    (root / "tests" / "test_core.py").write_text("def test(): pass\n")
    (root / "bench.py").write_text("import pkg.core\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "two")
    found = understood("HEAD~1..HEAD", project(root, "python", "bench.py"))
    assert [one.path for one in found.patch.changes] == ["pkg/core.py"]
    assert [one.path for one in found.tests] == ["tests/test_core.py"]
    assert [(one.path, one.gone) for one in found.base if one.path == "bench.py"] == [("bench.py", False)]


HEAD = "diff --git a/{0} b/{0}\nindex 1..2 100644\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n", "the patch is empty"),
        (HEAD.format("x.png") + "Binary files a/x.png and b/x.png differ\n", "binary file.*x.png"),
        (HEAD.format("x.png") + "GIT binary patch\nliteral 3\n", "binary file.*x.png"),
        ("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "changes no line"),
        ("diff --git a/x b/y\nsimilarity index 9%\ncopy from x\ncopy to y\n", "copies a file"),
        ("--- a/pkg/core.py\n+++ b/pkg/core.py\n@@ -1,9 +1,9 @@\n def f(x):\n", "damaged"),
        ("--- a/pkg/core.py\n+++ b/pkg/core.py\n@@ -1 +1 @@\n-nonsense\n+x\n", "does not fit pkg/core.py"),
        ("--- a/../core.py\n+++ b/../core.py\n@@ -1 +1 @@\n-a\n+x\n", "out of the project"),
        ("--- /dev/null\n+++ b/../../core.py\n@@ -0,0 +1 @@\n+x\n", "out of the project"),
        ("--- a/none.py\n+++ b/none.py\n@@ -1 +1 @@\n-a\n+x\n", "not there"),
        ("nobody..knows", "neither a patch file nor a git range"),
        ("--output=x", "neither a patch file nor a git range"),
        ("HEAD..HEAD", "changes nothing"),
    ],
)
def test_what_cannot_be_judged_is_told(root: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        understood(text, project(root))


def test_no_git(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="neither a patch file nor a git range"):
        understood("HEAD", project(root))
