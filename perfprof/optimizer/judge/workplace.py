"""The judge's temporary folder: private, outside the project, gone at the end, and at the next start after kill -9."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from perfprof.errors import PerfprofError
from perfprof.optimizer.judge.processes import kill_where

PREFIX = "perfprof-judge-"
_OWNER = "owner"  # file with the process that the folder belongs to


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskWatch(contextlib.ContextDecorator):
    """Tells of a full disk in words; around whatever writes copies, jobs and answers."""

    def __enter__(self) -> DiskWatch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise PerfprofError(
                f"there is no space left for the copies that are judged ({error.strerror})",
                where=str(error.filename or tempfile.gettempdir()),
                todo="Make room, or set TMPDIR to a folder with more. Nothing in the project was changed.",
            ) from None


class Workplace:
    """A folder of mode 0700. Use as a context manager."""

    def __init__(self, root: Path) -> None:
        base = _base(root)
        for stale in _stale(base):
            _end(stale)
            remove(stale)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        (self.path / _OWNER).write_text(_identity(os.getpid()), encoding="ascii")

    def __enter__(self) -> Workplace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder and all in it."""
        remove(self.path)


def remove(folder: Path) -> None:
    """Remove a tree, also when the program took away its own rights in it; links are not followed."""

    def allow(function: object, name: str, error: object) -> None:
        with contextlib.suppress(OSError):
            if Path(name) != folder:  # what lies above the tree is not ours to change
                os.chmod(os.path.dirname(name), 0o700)
            if os.path.isdir(name) and not os.path.islink(name):
                os.chmod(name, 0o700)
                shutil.rmtree(name, ignore_errors=True)
            else:
                os.unlink(name)

    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder, onerror=allow)


def _base(root: Path) -> Path:
    """The usual temporary folder, or another one if that lies in the project."""
    inside = root.resolve()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for folder in (Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/tmp"), cache):  # noqa: S108
        resolved = folder.resolve()
        if resolved != inside and inside not in resolved.parents and os.access(resolved, os.W_OK):
            return resolved
    raise PerfprofError(
        "no temporary folder lies outside the project",
        where=str(root),
        todo="Set TMPDIR to a folder outside it, or name a smaller project.",
    )


def _stale(base: Path) -> Iterator[Path]:
    """Folders of ours whose process is gone."""
    with contextlib.suppress(OSError):
        for folder in base.glob(PREFIX + "*"):
            with contextlib.suppress(OSError):
                state = folder.lstat()
                if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
                    continue
                owner = (folder / _OWNER).read_text(encoding="ascii")
                if owner != _identity(int(owner.split()[0])):
                    yield folder


def _end(folder: Path) -> None:
    """End what a killed perfprof left running: its runs carry the folder in their import path."""
    kill_where(lambda environment: str(folder) in environment.get("PYTHONPATH", ""))


def _identity(pid: int) -> str:
    """A process by number and start: numbers come back."""
    import psutil

    try:
        return f"{pid} {psutil.Process(pid).create_time():.2f}"
    except (psutil.Error, IndexError):  # it ends just now
        return f"{pid} gone"
