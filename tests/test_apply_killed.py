"""kill -9 at every call into the operating system: each file stays whole, and the next start mends the rest."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_apply import CHANGES, NEW, OLD, files

from perfprof.optimizer.writing.apply import apply, recover, undo

# What changes something on disk; between two of them, one possible moment of death.
CALLS = {
    "open",
    "write",
    "fsync",
    "rename",
    "replace",
    "mkdir",
    "rmdir",
    "unlink",
    "chmod",
    "chown",
    "utime",
    "close",
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where that can be had: a thousand fsyncs on a busy disk take minutes, and prove nothing here."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


def dies_at(count: int, act: Callable[[], object]) -> bool:
    """Run in a child that kills itself at the ``count``-th call; whether it died."""
    child = os.fork()
    if not child:
        left = count

        def watch(_frame: object, event: str, call: object) -> None:
            nonlocal left
            if event == "c_call" and getattr(call, "__name__", "") in CALLS:
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.setprofile(watch)
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def project(root: Path) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    for change in CHANGES[:2]:
        path = root / change.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(change.before.encode())
    return root


def whole(root: Path) -> bool:
    """Whether each file of the project is old or new; perfprof's own temporary files do not count."""
    now = {path: text for path, text in files(root).items() if ".perfprof-" not in path}
    return all(text in (OLD.get(path), NEW[path]) for path, text in now.items()) and OLD.keys() <= now.keys()


def test_apply_is_killed_anywhere(folder: Path) -> None:
    outcomes = []
    for count in range(1, 2000):
        root = project(folder / "project")
        if not dies_at(count, lambda: apply(root, CHANGES)):  # noqa: B023 - called at once
            break
        assert whole(root), count
        recover(root)
        assert files(root) in (OLD, NEW), count
        outcomes.append(files(root) == NEW)
        if outcomes[-1]:
            undo(root)
        assert files(root) == OLD, count
        assert not (root / "db").exists()
    assert len(outcomes) > 50
    assert sorted(outcomes) == outcomes  # nothing of it up to a point, all of it from there on
    assert {*outcomes} == {False, True}


def test_undo_is_killed_anywhere(folder: Path) -> None:
    outcomes = []
    for count in range(1, 2000):
        root = project(folder / "project")
        apply(root, CHANGES)
        if not dies_at(count, lambda: undo(root)):  # noqa: B023 - called at once
            break
        assert whole(root), count
        recover(root)
        assert files(root) in (OLD, NEW), count
        outcomes.append(files(root) == OLD)
        if not outcomes[-1]:
            undo(root)
        assert files(root) == OLD, count
    assert len(outcomes) > 25
    assert sorted(outcomes) == outcomes


@pytest.mark.parametrize("first", [30, 55, 68, 73, 78])
def test_the_recovery_is_killed_too(folder: Path, first: int) -> None:
    for count in range(1, 2000):
        root = project(folder / "project")
        assert dies_at(first, lambda: apply(root, CHANGES))  # noqa: B023 - called at once
        if not dies_at(count, lambda: recover(root)):  # noqa: B023 - called at once
            break
        assert whole(root), count
        recover(root)
        assert files(root) in (OLD, NEW), count


def test_a_file_edited_between_death_and_recovery_is_left_alone(folder: Path) -> None:
    for count in range(1, 2000, 4):
        root = project(folder / "project")
        if not dies_at(count, lambda: apply(root, CHANGES)):  # noqa: B023 - called at once
            break
        (root / "a.py").write_text("mine\n")
        recover(root)
        assert (root / "a.py").read_text() == "mine\n"
        assert whole(root) or files(root)["a.py"] == "mine\n"
