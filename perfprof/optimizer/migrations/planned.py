"""The project's files as they will be: what this run is about to write stands before what is on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perfprof.optimizer.patches import FileChange

_OTHERS = frozenset({"site-packages", "node_modules"})


class Texts:
    """Reads files of a project through planned changes."""

    def __init__(self, root: Path, planned: Sequence[FileChange] = ()) -> None:
        self.root = root
        self._planned = {root / change.path: change.after for change in planned}

    def read(self, path: Path) -> str | None:
        """The text that the file will have, its lines ended by a line feed alone; None if there is none."""
        raw = self._raw(path)
        return raw.replace("\r\n", "\n") if raw is not None else None

    def foreign(self, path: Path) -> bool:
        """Whether a file is not the project's own."""
        parts = path.relative_to(self.root).parts
        return any(part.startswith(".") for part in parts) or not _OTHERS.isdisjoint(parts)

    def even(self, path: Path) -> bool:
        """Whether all lines end alike, so that a change of some leaves the others as they are."""
        raw = self._raw(path) or ""
        return raw.count("\r") == raw.count("\r\n") and raw.count("\r\n") in (0, raw.count("\n"))

    def _raw(self, path: Path) -> str | None:
        if path in self._planned:
            return self._planned[path]
        try:
            return path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def files(self, folder: Path, pattern: str) -> list[Path]:
        """The files of a folder, on disk or planned."""
        planned = [path for path in self._planned if path.parent == folder and path.match(pattern)]
        return sorted({*folder.glob(pattern), *planned})

    def change(self, path: Path, after: str) -> FileChange:
        """A change from what is there, planned changes included, to ``after``."""
        before = self._raw(path) or ""
        ended = after.replace("\n", "\r\n") if "\r\n" in before else after
        return FileChange(path.relative_to(self.root).as_posix(), before, ended)
