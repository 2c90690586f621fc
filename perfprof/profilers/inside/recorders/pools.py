"""Pools of connections: SQLAlchemy's QueuePool, psycopg_pool and asyncpg's. Who waits for one, and who holds them then.

Each deed is noted at the place that asked the pool: ``checkout``, ``wait`` (all were out), ``timeout``; when somebody
waits, ``hold`` at the place of each connection that is out, with the seconds it has been. With ``wait`` and ``timeout``
comes how many were wanted at once: those that are out, and all who wait. ``made`` is where a pool was made.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from .. import imports, serving
from ..places import NOWHERE, Place, place
from ..tallies import Tally

_tally = Tally("pools")
_out: dict[int, tuple[str, Place, float]] = {}  # id of a connection that is out: pool, who has it, since when
_waiting: dict[int, int] = {}  # id of a pool: how many wait for it
_MOST = 10_000


def arm() -> None:
    """Follow each library once the program has imported it."""
    _tally.arm()
    for library, follow in (
        ("sqlalchemy.pool.impl", _follow_sqlalchemy),
        ("psycopg_pool", _follow_psycopg),
        ("asyncpg.pool", _follow_asyncpg),
    ):
        imports.after(library, follow)


class _State:
    """What a pool says of itself. name: for people. size: the most that may be out, 0 for any number."""

    __slots__ = ("name", "out", "size")

    def __init__(self, name: str, size: int, out: int) -> None:
        self.name, self.size, self.out = name, size, out

    @property
    def full(self) -> bool:
        return 0 < self.size <= self.out


def _sqlalchemy(pool: Any) -> _State:
    size = 0 if pool._max_overflow < 0 else pool.size() + pool._max_overflow
    return _State(f"SQLAlchemy {type(pool).__name__}", size, pool.checkedout())


def _psycopg(pool: Any) -> _State:
    return _State(f"psycopg_pool {type(pool).__name__}", pool.max_size, pool._nconns - len(pool._pool))


def _asyncpg(pool: Any) -> _State:
    return _State("asyncpg Pool", pool._maxsize, pool._maxsize - pool._queue.qsize())


def _follow_sqlalchemy() -> None:
    kind: Any = sys.modules["sqlalchemy.pool.impl"].QueuePool
    kind._do_get = _getting(kind._do_get, _sqlalchemy)
    kind._do_return_conn = _returning(kind._do_return_conn)
    queues: Any = sys.modules["sqlalchemy.util.queue"]
    for queue in (queues.Queue, queues.AsyncAdaptedQueue):  # SQLAlchemy reads the signatures of its pools
        queue.__init__ = _remembering(queue.__init__)


def _follow_psycopg() -> None:
    library: Any = sys.modules["psycopg_pool"]
    for name, wrap_get in (("ConnectionPool", _getting), ("AsyncConnectionPool", _awaiting)):
        kind = getattr(library, name, None)
        if kind is not None:
            kind.getconn = wrap_get(kind.getconn, _psycopg)
            kind.putconn = _returning(kind.putconn)
            kind.__init__ = _making(kind.__init__, f"psycopg_pool {name}", "max_size")


def _follow_asyncpg() -> None:
    kind: Any = sys.modules["asyncpg.pool"].Pool
    kind._acquire = _awaiting(kind._acquire, _asyncpg)
    kind.release = _returning(kind.release)
    kind.__init__ = _making(kind.__init__, "asyncpg Pool", "_maxsize")


def _making(method: Callable[..., Any], name: str, size: str) -> Callable[..., Any]:
    """Notes where a pool is made; size: the attribute that says how many it may hand out."""

    @functools.wraps(method)
    def recorded(self: Any, *arguments: Any, **named: Any) -> None:
        method(self, *arguments, **named)
        try:
            _tally.note((name, getattr(self, size), "made"), place(1), 0.0)
        except Exception:  # another version
            pass

    return recorded


def _remembering(method: Callable[..., Any]) -> Callable[..., Any]:
    """The queue of a pool that is being made keeps where that is, until the pool is asked for the first time."""

    @functools.wraps(method)
    def recorded(self: Any, *arguments: Any, **named: Any) -> None:
        method(self, *arguments, **named)
        self._perfprof_made = place(1)

    return recorded


def _told(pool: Any, state: _State) -> None:
    where = getattr(pool, "_pool", None)
    made = vars(where).pop("_perfprof_made", None) if hasattr(where, "_perfprof_made") else None
    if made is not None:
        _tally.note((state.name, state.size, "made"), made, 0.0)


def _getting(method: Callable[..., Any], look: Callable[[Any], _State]) -> Callable[..., Any]:
    @functools.wraps(method)
    def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        asked = _ask(self, look)
        try:
            found = method(self, *arguments, **named)
        except Exception as error:
            _answered(self, look, asked, None, error)
            raise
        _answered(self, look, asked, found, None)
        return found

    return recorded


def _awaiting(method: Callable[..., Any], look: Callable[[Any], _State]) -> Callable[..., Any]:
    @functools.wraps(method)
    async def recorded(self: Any, *arguments: Any, **named: Any) -> Any:
        asked = _ask(self, look)
        try:
            found = await method(self, *arguments, **named)
        except Exception as error:
            _answered(self, look, asked, None, error)
            raise
        _answered(self, look, asked, found, None)
        return found

    return recorded


def _returning(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def recorded(self: Any, connection: Any, *arguments: Any, **named: Any) -> Any:
        _out.pop(id(connection), None)
        return method(self, connection, *arguments, **named)

    return recorded


def _ask(pool: Any, look: Callable[[Any], _State]) -> tuple[bool, Place, float]:
    """Whether the pool is empty, who asks, and since when; notes who holds what this one waits for."""
    asked: Place = NOWHERE
    start = perf_counter()
    try:
        asked = place(2)
        state = look(pool)
        _told(pool, state)
        if state.full:
            _waiting[id(pool)] = _waiting.get(id(pool), 0) + 1
            for owner, holder, since in list(_out.values()):
                if owner == f"{state.name} {id(pool)}":
                    _tally.note((state.name, state.size, "hold"), holder, start - since, most=state.out)
        return state.full, asked, start
    except Exception:  # another version
        return False, asked, start


def _answered(
    pool: Any, look: Callable[[Any], _State], asked: tuple[bool, Place, float], found: Any, error: Any
) -> None:
    try:
        full, where, start = asked
        now = perf_counter()
        state = look(pool)
        if found is not None:
            if len(_out) < _MOST:
                _out[id(found)] = (f"{state.name} {id(pool)}", where, now)
            _tally.note((state.name, state.size, "checkout"), where, now - start, most=state.out)
            serving.connected()
        if full:
            deed = "wait" if "timeout" not in type(error).__name__.lower() else "timeout"
            wanted = state.size + _waiting.get(id(pool), 1)
            _leave(pool)
            _tally.note((state.name, state.size, deed), where, now - start, most=wanted)
    except Exception:
        pass


def _leave(pool: Any) -> None:
    """One waits no longer."""
    left = _waiting.get(id(pool), 1) - 1
    if left > 0:
        _waiting[id(pool)] = left
    else:
        _waiting.pop(id(pool), None)
