"""The catalog of a SQLite database: PRAGMAs for tables and indexes, EXPLAIN QUERY PLAN for plans."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from perfprof.rules.catalog import Index, Scan, Table
from perfprof.rules.reading.statements import Statement, read
from perfprof.rules.schema.ddl import quoted

_ACCESS = re.compile(r"(?P<how>SCAN|SEARCH) (?:TABLE (?:.* AS )?)?(?P<rest>.*)", re.DOTALL)
_COMPARED = re.compile(r"(\w+)[=<>]")
_ASKED = count()
_FILTERS = frozenset(["equality", "in", "range", "like", "null", "join"])


@dataclass
class SqliteCatalog:
    """Implements perfprof.rules.catalog.Catalog; the connection must be in autocommit mode."""

    connection: sqlite3.Connection
    database: str
    dialect: str = "sqlite"
    counts: dict[str, int] = field(default_factory=dict)  # rows by table, where the copy holds no data
    _tables: tuple[Table, ...] | None = None
    _distinct: dict[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)

    def tables(self) -> tuple[Table, ...]:
        """Ordinary tables; virtual tables and their shadows are left out."""
        if self._tables is None:
            self._tables = tuple(self._table(name) for name in self._names())
        return self._tables

    def indexes(self) -> tuple[Index, ...]:
        """All indexes, those behind UNIQUE and PRIMARY KEY included."""
        return tuple(index for name in self._names() for index in self._indexes_of(name))

    def plan(self, statement: str) -> tuple[Scan, ...]:
        """The accesses in order of nesting; empty if the statement cannot be planned."""
        reading = read(statement, self.dialect)
        if reading.kind == "other":
            return ()
        text = reading.template.rendered(lambda number: f":p{number}")
        nothing = {f"p{number}": None for number in range(reading.template.parameters)}
        try:
            steps = self.connection.execute(explaining(text), nothing).fetchall()
        except (sqlite3.Error, sqlite3.Warning):
            return ()
        return tuple(self._steps(steps, reading))

    def distinct(self, table: str, columns: tuple[str, ...]) -> int:
        """Counted, once for each set of columns."""
        key = (table, tuple(sorted(columns)))
        if key not in self._distinct:
            names = ", ".join(quoted(column) for column in columns)
            query = f"SELECT count(*) FROM (SELECT DISTINCT {names} FROM {quoted(table)})"  # noqa: S608 (quoted)
            (found,) = self.connection.execute(query).fetchone()
            self._distinct[key] = max(1, int(found), *self._unfilled(table, columns))
        return self._distinct[key]

    def what_if(self, creates: tuple[str, ...], statements: tuple[str, ...]) -> tuple[tuple[Scan, ...], ...]:
        """Build the indexes for real inside a savepoint, and roll it back."""
        self.connection.execute("SAVEPOINT perfprof_what_if")
        try:
            for create in creates:
                self.connection.execute(create)
            return tuple(self.plan(statement) for statement in statements)
        finally:
            self.connection.execute("ROLLBACK TO perfprof_what_if")
            self.connection.execute("RELEASE perfprof_what_if")

    def _unfilled(self, table: str, columns: tuple[str, ...]) -> list[int]:
        """Without data nothing is known of selectivity but that a key is unique."""
        key = next((one.primary_key for one in self.tables() if one.name == table), ())
        return [self.counts.get(table, 0)] if key and set(key) <= set(columns) else []

    def _names(self) -> list[str]:
        rows = self.connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%' "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        ).fetchall()
        virtual = self.connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        shadows = tuple(f"{name}_" for (name,) in virtual)
        return [name for (name,) in rows if not (shadows and name.startswith(shadows))]

    def _table(self, name: str) -> Table:
        columns = self.connection.execute(f"PRAGMA table_info({quoted(name)})").fetchall()
        keyed = sorted((row[5], row[1]) for row in columns if row[5])
        (rows,) = self.connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()  # noqa: S608 (quoted)
        rows = max(rows, self.counts.get(name, 0))
        return Table(name, tuple(row[1] for row in columns), rows, tuple(column for _, column in keyed))

    def _indexes_of(self, table: str) -> Iterator[Index]:
        for _, name, unique, _, partial in self.connection.execute(
            f"PRAGMA index_list({quoted(table)})"
        ).fetchall():
            parts = self.connection.execute(f"PRAGMA index_xinfo({quoted(name)})").fetchall()
            keys = [part for part in parts if part[5]]
            columns = tuple("(expression)" if part[2] is None else part[2] for part in keys)
            where = self._condition(name) if partial else ""
            yield Index(name, table, columns, bool(unique), where, tuple(bool(part[3]) for part in keys))

    def _condition(self, index: str) -> str:
        """The WHERE of a partial index."""
        row = self.connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (index,)).fetchone()
        text = str(row[0] or "") if row else ""
        return text[text.upper().rindex(" WHERE ") + 7 :] if " WHERE " in text.upper() else "?"

    def _steps(self, steps: list[tuple[int, int, int, str]], reading: Statement) -> Iterator[Scan]:
        details = {number: detail for number, _, _, detail in steps}
        outer: set[int] = set()
        names = _Called(reading, self.tables())
        for _, parent, _, detail in steps:
            access = _ACCESS.match(detail)
            if detail.startswith("USE TEMP B-TREE"):
                yield Scan("", "", False, -1, detail, step="sort")
            elif access is not None:
                inner = parent in outer or details.get(parent, "").startswith("CORRELATED")
                outer.add(parent)
                name, rest = names.split(access["rest"])
                if name in names.tables:
                    yield self._access(access, names, name, rest, inner)

    def _access(self, access: re.Match[str], names: _Called, name: str, rest: str, inner: bool) -> Scan:
        table = names.tables[name]
        index = re.search(r"USING (?:COVERING )?INDEX (.*)", rest)
        used = "rowid" if "INTEGER PRIMARY KEY" in rest else ""
        if index is not None:  # the name is not quoted, and may hold spaces
            known = [one.name for one in self._indexes_of(table.name) if f"{index[1]} ".startswith(f"{one.name} ")]
            used = max(known, key=len, default=index[1].split(" ")[0])
        searches = access["how"] == "SEARCH" and "AUTOMATIC" not in rest
        left = names.wanted.get(name, frozenset()) - (_searched(rest, table) if searches else frozenset())
        return Scan(table.name, used, bool(left), -1, access.string, inner, whole=access["how"] == "SCAN")


def explaining(text: str) -> str:
    """EXPLAIN QUERY PLAN of a statement, worded as never before: a kept one is not made anew when indexes change."""
    return f"EXPLAIN QUERY PLAN /* {next(_ASKED)} */ {text}"


class _Called:
    """What the steps of a plan call the tables: by their aliases, without quotes, which names with spaces would need.

    tables: by alias and by name. wanted: the columns that conditions compare, by the same.
    """

    def __init__(self, reading: Statement, tables: tuple[Table, ...]) -> None:
        known = {table.name.lower(): table for table in tables}
        columns = {name: tuple(column.lower() for column in table.columns) for name, table in known.items()}
        self.tables = dict(known)
        for use in reading.tables:
            table = known.get(use.name.rpartition(".")[2].lower())
            if table is not None:
                self.tables[use.alias.lower()] = table
        self.wanted = _wanted(reading, columns)

    def split(self, rest: str) -> tuple[str, str]:
        """The longest name that the rest of a step begins with, and what follows."""
        lowered = rest.lower() + " "
        found = [name for name in self.tables if lowered.startswith(f"{name} ") or lowered.startswith(f'"{name}" ')]
        name = max(found, key=len, default=lowered.partition(" ")[0])
        return name, rest[len(name) :]


def _searched(rest: str, table: Table) -> frozenset[str]:
    """The columns that an access compares inside an index, or by the row's own number."""
    names = frozenset(name.lower() for name in _COMPARED.findall(rest))
    return names | frozenset(name.lower() for name in table.primary_key if "rowid" in names)


def _wanted(reading: Statement, columns: dict[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """By alias and by name: the columns that conditions compare."""
    found: dict[str, frozenset[str]] = {}
    for table, uses in reading.by_table(columns):
        names = frozenset(use.column.name for use in uses if use.how in _FILTERS)
        for called in {table.alias.lower(), table.name.lower()}:
            found[called] = found.get(called, frozenset()) | names
    return found
