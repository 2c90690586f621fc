"""What a folder holds at a moment, by time and size of its files, to see what a run did to it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

Mark = tuple[int, int]  # time of the last change in nanoseconds, size in bytes


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
