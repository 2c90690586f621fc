"""Pools that ran out: how many connections were wanted at once, and the call or setting that says how many there are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.profilers.parts import pools
from perfprof.profilers.parts.pools import total
from perfprof.rules.settings.django import databases
from perfprof.rules.settings.written import Options, option

if TYPE_CHECKING:
    from perfprof.profilers.parts.pools import Pool
    from perfprof.profilers.recording import Frame, Recording
    from perfprof.rules.reading.functions import Function
    from perfprof.rules.reading.program import Program

SQLALCHEMY = "SQLAlchemy"
_OVERFLOW = 10  # SQLAlchemy's max_overflow where none is given
_DEFAULTS = {"pool_size": 5, "max_overflow": _OVERFLOW}
_MAKERS = {
    "create_engine": "pool_size",
    "create_async_engine": "pool_size",
    "ConnectionPool": "max_size",
    "AsyncConnectionPool": "max_size",
    "create_pool": "max_size",
}
_SQLITE = ("sqlite3", "aiosqlite")


@dataclass(frozen=True, eq=False, slots=True)
class Demand:
    """A pool that ran out, and where its size is written.

    node: the call that makes it, or Django's dict of its options; None if that is not seen. name: of the option.
    room: connections that the server still has, -1 if not known. drivers: of the statements that ran. commands: of the
    processes that were recorded. places: where pools like it were made.
    """

    pool: Pool
    function: Function
    at: ast.expr
    node: Options | None
    name: str
    room: int
    drivers: frozenset[str]
    databases: frozenset[str]
    commands: tuple[str, ...]
    places: tuple[str, ...]

    @property
    def new_size(self) -> int:
        """What the option should say so that nobody waits."""
        return self.pool.wanted - self.overflow

    @property
    def pools(self) -> int:
        """How many of them there are: one in each process, or more where one is made several times."""
        return max(self.pool.processes, total(self.pool.made).count)

    @property
    def overflow(self) -> int:
        """Connections that SQLAlchemy opens beyond the size of the pool."""
        return self.number("max_overflow") if self.name == "pool_size" else 0

    @property
    def local(self) -> bool:
        """Whether it is all files of SQLite."""
        return bool(self.drivers) and self.drivers <= set(_SQLITE)

    def number(self, name: str) -> int:
        """The value of an option, its default where it is not written."""
        known = option(self.node, name) if self.node is not None else None
        return known.number if known is not None and known.number is not None else _DEFAULTS.get(name, 0)


def demands(recording: Recording, program: Program, room: int) -> Iterator[Demand]:
    """The exhausted pools of a recording that the project makes."""
    executions = recording.executions()
    drivers = frozenset(one.statement.driver for one in executions)
    names = frozenset(one.statement.database for one in executions)
    commands = tuple(one.command for one in recording.processes())
    for pool in (one for one in pools.read(recording) if one.exhausted):
        frames = sorted({site.place[0] for site in pool.made if site.place}, key=lambda one: (one.path, one.line))
        places = tuple(f"{Path(one.path).name}:{one.line}" for one in frames)
        written = _written(pool, frames[0], program) if frames else None
        if written is not None:
            yield Demand(pool, *written, room, drivers, names, commands, places)


def _written(pool: Pool, frame: Frame, program: Program) -> tuple[Function, ast.expr, Options | None, str] | None:
    """(function, place, options, name of the size) of the pool that was made there."""
    function = program.function_at(Path(frame.path), frame.line)
    if function is None:
        return None
    calls = [one for one in ast.walk(function.node) if isinstance(one, ast.Call) and _covers(one, frame.line)]
    makers = [(node, _MAKERS[name]) for node in calls for name in [_name(node)] if name in _MAKERS]
    if len(makers) == 1:
        node, size = makers[0]
        return function, node, node, size
    if pool.name.startswith("psycopg_pool"):
        found = list(_of_django(program))
        if len(found) == 1:
            return found[0]
    outermost = min(calls, key=lambda node: (node.lineno, node.col_offset), default=None)
    return None if outermost is None else (function, outermost, None, "")


def _of_django(program: Program) -> Iterator[tuple[Function, ast.expr, Options | None, str]]:
    """``DATABASES[…]["OPTIONS"]["pool"]`` of Django 5.1 and later."""
    for one in databases(program):
        options = option(one.value, "OPTIONS") if isinstance(one.value, ast.Dict) else None
        pool = option(options.node, "pool") if options is not None and isinstance(options.node, ast.Dict) else None
        if pool is not None:
            yield one.function, pool.node, pool.node if isinstance(pool.node, ast.Dict) else None, "max_size"


def _name(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def _covers(node: ast.expr, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)
