"""Call trees of requests and tests, as text."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from perfprof.profilers.journals import Journal
from perfprof.profilers.parts import Part
from perfprof.profilers.recording import Recording
from perfprof.profilers.stacks import Frame

SCHEMA = "create table trees (pid integer not null, name text not null, seconds real not null, text text not null);"
MOST = 5  # of the slowest


@dataclass(frozen=True, slots=True)
class Tree:
    """One request or test. seconds: wall clock. text: as pyinstrument prints it, seconds before each frame."""

    pid: int
    name: str
    seconds: float
    text: str


def read(recording: Recording) -> tuple[Tree, ...]:
    """The slowest of all processes."""
    rows = recording.rows("select pid, name, seconds, text from trees order by seconds desc limit ?", MOST)
    return tuple(Tree(*row) for row in rows)


def _store(
    connection: sqlite3.Connection, journals: Sequence[Journal], stack: Callable[[Iterable[Frame]], int]
) -> None:
    rows = [
        (journal.process["pid"], *rest) for journal in journals for kind, *rest in journal.lines if kind == "tree"
    ]
    connection.executemany("insert into trees values (?, ?, ?, ?)", rows)


PART = Part(SCHEMA, _store)
