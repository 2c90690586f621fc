"""Samples by the second, where the sampler inside the process took them; one from outside keeps no times."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from perfprof.profilers.journals import Journal, sampled_stacks
from perfprof.profilers.parts import Part
from perfprof.profilers.recording import Recording
from perfprof.profilers.stacks import Frame

SCHEMA = """
create table timeline (
    at integer not null, pid integer not null, stack integer not null references stacks, count integer not null);
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """Samples of one stack in one second of one process. at: seconds since the epoch. stack: root first."""

    at: int
    pid: int
    stack: tuple[Frame, ...]
    count: int


def read(recording: Recording) -> tuple[Moment, ...]:
    """All seconds in order."""
    rows = recording.rows("select at, pid, stack, count from timeline order by at, pid, stack")
    return tuple(Moment(at, pid, recording.frames(stack), count) for at, pid, stack, count in rows)


def _store(
    connection: sqlite3.Connection, journals: Sequence[Journal], number: Callable[[Iterable[Frame]], int]
) -> None:
    found: Counter[tuple[int, int, int]] = Counter()
    for journal in journals:
        stacks = {key: number(frames) for key, frames in sampled_stacks(journal).items()}
        for line in journal.lines:
            if line[0] == "sample" and line[2] in stacks:
                found[line[4], journal.process["pid"], stacks[line[2]]] += line[3]
    connection.executemany(
        "insert into timeline values (?, ?, ?, ?)", [(*key, found[key]) for key in sorted(found)]
    )


PART = Part(SCHEMA, _store)
