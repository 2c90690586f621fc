"""A patch: what one finding changes, as whole texts before and after."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from perfprof.rules.rule import Finding, Level, Measured, Migration, Proof


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file, its path relative to the project's root, and its text before and after (newlines as in the file).

    gone: the file is deleted; ``after`` is empty.
    """

    path: str
    before: str
    after: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """Edits of files or a migration, the finding they answer, and the proofs they rest on.

    functions: ``path::qualified.name`` of each function whose code changes. promise: the least ratio worth it.
    counter: the exact count that must fall ("queries", "vm-steps"), "any" if whichever falls is a gain, empty if only
    time tells. domain: for which arguments the answers must stay: "any"; "hinted": where every parameter has a hint,
    those of its types; "seen": of types that calls had. reshapes: objects of the old code do not fit the new, see `Rewrite`.
    measured: the gain on a copy of the database, where it is there. tolerance: as `Rewrite` asked for it, 0 for exact answers.
    """

    rule: str
    title: str
    changes: tuple[FileChange, ...]
    finding: Finding | None = None
    proofs: tuple[Proof, ...] = ()
    level: Level = Level.OPEN
    migration: Migration | None = None
    functions: tuple[str, ...] = ()
    promise: float = 1.03
    counter: str = ""
    domain: Literal["any", "hinted", "seen"] = "any"
    why: str = ""
    memory: str = ""
    reshapes: bool = False
    measured: Measured | None = None
    tolerance: float = 0.0

    @property
    def digest(self) -> str:
        """What a verdict is bound to: all that the patch would write."""
        text = hashlib.sha256()
        for change in self.changes:
            for part in (change.path, change.before, change.after):
                text.update(part.encode("utf-8", "surrogateescape") + b"\0")
            text.update(b"gone" * change.gone)
        if self.migration is not None:
            text.update((self.migration.up + "\0" + self.migration.down).encode())
        return text.hexdigest()
