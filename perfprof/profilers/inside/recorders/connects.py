"""Connections to database servers: who opens one, for which server, and how long it takes.

psycopg, psycopg2 and asyncpg; SQLite opens a file, which costs little. The mapper or pool that asks the driver is told
beside it, for the one keeps connections in a setting and the other opens them ahead.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from .. import imports
from ..places import place
from ..serving import current
from ..tallies import Tally

_tally = Tally("connects")
_DEPTH = 30  # frames between a driver and whoever asked for a connection
_THROUGH = ("django", "sqlalchemy", "psycopg_pool")


def arm() -> None:
    """Follow each driver once the program has imported it."""
    _tally.arm()
    for library, follow in (
        ("psycopg", _follow_psycopg),
        ("psycopg2", _follow_psycopg2),
        ("asyncpg", _follow_asyncpg),
    ):
        imports.after(library, follow)


def _follow_psycopg() -> None:
    library: Any = sys.modules["psycopg"]
    for name, wrap in (("Connection", _called), ("AsyncConnection", _awaited)):
        kind = getattr(library, name, None)
        if kind is not None and "connect" in vars(kind):
            plain = vars(kind)["connect"].__func__
            kind.connect = classmethod(wrap(plain, "psycopg", _of_psycopg))
    library.connect = library.Connection.connect


def _follow_psycopg2() -> None:
    library: Any = sys.modules["psycopg2"]
    library.connect = _called(library.connect, "psycopg2", _of_psycopg)


def _follow_asyncpg() -> None:
    library: Any = sys.modules["asyncpg"]
    library.connect = _awaited(library.connect, "asyncpg", _of_asyncpg)


def _called(connect: Callable[..., Any], driver: str, look: Callable[[Any], str]) -> Callable[..., Any]:
    @functools.wraps(connect)
    def recorded(*arguments: Any, **named: Any) -> Any:
        start = perf_counter()
        made = connect(*arguments, **named)
        _note(driver, look, made, start)
        return made

    return recorded


def _awaited(connect: Callable[..., Any], driver: str, look: Callable[[Any], str]) -> Callable[..., Any]:
    @functools.wraps(connect)
    async def recorded(*arguments: Any, **named: Any) -> Any:
        start = perf_counter()
        made = await connect(*arguments, **named)
        _note(driver, look, made, start)
        return made

    return recorded


def _note(driver: str, look: Callable[[Any], str], made: Any, start: float) -> None:
    try:
        took = perf_counter() - start
        request = current.get()
        server = request.server if request is not None else ""
        _tally.note((driver, look(made), _through(), server), place(2), took)
    except Exception:  # another version
        pass


def _of_psycopg(connection: Any) -> str:
    """``host:port/name``; no user, no password."""
    info = connection.info
    return f"{info.host}:{info.port}/{info.dbname}"


def _of_asyncpg(connection: Any) -> str:
    host, port = connection._addr if isinstance(connection._addr, tuple) else (connection._addr, 0)
    return f"{host}:{port}/{connection._params.database}"


def _through() -> str:
    """The library that asked the driver, "" if the program did."""
    frame: Any = sys._getframe(3)
    for _ in range(_DEPTH):
        if frame is None:
            break
        library = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if library in _THROUGH:
            return library
        frame = frame.f_back
    return ""
