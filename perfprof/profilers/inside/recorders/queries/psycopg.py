"""psycopg 3: its cursors are Python classes, so their methods are replaced. Imported when the program has psycopg."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from ...serving import connected
from .notes import MANY, note
from .transactions import COMMITTED, ROLLED_BACK, ended, ran

_INSIDE = (1, 2, 3)  # libpq's PQTRANS_ACTIVE, INTRANS and INERROR
_CURSORS = ("Cursor", "ServerCursor", "AsyncCursor", "AsyncServerCursor")


def install() -> None:
    """Follow execute, executemany and stream of the cursor classes, each where it is defined."""
    psycopg: Any = sys.modules["psycopg"]
    for name in _CURSORS:
        kind = getattr(psycopg, name, None)
        if kind is None:
            continue
        wrap = _awaited if name.startswith("Async") else _called
        for method in ("execute", "executemany"):
            if method in vars(kind):
                setattr(kind, method, wrap(vars(kind)[method], many=method == "executemany"))
        if "stream" in vars(kind):
            streamed = _streamed_async if name.startswith("Async") else _streamed
            kind.stream = streamed(vars(kind)["stream"])
    for name in ("Connection", "AsyncConnection", "Transaction", "AsyncTransaction"):
        kind = getattr(psycopg, name, None)
        for method in ("commit", "rollback", "close", "__exit__", "__aexit__") if kind is not None else ():
            if method in vars(kind):
                setattr(kind, method, _ending(vars(kind)[method], method, awaited=name.startswith("Async")))


def _ending(method: Callable[..., Any], name: str, *, awaited: bool) -> Callable[..., Any]:
    """What may end a transaction: the status of the connection says whether it did."""

    @functools.wraps(method)
    def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        start = perf_counter()
        try:
            return method(self, *arguments, **named)
        finally:
            _ended(self, name, arguments, start)

    @functools.wraps(method)
    async def recorded_async(self: Any, *arguments: Any, **named: Any) -> Any:
        start = perf_counter()
        try:
            return await method(self, *arguments, **named)
        finally:
            _ended(self, name, arguments, start)

    return recorded_async if awaited else recorded


def _ended(ending: Any, name: str, arguments: Any, start: float) -> None:
    try:
        connection = getattr(ending, "connection", ending)  # of a Transaction
        within = getattr(connection, "_perfprof_within", None)
        if within is not None and connection.pgconn.transaction_status not in _INSIDE:
            connection._perfprof_within = None
            failed = any(arguments) if name in ("__exit__", "__aexit__") else name != "commit"
            ended(within, ROLLED_BACK if failed else COMMITTED, start)
    except Exception:  # another version
        pass


def _called(method: Callable[..., Any], *, many: bool) -> Callable[..., Any]:
    @functools.wraps(method)
    def recorded(self: Any, query: Any, params: Any = None, *rest: Any, **named: Any) -> Any:
        start = perf_counter()
        result = method(self, query, params, *rest, **named)
        _note(self, query, MANY if many else params, start)
        return result

    return recorded


def _awaited(method: Callable[..., Any], *, many: bool) -> Callable[..., Any]:
    @functools.wraps(method)
    async def recorded(self: Any, query: Any, params: Any = None, *rest: Any, **named: Any) -> Any:
        start = perf_counter()
        result = await method(self, query, params, *rest, **named)
        _note(self, query, MANY if many else params, start)
        return result

    return recorded


def _streamed(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def recorded(self: Any, query: Any, params: Any = None, *rest: Any, **named: Any) -> Any:
        start, rows = perf_counter(), 0
        for row in method(self, query, params, *rest, **named):
            rows += 1
            yield row
        _note(self, query, params, start, rows)

    return recorded


def _streamed_async(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    async def recorded(self: Any, query: Any, params: Any = None, *rest: Any, **named: Any) -> Any:
        start, rows = perf_counter(), 0
        async for row in method(self, query, params, *rest, **named):
            rows += 1
            yield row
        _note(self, query, params, start, rows)

    return recorded


def _note(cursor: Any, query: Any, params: Any, start: float, rows: int | None = None) -> None:
    now = perf_counter()
    try:
        connection = cursor.connection
        database = getattr(connection, "_perfprof_database", None)
        if database is None:
            database = connection._perfprof_database = _database(connection)
            connected()  # its first statement is as near as can be to when it was opened
        text = query if type(query) is str else _text(query, cursor)
        row = note(("psycopg", database, text), params, now - start, now, sys._getframe(2))
        found = cursor.rowcount if rows is None else rows
        if found >= 0:
            row.fetched(found)
        within, inside = (
            connection.__dict__.get("_perfprof_within"),
            connection.pgconn.transaction_status in _INSIDE,
        )
        if inside or within:
            connection._perfprof_within = ran(within, inside, row, start, now)
    except Exception:  # a closed connection, another version: the statement is missing, nothing else
        pass


def _text(query: Any, cursor: Any) -> str:
    """A query as text: bytes and ``psycopg.sql`` objects too."""
    if isinstance(query, bytes):
        return query.decode("utf-8", "replace")
    if isinstance(query, str):
        return str.__str__(query)
    text: str = query.as_string(cursor)
    return text


def _database(connection: Any) -> str:
    """``host:port/name``; no user, no password."""
    info = connection.info
    return f"{info.host}:{info.port}/{info.dbname}"
