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

    columns: (name, descending) of an index of plain columns; empty for any other (expressions, conditions, methods).
    """

    before: tuple[str, ...]
    create: str
    after: tuple[str, ...]
    back: tuple[str, ...]
    columns: tuple[tuple[str, bool], ...]


def build_of(migration: Migration) -> Build | None:
    """The one index that a migration builds; None if it does something else."""
    up, down = (
        [one.strip() for one in separated(text, migration.dialect)] for text in (migration.up, migration.down)
    )
    at = [number for number, one in enumerate(up) if one.upper().startswith("CREATE INDEX")]
    if len(at) != 1:
        return None
    create = up[at[0]]
    return Build(tuple(up[: at[0]]), create, tuple(up[at[0] + 1 :]), tuple(down), _columns(create))


def _columns(create: str) -> tuple[tuple[str, bool], ...]:
    match = _PLAIN.fullmatch(create)
    if match is None:
        return ()
    return tuple(
        (one["name"][1:-1].replace('""', '"'), bool(one["descending"]))
        for one in _COLUMN.finditer(match["columns"])
    )
