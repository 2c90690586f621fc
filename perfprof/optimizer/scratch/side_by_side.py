"""Two spellings of one question on a scratch copy: the same rows, beside hostile ones too, and at what cost each."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch import hostile
from perfprof.optimizer.scratch.postgres_scratch import PostgresScratch
from perfprof.optimizer.scratch.samples import parameter_sets
from perfprof.optimizer.scratch.scratch import Ran, Scratch, Value
from perfprof.rules.catalog import Column, Compared, Dictionary, Table
from perfprof.rules.reading.statements import Statement, read
from perfprof.rules.schema.ddl import literal, qualified, quoted

LONGEST = 10.0  # seconds for one pair of statements, all runs together
TIMES = 3  # each, by turns; the fastest counts
_COLLATIONS = re.compile(r"\bcollate\s+[\"`\[]?(\w+)", re.IGNORECASE)
_MORE, _SLACK = 1.1, 50.0  # times, and VM steps or pages beside that, which are more than an accident
_LONG = 1.0  # milliseconds of a backend below which its clock tells nothing
# A column may lack a value where a table that inherits from this one says so, or where NOT NULL was never checked
# (PostgreSQL 18: NOT VALID), for its rows are read with it.
_COLUMNS = """
WITH RECURSIVE family (id) AS (
  SELECT {table}::regclass::oid UNION SELECT h.inhrelid FROM pg_inherits h JOIN family f ON h.inhparent = f.id)
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull OR EXISTS (
  SELECT FROM family f JOIN pg_attribute b ON b.attrelid = f.id AND b.attname = a.attname
  LEFT JOIN pg_constraint c ON c.conrelid = b.attrelid AND c.contype = 'n' AND c.conkey = ARRAY[b.attnum]
  WHERE NOT b.attnotnull OR NOT coalesce(c.convalidated, true))
FROM pg_attribute a
WHERE a.attrelid = {table}::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
# Rows of tables that inherit from this one are read with it, and are no business of its indexes. An index may find
# fewer values equal than the column does: by another collation, or another operator class.
_KEYS = """
SELECT i.indexrelid::int, a.attname::text, a.attnotnull FROM pg_index i, unnest(i.indkey[0 : i.indnkeyatts - 1]) AS k(number)
JOIN pg_attribute a ON a.attnum = k.number
WHERE i.indrelid = {table}::regclass AND a.attrelid = i.indrelid AND i.indisunique AND i.indimmediate AND i.indisvalid
  AND i.indpred IS NULL AND i.indexprs IS NULL
  AND NOT EXISTS (SELECT FROM unnest(i.indkey[0 : i.indnkeyatts - 1], i.indcollation[0 : i.indnkeyatts - 1],
                                     i.indclass[0 : i.indnkeyatts - 1]) AS l(number, coll, class)
                  JOIN pg_attribute b ON b.attrelid = i.indrelid AND b.attnum = l.number
                  JOIN pg_opclass o ON o.oid = l.class
                  WHERE b.attcollation <> l.coll OR NOT o.opcdefault)
  AND NOT EXISTS (SELECT FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhparent
                  WHERE h.inhparent = i.indrelid AND c.relkind = 'r')
"""
# Foreign keys that hold at the end of each statement, for all rows that are read with the table, and whose other table hides
# no rows from anybody.
_REFERENCES = """
SELECT a.attname::text, CASE WHEN pg_table_is_visible(p.oid) THEN p.relname ELSE n.nspname || '.' || p.relname END, b.attname::text
FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace n ON n.oid = p.relnamespace
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
WHERE k.conrelid = {table}::regclass AND k.contype = 'f' AND k.convalidated AND NOT k.condeferrable
  AND cardinality(k.conkey) = 1 AND NOT p.relrowsecurity
  AND NOT EXISTS (SELECT FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhparent
                  WHERE h.inhparent = k.conrelid AND c.relkind = 'r')
"""


