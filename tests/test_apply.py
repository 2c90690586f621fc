"""All changes or none; taken back on request; nothing of the user's is ever overwritten."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from perfprof.errors import PerfprofError
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.writing.apply import apply, recover, undo

CHANGES = (
    FileChange("a.py", "a = 1\r\n", "a = 2\r\n"),
    FileChange("pkg/b.py", "\ufeffb = 'é'", "\ufeffb = 'è'"),
    FileChange("db/migrations/0001_x.sql", "", "CREATE INDEX x ON t (c);\n"),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for change in CHANGES[:2]:
        path = root / change.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(change.before.encode())
    return root


def files(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes().decode()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".perfprof" not in path.relative_to(root).parts
    }


OLD = {change.path: change.before for change in CHANGES if change.before}
NEW = {change.path: change.after for change in CHANGES}


def test_apply_and_undo(root: Path) -> None:
    done = apply(root, CHANGES, label="2 patches")
    assert files(root) == NEW
    assert done.files == tuple(change.path for change in CHANGES)
    assert done.created == ("db/migrations/0001_x.sql",)
    assert (root / ".perfprof/.gitignore").read_text() == "*\n"
    assert stat.S_IMODE((root / ".perfprof").stat().st_mode) == 0o700
    assert undo(root) == done.files
    assert files(root) == OLD
    assert not (root / "db").exists()
    with pytest.raises(PerfprofError, match="nothing to take back"):
        undo(root)


def test_undo_goes_back_one_step_at_a_time(root: Path) -> None:
    apply(root, CHANGES[:1])
    apply(root, [FileChange("a.py", "a = 2\r\n", "a = 3\r\n")])
    assert undo(root) == ("a.py",)
    assert files(root)["a.py"] == "a = 2\r\n"
    assert undo(root) == ("a.py",)
    assert files(root) == OLD


def test_mode_owner_and_links_are_kept(root: Path) -> None:
    (root / "a.py").chmod(0o754)
    (root / "link.py").symlink_to("pkg/b.py")
    if os.geteuid() == 0:
        os.chown(root / "a.py", 1234, 4321)
    apply(root, [CHANGES[0], FileChange("link.py", *OLD_NEW)])
    made = (root / "a.py").stat()
    assert stat.S_IMODE(made.st_mode) == 0o754
    if os.geteuid() == 0:
        assert (made.st_uid, made.st_gid) == (1234, 4321)
    assert (root / "link.py").is_symlink()
    assert (root / "pkg/b.py").read_bytes().decode() == NEW["pkg/b.py"]
    assert undo(root) == ("a.py", "link.py")
    assert stat.S_IMODE((root / "a.py").stat().st_mode) == 0o754


OLD_NEW = (CHANGES[1].before, CHANGES[1].after)


def refused(root: Path, changes: list[FileChange], words: str) -> None:
    before = files(root)
    with pytest.raises(PerfprofError, match=words):
        apply(root, changes)
    assert files(root) == before


def test_files_that_changed_meanwhile_are_named_and_nothing_is_written(root: Path) -> None:
    (root / "a.py").write_text("a = 'mine'\n")
    (root / "pkg/b.py").unlink()
    refused(root, list(CHANGES), r"nothing was written: a\.py, pkg/b\.py")
    refused(root, [FileChange("a.py", "", "new\n")], "a.py")


def test_nothing_outside_of_the_project_is_written(root: Path, tmp_path: Path) -> None:
    (tmp_path / "out.py").write_text("x\n")
    (root / "out").symlink_to(tmp_path)
    for path in ("../out.py", str(tmp_path / "out.py"), "out/out.py", ".perfprof/x.py"):
        refused(root, [FileChange(path, "x\n", "y\n")], "outside of the project")
    refused(root, [FileChange("pkg", "", "y\n")], "not a file")
    refused(root, [CHANGES[0], FileChange("pkg/../a.py", OLD["a.py"], "y\n")], "same file")


def test_undo_leaves_what_was_edited_since(root: Path) -> None:
    apply(root, CHANGES)
    (root / "a.py").write_text("a = 'mine'\n")
    (root / "db/migrations/0001_x.sql").write_text("-- mine\n")
    before = files(root)
    with pytest.raises(PerfprofError, match=r"nothing was taken back: a\.py, db/migrations/0001_x\.sql"):
        undo(root)
    assert files(root) == before
    (root / "a.py").write_text(NEW["a.py"], newline="")
    (root / "db/migrations/0001_x.sql").unlink()  # taken back by hand
    assert undo(root) == ("a.py", "pkg/b.py")
    assert files(root) == OLD


def test_undo_keeps_folders_that_hold_something_else(root: Path) -> None:
    apply(root, CHANGES)
    (root / "db/mine").write_text("x")
    undo(root)
    assert files(root) == {**OLD, "db/mine": "x"}


def test_nothing_to_do(root: Path) -> None:
    assert apply(root, []).files == ()
    assert apply(root, [FileChange("a.py", OLD["a.py"], OLD["a.py"])]).files == ()
    recover(root)
    with pytest.raises(PerfprofError, match="nothing to take back"):
        undo(root)


def in_a_child(act: Callable[[], object]) -> str:
    """What a PerfprofError says that comes of it in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            act()
            os.write(writing, b"no error")
        except PerfprofError as error:
            os.write(writing, str(error).encode())
        except BaseException as error:
            os.write(writing, f"unexpected {error!r}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def without_rights() -> None:
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


@pytest.mark.parametrize("locked", ["pkg", ".", "pkg/b.py"])
def test_read_only_places(root: Path, locked: str) -> None:
    for folder in (*list(root.parents)[:-2], root):  # so that nobody may come near
        folder.chmod(0o777 if folder == root else folder.stat().st_mode | 0o755)
    for path in root.rglob("*"):
        path.chmod(0o777)
    (root / ".perfprof").mkdir(mode=0o777)
    (root / ".perfprof").chmod(0o777)
    (root / locked).chmod(0o555)

    def act() -> None:
        without_rights()
        apply(root, CHANGES)

    said = in_a_child(act)
    assert "nothing was changed" in said
    assert "read-only" in said if locked == "pkg/b.py" else "denied" in said or "not permitted" in said
    assert files(root) == OLD
    if locked == ".":
        shutil.rmtree(root / ".perfprof")
        said = in_a_child(act)
        assert "journal" in said
        assert "nothing was changed" in said


@pytest.mark.parametrize("limit", [0, 10, 200, 900])
def test_a_full_disk_changes_nothing(root: Path, limit: int) -> None:
    """A limit on file sizes stands for the full disk: writing fails in the same place, with OSError."""
    big = "x = 1\n" * 300
    (root / "a.py").write_text(big)

    def act() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        apply(root, [CHANGES[1], FileChange("a.py", big, big + "y\n")])

    (root / ".perfprof").mkdir()
    (root / ".perfprof/.gitignore").write_text("*\n")
    said = in_a_child(act)
    assert "nothing was changed" in said
    assert os.strerror(errno.EFBIG) in said
    assert files(root) == {**OLD, "a.py": big}


def test_two_at_a_time_do_not_mix(root: Path) -> None:
    import fcntl

    (root / ".perfprof/applied").mkdir(parents=True)
    with (root / ".perfprof/applied/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused(root, list(CHANGES), "another perfprof")


def test_old_changes_are_forgotten(root: Path) -> None:
    text = OLD["a.py"]
    for number in range(25):
        apply(root, [FileChange("a.py", text, text := f"a = {number}\n")])
    assert len([path for path in (root / ".perfprof/applied").iterdir() if path.is_dir()]) == 20
