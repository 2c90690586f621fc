"""System calls by name, from a run under strace."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from perfprof.profilers.journals import Journal
from perfprof.profilers.parts import Part
from perfprof.profilers.recording import Frame, Recording

_SCHEMA = """
create table syscalls (name text not null, calls integer not null, failed integer not null, seconds real not null);
"""


@dataclass(frozen=True, slots=True)
class Syscall:
    """One kind, all processes together. failed: calls that ended in an error. seconds: of CPU in the system."""

    name: str
    calls: int
    failed: int
    seconds: float


def _store(
    connection: sqlite3.Connection, journals: Sequence[Journal], number: Callable[[Iterable[Frame]], int]
) -> None:
    rows = [line[1:] for journal in journals for line in journal.lines if line[0] == "syscall"]
    connection.executemany("insert into syscalls values (?, ?, ?, ?)", rows)


PART = Part(_SCHEMA, _store)


def read(recording: Recording) -> tuple[Syscall, ...]:
    """Those that took most time first; () if they were not counted."""
    return tuple(
        Syscall(*row) for row in recording.rows("select * from syscalls order by seconds desc, calls desc")
    )
