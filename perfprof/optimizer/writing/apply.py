"""Write changes into the working tree in one atomic step, and take them back.

Whatever happens in between (an error, a full disk, kill -9), each file is whole, old or new; and the next call of
`apply`, `undo` or `recover` finishes what was committed and takes back what was not.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from perfprof.errors import PerfprofError
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.writing.journal import Entry, Journal, Side, digest, sync, write
from perfprof.optimizer.writing.targets import examine

_NOT_WRITTEN = "the changes cannot be written, nothing was changed"
_NOT_TAKEN_BACK = "not everything could be taken back; perfprof goes on with it when it is started again"
_KEPT = 20  # applied changes that can still be taken back, one after the other


@dataclass(frozen=True, slots=True)
class Applied:
    """What was written, paths relative to the root. created: those files that were not there before."""

    label: str
    files: tuple[str, ...]
    created: tuple[str, ...]


class _EditedError(Exception):
    """A file is neither what it was nor what it is to become."""


def apply(root: Path, changes: Sequence[FileChange], home: Path | None = None, label: str = "") -> Applied:
    """Write all changes or none.

    A change whose ``before`` is empty and whose file is not there makes a new file, with its folders.
    Raises PerfprofError when a file differs from its ``before``, lies outside of the root, or cannot be written.
    """
    with _room(root, home) as room:
        _recover(root, room)
        examined = examine(root, room, changes)
        if not examined:
            return Applied(label, (), ())
        with _explained(_NOT_WRITTEN):
            journal = Journal.begin(room, label, examined)
            try:
                _prepare(journal, root, "after")
                journal.move("committed")
            except BaseException:
                _clear(journal, root)
                raise
        _carry_out(journal, root)
        _prune(room)
    entries = journal.entries
    return Applied(label, _paths(entries), _paths([entry for entry in entries if not entry.before]))


def undo(root: Path, home: Path | None = None) -> tuple[str, ...]:
    """Take the last `apply` back; the paths that changed, relative to the root.

    Raises PerfprofError, and changes nothing, when there is none or when a file was edited since.
    """
    with _room(root, home) as room:
        _recover(root, room)
        journal = next((one for one in reversed(_journals(room)) if one.state == "applied"), None)
        if journal is None:
            raise PerfprofError(
                "there is nothing to take back",
                where=str(root),
                todo="perfprof fix --apply was not run here, or was taken back already.",
            )
        changed = [entry for entry in journal.entries if digest(root / entry.target) != entry.before]
        edited = [entry for entry in changed if digest(root / entry.target) != entry.after]
        if edited:
            raise PerfprofError(
                f"edited since perfprof wrote it, nothing was taken back: {', '.join(_paths(edited))}",
                where=str(root),
                todo="Put those files back to what perfprof wrote, or take the change back by hand.",
            )
        with _explained("the old files cannot be written back, nothing was changed"):
            try:
                _prepare(journal, root, "before")
                journal.move("undoing")
            except BaseException:
                _drop_temporaries(journal, root)
                raise
        with _explained(_NOT_TAKEN_BACK):
            _swap(journal, root, "before")
            _clear(journal, root)
    return _paths(changed)


def recover(root: Path, home: Path | None = None) -> None:
    """Finish or take back what a killed perfprof left; does nothing, and makes no folder, when there is none."""
    if _has_journals(root, home):
        with _room(root, home) as room:
            _recover(root, room)


def _has_journals(root: Path, home: Path | None) -> bool:
    return ((home or root / ".perfprof") / "applied").is_dir()


def _paths(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(entry.path for entry in entries)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else ""
        if ".perfprof-" in place:  # the user knows the folder, not our temporary file in it
            place = os.path.dirname(place)
        reason = error.strerror or type(error).__name__
        raise PerfprofError(f"{what}: {reason}", where=place, todo="Mend that and run it again.") from error


@contextmanager
def _room(root: Path, home: Path | None) -> Iterator[Path]:
    """The folder of the journals, locked against another perfprof."""
    room = (home or root / ".perfprof") / "applied"
    with _explained("perfprof cannot keep its journal, nothing was changed"):
        room.parent.mkdir(mode=0o700, exist_ok=True)
        room.mkdir(mode=0o700, exist_ok=True)
        ignore = room.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
        lock = os.open(room / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(lock, room)
        yield room
    finally:
        os.close(lock)


def _lock(file: int, room: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows has none of it
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise PerfprofError(
            "another perfprof is writing here", where=str(room), todo="Wait for it to end."
        ) from None


def _prepare(journal: Journal, root: Path, side: Side) -> None:
    """Have the content of one side on disk beside each file that is not yet so."""
    for entry in journal.entries:
        target = root / entry.target
        now = digest(target)
        if not entry.digest(side) or now == entry.digest(side):
            continue
        for folder in entry.folders:
            (root / folder).mkdir(exist_ok=True)
        write(journal.temporary(target), journal.content(entry, side), target if now else None)


def _swap(journal: Journal, root: Path, side: Side, strict: bool = False) -> None:
    """Put the prepared files in place. A file that somebody has edited stays; if ``strict``, _EditedError is raised."""
    for entry in journal.entries:
        target = root / entry.target
        now = digest(target)
        if now == entry.digest(side):
            continue
        if now not in (entry.before, entry.after):
            if strict:
                raise _EditedError(entry.path)
        elif not entry.digest(side):
            target.unlink()
        else:
            os.replace(journal.temporary(target), target)
        sync(target.parent)
    _drop_temporaries(journal, root)


def _carry_out(journal: Journal, root: Path) -> None:
    """Do what is committed, or take all of it back."""
    try:
        _swap(journal, root, "after", strict=True)
        journal.move("applied")
    except BaseException as error:
        with _explained(_NOT_TAKEN_BACK):
            journal.move("undoing")
            _prepare(journal, root, "before")
            _swap(journal, root, "before")
            _clear(journal, root)
        if isinstance(error, _EditedError):
            raise PerfprofError("changed while perfprof wrote, nothing was changed", where=str(error)) from None
        with _explained(_NOT_WRITTEN):
            raise


def _recover(root: Path, room: Path) -> None:
    with _explained("a change that was interrupted cannot be finished"):
        for journal in _journals(room):
            if journal.state == "started":
                _clear(journal, root)
            elif journal.state == "applied":
                _drop_temporaries(journal, root)
            elif journal.state == "committed":
                _prepare(journal, root, "after")
                _swap(journal, root, "after")
                journal.move("applied")
            else:
                _prepare(journal, root, "before")
                _swap(journal, root, "before")
                _clear(journal, root)


def _journals(room: Path) -> list[Journal]:
    """All journals, oldest first; what never became one is removed."""
    import shutil

    found = []
    for folder in sorted(one for one in room.iterdir() if one.is_dir()):
        journal = Journal.load(folder)
        if journal is None:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            found.append(journal)
    return found


def _drop_temporaries(journal: Journal, root: Path) -> None:
    for entry in journal.entries:
        journal.temporary(root / entry.target).unlink(missing_ok=True)


def _clear(journal: Journal, root: Path) -> None:
    """Leave nothing of a change that is not, or no longer, there."""
    _drop_temporaries(journal, root)
    for entry in journal.entries:
        for folder in reversed(entry.folders):
            with suppress(OSError):  # others have put something there
                (root / folder).rmdir()
    journal.forget()


def _prune(room: Path) -> None:
    for journal in _journals(room)[:-_KEPT]:
        journal.forget()
