"""Advice for a SQLite database: candidates that its planner takes, decided by running on a copy of the file."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from perfprof.optimizer.indexes.advice import Advice, Line, Proposal
from perfprof.optimizer.indexes.asked import Asked
from perfprof.optimizer.indexes.decide import Decided, decided
from perfprof.optimizer.indexes.sets import Sets
from perfprof.optimizer.indexes.sqlite_candidates import worth_building
from perfprof.optimizer.indexes.sqlite_redundant import removals
from perfprof.optimizer.indexes.sqlite_what_if import SqliteWhatIf, SqliteWrites
from perfprof.optimizer.indexes.trying import Wanted
from perfprof.optimizer.scratch.sources import Source
from perfprof.optimizer.scratch.sqlite import SqliteScratch, copied
from perfprof.optimizer.statements.workload import Workload
from perfprof.rules.catalog import Dictionary
from perfprof.rules.schema.ddl import index_migration, index_name, quoted
from perfprof.rules.schema.indexes import Candidate

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
        analysed = bool(copy.rows("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"))
        pages = copy.rows("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        budget = asked.budget or max(LEAST_ROOM, 0.2 * float(str(pages[0][0])))
        what_if = SqliteWhatIf(copy, Sets.of(copy, workload))
        writes = SqliteWrites(what_if, workload.queries, book)
        wanted = Wanted(frozenset(first), later, budget)
        decision = decided(what_if, writes, book, workload, wanted, seconds=asked.seconds)
        named = dict(_named(decision.chosen, taken))
        texts = [text for query in workload.queries for text in query.texts]
        drops = tuple(removals(copy, named, decision.existing, source.name, complete=asked.complete, texts=texts))
    asked_for = {book.table(name) for query in readable for name in query.reading.table_names()}
    empty = sorted({table.name for table in asked_for if table is not None} - held)
    notes = (*_nothing_in(empty), *(() if analysed or not held else (NO_STATISTICS,)))
    return Advice(
        database=source.name,
        dialect="sqlite",
        version=copy.version,
        proposals=tuple(_proposed(source.name, workload, decision, named)),
        removals=drops,
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


def _named(chosen: Iterable[Candidate], taken: set[str]) -> Iterator[tuple[str, Candidate]]:
    for one in sorted(chosen, key=lambda one: (one.table, one.names)):
        name = index_name(one, taken)
        taken.add(name)
        yield name, one


def _proposed(
    database: str, workload: Workload, decision: Decided, named: Mapping[str, Candidate]
) -> Iterator[Proposal]:
    for name, one in named.items():
        size = decision.built[one]
        serves = tuple(query.name for query in workload.queries if one in decision.uses.get(query, frozenset()))
        migration = index_migration(one, name, "sqlite", database)
        yield Proposal(name, one.table, migration, size, int(size), "confirmed", serves)
