"""Candidates for SQLite: the same conditions and orders, in the forms that its indexes have."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import replace

from perfprof.optimizer.indexes.candidates import WIDEST, Facts, candidates
from perfprof.optimizer.scratch.sqlite import SqliteScratch
from perfprof.optimizer.scratch.sqlite_catalog import SqliteCatalog
from perfprof.optimizer.statements.workload import Query
from perfprof.rules.catalog import Dictionary
from perfprof.rules.schema.ddl import create_index
from perfprof.rules.schema.indexes import Candidate, Key, candidate, covering

LAYERS = 4  # plans of one statement, each without the candidates of the last
_ARROW = re.compile(r"^(\w+) ->>? ('[^']*')$")
FEW = 50  # different values of a column, such as a status


def worth_building(scratch: SqliteScratch, queries: Iterable[Query]) -> tuple[list[Candidate], list[Candidate]]:
    """What plans take on an empty copy of the schema with its statistics: at first, and without that.

    This is how the shell's .expert finds its indexes (https://www.sqlite.org/cli.html#index_recommendations_sqlite_expert_);
    it asks for one statement at a time, with the first plan only.
    """
    book = Dictionary(scratch.catalog.tables(), "sqlite")
    queries = list(queries)
    found = list(dict.fromkeys(_all(scratch, queries, book)))
    first: dict[Candidate, None] = {}
    later: dict[Candidate, None] = {}
    with closing(empty_copy(scratch)) as connection:
        names = dict(_built(connection, found))
        for query in queries:
            for layer, used in enumerate(_layers(connection, query, names)):
                (later if layer else first).update(dict.fromkeys(used))
    return list(first), [one for one in later if one not in first]


def _all(scratch: SqliteScratch, queries: list[Query], book: Dictionary) -> Iterator[Candidate]:
    tables = scratch.catalog.tables()
    types = {(table.key, column): "text" for table in tables for column in table.columns}
    facts = Facts(types, frozenset(_kinds(scratch)))
    indexes, known = scratch.catalog.indexes(), {table.name: table for table in tables}
    for query in queries:
        found = [one for one in candidates([query], book, facts) if one.method == "btree"]
        carried = {one.table: dict.fromkeys([*one.names, *one.include]) for one in found if one.include}
        for one in dict.fromkeys(replace(one, include=()) for one in found):
            row = known[one.table].primary_key  # every entry ends in it
            wanted = [name for name in carried.get(one.table, ()) if (name,) != row]
            shapes = _shaped(one, wanted)
            yield from (shaped for shaped in shapes if not covering(shaped, indexes, known[one.table]))


def _kinds(scratch: SqliteScratch) -> Iterator[tuple[str, str]]:
    """Columns with few values, by what the rows hold."""
    catalog = scratch.catalog
    for table in catalog.tables():
        for column in table.columns:
            if table.rows > FEW and catalog.distinct(table.key, (column,)) <= FEW:
                yield table.key, column


def _shaped(one: Candidate, wanted: list[str]) -> Iterator[Candidate]:
    """SQLite has no INCLUDE and no operator classes: what is carried stands in the key, LIKE wants NOCASE."""
    keys = [replace(key, opclass="COLLATE NOCASE" if key.opclass else "") for key in one.columns]
    more = [Key(name) for name in wanted if name not in {key.name for key in keys if not key.expression}]
    yield replace(candidate(one.table, (), keys), where=one.where)
    called = [replace(key, expression=_ARROW.sub(r"json_extract(\1, \2)", key.expression)) for key in keys]
    if called != keys:  # it is one function, but an index on one spelling does not serve the other
        yield replace(candidate(one.table, (), called), where=one.where)
    if more:
        yield replace(candidate(one.table, (), [*keys, *more]), where=one.where)


def empty_copy(scratch: SqliteScratch) -> sqlite3.Connection:
    """The schema without rows, with the statistics."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    definitions = scratch.rows(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type = 'index', rootpage = 0"
    )
    for (text,) in definitions:
        with suppress(sqlite3.Error):  # sqlite_sequence, a virtual table, a trigger on what is not there
            connection.execute(str(text))
    connection.execute("ANALYZE sqlite_master")
    for table in ("sqlite_stat1", "sqlite_stat4"):
        if scratch.rows(f"SELECT 1 FROM sqlite_master WHERE name = '{table}'"):  # noqa: S608
            rows = scratch.rows(f"SELECT * FROM {table}")  # noqa: S608
            with suppress(sqlite3.Error):
                marks = ", ".join("?" * len(rows[0])) if rows else ""
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
    connection.execute("ANALYZE sqlite_master")
    return connection


def _built(connection: sqlite3.Connection, found: Iterable[Candidate]) -> Iterator[tuple[str, Candidate]]:
    for number, one in enumerate(found):
        name = f"perfprof_candidate_{number}"
        with suppress(sqlite3.Error):  # an expression that is not deterministic
            connection.execute(create_index(one, name, dialect="sqlite"))
            yield name, one


def _layers(connection: sqlite3.Connection, query: Query, names: dict[str, Candidate]) -> Iterator[list[Candidate]]:
    """The candidates in the plan of a statement, then in its plan without these, and so on.

    First of all of them, then of those that are neither partial nor wide, which the planner would pass over.
    """
    narrow = {name for name, one in names.items() if not one.where and len(one.columns) <= WIDEST}
    for among in (set(names), narrow):
        connection.execute("SAVEPOINT layers")
        _dropped(connection, names.keys() - among)
        for _ in range(LAYERS):
            used = {scan.index for scan in SqliteCatalog(connection, "").plan(query.texts[0])} & among
            if not used:
                break
            yield [names[name] for name in sorted(used)]
            _dropped(connection, used)
        connection.execute("ROLLBACK TO layers")
        connection.execute("RELEASE layers")


def _dropped(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    for name in names:
        connection.execute(f"DROP INDEX {name}")
