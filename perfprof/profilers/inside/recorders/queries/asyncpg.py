"""asyncpg: the methods that its connections, prepared statements and cursors send statements with."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

from .notes import MANY, note
from .transactions import ROLLED_BACK, Transaction, ended, ran

_within: WeakKeyDictionary[Any, Transaction] = WeakKeyDictionary()  # connections have no room for an attribute


def install() -> None:
    """Wrap each way to the server once; fetch, fetchrow and fetchval go one way inside asyncpg."""
    connection: Any = sys.modules["asyncpg.connection"].Connection
    prepared: Any = sys.modules["asyncpg.prepared_stmt"].PreparedStatement
    cursor: Any = sys.modules["asyncpg.cursor"].BaseCursor
    connection._execute = _wrapped(connection._execute, _of_connection)
    connection.close = _closing(connection.close)
    connection.execute = _wrapped(connection.execute, _of_plain)
    connection._executemany = _wrapped(connection._executemany, _of_many)
    prepared._PreparedStatement__bind_execute = _wrapped(prepared._PreparedStatement__bind_execute, _of_prepared)
    for name in ("_bind_exec", "_bind"):
        setattr(cursor, name, _wrapped(getattr(cursor, name), _of_cursor))


def _wrapped(method: Callable[..., Any], said: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    async def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        start = perf_counter()
        result = await method(self, *arguments, **named)
        now = perf_counter()
        try:
            found = said(self, arguments, result)
            if found is not None:
                connection, text, values, rows = found
                what = ("asyncpg", _database(connection), text)
                row = note(what, values, now - start, now, sys._getframe(1))
                if rows is not None:
                    row.fetched(rows)
                _follow(connection, row, start, now)
        except Exception:  # a closed connection, another version
            pass
        return result

    return recorded


def _follow(connection: Any, row: Any, start: float, now: float) -> None:
    """asyncpg sends BEGIN and COMMIT as statements, which are noted like others."""
    connection = getattr(connection, "_con", None) or connection
    inside, within = connection.is_in_transaction(), _within.pop(connection, None)
    if inside or within is not None:
        open_still = ran(within, inside, row, start, now)
        if open_still is not None:
            _within[connection] = open_still


def _closing(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    async def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        start = perf_counter()
        try:
            return await method(self, *arguments, **named)
        finally:
            ended(_within.pop(self, None), ROLLED_BACK, start)

    return recorded


def _of_connection(self: Any, arguments: Any, result: Any) -> Any:
    return self, arguments[0], tuple(arguments[1]), _rows(result)


def _of_plain(self: Any, arguments: Any, result: Any) -> Any:
    """A statement without arguments; with some, it goes the way of the others and is noted there."""
    return None if arguments[1:] else (self, arguments[0], (), _changed(result))


def _of_many(self: Any, arguments: Any, result: Any) -> Any:
    return self, arguments[0], MANY, None


def _of_prepared(self: Any, arguments: Any, result: Any) -> Any:
    return self._connection, self._query, tuple(arguments[0]), _rows(result)


def _of_cursor(self: Any, arguments: Any, result: Any) -> Any:
    return self._connection, self._query, tuple(self._args), _rows(result)


def _rows(result: Any) -> int | None:
    if isinstance(result, tuple):
        result = result[0]
    return len(result) if isinstance(result, list) else None


def _changed(status: Any) -> int | None:
    """``UPDATE 3``."""
    word = status.rpartition(" ")[2] if isinstance(status, str) else ""
    return int(word) if word.isdigit() else None


def _database(connection: Any) -> str:
    """``host:port/name``; no user, no password."""
    connection = getattr(connection, "_con", None) or connection  # a pool gives proxies
    host, port = connection._addr if isinstance(connection._addr, tuple) else (connection._addr, 0)
    return f"{host}:{port}/{connection._params.database}"