@dataclass
class SideBySide:
    """Implements perfprof.rules.catalog.Copy on a scratch database, which is left as it was found."""

    scratch: Scratch
    _compared: dict[tuple[str, str], Compared | str] = field(default_factory=dict)

    def columns(self, table: Table) -> tuple[Column, ...]:
        """As the catalog has them."""
        if self.scratch.dialect == "sqlite":
            rows = self.scratch.rows(f"PRAGMA table_info({quoted(table.name)})")
            key = [row[1] for row in rows if row[5]] if self._is_numbered(table) else []
            return tuple(
                Column(str(name), str(kind or "").lower(), not (needed or _rowid(name, kind, key)))
                for _, name, kind, needed, _, _ in rows
            )
        rows = self.scratch.rows(_COLUMNS.format(table=literal(qualified(table.name, table.schema))))
        return tuple(Column(str(name), str(kind), bool(nullable)) for name, kind, nullable in rows)

    def keys(self, table: Table) -> tuple[frozenset[str], ...]:
        """From unique indexes that hold at any moment, and from the primary key."""
        nullable = {one.name for one in self.columns(table) if one.nullable}
        found = list(self._unique(table))
        if self.scratch.dialect == "sqlite" and table.primary_key and self._is_numbered(table):
            found.append(frozenset(table.primary_key))
        return tuple(dict.fromkeys(key for key in found if key and not key & nullable))

    def references(self, table: Table) -> tuple[tuple[str, str, str], ...]:
        """None in SQLite, where each connection may or may not enforce them."""
        if self.scratch.dialect == "sqlite":
            return ()
        rows = self.scratch.rows(_REFERENCES.format(table=literal(qualified(table.name, table.schema))))
        return tuple((str(column), str(other), str(there)) for column, other, there in rows)

    def compare(
        self, old: str, new: str, order: tuple[int, ...], rows: float, probes: tuple[str, str] | None = None
    ) -> Compared | str:
        """Run both; what was compared once is remembered."""
        if (old, new) not in self._compared:
            try:
                self._compared[old, new] = self._compare(
                    _Pair(self.scratch, (old, new), probes or (old, new), order), rows
                )
            except PerfprofError as error:
                self._compared[old, new] = str(error).replace("\n", " ")
        return self._compared[old, new]

    def _compare(self, pair: _Pair, rows: float) -> Compared | str:
        if not self.scratch.filled:
            return "there is no data to try it on"
        if not (pair.old.reads_only and pair.new.reads_only):
            return "it does not only read"
        sets = parameter_sets(pair.old, self.scratch, rows)
        pair.run(sets)
        added = 0
        if not pair.differs:
            book = Dictionary(self.scratch.catalog.tables(), self.scratch.dialect)
            tables = [book.table(use.name) for use in (*pair.old.tables, *pair.new.tables)]
            with _thrown_away(self.scratch):
                known = dict.fromkeys(one for one in tables if one is not None)
                added = sum(hostile.add(self.scratch, one, self.columns(one)) for one in known)
                fewer = pair.old.table_names() != pair.new.table_names()
                for one in [*known] * len(known) if fewer else ():  # whom another orphan belonged to comes later
                    hostile.drop_orphans(self.scratch, one, self.references(one))
                pair.run([*parameter_sets(pair.old, self.scratch, rows), *_without_values(sets)])
        before, after, metric = pair.costs(sets)
        return Compared(pair.runs, added, pair.differs, pair.turned, before, after, metric)

    def _is_numbered(self, table: Table) -> bool:
        """Whether SQLite's primary key is the number of the row: `INTEGER PRIMARY KEY DESC` has an index beside it."""
        listed = self.scratch.rows(f"PRAGMA index_list({quoted(table.name)})")
        return not any(origin == "pk" for _, _, _, origin, _ in listed)

    def _unique(self, table: Table) -> Iterator[frozenset[str]]:
        if self.scratch.dialect == "sqlite":
            yield from self._unique_of_sqlite(table)
            return
        found: dict[object, set[str]] = {}
        for index_id, name, _ in self.scratch.rows(
            _KEYS.format(table=literal(qualified(table.name, table.schema)))
        ):
            found.setdefault(index_id, set()).add(str(name))
        yield from (frozenset(one) for one in found.values())

    def _unique_of_sqlite(self, table: Table) -> Iterator[frozenset[str]]:
        """Only where the index compares as every column does for which the table's text names a collation."""
        source = (
            f"SELECT sql FROM sqlite_master WHERE type = 'table' AND name = {literal(table.name)}"  # noqa: S608
        )
        declared = {
            one.upper() for (text,) in self.scratch.rows(source) for one in _COLLATIONS.findall(str(text or ""))
        }
        for _, name, unique, _, partial in self.scratch.rows(f"PRAGMA index_list({quoted(table.name)})"):
            parts = [row for row in self.scratch.rows(f"PRAGMA index_xinfo({quoted(str(name))})") if row[5]]
            alike = not declared or all({str(part[4]).upper()} == declared for part in parts)
            if unique and not partial and alike and all(part[2] is not None for part in parts):
                yield frozenset(str(part[2]) for part in parts)


