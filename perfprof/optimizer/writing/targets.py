"""A look at every file before anything is written: is it ours, writable, and still what it was when it was read?"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from perfprof.errors import PerfprofError
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.writing.journal import Entry, digest

Examined = tuple[Entry, bytes, bytes]  # with the contents before and after


def examine(root: Path, room: Path, changes: Sequence[FileChange]) -> list[Examined]:
    """What has to be written; PerfprofError names all files that are not as they were read. Changes nothing."""
    looked = [(_entry(change, _target(root, room, change.path), root), change) for change in changes]
    edited = [entry.path for entry, _ in looked if digest(root / entry.target) != entry.before]
    if edited:
        raise PerfprofError(
            f"changed since perfprof read it, nothing was written: {', '.join(edited)}",
            where=str(root),
            todo="Run perfprof again on what the files are now.",
        )
    targets = Counter(entry.target for entry, _ in looked)
    for entry, _ in looked:
        if targets[entry.target] > 1:
            raise PerfprofError("two changes want to write the same file, nothing was changed", where=entry.path)
    return [(entry, _bytes(it.before), _bytes(it.after)) for entry, it in looked if entry.before != entry.after]


def _entry(change: FileChange, target: Path, root: Path) -> Entry:
    is_new = not change.before and not target.exists()
    return Entry(
        change.path,
        target.relative_to(root.resolve()).as_posix(),
        before="" if is_new else _sha(change.before),
        after=_sha(change.after),
        folders=_missing_folders(root, target),
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _sha(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


def _target(root: Path, room: Path, path: str) -> Path:
    """The file itself, behind links; PerfprofError if it is not a writable file of the project."""
    try:
        target = (root / path).resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise PerfprofError(f"cannot be followed: {error}", where=path) from None
    if not target.is_relative_to(root.resolve()) or target.is_relative_to(room.parent.resolve()):
        raise PerfprofError("lies outside of the project, nothing was changed", where=path)
    if target.exists() and not target.is_file():
        raise PerfprofError("is not a file, nothing was changed", where=path)
    if target.exists() and not os.access(target, os.R_OK | os.W_OK):
        raise PerfprofError(
            "is read-only, nothing was changed", where=path, todo="Make it writable and run it again."
        )
    return target


def _missing_folders(root: Path, target: Path) -> tuple[str, ...]:
    """Folders to be made for a new file, outer first, relative to the root."""
    whole = root.resolve()
    folders = [folder for folder in target.parents if folder.is_relative_to(whole) and not folder.exists()]
    return tuple(folder.relative_to(whole).as_posix() for folder in reversed(folders))
