"""What the processes used while the run lasted: CPU, memory, input and output, files and connections over time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from perfprof.profilers.journals import Journal
from perfprof.profilers.parts import Part
from perfprof.profilers.recording import Frame, Recording

_SCHEMA = """
create table metrics (
    at real not null, pid integer not null, cpu real not null, rss integer not null, threads integer not null,
    read integer not null, written integer not null, files integer not null, connections integer not null,
    queued real not null default -1);
create table machine (at real not null, sent integer not null, received integer not null, cpu real not null);
"""


@dataclass(frozen=True, slots=True)
class Metric:
    """One look at one process. at: seconds since the epoch. cpu: seconds used until then. rss: bytes of resident memory,
    pages shared with others included. read, written: bytes from and to disks until then. files: open descriptors.
    queued: seconds that its threads were ready to run until then, and no core was free.
    -1 for what the system does not tell.
    """

    at: float
    pid: int
    cpu: float
    rss: int
    threads: int
    read: int
    written: int
    files: int
    connections: int
    queued: float = -1.0


@dataclass(frozen=True, slots=True)
class Machine:
    """The whole machine at one look: bytes sent and received by all its interfaces, and CPU in percent of all cores."""

    at: float
    sent: int
    received: int
    cpu: float


def _store(
    connection: sqlite3.Connection, journals: Sequence[Journal], number: Callable[[Iterable[Frame]], int]
) -> None:
    lines = [line for journal in journals for line in journal.lines]
    metrics = [(*line[1:], -1.0)[:10] for line in lines if line[0] == "metric"]
    connection.executemany("insert into metrics values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", metrics)
    machine = [line[1:] for line in lines if line[0] == "machine"]
    connection.executemany("insert into machine values (?, ?, ?, ?)", machine)


PART = Part(_SCHEMA, _store)


def read(recording: Recording) -> tuple[Metric, ...]:
    """All looks in the order of time."""
    return tuple(Metric(*row) for row in recording.rows("select * from metrics order by at, pid"))


def queued(recording: Recording) -> float:
    """Seconds that all threads together waited for a core, as far as it was seen; 0 where nobody knows."""
    most: dict[int, float] = {}
    for look in read(recording):
        most[look.pid] = max(most.get(look.pid, 0.0), look.queued)
    return sum(most.values())


def machine(recording: Recording) -> tuple[Machine, ...]:
    """The machine at the same times."""
    return tuple(Machine(*row) for row in recording.rows("select * from machine order by at"))
