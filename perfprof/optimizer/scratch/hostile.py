"""Rows that break what only seems equal: NULLs, duplicates, empty texts, other spellings, limits of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch.postgres_scratch import PostgresScratch
from perfprof.optimizer.scratch.scratch import Scratch
from perfprof.rules.catalog import Column, Table
from perfprof.rules.schema.ddl import literal, qualified, quoted

SAMPLES = 3  # rows that hostile ones are made of
_TEXT = ("text", "char", "clob", "string")
_NUMBER = ("int", "serial", "numeric", "decimal", "real", "double", "float")
_TIME = ("date", "timestamp")


def add(scratch: Scratch, table: Table, columns: Sequence[Column]) -> int:
    """Add them to a table of a copy whose changes are thrown away; how many it took.

    Each is a copy of a row that is there with one column changed, and with another key; what a constraint refuses is
    left out. A copy with nothing else changed is a duplicate in all that is no key.
    """
    added = 0
    indexes = scratch.catalog.indexes()
    mine = [
        index for index in indexes if index.unique and (index.schema, index.table) == (table.schema, table.name)
    ]
    keyed = frozenset(table.primary_key).union(*(index.columns for index in mine))
    for place in range(SAMPLES):
        for name, value in _changes(columns, scratch.dialect):
            if name in table.primary_key:
                continue
            row = _Row(scratch, table, columns, keyed, place, added)
            added += row.inserted({name: value} if name else {})
    return added


def drop_orphans(scratch: Scratch, table: Table, references: Sequence[tuple[str, str, str]]) -> None:
    """Take out the rows that a foreign key does not allow: no triggers run on the copy, and so nobody has looked."""
    mine = qualified(table.name, table.schema)
    for column, other, there in references:
        schema, _, name = other.rpartition(".")
        found = f"SELECT 1 FROM {qualified(name, schema)} p WHERE p.{quoted(there)} = c.{quoted(column)}"  # noqa: S608 (quoted)
        gone = f"c.{quoted(column)} IS NOT NULL AND NOT EXISTS ({found})"
        scratch.apply(f"DELETE FROM {mine} c WHERE {gone}")  # noqa: S608 (quoted)


def _changes(columns: Sequence[Column], dialect: str) -> Iterator[tuple[str, str]]:
    """(column, SQL of its other value); no column for the duplicate."""
    yield "", ""
    for one in columns:
        if one.nullable:
            yield one.name, "NULL"
        yield from ((one.name, value) for value in _values(one, quoted(one.name), dialect))


def _values(column: Column, name: str, dialect: str) -> Iterator[str]:
    if any(word in column.kind for word in _TEXT) or (dialect == "sqlite" and not column.kind):
        yield from ("''", f"upper({name})", f"{name} || ' '", f"' ' || {name}")
    if dialect == "sqlite" and any(word in column.kind for word in (*_TIME, "text")):
        yield "'2024-01-01T23:30:00-05:00'"
    if any(word in column.kind for word in _NUMBER):
        yield from ("0", "-1", f"{name} + 1")
    if dialect == "postgresql" and column.kind.startswith(_TIME):
        yield from _moments(name)


def _moments(name: str) -> Iterator[str]:
    yield from (f"date_trunc('{unit}', {name})" for unit in ("day", "month", "year"))
    yield f"date_trunc('day', {name}) - interval '1 microsecond'"
    yield from ("'infinity'", "'-infinity'", "'4713-01-01 BC'")


@dataclass(frozen=True, slots=True)
class _Row:
    """The row at ``place``, to be put in once more. keyed: columns that must differ. number: of rows put in so far."""

    scratch: Scratch
    table: Table
    columns: Sequence[Column]
    keyed: frozenset[str]
    place: int
    number: int

    def inserted(self, changed: dict[str, str]) -> int:
        """With these columns changed; 0 if the table does not take it."""
        source = qualified(self.table.name, self.table.schema)
        listed = [
            one for one in self.columns if one.name in changed or not _generated(self.scratch, self.table, one)
        ]
        parts = [changed.get(one.name) or self._key(one, source) or quoted(one.name) for one in listed]
        names = ", ".join(quoted(one.name) for one in listed)
        first = f"SELECT {', '.join(parts)} FROM {source} LIMIT 1 OFFSET {self.place}"  # noqa: S608 (quoted)
        override = "OVERRIDING SYSTEM VALUE " if self.scratch.dialect == "postgresql" else ""
        try:
            with _savepoint(self.scratch):
                self.scratch.apply(f"INSERT INTO {source} ({names}) {override}{first}")
        except PerfprofError:
            return 0
        return 1

    def _key(self, column: Column, source: str) -> str:
        """Another value for a column of a key; empty for the other columns."""
        name = quoted(column.name)
        if column.name not in self.keyed:
            return ""
        if any(word in column.kind for word in _NUMBER):
            return f"(SELECT max({name}) + 1 FROM {source})"  # noqa: S608 (quoted)
        if any(word in column.kind for word in _TEXT):
            return f"{name} || '~{self.number}'"
        return "gen_random_uuid()" if column.kind == "uuid" else ""


def _savepoint(scratch: Scratch) -> AbstractContextManager[object]:
    """PostgreSQL takes nothing more in a transaction after an error; SQLite's `apply` has a savepoint of its own."""
    return scratch.connection.transaction() if isinstance(scratch, PostgresScratch) else nullcontext()


def _generated(scratch: Scratch, table: Table, column: Column) -> bool:
    """Columns that the database computes take no value."""
    key = ("generated", table.key)
    if key not in scratch.memo:
        if scratch.dialect == "sqlite":
            rows = scratch.rows(f"PRAGMA table_xinfo({quoted(table.name)})")
            scratch.memo[key] = frozenset(row[1] for row in rows if row[6])
        else:
            rows = scratch.rows(
                "SELECT attname::text FROM pg_attribute WHERE attgenerated <> '' AND attrelid = "  # noqa: S608 (quoted)
                + literal(qualified(table.name, table.schema))
                + "::regclass"
            )
            scratch.memo[key] = frozenset(row[0] for row in rows)
    known = scratch.memo[key]
    return isinstance(known, frozenset) and column.name in known
