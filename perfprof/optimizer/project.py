"""The project under work and the commands that the user gave: what every step needs to know of the outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """A command line as the user typed it after ``--`` or as ``--tests``.

    folder: where it is run, relative to the project's root (as typed there); empty for the root itself.
    """

    argv: tuple[str, ...]
    folder: str = ""

    def __str__(self) -> str:
        import shlex

        return shlex.join(self.argv)


@dataclass(frozen=True, slots=True)
class Project:
    """Where the user's code is.

    root: absolute; the folder of the git work tree or of pyproject.toml, else the current folder.
    paths: what may be read and changed, absolute. home: ``root/.perfprof``.
    """

    root: Path
    paths: tuple[Path, ...]
    workload: Command | None = None
    tests: Command | None = None

    @property
    def home(self) -> Path:
        """perfprof's own folder in the project."""
        return self.root / ".perfprof"
