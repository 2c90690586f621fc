"""aiosqlite: it runs sqlite3 in a thread of its own, so statements are noted where they are awaited.

What the thread executes is noted by nobody; the cursor's row is handed on, so that what is fetched is counted.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from . import notes
from .notes import MANY, note
from .transactions import ran


def install() -> None:
    """Wrap what executes, on connections and cursors, and what hands work to the thread."""
    core: Any = sys.modules["aiosqlite.core"]
    cursor: Any = sys.modules["aiosqlite.cursor"]
    core.Connection._execute = _silent(core.Connection._execute)
    for kind in (core.Connection, cursor.Cursor):
        for method in ("execute", "executemany"):
            found = vars(kind)[method]
            setattr(kind, method, _awaited(found, many=method == "executemany"))
    for method in ("execute_fetchall", "execute_insert"):
        if method in vars(core.Connection):
            setattr(core.Connection, method, _at_once(vars(core.Connection)[method]))


def _silent(method: Callable[..., Any]) -> Callable[..., Any]:
    """The thread's statements have no row of their own."""

    @functools.wraps(method)
    async def _execute(self: Any, function: Any, *arguments: Any, **named: Any) -> Any:
        @functools.wraps(function)
        def silent(*arguments: Any, **named: Any) -> Any:
            notes.quiet.on = True
            try:
                return function(*arguments, **named)
            finally:
                notes.quiet.on = False

        return await method(self, silent, *arguments, **named)

    return _execute


def _awaited(method: Callable[..., Any], *, many: bool) -> Callable[..., Any]:
    # aiosqlite's own wrapper gives an object that is awaited or entered, so what is inside it is followed
    inner = getattr(method, "__wrapped__", method)

    @functools.wraps(inner)
    async def recorded(self: Any, sql: Any, parameters: Any = None, *rest: Any) -> Any:
        start = perf_counter()
        given = (sql,) if parameters is None else (sql, parameters, *rest)
        result = await inner(self, *given)
        now = perf_counter()
        try:
            found = result._cursor
            made = found.connection
            what = ("sqlite3", made._perfprof_database, sql)
            found._perfprof_took = now - start
            found._perfprof_row = row = note(what, MANY if many else parameters, now - start, now, sys._getframe(1))
            if found.rowcount >= 0:
                row.fetched(found.rowcount)
            made._perfprof_within = ran(made._perfprof_within, made.in_transaction, row, start, now)
        except Exception:
            pass
        return result

    return _context(recorded) if inner is not method else recorded


def _at_once(method: Callable[..., Any]) -> Callable[..., Any]:
    """What executes and fetches in one go: there is no cursor that a row could be handed on with."""
    inner = getattr(method, "__wrapped__", method)

    @functools.wraps(inner)
    async def recorded(self: Any, sql: Any, parameters: Any = None) -> Any:
        start = perf_counter()
        result = await inner(self, sql, parameters)
        now = perf_counter()
        try:
            made = self._conn
            row = note(("sqlite3", made._perfprof_database, sql), parameters, now - start, now, sys._getframe(1))
            row.fetched(len(result) if isinstance(result, list) else 1)
            made._perfprof_within = ran(made._perfprof_within, made.in_transaction, row, start, now)
        except Exception:
            pass
        return result

    return _context(recorded) if inner is not method else recorded


def _context(recorded: Callable[..., Any]) -> Callable[..., Any]:
    """Awaited or entered, as aiosqlite's own methods are."""
    context: Any = sys.modules["aiosqlite.context"]
    wrapped: Callable[..., Any] = context.contextmanager(recorded)
    return wrapped
