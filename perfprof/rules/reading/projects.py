"""What stands in all files of a project, not only in those that a function's reading leads to."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Module, Program

MOST_FILES = 20_000
SKIPPED = frozenset({"site-packages", "node_modules"})
BY_DICT = re.compile(  # all attributes of other objects at once
    r"(?<!\bself)(?<!\bcls)(?<!\bsuper\(\))\.__dict__\b|\bvars\((?!self\b|\))|\bgetmembers\(|(?<![\w.])(?<!def )dir\(\w"
)


def other_files(program: Program, own: Path) -> Iterator[Path]:
    """The other files of the project."""
    found = program.root.rglob("*.py") if program.root != program.root.parent else iter(())
    for path in itertools.islice(found, MOST_FILES):
        parts = path.relative_to(program.root).parts
        if path != own and not any(part.startswith(".") or part in SKIPPED for part in parts):
            yield path


def texts(program: Program, own: Module) -> Iterator[tuple[Path, str]]:
    """All files of the project with what is in them, one's own first."""
    yield own.path, own.source
    for path in other_files(program, own.path):
        yield path, program.read(path) or ""
