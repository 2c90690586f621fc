"""Packets by server, and lookups of names, from a run beside tshark."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from perfprof.profilers.journals import Journal
from perfprof.profilers.parts import Part
from perfprof.profilers.recording import Frame, Recording

_SCHEMA = """
create table packets (
    protocol text not null, server text not null, opened integer not null, packets integer not null,
    sent integer not null, received integer not null, retransmitted integer not null, resets integer not null,
    zero_windows integer not null, rtts text not null);
create table lookups (name text not null, count integer not null, seconds real not null, longest real not null);
"""


@dataclass(frozen=True, slots=True)
class Conversations:
    """All with one server, ``address:port``, of whatever program of the machine.

    opened: TCP connections. sent: bytes to the server, with headers; received: from it. zero_windows: packets by which
    a receiver said that it is full. rtts: seconds of each connection's first round trip, the shortest first.
    """

    protocol: str
    server: str
    opened: int
    packets: int
    sent: int
    received: int
    retransmitted: int
    resets: int
    zero_windows: int
    rtts: tuple[float, ...]

    @property
    def rtt(self) -> float:
        """The middle one; 0 if none was seen."""
        return median(self.rtts) if self.rtts else 0.0


@dataclass(frozen=True, slots=True)
class Lookup:
    """A name that was asked for, and how long the answers took."""

    name: str
    count: int
    seconds: float
    longest: float


def _store(
    connection: sqlite3.Connection, journals: Sequence[Journal], number: Callable[[Iterable[Frame]], int]
) -> None:
    for journal in journals:
        rows = [[*line[1:-1], json.dumps(line[-1])] for line in journal.lines if line[0] == "packets"]
        connection.executemany("insert into packets values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        asked = [line[1:] for line in journal.lines if line[0] == "lookup"]
        connection.executemany("insert into lookups values (?, ?, ?, ?)", asked)


PART = Part(_SCHEMA, _store)


def read(recording: Recording) -> tuple[Conversations, ...]:
    """Those with most bytes first; () if they were not captured."""
    rows = recording.rows("select * from packets order by sent + received desc")
    return tuple(Conversations(*(*row[:-1], tuple(json.loads(row[-1])))) for row in rows)


def lookups(recording: Recording) -> tuple[Lookup, ...]:
    """Names, those that took most time first."""
    return tuple(Lookup(*row) for row in recording.rows("select * from lookups order by seconds desc"))
