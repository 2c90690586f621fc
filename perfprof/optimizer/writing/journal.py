"""What is about to be written, kept on disk before anything changes, so that a crash can be finished or taken back.

One folder a change: the old and the new content of each file as ``N.before`` and ``N.after``, and one JSON file
whose *name* is the state, so that a change of state is one rename and needs no space:

    started -> committed -> applied -> undoing -> (gone)

Until ``committed`` no file of the project has changed; from there on all of them will.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

Side = Literal["before", "after"]
State = Literal["started", "committed", "applied", "undoing"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file. path: as the user knows it; target: the file itself behind links; both relative to the root.

    before and after: sha256 of the contents, empty where there is no file. folders: those made for it.
    """

    path: str
    target: str
    before: str
    after: str
    folders: tuple[str, ...] = ()

    def digest(self, side: Side) -> str:
        """The sha256 of one side."""
        return self.before if side == "before" else self.after


@dataclass(frozen=True, slots=True)
class Journal:
    """One change of several files, in its folder."""

    folder: Path
    label: str
    entries: tuple[Entry, ...]

    @classmethod
    def begin(cls, room: Path, label: str, changes: Sequence[tuple[Entry, bytes, bytes]]) -> Journal:
        """Write a new journal, with old and new contents, in the state ``started``. Raises OSError, leaves nothing."""
        number = max((int(one.name) for one in room.iterdir() if one.name.isdigit()), default=0) + 1
        journal = cls(room / f"{number:06}", label, tuple(entry for entry, _, _ in changes))
        journal.folder.mkdir(mode=0o700)
        try:
            journal._fill([(before, after) for _, before, after in changes])
        except BaseException:
            shutil.rmtree(journal.folder, ignore_errors=True)
            raise
        return journal

    def _fill(self, contents: Sequence[tuple[bytes, bytes]]) -> None:
        for index, (before, after) in enumerate(contents):
            write(self.folder / f"{index}.before", before)
            write(self.folder / f"{index}.after", after)
        entries = [asdict(entry) for entry in self.entries]
        text = json.dumps({"version": 1, "label": self.label, "entries": entries}, indent=1)
        write(self.folder / "writing", text.encode())
        os.rename(self.folder / "writing", self.folder / "started.json")
        sync(self.folder)
        sync(self.folder.parent)

    @classmethod
    def load(cls, folder: Path) -> Journal | None:
        """Read a journal; None if it never came to be."""
        state = next((name for name in get_args(State) if (folder / f"{name}.json").exists()), None)
        if state is None:
            return None
        data = json.loads((folder / f"{state}.json").read_text("utf-8"))
        entries = (Entry(**{**entry, "folders": tuple(entry["folders"])}) for entry in data["entries"])
        return cls(folder, data["label"], tuple(entries))

    @property
    def state(self) -> State:
        """How far the change has come."""
        return next(name for name in get_args(State) if (self.folder / f"{name}.json").exists())

    def move(self, state: State) -> None:
        """Go on to another state, durably."""
        os.rename(self.folder / f"{self.state}.json", self.folder / f"{state}.json")
        sync(self.folder)

    def forget(self) -> None:
        """Remove the journal; the state goes first, so that half a journal is none."""
        (self.folder / f"{self.state}.json").unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def content(self, entry: Entry, side: Side) -> bytes:
        """The content of a file on one side."""
        return (self.folder / f"{self.entries.index(entry)}.{side}").read_bytes()

    def temporary(self, target: Path) -> Path:
        """The name beside the target under which its new content is made ready."""
        return target.with_name(f".{target.name[:100]}.perfprof-{self.folder.name}")


def digest(path: Path) -> str:
    """The sha256 of a file; empty if there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def write(path: Path, data: bytes, like: Path | None = None) -> None:
    """Make a new file with this content, on disk when this returns; rights and owner as those of ``like``.

    Raises OSError, also when the owner cannot be kept.
    """
    path.unlink(missing_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(file, rest) :]
        if like is not None:
            _take_after(path, like)
        os.fsync(file)
    finally:
        os.close(file)


def _take_after(path: Path, like: Path) -> None:
    old, new = os.stat(like), os.stat(path)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        os.chown(path, old.st_uid, old.st_gid)
    shutil.copystat(like, path)
    os.utime(path)  # compiled files and build tools must see that it is new


def sync(folder: Path) -> None:
    """Have the names in a folder on disk."""
    if os.name != "posix":
        return
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
