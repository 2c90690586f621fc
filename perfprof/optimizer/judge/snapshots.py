"""What a folder holds at a moment, by time and size of its files, to see what a run did to it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

Mark = tuple[int, int]  # time of the last change in nanoseconds, size in bytes
Version = tuple[Mark, bytes]  # a mark and the hash of the content


@dataclass(frozen=True)
class Snapshot:
    """Relative paths; bytecode caches aside."""

    files: dict[str, Mark]
    folders: frozenset[str]


def snapshot(root: Path, linked: frozenset[str]) -> Snapshot:
    """Look at everything below a folder; links count as files, those named in ``linked`` not at all."""
    files: dict[str, Mark] = {}
    folders: set[str] = set()
    for folder, names, leaves in os.walk(root):
        base = os.path.relpath(folder, root)
        links = {name for name in names if os.path.islink(os.path.join(folder, name))}
        names[:] = sorted(set(names) - links - {"__pycache__"})
        folders.update(os.path.normpath(os.path.join(base, name)) for name in names)
        paths = {os.path.normpath(os.path.join(base, name)) for name in (*leaves, *links)} - linked
        files |= {path: mark for path in paths if (mark := mark_of(root / path)) is not None}
    return Snapshot(files, frozenset(folders))


def mark_of(path: Path) -> Mark | None:
    """None if there is no such file."""
    try:
        state = path.lstat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


def version_of(path: Path) -> Version | None:
    """None if there is no such file; of a link where it leads does not count."""
    mark = mark_of(path)
    return None if mark is None else (mark, _hash(path))


def changed_since(path: Path, version: Version | None) -> bool:
    """Whether the file is another one now; what a run wrote anew as it was is not."""
    mark = mark_of(path)
    if mark is None or version is None:
        return mark is not None or version is not None
    return mark != version[0] and _hash(path) != version[1]


def _hash(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe would wait
            return b""
        found = hashlib.blake2b()
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                found.update(part)
        return found.digest()
    except OSError:  # no leave to read
        return b""
