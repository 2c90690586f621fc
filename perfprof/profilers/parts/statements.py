"""How long each statement took at each place, and which were slow."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfprof.profilers.journals import Journal
from perfprof.profilers.parts import Part
from perfprof.profilers.recording import Frame, Recording, Statement
from perfprof.profilers.tallies import Latencies

SLOW = 0.1  # seconds from which a statement is slow, if nothing else was asked for
SCHEMA = """
create table statement_times (
    driver text not null, database text not null, text text not null, stack integer not null,
    count integer not null, seconds real not null, longest real not null, buckets text not null);
"""


@dataclass(frozen=True, slots=True)
class Timed:
    """One statement at one place, all processes together. site: innermost frame first. rows: fetched or changed, -1
    if nobody knows.
    """

    statement: Statement
    site: tuple[Frame, ...]
    latencies: Latencies
    rows: int

    def slower(self, seconds: float) -> int:
        """How many executions took longer, to 3 % of the limit."""
        if self.latencies.longest <= seconds:
            return 0
        return self.latencies.above(seconds)


def read(recording: Recording) -> tuple[Timed, ...]:
    """Those that took most time in all first."""
    rows: Counter[tuple[Statement, tuple[Frame, ...]]] = Counter()
    for one in recording.executions():
        if one.rows >= 0:
            rows[one.statement, one.site] += one.rows
    query = (
        "select driver, database, text, stack, count, seconds, longest, buckets from statement_times"
        " order by seconds desc, rowid"
    )
    found = []
    for driver, database, text, stack, count, seconds, longest, buckets in recording.rows(query):
        statement, site = Statement(text, driver, database), recording.frames(stack)[::-1]
        steps = {int(step): number for step, number in json.loads(buckets).items()}
        latencies = Latencies(count, seconds, longest, steps)
        found.append(Timed(statement, site, latencies, rows.get((statement, site), -1)))
    return tuple(found)


@dataclass(slots=True)
class _Sum:
    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    buckets: Counter[str] = field(default_factory=Counter)


def _store(
    connection: sqlite3.Connection, journals: Sequence[Journal], stack: Callable[[Iterable[Frame]], int]
) -> None:
    found: dict[tuple[Any, ...], _Sum] = {}
    for journal in journals:
        statements: dict[int, Sequence[str]] = {}
        sites: dict[int, int] = {}
        for kind, key, *rest in journal.lines:
            if kind == "statement":
                statements[key] = rest
            elif kind == "site":
                sites[key] = stack([Frame(*frame) for frame in reversed(rest[0])])
            elif kind == "latency" and key in statements and rest[0] in sites:
                site, count, seconds, longest, buckets = rest
                one = found.setdefault((*statements[key], sites[site]), _Sum())
                one.count += count
                one.seconds += seconds
                one.longest = max(one.longest, longest)
                one.buckets.update(buckets)
    connection.executemany(
        "insert into statement_times values (?, ?, ?, ?, ?, ?, ?, ?)",
        [(*key, one.count, one.seconds, one.longest, json.dumps(one.buckets)) for key, one in found.items()],
    )


PART = Part(SCHEMA, _store)
