"""Tests of the run by their id."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from perfprof.profilers.journals import Journal
from perfprof.profilers.parts import Part
from perfprof.profilers.recording import Recording
from perfprof.profilers.stacks import Frame

SCHEMA = """
create table tests (
    pid integer not null, name text not null, outcome text not null, seconds real not null, cpu real not null);
"""


@dataclass(frozen=True, slots=True)
class Test:
    """One test with its fixtures. outcome: as pytest says it. seconds: wall clock. cpu: seconds of its process."""

    __test__ = False  # not one of ours

    pid: int
    name: str
    outcome: str
    seconds: float
    cpu: float


def read(recording: Recording) -> tuple[Test, ...]:
    """All tests, the dearest first."""
    rows = recording.rows("select pid, name, outcome, seconds, cpu from tests order by cpu desc, name")
    return tuple(Test(*row) for row in rows)


def _store(
    connection: sqlite3.Connection, journals: Sequence[Journal], stack: Callable[[Iterable[Frame]], int]
) -> None:
    rows = [
        (journal.process["pid"], *rest) for journal in journals for kind, *rest in journal.lines if kind == "test"
    ]
    connection.executemany("insert into tests values (?, ?, ?, ?, ?)", rows)


PART = Part(SCHEMA, _store)
