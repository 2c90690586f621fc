"""Transactions of the databases: where they began, what ran in them, and how long they waited for the program."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfprof.profilers.journals import Journal
from perfprof.profilers.parts import Part
from perfprof.profilers.recording import Frame, Recording, Statement
from perfprof.profilers.tallies import Latencies

COMMITTED, ROLLED_BACK, OPEN = "committed", "rolled back", "never ended"  # outcomes
SCHEMA = """
create table transactions (
    stack integer not null, first text not null, outcome text not null, count integer not null,
    seconds real not null, longest real not null, buckets text not null, statements integer not null,
    busy real not null, most integer not null, members text not null, pauses text not null);
"""
_Key = tuple[int, str, str]  # stack, first statement, outcome


@dataclass(frozen=True, slots=True)
class Pause:
    """The longest wait for the program in each of ``count`` transactions, behind one statement at one place."""

    statement: Statement
    place: tuple[Frame, ...]
    count: int
    seconds: float
    longest: float


@dataclass(frozen=True, slots=True)
class Transaction:
    """Those that began with one statement at one place and ended alike, all processes together.

    place: where they began, innermost frame first. outcome: committed, rolled back or never ended. latencies: how long
    they were open. statements: in all of them, without BEGIN and COMMIT. busy: seconds in statements and in ending it;
    the rest was the program's. most: statements in one. members: executions of each statement at its place.
    """

    place: tuple[Frame, ...]
    first: str
    outcome: str
    latencies: Latencies
    statements: int
    busy: float
    most: int
    members: tuple[tuple[Statement, tuple[Frame, ...], int], ...] = ()
    pauses: tuple[Pause, ...] = ()

    @property
    def idle(self) -> float:
        """Seconds in which they were open and no statement ran."""
        return max(self.latencies.seconds - self.busy, 0.0)


def read(recording: Recording) -> tuple[Transaction, ...]:
    """Those that were open longest in all first."""
    query = (
        "select stack, first, outcome, count, seconds, longest, buckets, statements, busy, most, members, pauses"
        " from transactions order by seconds desc, rowid"
    )
    return tuple(_transaction(recording, *row) for row in recording.rows(query))


def _transaction(recording: Recording, stack: int, first: str, outcome: str, *row: Any) -> Transaction:
    count, seconds, longest, buckets, statements, busy, most, members, pauses = row
    steps = {int(step): number for step, number in json.loads(buckets).items()}
    return Transaction(
        recording.frames(stack)[::-1],
        first,
        outcome,
        Latencies(count, seconds, longest, steps),
        statements,
        busy,
        most,
        tuple(
            (_statement(told), recording.frames(place)[::-1], times) for told, place, times in json.loads(members)
        ),
        tuple(
            Pause(_statement(told), recording.frames(place)[::-1], *waited)
            for told, place, *waited in json.loads(pauses)
        ),
    )


def _statement(told: list[str]) -> Statement:
    driver, database, text = told
    return Statement(text, driver, database)


@dataclass(slots=True)
class _Sum:
    latencies: Latencies = field(default_factory=Latencies)
    statements: int = 0
    busy: float = 0.0
    most: int = 0
    members: Counter[tuple[tuple[str, ...], int]] = field(default_factory=Counter)
    pauses: dict[tuple[tuple[str, ...], int], list[float]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0.0, 0.0])
    )


def _store(
    connection: sqlite3.Connection, journals: Sequence[Journal], stack: Callable[[Iterable[Frame]], int]
) -> None:
    found: dict[_Key, _Sum] = {}
    for journal in journals:
        for key, one in _of(journal, stack):
            _add(found.setdefault(key, _Sum()), one)
    connection.executemany(
        "insert into transactions values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*key, *_columns(one)) for key, one in found.items()],
    )


def _of(journal: Journal, stack: Callable[[Iterable[Frame]], int]) -> Iterator[tuple[_Key, _Sum]]:
    """What one process told: transactions that are over, and those that were open when it told for the last time."""
    statements: dict[int, tuple[str, ...]] = {}
    sites: dict[int, int] = {}
    still: dict[int, list[Any]] = {}
    for kind, *rest in journal.lines:
        if kind == "statement":
            statements[rest[0]] = tuple(rest[1:])
        elif kind == "site":
            sites[rest[0]] = stack([Frame(*frame) for frame in reversed(rest[1])])
        elif kind == "transaction open":
            still[rest[0]] = rest[1:]
        elif kind == "transaction closed":
            still.pop(rest[0], None)
        elif kind == "transaction" and rest[0] in statements and rest[1] in sites:
            yield _read(rest, statements, sites)
    for statement, site, (seconds, busy, count) in still.values():
        if statement in statements and site in sites:
            one = _Sum(Latencies(1, seconds, seconds), count, busy, count)
            yield (sites[site], statements[statement][-1], OPEN), one


def _read(line: list[Any], statements: dict[int, tuple[str, ...]], sites: dict[int, int]) -> tuple[_Key, _Sum]:
    statement, site, outcome, count, seconds, longest, buckets, ran, busy, most, members, pauses = line
    steps = {int(step): number for step, number in buckets.items()}
    one = _Sum(Latencies(count, seconds, longest, steps), ran, busy, most)
    for number, place, times in members:
        one.members[statements[number], sites[place]] += times
    for number, place, *figures in pauses:
        one.pauses[statements[number], sites[place]] = figures
    return (sites[site], statements[statement][-1], outcome), one


def _add(known: _Sum, new: _Sum) -> None:
    known.latencies = known.latencies + new.latencies
    known.statements += new.statements
    known.busy += new.busy
    known.most = max(known.most, new.most)
    known.members.update(new.members)
    for key, (count, seconds, longest) in new.pauses.items():
        told = known.pauses[key]
        told[:] = told[0] + count, told[1] + seconds, max(told[2], longest)


def _columns(one: _Sum) -> tuple[Any, ...]:
    times = one.latencies
    members = [[*key, count] for key, count in one.members.most_common()]
    longest = sorted(one.pauses.items(), key=lambda item: -item[1][1])
    pauses = [[*key, *told] for key, told in longest]
    return (
        times.count,
        times.seconds,
        times.longest,
        json.dumps(times.buckets),
        one.statements,
        one.busy,
        one.most,
        json.dumps(members),
        json.dumps(pauses),
    )


PART = Part(SCHEMA, _store)
