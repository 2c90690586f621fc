"""A scratch database on a PostgreSQL server of our own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch.fold import Fold
from perfprof.optimizer.scratch.postgres_catalog import Connection, PostgresCatalog
from perfprof.optimizer.scratch.postgres_writes import Written, moving, processor_time
from perfprof.optimizer.scratch.scratch import Ran, Value
from perfprof.rules.reading.placeholders import separated
from perfprof.rules.reading.statements import Statement
from perfprof.rules.schema.ddl import qualified, quoted

LONGEST = 60.0  # seconds; a statement is stopped here
RUNNER = "perfprof_runner"  # the role that recorded statements run as: it owns nothing and may read no file
_BEYOND_PYTHON = (
    "date",
    "timestamp",
    "timestamptz",
    "interval",
)  # infinite ones, and those before our era, stay text
_SCHEMA = """
SELECT 'index ' || pg_get_indexdef(indexrelid) || indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT LIKE 'pg\\_%'
UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE conrelid <> 0
UNION ALL SELECT 'column ' || c.oid::regclass || ' ' || attname || ' ' || format_type(atttypid, atttypmod) || attnotnull
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE attnum > 0 AND NOT attisdropped AND c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT LIKE 'pg\\_%'
UNION ALL SELECT 'routine ' || oid::regprocedure FROM pg_proc WHERE pronamespace > 16383
ORDER BY 1
"""


_UPDATED = "SELECT coalesce(sum(n_tup_upd), 0), coalesce(sum(n_tup_hot_upd), 0) FROM pg_stat_xact_user_tables"


@dataclass
class PostgresScratch:
    """Implements perfprof.optimizer.scratch.scratch.Scratch on an autocommit connection."""

    connection: Connection
    database: str
    filled: bool
    note: str
    version: str
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    memo: dict[tuple[str, str], object] = field(default_factory=dict)
    dialect: str = "postgresql"
    metric: str = "shared-buffers"
    longest: float = LONGEST

    @property
    def catalog(self) -> PostgresCatalog:
        """A fresh view: tables and indexes as they are now."""
        return PostgresCatalog(self.connection, self.database, self.counts)

    def run(self, statement: Statement, values: Sequence[Value]) -> Ran:
        """Once for its answer and once under EXPLAIN (ANALYZE, BUFFERS) for the pages that it touches."""
        try:
            fold = self._answered(statement, values)
            with self._guarded(statement.fingerprint), self._as_runner() as cursor:
                cost = _buffers(cursor, *bound(statement, values))
        except StoppedError:
            return Ran(float("inf"), 0, "", "", finished=False)
        return Ran(cost, fold.rows, fold.multiset, fold.sequence)

    def planned(self, statement: Statement, values: Sequence[Value]) -> Mapping[str, Any]:
        """The plan for these values, without running it."""
        text, given = bound(statement, values)
        with self._guarded(statement.fingerprint), self._as_runner() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {text}", given or None)
            found: Mapping[str, Any] = cursor.fetchone()[0][0]["Plan"]
        return found

    def analysed(self, statement: Statement, values: Sequence[Value], options: str) -> Mapping[str, Any]:
        """Run a statement under EXPLAIN (ANALYZE) and roll it back; what PostgreSQL tells, times in milliseconds.

        "Processor Time" is that of the server's process, planning included; infinite where the system does not tell.
        """
        with self._guarded(statement.fingerprint), self._as_runner() as cursor:
            return self._analysed(cursor, statement, values, options)

    def written(self, statement: Statement, values: Sequence[Value]) -> Written:
        """Run a write and roll it back. The rows of an UPDATE are moved to pages with room first, as they have in use."""
        with self._guarded(statement.fingerprint), self._as_runner() as cursor:
            if statement.kind == "update" and (text := moving(statement, values)):
                cursor.execute(text)
            before = cursor.execute(_UPDATED).fetchone()
            found = self._analysed(cursor, statement, values, "BUFFERS, WAL")
            updated, hot = (now - old for now, old in zip(cursor.execute(_UPDATED).fetchone(), before, strict=True))
        milliseconds = min(float(found["Execution Time"]), found["Processor Time"])
        return Written(float(found["Plan"].get("WAL Bytes", 0)), milliseconds, int(updated), int(hot))

    def _analysed(
        self, cursor: Any, statement: Statement, values: Sequence[Value], options: str
    ) -> Mapping[str, Any]:
        if statement.kind == "other":
            raise PerfprofError("only SELECT, INSERT, UPDATE and DELETE are run", where=statement.fingerprint[:80])
        text, given = bound(statement, values)
        pid, explain = (
            self.connection.info.backend_pid,
            f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON, {options}) {text}",
        )
        start = processor_time(pid)
        cursor.execute(explain, given or None)
        taken = processor_time(pid) - start
        return {**cursor.fetchone()[0][0], "Processor Time": taken if taken >= 0 else float("inf")}

    def length(self, statement: Statement, values: Sequence[Value]) -> int:
        """One run."""
        try:
            return self._answered(statement, values).rows
        except StoppedError:
            return 0

    def _answered(self, statement: Statement, values: Sequence[Value]) -> Fold:
        if statement.kind == "other":
            raise PerfprofError("only SELECT, INSERT, UPDATE and DELETE are run", where=statement.fingerprint[:80])
        fold = Fold()
        with self._guarded(statement.fingerprint), self._as_runner() as cursor:
            cursor.execute(*bound(statement, values))
            for row in cursor if cursor.description else ():
                fold.add(row)
            fold.rows = fold.rows if statement.reads_only else max(cursor.rowcount, fold.rows)
        return fold

    def rows(self, query: str) -> list[tuple[Value, ...]]:
        """All rows of a query."""
        with self._guarded(query):
            found: list[tuple[Value, ...]] = self.connection.execute(query).fetchall()
        return found

    def as_value(self, expression: str) -> str:
        """As text, from which PostgreSQL makes a value of whatever type the comparison wants."""
        return f"({expression})::text"

    def apply(self, script: str) -> None:
        """Statement by statement without a transaction, as CONCURRENTLY demands."""
        with self._guarded("the migration"):
            for statement in separated(script, self.dialect):
                self.connection.execute(statement)

    def schema(self) -> str:
        """Indexes, constraints, columns and routines, sorted."""
        return "\n".join(str(row[0]) for row in self.rows(_SCHEMA))

    def valid(self, index: str) -> bool:
        """Whether it exists, and its build ended."""
        return any(one.name == index and one.valid for one in self.catalog.indexes())

    def index_bytes(self, index: str) -> int:
        """Of an index that names without a schema or the schema of its table find."""
        known = next((one for one in self.catalog.indexes() if one.name == index), None)
        if known is None:
            return 0
        with self._guarded(index):
            name = qualified(known.name, known.schema)
            row = self.connection.execute("SELECT pg_relation_size(%s::regclass)", (name,)).fetchone()
        return int(row[0]) if row else 0

    def insertion(self, table: str, schema: str = "") -> float | None:
        """Pages touched by putting back a row that was taken out; without triggers and foreign keys."""
        name = qualified(table, schema)
        try:
            with self._guarded(table), self.connection.transaction(force_rollback=True):
                columns = ", ".join(quoted(column) for column in self._insertable(name))
                execute = self.connection.execute
                execute("SET LOCAL session_replication_role = replica")
                first = f"(SELECT min(ctid) FROM {name})"  # noqa: S608 (quoted)
                row = f"SELECT {columns} FROM {name} WHERE ctid = {first}"  # noqa: S608 (quoted)
                execute(f"CREATE TEMP TABLE perfprof_row AS {row}")
                if not execute(f"DELETE FROM {name} WHERE ctid = {first}").rowcount:  # noqa: S608
                    return None
                insert = f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE SELECT * FROM perfprof_row"  # noqa: S608
                return _buffers(self.connection.cursor(), insert, None)
        except (PerfprofError, StoppedError):
            return None

    def _insertable(self, name: str) -> list[str]:
        query = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        rows = self.connection.execute(query + " AND attgenerated = '' ORDER BY attnum", (name,)).fetchall()
        return [str(row[0]) for row in rows]

    @contextmanager
    def _as_runner(self) -> Iterator[Any]:
        """A transaction of a role without rights over the server, always rolled back."""
        from psycopg import RawCursor
        from psycopg.types.string import TextLoader

        with self.connection.transaction(force_rollback=True):
            self.connection.execute(f"SET LOCAL ROLE {RUNNER}")
            self.connection.execute(f"SET LOCAL statement_timeout = {1000 * self.longest:.0f}")
            cursor = RawCursor(self.connection)
            for name in _BEYOND_PYTHON:
                cursor.adapters.register_loader(name, TextLoader)
            yield cursor

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        """PostgreSQL's own words for a failure, as an error that a user can read."""
        import psycopg

        try:
            yield
        except psycopg.errors.QueryCanceled:
            raise StoppedError("it takes too long on the copy", where=what[:80]) from None
        except psycopg.errors.RaiseException:  # in words of the database's own, which may hold any value
            raise PerfprofError("a function of the database raises an error", where=what[:80]) from None
        except psycopg.Error as error:
            words = str(error.diag.message_primary or error).split(': "')[0]  # what follows may be a value
            raise PerfprofError(f"PostgreSQL says: {words}", where=what[:80]) from None


class StoppedError(PerfprofError):
    """A statement ran longer than we wait."""


def bound(statement: Statement, values: Sequence[Value]) -> tuple[str, list[Value]]:
    """The text for a RawCursor, and numbers as text, from which the server makes what the comparison wants."""
    text = statement.template.rendered(lambda number: f"${number + 1}")
    return text, [str(value) if isinstance(value, (int, float)) else value for value in values]


def _buffers(cursor: Any, text: str, values: Sequence[Value] | None) -> float:
    """Shared pages that a statement asks for, found in memory or not."""
    cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {text}", values)
    plan = cursor.fetchone()[0][0]["Plan"]
    return float(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
