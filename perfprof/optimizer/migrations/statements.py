"""A migration's SQL taken apart: what builds the index, what stands around it, and which columns it has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from perfprof.rules.reading.placeholders import separated
from perfprof.rules.rule import Migration

_NAME = r'"(?:[^"]|"")+"'
_PLAIN = re.compile(
    rf"CREATE INDEX (?:CONCURRENTLY )?(?P<name>{_NAME}) ON (?:{_NAME}\.)?{_NAME}"
    rf" \((?P<columns>{_NAME}(?: DESC)?(?:, {_NAME}(?: DESC)?)*)\)"
)
_COLUMN = re.compile(rf"(?P<name>{_NAME})(?P<descending> DESC)?")


@dataclass(frozen=True, slots=True)
class Build:
    """before, create, after: the statements of the way up. back: those of the way down.

    columns: (name, descending) of one index of plain columns; empty for any other (expressions, conditions, methods, parts).
    """

    before: tuple[str, ...]
    create: str
    after: tuple[str, ...]
    back: tuple[str, ...]
    columns: tuple[tuple[str, bool], ...]

    @property
    def up(self) -> tuple[str, ...]:
        """All statements of the way up."""
        return *self.before, self.create, *self.after


def build_of(migration: Migration) -> Build | None:
    """The index that a migration builds, by parts on a partitioned table; None if it does something else."""
    up, down = (
        [one.strip() for one in separated(text, migration.dialect)] for text in (migration.up, migration.down)
    )
    at = [number for number, one in enumerate(up) if one.upper().startswith("CREATE INDEX")]
    if not at:
        return None
    create = up[at[0]]
    columns = _columns(create) if len(at) == 1 else ()
    return Build(tuple(up[: at[0]]), create, tuple(up[at[0] + 1 :]), tuple(down), columns)


def _columns(create: str) -> tuple[tuple[str, bool], ...]:
    match = _PLAIN.fullmatch(create)
    if match is None:
        return ()
    return tuple(
        (one["name"][1:-1].replace('""', '"'), bool(one["descending"]))
        for one in _COLUMN.finditer(match["columns"])
    )
