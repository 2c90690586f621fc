"""Migrations as plain SQL: two files, ``NNNN_table_columns.up.sql`` and ``NNNN_table_columns.down.sql``.

Two files, because each can be given to ``psql -f`` or ``sqlite3 DATABASE <`` as it is, and no tool that runs a whole
folder in order ends with the index gone again (``.down`` sorts, and so runs, before ``.up``). Numbers go on from those
that are in the folder. Files that exist are never changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from perfprof.errors import PerfprofError
from perfprof.optimizer.judge.verdict import Verdict
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.rules.reading.placeholders import separated
from perfprof.rules.rule import Migration

_FOLDERS = ("migrations", "db/migrations", "sql/migrations", "sql")
_NUMBERED = re.compile(r"(\d+)[_.-]")
_WIDTH = 4


@dataclass(frozen=True, slots=True)
class Script:
    """What a pair of migration files says, without comments: statements, each ended by a semicolon."""

    up: str
    down: str


def folder_of(root: Path) -> Path:
    """Where the project keeps migrations in plain SQL; ``migrations`` if it has none yet."""
    for name in _FOLDERS:
        if any(_NUMBERED.match(path.name) for path in (root / name).glob("*.sql")):
            return root / name
    return root / "migrations"


def pending(folder: Path, migration: Migration) -> Path | None:
    """The file of this folder that builds the same index; it was written before and has not been applied."""
    wanted = _creates(migration.up, migration.dialect)
    for path in sorted(folder.glob("*.sql")):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if wanted & _creates(text, migration.dialect):
            return path
    return None


def changes(
    root: Path, patch: Patch, verdict: Verdict | None = None, taken: Iterable[str] = ()
) -> tuple[FileChange, ...]:
    """The two files of a patch's migration as changes of the project, paths relative to ``root``.

    taken: names of migration files that other patches of this run are about to write.
    """
    migration = patch.migration
    assert migration is not None, "only a migration becomes migration files"
    folder = folder_of(root)
    stem = _stem(folder, migration, taken)
    place = folder.relative_to(root).as_posix()
    header = list(header_of(root, patch, verdict))
    up = [*header, f"The way back: {stem}.down.sql", *_how_to_run(migration, f"{stem}.up.sql")]
    down = [f"Takes back {stem}.up.sql.", *_how_to_run(migration, f"{stem}.down.sql")]
    return (
        FileChange(f"{place}/{stem}.up.sql", "", _commented(up) + migration.up),
        FileChange(f"{place}/{stem}.down.sql", "", _commented(down) + migration.down),
    )


def read(path: Path, dialect: str = "sqlite") -> Script:
    """Read a pair by either of its names; PerfprofError if one is missing or is not UTF-8."""
    stem = re.sub(r"\.(up|down)\.sql$", "", path.name)
    texts = []
    for way in ("up", "down"):
        file = path.with_name(f"{stem}.{way}.sql")
        try:
            texts.append(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise PerfprofError(f"the migration cannot be read: {error}", where=str(file)) from None
    up, down = ("".join(f"{_bare(one, dialect)};\n" for one in separated(text, dialect)) for text in texts)
    return Script(up, down)


def _creates(script: str, dialect: str = "sqlite") -> set[str]:
    """The CREATE INDEX statements of a script, spaces and comments aside."""
    found = set()
    for statement in separated(script, dialect):
        bare = " ".join(_bare(statement, dialect).split())
        if bare.upper().startswith(("CREATE INDEX", "CREATE UNIQUE INDEX")):
            found.add(bare.replace(" IF NOT EXISTS", ""))
    return found


def _bare(statement: str, dialect: str) -> str:
    """A statement without the comments before it."""
    while True:
        match = re.match(r"\s*(--[^\n]*(\n|\Z)|/\*.*?\*/)", statement, re.DOTALL)
        if match is None:
            return statement.strip()
        statement = statement[match.end() :]


def _stem(folder: Path, migration: Migration, taken: Iterable[str]) -> str:
    names = [path.name for path in folder.glob("*")] if folder.is_dir() else []
    numbers = [
        match[1] for name in (*names, *(Path(one).name for one in taken)) if (match := _NUMBERED.match(name))
    ]
    last = max(numbers, key=int, default="0")
    number = str(int(last) + 1).zfill(max(_WIDTH if not names else 0, len(last)))
    words = "_".join([migration.table, *migration.columns])
    return f"{number}_{re.sub(r'[^a-z0-9]+', '_', words.lower()).strip('_')[:60] or 'index'}"


def header_of(root: Path, patch: Patch, verdict: Verdict | None) -> Iterator[str]:
    """Evidence and gain. Statements stand as templates: never a value of the program or of the data."""
    finding = patch.finding
    if finding is not None:
        yield f"{patch.rule}: {finding.subject}"
        yield finding.message
        for place in str(finding.evidence.get("places", "")).split(", "):
            if place:
                yield f"from {place.removeprefix(str(root) + '/')}"
    yield patch.why
    if verdict is not None:
        for layer in verdict.layers:
            if layer.outcome == "passed" and layer.name in ("apply", "counter", "writes"):
                yield f"{layer.name}: {layer.reason}"


def _how_to_run(migration: Migration, name: str) -> list[str]:
    if migration.dialect == "postgresql":
        return [f"Run it outside of a transaction, as `psql -f {name}` does; writers are not blocked meanwhile."]
    return [f"Run it with `sqlite3 DATABASE < {name}`."]


def _commented(lines: Iterable[str]) -> str:
    """Each line a comment of its own; a line break inside a name must not end it."""
    shown = [" ".join("".join(char if char.isprintable() else " " for char in line).split()) for line in lines]
    return "".join(f"-- {line}\n" for line in shown if line) + "\n"
