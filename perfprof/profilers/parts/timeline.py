"""Samples and statements by the second, where recorders inside the process saw them; py-spy's samples have no times."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from perfprof.profilers.journals import Journal, dated, sampled_stacks
from perfprof.profilers.parts import Part
from perfprof.profilers.recording import Recording
from perfprof.profilers.stacks import Frame

_SCHEMA = """
create table timeline (
    at integer not null, pid integer not null, stack integer not null references stacks, count integer not null);
create table statements_by_second (
    at integer not null, pid integer not null, text text not null, count integer not null, seconds real not null);
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """Samples of one stack in one second of one process. at: seconds since the epoch. stack: root first."""

    at: int
    pid: int
    stack: tuple[Frame, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Executions of one statement in one second of one process. seconds: in the driver."""

    at: int
    pid: int
    text: str
    count: int
    seconds: float


def samples(recording: Recording) -> tuple[Moment, ...]:
    """All seconds in order."""
    rows = recording.rows("select at, pid, stack, count from timeline order by at, pid, stack")
    return tuple(Moment(at, pid, recording.frames(stack), count) for at, pid, stack, count in rows)


def statements(recording: Recording) -> tuple[Asked, ...]:
    """All seconds in order."""
    rows = recording.rows("select at, pid, text, count, seconds from statements_by_second order by at, pid, text")
    return tuple(Asked(*row) for row in rows)


def _store(
    connection: sqlite3.Connection, journals: Sequence[Journal], number: Callable[[Iterable[Frame]], int]
) -> None:
    for journal in journals:
        _store_samples(connection, journal, number)
        _store_statements(connection, journal)


def _store_samples(
    connection: sqlite3.Connection, journal: Journal, number: Callable[[Iterable[Frame]], int]
) -> None:
    found: Counter[tuple[int, int, int]] = Counter()
    stacks = {key: number(frames) for key, frames in sampled_stacks(journal).items()}
    for at, line in dated(journal):
        if line[0] == "sample" and line[2] in stacks:
            found[at, journal.process["pid"], stacks[line[2]]] += line[3]
    connection.executemany(
        "insert into timeline values (?, ?, ?, ?)", [(*key, found[key]) for key in sorted(found)]
    )


def _store_statements(connection: sqlite3.Connection, journal: Journal) -> None:
    """A line about an execution holds what its row has come to, so what is new is the difference to its last one."""
    texts: dict[int, str] = {}
    known: dict[int, tuple[int, float]] = {}
    found: dict[tuple[int, str], list[float]] = defaultdict(lambda: [0, 0.0])
    for at, (kind, *rest) in dated(journal):
        if kind == "statement":
            texts[rest[0]] = rest[3]
        elif kind == "execution" and rest[1] in texts:
            row, statement, _, _, count, seconds, *_ = rest
            before = known.get(row, (0, 0.0))
            known[row] = (count, seconds)
            new = found[at, texts[statement]]
            new[0] += count - before[0]
            new[1] += seconds - before[1]
    connection.executemany(
        "insert into statements_by_second values (?, ?, ?, ?, ?)",
        [(at, journal.process["pid"], text, *found[at, text]) for at, text in sorted(found)],
    )


PART = Part(_SCHEMA, _store)
