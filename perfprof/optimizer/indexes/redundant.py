"""Indexes that need not be there: duplicates, prefixes of others, broken ones, and those that nothing uses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from perfprof.optimizer.indexes.advice import Removal
from perfprof.optimizer.scratch.postgres_catalog import Connection
from perfprof.rules.rule import Migration
from perfprof.rules.schema.ddl import qualified

LONG_ENOUGH = timedelta(days=30)  # of the server's counters, to believe that an index is not used
SELDOM = 50  # scans in that time; looking up the ends of its columns, as we do ourselves, counts too
_INDEXES = """
SELECT n.nspname, CASE WHEN pg_table_is_visible(t.oid) THEN '' ELSE n.nspname END, t.relname, x.relname,
       i.indisvalid, i.indisunique,
       EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid) OR i.indisprimary OR i.indisexclusion
         OR i.indisreplident OR i.indisclustered OR x.relispartition
         OR (NOT i.indisvalid AND EXISTS (SELECT FROM pg_locks l WHERE l.relation = t.oid AND l.granted
             AND l.mode = 'ShareUpdateExclusiveLock')),
       m.amname, i.indkey::text, i.indclass::text, i.indoption::text, i.indcollation::text, i.indnkeyatts,
       coalesce(pg_get_expr(i.indexprs, i.indrelid), ''), coalesce(pg_get_expr(i.indpred, i.indrelid), ''),
       pg_get_indexdef(x.oid), pg_relation_size(x.oid), coalesce(s.idx_scan, 0), x.relkind::text,
       EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'f' AND i.indkey[0] = ANY(k.conkey)),
       i.indimmediate
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_am m ON m.oid = x.relam JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = x.oid
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND t.relkind IN ('r', 'p', 'm')
ORDER BY 1, 3, x.oid
"""
_AGE = "SELECT now() - coalesce(stats_reset, pg_postmaster_start_time()) FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class _Index:
    space: str
    schema: str
    table: str
    name: str
    valid: bool
    unique: bool
    bound: bool  # to a constraint, a partitioned index or CLUSTER, so that it cannot go alone; or being built right now
    method: str
    keys: tuple[tuple[str, ...], ...]
    width: int
    expressions: str
    where: str
    definition: str
    bytes: int
    scans: int
    kind: str
    refers: bool  # its first column is that of a foreign key, whose checks no plan shows
    immediate: bool  # not of a deferrable constraint, which answers no ON CONFLICT and checks late

    @property
    def home(self) -> tuple[str, str, str, str]:
        """What two indexes must share to do the same work."""
        return (self.space, self.table, self.method, self.where)


def removals(
    connection: Connection,
    database: str,
    used: Collection[str],
    *,
    complete: bool,
    superseded: Mapping[tuple[str, str], str] = MappingProxyType({}),
) -> Iterator[Removal]:
    """The indexes of a database that may go, each for one reason.

    connection: to the original, which is only read. used: names in the workload's plans with all that is to be built.
    complete: the workload is all that the database is asked, so what it does not use is not used.
    superseded: (schema, name) -> the new index that does its work.
    """
    known = [_index(row) for row in connection.execute(_INDEXES).fetchall()]
    (age,) = connection.execute(_AGE).fetchone()
    free = [one for one in known if not one.bound and one.kind != "I"]
    gone = {one: ("invalid", "") for one in free if not one.valid}
    gone |= {one: ("unused", "") for one in free if one.valid and _quiet(one, used, age, complete=complete)}
    left = {(one.space, one.name): one for one in free if one not in gone}
    gone |= {one: ("prefix", superseded[key]) for key, one in left.items() if key in superseded}
    _add_replaced(gone, free, known)
    for one, (reason, name) in gone.items():
        yield Removal(one.name, one.table, reason, name, one.bytes, _migration(one, database))


def _add_replaced(gone: dict[_Index, tuple[str, str]], free: list[_Index], known: list[_Index]) -> None:
    """Those whose work another index does that stays."""
    for one in free:
        instead = _instead(one, [other for other in known if other is not one and other not in gone])
        if one not in gone and instead:
            gone[one] = instead


def _quiet(one: _Index, used: Collection[str], age: timedelta, *, complete: bool) -> bool:
    """Whether neither plans nor the server, nor a constraint, have a use for it."""
    unseen = complete or (age >= LONG_ENOUGH and one.scans <= SELDOM)
    return unseen and one.name not in used and not one.unique and not one.refers


def _index(row: tuple[Any, ...]) -> _Index:
    space, schema, table, name, valid, unique, bound, method, keys, classes, options, collations, width = row[:13]
    columns = [part.split() for part in (keys, classes, options, collations)]
    parts = tuple(zip(*(column[:width] for column in columns), strict=False)) + tuple(
        ("include", number) for number in columns[0][width:]
    )
    return _Index(space, schema, table, name, valid, unique, bound, method, parts, width, *row[13:])


def _instead(one: _Index, others: list[_Index]) -> tuple[str, str] | None:
    """("duplicate" or "prefix", the index that does the work of this one)."""
    for other in others:
        if other.home != one.home or not one.valid or not other.valid or not _as_unique(other, one):
            continue
        if other.keys == one.keys and other.expressions == one.expressions:
            return "duplicate", other.name
    for other in others:
        plain = one.method == "btree" and not one.unique and not one.expressions and len(one.keys) == one.width
        if plain and other.home == one.home and one.valid and other.valid and _begins(other, one):
            return "prefix", other.name
    return None


def _as_unique(other: _Index, one: _Index) -> bool:
    """Whether an index refuses all that the other refuses, and as early."""
    alike = _same_nulls(other) == _same_nulls(one)
    return not one.unique or (other.unique and alike and (other.immediate or not one.immediate))


def _same_nulls(one: _Index) -> bool:
    return "NULLS NOT DISTINCT" in one.definition.upper()


def _begins(other: _Index, one: _Index) -> bool:
    return len(other.keys) > len(one.keys) and other.keys[: len(one.keys)] == one.keys


def _migration(one: _Index, database: str) -> Migration:
    name = qualified(one.name, one.schema)
    prologue = "SET lock_timeout = 0;\nSET statement_timeout = 0;\n"
    epilogue = "RESET statement_timeout;\nRESET lock_timeout;\n"
    create = one.definition.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)
    up = f"{prologue}DROP INDEX CONCURRENTLY IF EXISTS {name};\n{epilogue}"
    down = f"{prologue}{create};\n{epilogue}"
    return Migration(one.name, "postgresql", database, one.table, ("drop", one.name), up, down, one.schema)
