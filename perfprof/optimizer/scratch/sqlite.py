"""A scratch SQLite database: a backup of the original's file, or its schema rebuilt from recorded statements."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch.fold import Fold
from perfprof.optimizer.scratch.scratch import Ran, Value
from perfprof.optimizer.scratch.sqlite_catalog import SqliteCatalog
from perfprof.rules.reading.placeholders import separated
from perfprof.rules.reading.statements import Statement
from perfprof.rules.schema.ddl import quoted

MOST_BYTES = 4 << 30
MOST_STEPS = 200_000_000  # a statement is stopped here; about a minute of SQLite
_EXACT_BELOW = 20_000
_COARSE = 100


@dataclass
class SqliteScratch:
    """Implements perfprof.optimizer.scratch.scratch.Scratch."""

    connection: sqlite3.Connection
    database: str
    filled: bool
    note: str
    counts: dict[str, int] = field(default_factory=dict)
    memo: dict[tuple[str, str], object] = field(default_factory=dict)
    dialect: str = "sqlite"
    metric: str = "vm-steps"
    version: str = sqlite3.sqlite_version

    @property
    def catalog(self) -> SqliteCatalog:
        """A fresh view: tables and indexes as they are now."""
        return SqliteCatalog(self.connection, self.database, counts=self.counts)

    def run(self, statement: Statement, values: Sequence[Value]) -> Ran:
        """VM steps are exact for statements below 20,000 of them, else counted by the hundred; always repeatable."""
        coarse = self._counted(statement, values, _COARSE)
        return self._counted(statement, values, 1) if coarse.finished and coarse.cost < _EXACT_BELOW else coarse

    def length(self, statement: Statement, values: Sequence[Value]) -> int:
        """One run, as coarse as it goes."""
        return self._counted(statement, values, 10 * _COARSE).rows

    def rows(self, query: str) -> list[tuple[Value, ...]]:
        """All rows of a query."""
        with _told(query):
            return self.connection.execute(query).fetchall()

    def as_value(self, expression: str) -> str:
        """SQLite's values go through Python unchanged."""
        return expression

    def apply(self, script: str) -> None:
        """Statement by statement in one transaction."""
        with _told("the migration"), self._transaction(keep=True):
            for statement in separated(script, self.dialect):
                self.connection.execute(statement)

    def schema(self) -> str:
        """All definitions, sorted."""
        rows = self.rows("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
        return "\n".join(repr(row) for row in rows)

    def valid(self, index: str) -> bool:
        """SQLite has no half-built indexes."""
        return bool(self._asked("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?", index))

    def index_bytes(self, index: str) -> int:
        """From dbstat where SQLite has it, else by the pages that dropping it would free."""
        try:
            return self._asked("SELECT sum(pgsize) FROM dbstat WHERE name = ?", index)
        except PerfprofError:
            return self._bytes_by_dropping(index)

    def insertion(self, table: str, schema: str = "") -> float | None:
        """Take one row out and count the steps of putting it back; keys stay unique that way."""
        name = quoted(table)
        try:
            with self._transaction(keep=False):
                execute = self.connection.execute
                # table and columns are quoted; a generated column cannot be inserted and so is left out
                columns = ", ".join(quoted(row[1]) for row in execute(f"PRAGMA table_info({name})").fetchall())
                row = f"SELECT {columns} FROM {name} ORDER BY rowid LIMIT 1"  # noqa: S608
                execute(f"CREATE TEMP TABLE perfprof_row AS {row}")
                if not execute("SELECT 1 FROM perfprof_row").fetchall():
                    return None
                execute(f"DELETE FROM {name} WHERE rowid = (SELECT min(rowid) FROM {name})")  # noqa: S608
                return self._steps_of(f"INSERT INTO {name} ({columns}) SELECT * FROM perfprof_row")  # noqa: S608
        except sqlite3.Error:
            return None  # WITHOUT ROWID, a trigger that refuses, a CHECK: then nothing is told

    def _counted(self, statement: Statement, values: Sequence[Value], every: int) -> Ran:
        if statement.kind == "other":
            raise PerfprofError("only SELECT, INSERT, UPDATE and DELETE are run", where=statement.fingerprint[:80])
        text = statement.template.rendered(lambda number: f":p{number}")
        ticks = _Ticks(MOST_STEPS // every)
        fold = Fold()
        with _told(statement.fingerprint), self._transaction(keep=False):
            self.connection.set_progress_handler(ticks, every)
            try:
                cursor = self.connection.execute(text, _named(values))
                for row in cursor:
                    fold.add(row)
            except sqlite3.OperationalError:
                if not ticks.stopped:
                    raise
            finally:
                self.connection.set_progress_handler(None, 0)
        changed = fold.rows if statement.reads_only else max(cursor.rowcount, fold.rows)
        return Ran(ticks.count * every, changed, fold.multiset, fold.sequence, not ticks.stopped)

    def _steps_of(self, text: str) -> float:
        ticks = _Ticks(MOST_STEPS)
        self.connection.set_progress_handler(ticks, 1)
        try:
            self.connection.execute(text)
        finally:
            self.connection.set_progress_handler(None, 0)
        return ticks.count

    @contextmanager
    def _transaction(self, *, keep: bool) -> Iterator[None]:
        self.connection.execute("SAVEPOINT perfprof_scratch")
        try:
            yield
        except BaseException:
            keep = False
            raise
        finally:
            if not keep:
                self.connection.execute("ROLLBACK TO perfprof_scratch")
            self.connection.execute("RELEASE perfprof_scratch")

    def _asked(self, query: str, *values: Value) -> int:
        """The number that a query answers; 0 for NULL and for no row."""
        with _told(query):
            row = self.connection.execute(query, values).fetchone()
        return int(row[0] or 0) if row else 0

    def _bytes_by_dropping(self, index: str) -> int:
        with _told("the size of an index"), self._transaction(keep=False):
            before = self._asked("PRAGMA freelist_count")
            self.connection.execute(f"DROP INDEX {quoted(index)}")
            return (self._asked("PRAGMA freelist_count") - before) * self._asked("PRAGMA page_size")


def _named(values: Sequence[Value]) -> dict[str, Value]:
    """Parameters by name: from Python 3.14 on numbered ones do not take a sequence."""
    return {f"p{number}": value for number, value in enumerate(values)}


class _Ticks:
    """A progress handler that counts, and stops a statement that never ends."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self.most = most
        self.stopped = False

    def __call__(self) -> int:
        self.count += 1
        self.stopped = self.count > self.most
        return int(self.stopped)


@contextmanager
def copied(database: Path, folder: Path) -> Iterator[SqliteScratch]:
    """A backup of a database file that others may be using; the original is opened for reading only."""
    target = folder / f"scratch-{hashlib.sha256(str(database).encode()).hexdigest()[:12]}.sqlite"
    try:
        with closing(_read_only(database)) as source, _told(f"copying {database.name}"):
            _private(target)
            copy = sqlite3.connect(target, isolation_level=None, check_same_thread=False)
            source.backup(copy)
        with closing(copy):
            _careless(copy)
            size = target.stat().st_size / 1e6
            if os.name == "posix":
                target.unlink()  # it lives on while it is open, and is gone even if we are killed
            yield SqliteScratch(copy, str(database), True, f"a copy of {database.name}, {size:.1f} MB")
    finally:
        _removed(target)


@contextmanager
def rebuilt(database: str, definitions: Iterable[str], counts: dict[str, int]) -> Iterator[SqliteScratch]:
    """An empty database with the recorded schema, for one that is gone; ``counts``: rows inserted while recording.

    Raises PerfprofError if no CREATE TABLE was recorded.
    """
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        made = sum(_defined(connection, text) for text in definitions)
        if not made:
            raise PerfprofError(
                f"the database {database} is gone and its CREATE TABLE statements were not recorded",
                todo="run the workload on a database file that stays, or give one with --database sqlite:///path",
            )
        yield SqliteScratch(connection, database, False, "the recorded schema without data", dict(counts))
    finally:
        connection.close()


def _defined(connection: sqlite3.Connection, text: str) -> bool:
    """Run one recorded definition; literals were recorded as ``?``, and a DEFAULT of NULL is as good for planning."""
    from perfprof.rules.reading.placeholders import template

    words = text.split(None, 3)
    if not words or words[0].upper() != "CREATE":
        return False
    try:
        connection.execute(template(text, "sqlite").rendered(lambda _: "NULL"))
    except (sqlite3.Error, sqlite3.Warning):
        return False
    return "TABLE" in text.upper().split("(")[0]


def _read_only(database: Path) -> sqlite3.Connection:
    if not database.is_file():
        raise PerfprofError(f"there is no database file {database}")
    if database.stat().st_size > MOST_BYTES:
        raise PerfprofError(
            f"{database} is larger than {MOST_BYTES >> 30} GB, too large to copy",
            todo="give a smaller copy of it with --database sqlite:///path",
        )
    return sqlite3.connect(
        f"file:{quote(str(database.absolute()))}?mode=ro", uri=True, isolation_level=None, timeout=5
    )


def _private(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600))


def _careless(connection: sqlite3.Connection) -> None:
    """Nothing here must survive a crash."""
    connection.execute("PRAGMA journal_mode = MEMORY")
    connection.execute("PRAGMA synchronous = OFF")


def _removed(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """SQLite's own words for a failure, as an error that a user can read."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
        raise PerfprofError(f"SQLite says: {error}", where=what[:80]) from error
