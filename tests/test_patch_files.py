"""Real git takes what we write: alone, in order, and with everything that a file may hold."""

from __future__ import annotations

import datetime
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfprof.optimizer.judge.diffs import apply as patched
from perfprof.optimizer.judge.diffs import parse
from perfprof.optimizer.judge.verdict import Comparison, Status, Verdict
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.run import Outcome
from perfprof.optimizer.writing.diffs import applied, hunks, split
from perfprof.optimizer.writing.patch_files import diff, write_patches
from perfprof.rules.rule import Finding, Level, Proof

NOW = datetime.datetime(2026, 11, 23, 7, 0, tzinfo=datetime.timezone.utc)
WHO = {f"GIT_{role}_{what}": "t@localhost" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(root: Path, *argv: str, ok: bool = True) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env = {**clean, **WHO, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", "-C", str(root), *argv], capture_output=True, text=True, env=env, check=False)
    assert (done.returncode == 0) == ok, done.stderr + done.stdout
    return done.stdout


def repository(root: Path, files: dict[str, str]) -> Path:
    root.mkdir()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "base")
    return root


def outcome(
    changes: list[FileChange],
    function: str = "match",
    status: Status = "accepted",
    title: str = "nested loop -> dict",
) -> Outcome:
    finding = Finding(
        "f1", "nested-loop-join", changes[0].path, 1, 9, function, "orders", "scans again", share=0.38
    )
    proofs = (
        Proof("keys-hashable", Level.OBSERVED, "all int in 2,000 calls"),
        Proof("not-changed", Level.PROVED, "no write between lines 88 and 91"),
    )
    measured = Comparison("cpu", (12.1, 12.2), (0.057, 0.057), 212.0, 198.0, 230.0, 0.03)
    memory = Comparison("memory", (212e6,), (213e6,), 0.995, 0.995, 0.995)
    patch = Patch(
        "nested-loop-join", title, tuple(changes), finding, proofs, Level.OBSERVED, why="4,000 x 9,200 — naïve"
    )
    verdict = Verdict(patch.digest, (), "accepted", "tests 14/14, replay 64 calls", (), measured, memory)
    return Outcome(finding, status, "won", title, Level.OBSERVED, proofs, patch, verdict=verdict)


HARD = {
    "plain.py": ("a\nb\nc\n", "a\nB\nc\n"),
    "no end.py": ("a\nb", "a\nb\nc"),
    "gets an end.py": ("a", "a\n"),
    "loses its end.py": ("a\nb\n", "a\nb"),
    "ü \U0001f389.py": ("x = 'é'\n", "x = 'è'\n"),
    'quo"te\\.py': ("a\n", "b\n"),
    "crlf.py": ("a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n"),
    "cr.py": ("a\rb\rc\r", "a\rB\rc\r"),
    "ff.py": ("a\n\f\n\u2028b\n", "a\n\f\n\u2028c\n"),
    "bom.py": ("\ufeffa\n", "\ufeffb\n"),
    "looks like a patch.py": ("From me\n--- a\n+++ b\n@@ -1 +1 @@\n", "From you\n--- a\n+++ b\n-- \n"),
    "sub/new.sql": ("", "CREATE\n"),
    "long.py": (
        "".join(f"{n}\n" for n in range(100)),
        "".join(f"{n}\n" for n in range(100) if n not in (3, 50, 99)),
    ),
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("how", ["apply", "am"])
def test_git_takes_every_kind_of_file(tmp_path: Path, name: str, how: str) -> None:
    before, after = HARD[name]
    root = repository(tmp_path / "repo", {name: before} if before else {"other": ""})
    (file,) = write_patches(
        tmp_path / "run", [outcome([FileChange(name, before, after)])], "python -m x", root, NOW
    )
    git(root, *([how] if how == "apply" else ["am", "-q", "--keep-cr"]), str(tmp_path / "run" / file))
    assert (root / name).read_bytes().decode() == after
    assert how == "apply" or not git(root, "status", "--porcelain")


@pytest.mark.parametrize("name", HARD)
def test_verify_reads_what_fix_wrote(tmp_path: Path, name: str) -> None:
    before, after = HARD[name]
    (file,) = write_patches(tmp_path, [outcome([FileChange(name, before, after)])], "", None, NOW)
    (found,) = parse((tmp_path / file).read_bytes().decode())
    assert (found.path, found.created) == (name, not before)
    assert patched(before, found) == after
    assert patched(after, found, reverse=True) == before


@settings(max_examples=40)
@given(
    *[st.lists(st.sampled_from(["a\n", "b\n", "\n", "c\r\n", "\f\n"]), min_size=1, max_size=14).map("".join)] * 2
)
def test_git_takes_any_diff(tmp_path_factory: pytest.TempPathFactory, before: str, after: str) -> None:
    folder = tmp_path_factory.mktemp("diff")
    (folder / "m.py").write_bytes(before.encode())
    text = diff([FileChange("m.py", before, after)])
    assert applied(list(hunks(split(before), split(after))), split(before)) in (split(after), None)
    if text:
        (folder / "p").write_bytes(text.encode())
        subprocess.run(["git", "apply", "p"], cwd=folder, check=True)
    assert (folder / "m.py").read_bytes().decode() == after


def test_the_message(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", {"m.py": "a\n"})
    command = "python -m shop.bench --größe 3"
    (file,) = write_patches(tmp_path, [outcome([FileChange("m.py", "a\n", "b\n")])], command, root, NOW)
    assert file == "patches/0001-nested-loop-join-match.patch"
    git(root, "am", "-q", str(tmp_path / file))
    said = git(root, "log", "-1", "--format=%an%n%B")
    assert said.strip() == (
        "perfprof\n"
        "match: nested loop -> dict\n\n"
        "How much: 38 % of `python -m shop.bench --größe 3`; 12.1 s -> 57.0 ms CPU,\n"
        "          212x (198 - 230)\n"
        "Why:      4,000 x 9,200 — naïve\n"
        "Same:     1 proved, 1 observed of 2 obligations. observed: keys-hashable\n"
        "          (all int in 2,000 calls)\n"
        "Memory:   peak 212 MB -> 213 MB\n"
        "Judged:   accepted: tests 14/14, replay 64 calls\n"
        f"Repeat:   perfprof verify 0001-nested-loop-join-match.patch -- {command}\n\n"
        "Perfprof-Rule: nested-loop-join\n"
        "Perfprof-Level: observed\n"
        "Perfprof-Gain: 212x (198 - 230)"
    )
    trailers = git(root, "log", "-1", "--format=%(trailers:only)").split("\n")
    assert trailers[:3] == [
        "Perfprof-Rule: nested-loop-join",
        "Perfprof-Level: observed",
        "Perfprof-Gain: 212x (198 - 230)",
    ]


def test_a_message_cannot_break_the_patch(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", {"m.py": "a\n"})
    bad = outcome([FileChange("m.py", "a\n", "b\n")], function="größe.\n---", title="naïve -> 🎉 " * 20)
    (file,) = write_patches(tmp_path, [bad], "x\n--- \ndiff --git a/x b/x", root, NOW)
    git(root, "am", "-q", str(tmp_path / file))
    assert (root / "m.py").read_text() == "b\n"
    assert git(root, "log", "-1", "--format=%s").startswith("größe. ---: naïve -> 🎉")


LINES = [f"line {n}\n" for n in range(60)]
TEXT = "".join(LINES)
FAR = [TEXT.replace("line 10\n", "ten\n"), TEXT.replace("line 50\n", "fifty\n50\n"), "zero\n" + TEXT]
NEAR = [TEXT.replace("line 10\n", "ten\n"), TEXT.replace("line 12\n", "twelve\n")]
IMPORT = ["import x\n" + TEXT.replace(f"line {n}\n", f"x({n})\n") for n in (10, 30)]
TOUCHING = [TEXT.replace("line 10\n", "ten\n"), TEXT.replace("line 11\n", "eleven\n")]
SAME = [TEXT.replace("line 10\n", "ten\n"), TEXT.replace("line 10\n", "TEN\n")]


def series(tmp_path: Path, texts: list[str], before: str = TEXT) -> tuple[Path, list[str]]:
    root = repository(tmp_path / "repo", {"m.py": before})
    outcomes = [outcome([FileChange("m.py", before, text)], f"f{at}") for at, text in enumerate(texts)]
    names = write_patches(tmp_path, outcomes, "", root, NOW)
    return root, [str(tmp_path / name) for name in names]


@pytest.mark.parametrize("texts", [FAR, FAR[::-1], NEAR, IMPORT], ids=["far", "reversed", "near", "import"])
def test_each_patch_stands_alone(tmp_path: Path, texts: list[str]) -> None:
    root, files = series(tmp_path, texts)
    for file, text in zip(files, texts, strict=True):
        git(root, "am", "-q", file)
        assert (root / "m.py").read_text() == text
        git(root, "reset", "-q", "--hard", "HEAD~1")


@pytest.mark.parametrize(
    "texts", [FAR, FAR[::-1], NEAR, IMPORT, TOUCHING], ids=["far", "reversed", "near", "import", "touching"]
)
def test_all_patches_go_in_order(tmp_path: Path, texts: list[str]) -> None:
    root, files = series(tmp_path, texts)
    git(root, "am", "-q", "-3", *files)
    result = (root / "m.py").read_text()
    for line in {line for text in texts for line in text.splitlines()} - set(TEXT.splitlines()):
        assert result.splitlines().count(line) == 1


def test_far_patches_go_in_order_without_merging(tmp_path: Path) -> None:
    root, files = series(tmp_path, FAR)
    git(root, "am", "-q", *files)


def test_what_a_patch_needs_is_said(tmp_path: Path) -> None:
    root, files = series(tmp_path, TOUCHING)
    assert "Needs:    0001-nested-loop-join-f0.patch" in Path(files[1]).read_text()
    git(root, "am", "-q", files[1], ok=False)


def test_what_cannot_go_together_is_said(tmp_path: Path) -> None:
    root, files = series(tmp_path, SAME)
    assert "Not with: 0001-nested-loop-join-f0.patch" in Path(files[1]).read_text()
    git(root, "am", "-q", files[1])
    assert (root / "m.py").read_text() == SAME[1]


def test_copied_code_does_not_lead_git_astray(tmp_path: Path) -> None:
    """Two functions with the same lines: the second one's hunk must not land in the first."""
    body = "def {0}(xs):\n    total = 0\n" + "    step()\n" * 4 + "    find(xs)\n" + "    step()\n" * 4 + "\n\n"
    before = body.format("one") + "# " + "-" * 70 + "\n" + body.format("two")
    head, tail = before[: before.index("def two")], before[before.index("def two") :]
    second = head + tail.replace("find(xs)", "look_up(xs)")
    first = "import a\n" * 12 + before
    root, files = series(tmp_path, [first, second], before)
    git(root, "am", "-q", *files)
    assert (root / "m.py").read_text() == "import a\n" * 12 + second
    git(root, "reset", "-q", "--hard", "HEAD~2")
    git(root, "am", "-q", files[1])
    assert (root / "m.py").read_text() == second


def test_only_accepted_patches_are_in_the_series(tmp_path: Path) -> None:
    change = FileChange("m.py", "a\n", "b\n")
    migration = Outcome(outcome([change]).finding, "accepted", "", "index", Level.OBSERVED)
    names = write_patches(
        tmp_path,
        [outcome([change], status="rejected"), migration, outcome([change]), outcome([change], status="open")],
    )
    assert names == (
        "patches/not-accepted/0001-nested-loop-join-match.patch",
        "",
        "patches/0001-nested-loop-join-match.patch",
        "patches/not-accepted/0002-nested-loop-join-match.patch",
    )


def test_an_executable_stays_one(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo", {"tool.py": "a\n"})
    (root / "tool.py").chmod(0o755)
    git(root, "commit", "-qam", "x")
    (file,) = write_patches(tmp_path, [outcome([FileChange("tool.py", "a\n", "b\n")])], "", root, NOW)
    git(root, "am", "-q", str(tmp_path / file))
    assert git(root, "show", "--format=", "--summary") == ""
    assert os.access(root / "tool.py", os.X_OK)
