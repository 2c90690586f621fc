"""A recording: what one run of the workload did, in one SQLite file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from perfprof.errors import UsageError
from perfprof.profilers.stacks import Frame, Tree

__all__ = ["SCHEMA", "VERSION", "Execution", "Frame", "Process", "Recording", "Sample", "Statement"]

SCHEMA = """
create table meta (key text primary key, value text not null) without rowid;
create table processes (
    pid integer not null, parent integer not null, command text not null, python text not null,
    sampler text not null, samples integer not null);
create table frames (
    id integer primary key, path text not null, function text not null, line integer not null,
    package text not null);  -- empty for application code, else the library it belongs to
create table stacks (id integer primary key, parent integer, frame integer references frames);
create table samples (
    pid integer not null, thread text not null, stack integer not null references stacks, count integer not null);
create table databases (id integer primary key, driver text not null, name text not null);
create table statements (id integer primary key, text text not null, database integer not null references databases);
create table executions (
    statement integer not null references statements, site integer not null references stacks,
    activation text not null, around text not null, calls integer not null, count integer not null,
    seconds real not null, rows integer not null, keys integer not null, sorts text not null);
create index executions_by_statement on executions (statement, site);
pragma user_version = 4;
"""
VERSION = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """A stack, root first, and how often it was seen in one process and thread."""

    stack: tuple[Frame, ...]
    count: int
    pid: int
    thread: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An SQL template as the program gave it to its driver, literals replaced by ``?``.

    database: the absolute path of a SQLite file, ``:memory:``, or host:port/name; never a user or a password.
    """

    text: str
    driver: str
    database: str


@dataclass(frozen=True, slots=True)
class Execution:
    """How often one statement ran from one place within one call of the function around it.

    site: application frames, innermost first, at most three. activation: tells the calls of the innermost
    function apart. seconds: in the driver, wall clock. rows: fetched or, for writes, changed; -1 if unknown.
    keys: distinct parameter sets (estimated beyond 1,024). sorts: exact types of the parameters, e.g. ``int,str``;
    ``*`` for executemany, ``?`` where the parameters were an object that could not be looked into.
    around: the activations of the outer frames of the site, so that a query in a helper can be counted by the call
    of the function that loops. calls: how many activations this row sums up; 1, but for what came after 10,000 rows
    of one statement and site in one process (then ``activation`` ends with ``.0``).
    """

    statement: Statement
    site: tuple[Frame, ...]
    activation: str
    count: int
    seconds: float
    rows: int
    keys: int
    sorts: str
    around: tuple[str, ...] = ()
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the run. sampler: "py-spy", "loops" or "" if it was not sampled."""

    pid: int
    parent: int
    command: str
    python: str
    sampler: str
    samples: int


class Recording:
    """A recording for reading; ``open`` it, and ``close`` it or use it as a context manager.

    Paths are absolute and without symbolic links. Whatever is asked for first is read once and kept.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path | str) -> Recording:
        """The recording in this file; UsageError if there is none that this version can read."""
        path = Path(path)
        if not path.is_file():
            raise UsageError(
                "there is no such recording", where=str(path), todo="make one: perfprof record -- COMMAND"
            )
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        try:
            (version,) = connection.execute("pragma user_version").fetchone()
            connection.execute("select 1 from samples, executions limit 1").fetchone()
        except sqlite3.DatabaseError as error:
            connection.close()
            raise UsageError(f"this is not a recording of perfprof ({error})", where=str(path)) from None
        if version != VERSION:
            connection.close()
            todo = "record again with this version"
            raise UsageError(f"its format is {version}, this perfprof reads {VERSION}", where=str(path), todo=todo)
        return cls(path, connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    @cached_property
    def meta(self) -> Mapping[str, str]:
        """What run this is: command, started (ISO time), seconds, cpu_seconds, exit_code, sampler, interval, python …"""
        return dict(self._connection.execute("select key, value from meta"))

    @cached_property
    def total(self) -> int:
        """Samples of all processes and threads; each stands for ``meta["interval"]`` seconds of CPU time."""
        return sum(self._tree.own.values())

    def processes(self) -> tuple[Process, ...]:
        """The processes of the run, in the order in which they started."""
        return tuple(Process(*row) for row in self._connection.execute("select * from processes order by rowid"))

    def samples(self) -> tuple[Sample, ...]:
        """All samples, one for each process, thread and stack."""
        rows = self._connection.execute("select stack, count, pid, thread from samples order by rowid")
        return tuple(Sample(self._tree.frames(stack), count, pid, thread) for stack, count, pid, thread in rows)

    def executions(self) -> tuple[Execution, ...]:
        """All executions, one row for each activation, statement and site."""
        statements = {
            key: Statement(text, driver, name)
            for key, text, driver, name in self._connection.execute(
                "select s.id, s.text, d.driver, d.name from statements s join databases d on d.id = s.database"
            )
        }
        rows = self._connection.execute(
            "select statement, site, activation, count, seconds, rows, keys, sorts, around, calls"
            " from executions order by rowid"
        )
        return tuple(
            Execution(
                statement=statements[statement],
                site=self._tree.frames(site)[::-1],
                activation=activation,
                count=count,
                seconds=seconds,
                rows=fetched,
                keys=keys,
                sorts=sorts,
                around=tuple(around.split()),
                calls=calls,
            )
            for statement, site, activation, count, seconds, fetched, keys, sorts, around, calls in rows
        )

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a part's own tables (`profilers/parts`), as they are stored; none if the part came after the file."""
        try:
            return self._connection.execute(query, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise

    def frames(self, stack: int) -> tuple[Frame, ...]:
        """The frames of a stack by its number, root first; () for 0."""
        return self._tree.frames(stack)

    def share(self, path: str | Path, first: int, last: int) -> float:
        """The share of all samples that have, at any depth, a frame of this file with its line in first..last."""
        return self._share(self._tree.below(_real(path), first, last))

    def own_share(self, path: str | Path, first: int, last: int) -> float:
        """The share of all samples whose innermost application frame is in this file and these lines."""
        return self._share(self._tree.leaves(_real(path), first, last))

    def share_below(self, path: str | Path, first: int, last: int, names: Set[str]) -> float:
        """The share of all samples in functions of these plain names that were called, at any depth, from these lines."""
        return self._share(self._tree.called(_real(path), first, last, names))

    def files(self) -> Mapping[str, int]:
        """Application files and the samples that have a frame of theirs at any depth, the most first."""
        paths = {frame.path for frame, package in self._tree.named.values() if not package}
        counts = {path: self._tree.below(path, 0, 1 << 40) for path in paths}
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def collapsed(self, root: Path) -> dict[str, int]:
        """Stacks as ``a;b;c`` with their samples, for a flame graph.

        An application frame reads ``path:function``, the path relative to ``root`` where it lies in it; library
        frames in a row are one frame with the name of their package.
        """
        found: dict[str, int] = {}
        root = root.resolve()
        for stack, count in self._tree.own.items():
            text = ";".join(self._tree.labels(stack, root))
            if text:
                found[text] = found.get(text, 0) + count
        return found

    @cached_property
    def _tree(self) -> Tree:
        return Tree(self._connection)

    def _share(self, samples: int) -> float:
        return samples / self.total if self.total else 0.0


@lru_cache(maxsize=4_096)
def _real(path: str | Path) -> str:
    return os.path.realpath(path)
