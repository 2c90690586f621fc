"""Advice for a SQLite database: candidates that its planner takes, decided by running on a copy of the file."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from pathlib import Path

from perfprof.optimizer.indexes.advice import Advice, Line, Proposal, Removal
from perfprof.optimizer.indexes.asked import Asked
from perfprof.optimizer.indexes.decide import Decided, decided
from perfprof.optimizer.indexes.sets import Sets
from perfprof.optimizer.indexes.sqlite_candidates import worth_building
from perfprof.optimizer.indexes.sqlite_what_if import SqliteWhatIf, SqliteWrites
from perfprof.optimizer.indexes.trying import Wanted
from perfprof.optimizer.scratch.sources import Source
from perfprof.optimizer.scratch.sqlite import SqliteScratch, copied
from perfprof.optimizer.statements.workload import Workload
from perfprof.rules.catalog import Dictionary, Index
from perfprof.rules.rule import Migration
from perfprof.rules.schema.ddl import index_migration, index_name, quoted

LEAST_ROOM = 16e6  # bytes of indexes that are nothing to speak of
NO_STATISTICS = (
    "the database has no statistics: `PRAGMA optimize`, run now and then, lets SQLite choose between indexes"
)


def advise(source: Source, workload: Workload, asked: Asked, folder: Path) -> Advice:
    """Advice for the file of ``source``, which is only read; folder: private. Raises PerfprofError."""
    start = time.perf_counter()
    with copied(Path(source.name), folder) as copy:
        book = Dictionary(copy.catalog.tables(), "sqlite")
        readable = [query for query in workload.queries if query.reading.kind != "insert"]
        held = {table.name for table in copy.catalog.tables() if _has_rows(copy, table.name)}
        first, later = ([one for one in found if one.table in held] for found in worth_building(copy, readable))
        taken = {index.name for index in copy.catalog.indexes()} | {table.name for table in copy.catalog.tables()}
        existing = copy.catalog.indexes()
        rows = copy.rows("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        definitions = {str(name): str(text) for name, text in rows}
        referring = frozenset(_referring(copy))
        analysed = bool(copy.rows("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"))
        pages = copy.rows("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        budget = asked.budget or max(LEAST_ROOM, 0.2 * float(str(pages[0][0])))
        what_if = SqliteWhatIf(copy, Sets.of(copy, workload))
        writes = SqliteWrites(what_if, workload.queries, book)
        wanted = Wanted(frozenset(first), later, budget)
        decision = decided(what_if, writes, book, workload, wanted, seconds=asked.seconds)
    asked_for = {book.table(name) for query in readable for name in query.reading.table_names()}
    empty = sorted({table.name for table in asked_for if table is not None} - held)
    notes = (*_nothing_in(empty), *(() if analysed or not held else (NO_STATISTICS,)))
    return Advice(
        database=source.name,
        dialect="sqlite",
        version=copy.version,
        proposals=tuple(_proposed(source.name, workload, decision, taken)),
        removals=tuple(
            _removal(one, reason, instead, definitions.get(one.name, ""), source.name)
            for one, reason, instead in _redundant(existing, decision.existing, referring, complete=asked.complete)
        ),
        lines=tuple(Line(query.name, query.calls, *times) for query, times in decision.times.items()),
        explains=what_if.explains,
        seconds=time.perf_counter() - start,
        notes=(*notes, *decision.notes),
    )


def _has_rows(copy: SqliteScratch, table: str) -> bool:
    return bool(copy.rows(f"SELECT 1 FROM {quoted(table)} LIMIT 1"))  # noqa: S608


def _nothing_in(empty: list[str]) -> tuple[str, ...]:
    """Without rows nothing can be measured, and nothing is proposed."""
    return (f"no rows in {', '.join(empty)}: no index was tried there",) if empty else ()


def _proposed(database: str, workload: Workload, decision: Decided, taken: set[str]) -> Iterator[Proposal]:
    for one in sorted(decision.chosen, key=lambda one: (one.table, one.names)):
        name = index_name(one, taken)
        taken.add(name)
        size = decision.built[one]
        serves = tuple(query.name for query in workload.queries if one in decision.uses.get(query, frozenset()))
        migration = index_migration(one, name, "sqlite", database)
        yield Proposal(name, one.table, migration, size, int(size), "confirmed", serves)


def _referring(copy: SqliteScratch) -> Iterator[tuple[str, str]]:
    """(table, column) of foreign keys, whose checks no plan shows."""
    query = (
        "SELECT m.name, f.\"from\" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
    )
    yield from ((str(table), str(column)) for table, column in copy.rows(query))


def _redundant(
    existing: tuple[Index, ...], used: Collection[str], referring: Collection[tuple[str, str]], *, complete: bool
) -> Iterator[tuple[Index, str, str]]:
    """Indexes that may go: (index, reason, what does its work)."""
    free = [one for one in existing if not one.unique and not one.name.startswith("sqlite_autoindex_")]
    gone: set[str] = set()
    for one in free if complete else ():
        if one.name not in used and (one.table, one.columns[0]) not in referring:
            gone.add(one.name)
            yield one, "unused", ""
    for one in (one for one in free if one.name not in gone):
        others = (other for other in existing if other is not one and other.name not in gone)
        instead = next((other for other in others if _does_both(other, one)), None)
        if instead is not None:
            gone.add(one.name)
            yield one, "duplicate" if instead.columns == one.columns else "prefix", instead.name


def _does_both(other: Index, one: Index) -> bool:
    """Whether an index begins with all of another; text may be compared by other rules, so both must say the same."""
    if other.table != one.table or any("(" in name for name in one.columns):  # an expression is not told
        return False
    width = len(one.columns)
    directions = [(index.descending or (False,) * len(index.columns))[:width] for index in (other, one)]
    same = other.columns[:width] == one.columns and directions[0] == directions[1]
    return same and other.partial == one.partial


def _removal(one: Index, reason: str, instead: str, definition: str, database: str) -> Removal:
    up, down = f"DROP INDEX IF EXISTS {quoted(one.name)};\n", f"{definition};\n"
    return Removal(
        one.name,
        one.table,
        reason,
        instead,
        0,
        Migration(one.name, "sqlite", database, one.table, ("drop", one.name), up, down),
    )
