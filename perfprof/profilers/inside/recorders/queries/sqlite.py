"""sqlite3: its classes are C types that cannot be patched, so ``connect`` gives connections of a subclass.

The subclasses stand right above the C types: under a factory of the program's own they are mixed in behind it, so
that its ``super()`` meets them. Names, factories, ``isinstance`` and ``row_factory`` stay. Imported when the program
has imported sqlite3.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from itertools import compress, repeat, starmap
from time import perf_counter
from typing import Any

from ...serving import connected
from .fetching import fetched
from .folding import Row
from .mixing import over
from .notes import MANY, note
from .transactions import COMMITTED, ROLLED_BACK, ended, ran

_ENDLESS = 1 << 62
_SCRIPT = 100_000  # characters of a script that is taken apart
_ASKS_CURSOR = sys.version_info < (3, 11)  # the C code of Connection.execute asks an overridden cursor()
_getframe = sys._getframe
_connect = sqlite3.dbapi2.connect
_open_cursor = sqlite3.Connection.cursor
_execute = sqlite3.Cursor.execute
_executemany = sqlite3.Cursor.executemany
_executescript = sqlite3.Cursor.executescript
_fetchone = sqlite3.Cursor.fetchone
_fetchmany = sqlite3.Cursor.fetchmany
_fetchall = sqlite3.Cursor.fetchall
_next = sqlite3.Cursor.__next__
_commit = sqlite3.Connection.commit
_rollback = sqlite3.Connection.rollback
_close = sqlite3.Connection.close
_exit = sqlite3.Connection.__exit__


class Cursor(sqlite3.Cursor):
    """A cursor that notes what it executes and counts what is fetched; its methods take their own words from there."""

    connection: Any
    _perfprof_row: Row
    _perfprof_took: float  # seconds of the execution so far

    __slots__ = ("_perfprof_row", "_perfprof_took")

    def execute(self, sql: str, parameters: Any = (), /) -> Any:  # noqa: D102
        start = perf_counter()
        result = _execute(self, sql, parameters)
        now = perf_counter()
        try:
            connection = self.connection
            what = ("sqlite3", connection._perfprof_database, sql)
            self._perfprof_took = now - start
            self._perfprof_row = row = note(what, parameters, now - start, now, _getframe(1))
            changed = self.rowcount
            if changed >= 0:
                row.fetched(changed)
            within, inside = connection._perfprof_within, connection.in_transaction
            if inside and within:
                within.add(row.spot, start, now)  # what ran() does, without one more call
            elif inside or within:
                connection._perfprof_within = ran(within, inside, row, start, now)
        except Exception:  # a connection made past connect(), or an interpreter going down
            pass
        return result

    def executemany(self, sql: str, parameters: Any, /) -> Any:  # noqa: D102
        start = perf_counter()
        result = _executemany(self, sql, parameters)
        _note(self, sql, MANY, start)
        return result

    def executescript(self, sql_script: str, /) -> Any:  # noqa: D102
        start = perf_counter()
        result = _executescript(self, sql_script)
        for statement in _statements(sql_script):
            _note(self, statement, (), start)
            start = perf_counter()  # the time of all is the first one's
        return result

    def fetchone(self) -> Any:  # noqa: D102
        found = _fetchone(self)
        try:
            row = self._perfprof_row
        except AttributeError:
            return found
        row.rows = (row.rows if row.rows > 0 else 0) + (found is not None)  # fetched(), without one more call
        return found

    def fetchmany(self, *arguments: Any, **named: Any) -> Any:  # noqa: D102
        start = perf_counter()
        found = _fetchmany(self, *arguments, **named)
        _fetched(self, len(found), start)
        return found

    def fetchall(self) -> Any:  # noqa: D102
        start = perf_counter()
        found = _fetchall(self)
        _fetched(self, len(found), start)
        return found

    def __next__(self) -> Any:
        found = _next(self)
        row = _row(self)
        if row is not None:
            row.fetched(1)
        return found

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        """``for row in cursor`` at the speed of C: each row takes one from a long ``repeat``, which is read later."""
        row = _row(self)
        if row is None or type(self).__next__ is not Cursor.__next__:
            return self
        pulls = repeat(True, _ENDLESS)
        row.follow(pulls, _ENDLESS)
        return compress(starmap(_next, repeat((self,))), pulls)


class Connection(sqlite3.Connection):
    """A connection whose cursors are of the class above."""

    _perfprof_database: str
    _perfprof_within: Any  # the transaction that is open

    __slots__ = ("_perfprof_database", "_perfprof_within")

    def cursor(self, factory: Any = Cursor) -> Any:  # noqa: D102
        return _open_cursor(self, over(factory, sqlite3.Cursor, Cursor))

    def execute(self, sql: str, parameters: Any = (), /) -> Any:  # noqa: D102
        if _ASKS_CURSOR:
            return self.cursor().execute(sql, parameters)
        cursor = _open_cursor(self, Cursor)
        start = perf_counter()  # the same as there, without one more call in between
        _execute(cursor, sql, parameters)
        now = perf_counter()
        try:
            what = ("sqlite3", self._perfprof_database, sql)
            cursor._perfprof_took = now - start
            cursor._perfprof_row = row = note(what, parameters, now - start, now, _getframe(1))
            changed = cursor.rowcount
            if changed >= 0:
                row.fetched(changed)
            within, inside = self._perfprof_within, self.in_transaction
            if inside and within:
                within.add(row.spot, start, now)
            elif inside or within:
                self._perfprof_within = ran(within, inside, row, start, now)
        except Exception:
            pass
        return cursor

    def executemany(self, *arguments: Any) -> Any:  # noqa: D102
        return self._perfprof_cursor().executemany(*arguments)

    def executescript(self, sql_script: str, /) -> Any:  # noqa: D102
        return self._perfprof_cursor().executescript(sql_script)

    def commit(self) -> None:  # noqa: D102
        start = perf_counter()
        _commit(self)
        _ended(self, COMMITTED, start)

    def rollback(self) -> None:  # noqa: D102
        start = perf_counter()
        _rollback(self)
        _ended(self, ROLLED_BACK, start)

    def close(self) -> None:  # noqa: D102
        start = perf_counter()
        _close(self)
        _ended(self, ROLLED_BACK, start)

    def __exit__(self, kind: Any, error: Any, traceback: Any, /) -> Any:
        start = perf_counter()
        result = _exit(self, kind, error, traceback)
        _ended(self, COMMITTED if kind is None else ROLLED_BACK, start)
        return result

    def _perfprof_cursor(self) -> Any:
        return self.cursor() if _ASKS_CURSOR else _open_cursor(self, Cursor)


def install() -> None:
    """Replace ``sqlite3.connect`` and ``sqlite3.dbapi2.connect``."""
    for ours, plain in ((Cursor, sqlite3.Cursor), (Connection, sqlite3.Connection)):
        ours.__module__, ours.__qualname__, ours.__doc__ = plain.__module__, plain.__qualname__, plain.__doc__
        for name in vars(ours).keys() & vars(plain).keys():
            if callable(getattr(ours, name)) and name != "__new__":
                getattr(ours, name).__doc__ = getattr(plain, name).__doc__
    connect.__doc__ = _connect.__doc__
    connect.__module__ = _connect.__module__
    sqlite3.connect = sqlite3.dbapi2.connect = connect


def connect(*arguments: Any, **named: Any) -> Any:
    """``sqlite3.connect`` whose connections record."""
    if len(arguments) > 5:
        factory = over(arguments[5], sqlite3.Connection, Connection)
        arguments = (*arguments[:5], factory, *arguments[6:])
    else:
        named["factory"] = over(named.get("factory", sqlite3.Connection), sqlite3.Connection, Connection)
    made = _connect(*arguments, **named)
    if isinstance(made, Connection):
        connected()
        made._perfprof_within = None
        made._perfprof_database = _database(arguments[0] if arguments else named.get("database"))
    return made


def _note(cursor: Cursor, sql: str, parameters: Any, start: float) -> None:
    now = perf_counter()
    try:
        connection = cursor.connection
        what = ("sqlite3", connection._perfprof_database, sql)
        cursor._perfprof_took = now - start
        cursor._perfprof_row = row = note(what, parameters, now - start, now, _getframe(2))
        if cursor.rowcount >= 0:
            row.fetched(cursor.rowcount)
        connection._perfprof_within = ran(connection._perfprof_within, connection.in_transaction, row, start, now)
    except Exception:
        pass


def _fetched(cursor: Cursor, count: int, start: float) -> None:
    """Rows came back, and SQLite looks for them when they are asked for: this is the statement's time, too."""
    now = perf_counter()
    try:
        cursor._perfprof_took = fetched(cursor._perfprof_row, count, cursor._perfprof_took, now - start)
        within = cursor.connection._perfprof_within
        if within is not None:
            within.add(None, start, now)
    except Exception:  # nothing was executed, or an interpreter going down
        pass


def _ended(connection: Connection, outcome: str, start: float) -> None:
    try:
        within, connection._perfprof_within = connection._perfprof_within, None
        if within is not None:
            ended(within, outcome, start)
    except Exception:  # made past connect(), or an interpreter going down
        pass


def _statements(script: str) -> Iterator[str]:
    """The statements of a script of bearable length, one by one: they may be all that tells the schema."""
    if len(script) > _SCRIPT:
        return
    begun = ""
    for part in script.split(";"):
        begun += f"{part};"
        if sqlite3.complete_statement(begun):
            if begun.strip(" \t\r\n;"):
                yield begun.strip(" \t\r\n;")
            begun = ""


def _row(cursor: Cursor) -> Row | None:
    try:
        return cursor._perfprof_row
    except AttributeError:
        return None


def _database(name: Any) -> str:
    """The absolute path of the file, or ``:memory:``; taken at once, for the program may change its folder."""
    text = os.fsdecode(name)
    if text.startswith("file:"):
        path, _, query = text[5:].partition("?")
        text = ":memory:" if "mode=memory" in query else path.partition("#")[0]
        if text.startswith("//"):
            text = "/" + text.lstrip("/")
    return text if text in ("", ":memory:") else os.path.abspath(text)
