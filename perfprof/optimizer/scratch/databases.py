"""The scratch databases of a run: one for each database that the workload used, opened together, gone together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch import sqlite
from perfprof.optimizer.scratch.scratch import Scratch
from perfprof.optimizer.scratch.sources import Source, redacted
from perfprof.profilers.recording import Execution
from perfprof.rules.schema.workload import definitions, inserted

SQLITE_DRIVERS = frozenset(["sqlite3", "aiosqlite"])


@dataclass(frozen=True, slots=True)
class Opened:
    """A scratch database and the executions of the workload on its original."""

    scratch: Scratch
    executions: tuple[Execution, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """A database of the workload that cannot be tried, and why."""

    database: str
    reason: str


@contextmanager
def opened(
    executions: Iterable[Execution], folder: Path, given: str = "", root: Path | None = None
) -> Iterator[tuple[tuple[Opened, ...], tuple[Closed, ...]]]:
    """Scratch copies of what was recorded.

    folder: private; the copies live in it. given: the ``--database`` URL, read relative to ``root``, used for the
    recorded database that it means, for the only one, or for one that is gone. Raises UsageError if it cannot be read.
    """
    source = Source.of(given, root or Path.cwd()) if given else None
    groups: dict[str, list[Execution]] = {}
    for execution in executions:
        groups.setdefault(execution.statement.database, []).append(execution)
    found: list[Opened] = []
    lost: list[Closed] = []
    with ExitStack() as stack:
        servers = _Servers(stack, folder)
        for database, members in sorted(groups.items()):
            try:
                mine = _matching(source, database, members, alone=len(groups) == 1)
                scratch = stack.enter_context(servers.scratch(database, members, mine))
            except PerfprofError as error:
                lost.append(Closed(redacted(database), str(error)))
                continue
            found.append(Opened(scratch, tuple(members)))
        yield tuple(found), tuple(lost)


def dialect_of(execution: Execution) -> str:
    """The dialect that the driver speaks."""
    return "sqlite" if execution.statement.driver in SQLITE_DRIVERS else "postgresql"


def _matching(source: Source | None, database: str, members: list[Execution], *, alone: bool) -> Source | None:
    """The given database, if this recorded one is meant by it."""
    if source is None or source.dialect != dialect_of(members[0]):
        return None
    return source if source.is_meant_by(database) or alone else None


class _Servers:
    """Starts the PostgreSQL server when the first database needs it."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        self.server: object | None = None

    @contextmanager
    def scratch(self, database: str, members: list[Execution], source: Source | None) -> Iterator[Scratch]:
        """The copy of one recorded database."""
        if dialect_of(members[0]) == "sqlite":
            path = Path(source.name if source is not None else database)
            if path.is_file():
                with sqlite.copied(path, self.folder) as scratch:
                    yield scratch
            else:
                with sqlite.rebuilt(database, definitions(members), inserted(members)) as scratch:
                    yield scratch
            return
        if source is None:
            raise PerfprofError(
                f"a recording holds no password for {database}",
                todo="give the database, or a copy of it, with --database postgresql://user@host/name; it is only read",
            )
        yield from self._postgres(source)

    def _postgres(self, source: Source) -> Iterator[Scratch]:
        from perfprof.optimizer.scratch.postgres import Server
        from perfprof.optimizer.scratch.postgres_copy import copied

        _drivers()
        if self.server is None:
            self.server = self.stack.enter_context(Server.start(self.folder))
        assert isinstance(self.server, Server)
        with copied(source, self.server, self.folder) as scratch:
            yield scratch


def _drivers() -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise PerfprofError("psycopg is not installed", todo="pip install 'perfprof[postgres]'") from None