class _Pair:
    """The two statements and what came of running them."""

    def __init__(
        self, scratch: Scratch, texts: tuple[str, str], probes: tuple[str, str], order: tuple[int, ...]
    ) -> None:
        self.scratch = scratch
        self.old, self.new = (read(text, scratch.dialect) for text in texts)
        self.probes = tuple(read(text, scratch.dialect) for text in probes)
        self.order = order
        self.runs = 0
        self.differs = ""
        self.turned = False
        self.until = time.monotonic() + LONGEST

    def run(self, sets: Sequence[tuple[Value, ...]]) -> None:
        """Both with each set of values, until they differ."""
        for values in sets:
            old = self._ran(self.probes[0], values)
            new = self._ran(self.probes[1], self.reordered(values))
            self.runs += 1
            if not old.finished or not new.finished or time.monotonic() > self.until:
                raise PerfprofError("it takes too long on the copy")
            if old.multiset != new.multiset:
                self.differs = f"{old.rows:,} rows before, {new.rows:,} after"
                self.differs += ", with other values" if old.rows == new.rows else ""
                return
            self.turned |= old.sequence != new.sequence

    def reordered(self, values: Sequence[Value]) -> tuple[Value, ...]:
        """The values as the new statement wants them."""
        return tuple(values[number] for number in self.order)

    def costs(self, sets: Sequence[tuple[Value, ...]]) -> tuple[float, float, str]:
        """Of one execution: exact counts; PostgreSQL's own clock where pages do not tell.

        The last set asks for what is not there: its costs are the answer where they grow, for a search that stops at
        the first match goes on to the end there.
        """
        usual = sets[:-1] or sets
        vain = self._ran(self.old, sets[-1]).cost, self._ran(self.new, self.reordered(sets[-1])).cost
        if len(sets) > 1 and vain[1] > vain[0] * _MORE and vain[1] - vain[0] > _SLACK:
            return *vain, self.scratch.metric
        before = statistics.fmean(self._ran(self.old, values).cost for values in usual)
        after = statistics.fmean(self._ran(self.new, self.reordered(values)).cost for values in usual)
        if not isinstance(self.scratch, PostgresScratch):
            return before, after, self.scratch.metric
        milliseconds = [self._milliseconds(self.scratch, values) for values in usual]
        slow, fast = (statistics.fmean(pair[side] for pair in milliseconds) for side in (0, 1))
        pages = before / max(after, 1.0)
        if slow < _LONG or (pages > 1.5 and slow >= fast):
            return before, after, self.scratch.metric
        return slow, fast, "backend-ms"

    def _milliseconds(self, scratch: PostgresScratch, values: Sequence[Value]) -> tuple[float, float]:
        found: tuple[list[float], list[float]] = ([], [])
        for _ in range(TIMES):
            for side, (statement, given) in enumerate([(self.old, values), (self.new, self.reordered(values))]):
                found[side].append(float(scratch.analysed(statement, given, "BUFFERS")["Execution Time"]))
        return min(found[0]), min(found[1])

    def _ran(self, statement: Statement, values: Sequence[Value]) -> Ran:
        return self.scratch.run(statement, values)


def _rowid(name: Value, kind: Value, key: Sequence[Value]) -> bool:
    """SQLite's one key column that can never be NULL without saying so."""
    return key == [name] and str(kind).upper() == "INTEGER"


def _without_values(sets: Sequence[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    """The first set with NULL in one place after the other, and with the empty text."""
    first = sets[0] if sets else ()
    return [(*first[:at], None, *first[at + 1 :]) for at in range(len(first))]


@contextmanager
def _thrown_away(scratch: Scratch) -> Iterator[None]:
    """Whatever is written inside is gone afterwards; the copy's own transactions nest in it."""
    if isinstance(scratch, PostgresScratch):
        with scratch.connection.transaction(force_rollback=True):
            scratch.connection.execute("SET LOCAL session_replication_role = replica")
            yield
        return
    scratch.rows("SAVEPOINT perfprof_side_by_side")
    try:
        yield
    finally:
        scratch.rows("ROLLBACK TO perfprof_side_by_side")
        scratch.rows("RELEASE perfprof_side_by_side")
