"""What check remembers: the answer for a file, as long as it and the files it depends on are unchanged."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import perfprof
from perfprof.optimizer.checking.reader import Found, Read
from perfprof.rules.rule import Finding, Level, Proof


class Memory:
    """One JSON file under ``.perfprof/cache/``; a broken or missing one only costs time."""

    def __init__(self, home: Path, only: tuple[str, ...]) -> None:
        self.file = home / "cache" / f"check-{_rules_digest(only)[:12]}.json"
        self._digests: dict[Path, str] = {}
        try:
            self._kept: dict[str, Any] = json.loads(self.file.read_text("utf-8"))
        except (OSError, ValueError):
            self._kept = {}

    def known(self, root: Path, files: Iterable[Path]) -> dict[Path, Read]:
        """The answers that still hold."""
        found = {}
        for path in files:
            entry = self._kept.get(_name(path, root))
            if entry is not None and all(
                self._digest(root / name) == digest for name, digest in entry["of"].items()
            ):
                found[path] = _read(entry["read"])
        return found

    def keep(self, root: Path, reads: Sequence[Read]) -> None:
        """Remember these answers; where nothing can be written nothing is remembered."""
        entries = dict(self._kept)
        for read in reads:
            names = [read.path, *read.needs]
            entries[read.path] = {"of": {name: self._digest(root / name) for name in names}, "read": asdict(read)}
        if entries == self._kept:
            return
        with contextlib.suppress(OSError):
            home = self.file.parent.parent
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            ignore = home / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")
            draft = self.file.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(entries), "utf-8")
            draft.replace(self.file)

    def _digest(self, path: Path) -> str:
        if path not in self._digests:
            try:
                self._digests[path] = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError:
                self._digests[path] = ""
        return self._digests[path]


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _rules_digest(only: tuple[str, ...]) -> str:
    """Changes with the rules: their files' sizes and times, so that developing a rule needs no clearing."""
    from perfprof import rules

    marks = [
        (path.name, path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(Path(rules.__file__).parent.rglob("*.py"))
    ]
    return hashlib.sha256(repr((perfprof.__version__, only, marks)).encode()).hexdigest()


def _read(entry: dict[str, Any]) -> Read:
    found = tuple(
        Found(
            Finding(**one["finding"]),
            one["title"],
            Level(one["level"]),
            tuple(Proof(**{**proof, "level": Level(proof["level"])}) for proof in one["proofs"]),
            one["grows"],
            one["large"],
        )
        for one in entry["found"]
    )
    return Read(entry["path"], found, tuple(entry["needs"]), entry["skipped"], entry["ignored"])
