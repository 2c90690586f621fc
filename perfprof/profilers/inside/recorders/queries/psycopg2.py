"""psycopg2: its classes are C types, so ``connect`` gives connections of a subclass whose cursors are of a subclass."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from ...serving import connected
from .mixing import over
from .notes import MANY, note
from .transactions import COMMITTED, ROLLED_BACK, ended, ran

_IDLE = 0  # of libpq's PQtransactionStatus
_kinds: dict[str, Any] = {}


def install() -> None:
    """Replace ``psycopg2.connect`` and make the two subclasses, which need the library."""
    library: Any = sys.modules["psycopg2"]
    extensions: Any = sys.modules["psycopg2.extensions"]
    _kinds["cursor"] = _cursor_class(extensions.cursor)
    _kinds["connection"] = _connection_class(extensions.connection, extensions.cursor)
    library.connect = _connecting(library.connect, extensions.connection)


def _cursor_class(plain: Any) -> Any:
    class cursor(plain):  # type: ignore[misc]  # noqa: N801 - the program sees it
        def execute(self, query: Any, vars: Any = None) -> Any:
            start = perf_counter()
            result = super().execute(query, vars)
            _note(self, query, vars, start)
            return result

        def executemany(self, query: Any, vars_list: Any) -> Any:
            start = perf_counter()
            result = super().executemany(query, vars_list)
            _note(self, query, MANY, start)
            return result

    cursor.__module__, cursor.__qualname__, cursor.__doc__ = plain.__module__, plain.__qualname__, plain.__doc__
    return cursor


def _connection_class(plain: Any, cursors: Any) -> Any:
    class connection(plain):  # type: ignore[misc]  # noqa: N801
        def cursor(self, *arguments: Any, **named: Any) -> Any:
            place = 1 if len(arguments) > 1 else None
            asked = arguments[1] if place else named.get("cursor_factory")
            factory = over(asked or self.cursor_factory or cursors, cursors, _kinds["cursor"])
            if place:
                return super().cursor(arguments[0], factory, *arguments[2:])
            return super().cursor(*arguments, **{**named, "cursor_factory": factory})

        def commit(self) -> None:
            start = perf_counter()
            super().commit()
            _ended(self, COMMITTED, start)

        def rollback(self) -> None:
            start = perf_counter()
            super().rollback()
            _ended(self, ROLLED_BACK, start)

        def close(self) -> None:
            start = perf_counter()
            super().close()
            _ended(self, ROLLED_BACK, start)

        def __exit__(self, kind: Any, error: Any, traceback: Any) -> Any:
            start = perf_counter()
            result = super().__exit__(kind, error, traceback)
            _ended(self, COMMITTED if kind is None else ROLLED_BACK, start)
            return result

    connection.__module__, connection.__qualname__ = plain.__module__, plain.__qualname__
    connection.__doc__ = plain.__doc__
    return connection


def _connecting(plain: Callable[..., Any], kind: Any) -> Callable[..., Any]:
    def connect(dsn: Any = None, connection_factory: Any = None, cursor_factory: Any = None, **named: Any) -> Any:
        factory = over(connection_factory or kind, kind, _kinds["connection"])
        made = plain(dsn, connection_factory=factory, cursor_factory=cursor_factory, **named)
        connected()
        return made

    connect.__doc__, connect.__module__ = plain.__doc__, plain.__module__
    return connect


def _note(cursor: Any, query: Any, values: Any, start: float) -> None:
    now = perf_counter()
    try:
        connection = cursor.connection
        database = getattr(connection, "_perfprof_database", None)
        if database is None:
            info = connection.info
            database = connection._perfprof_database = f"{info.host}:{info.port}/{info.dbname}"
        text = query if type(query) is str else _text(query, cursor)
        row = note(("psycopg2", database, text), values, now - start, now, sys._getframe(2))
        if cursor.rowcount >= 0:
            row.fetched(cursor.rowcount)
        within = getattr(connection, "_perfprof_within", None)
        connection._perfprof_within = ran(within, connection.get_transaction_status() != _IDLE, row, start, now)
    except Exception:  # a closed connection: the statement is missing, nothing else
        pass


def _ended(connection: Any, outcome: str, start: float) -> None:
    try:
        within, connection._perfprof_within = getattr(connection, "_perfprof_within", None), None
        ended(within, outcome, start)
    except Exception:
        pass


def _text(query: Any, cursor: Any) -> str:
    """A query as text: bytes and ``psycopg2.sql`` objects too."""
    if isinstance(query, bytes):
        return query.decode("utf-8", "replace")
    text: str = query if isinstance(query, str) else query.as_string(cursor)
    return text
