"""What recorders counted (inside/tallies.py): tables of it, and latencies as values."""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfprof.profilers.journals import Journal
from perfprof.profilers.parts import Part
from perfprof.profilers.recording import Frame, Recording

Number = Callable[[Iterable[Frame]], int]


@dataclass(frozen=True, slots=True)
class Latencies:
    """A log-linear histogram of seconds, 32 steps for each power of two, so 3 % wide at most.

    longest: exact. seconds: the exact sum.
    """

    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    buckets: Mapping[int, int] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        """Seconds; 0 if there is nothing."""
        return self.seconds / self.count if self.count else 0.0

    def percentile(self, percent: float) -> float:
        """The latency that so many percent do not exceed, in seconds; 0 if there is nothing."""
        wanted, seen = math.ceil(self.count * percent / 100), 0
        for step in sorted(self.buckets):
            seen += self.buckets[step]
            if seen >= wanted:
                return min(_upper(step), self.longest)
        return self.longest

    def above(self, seconds: float) -> int:
        """How many were longer; the step that holds the limit counts as longer only if all of it is."""
        return sum(count for step, count in self.buckets.items() if _upper(step - 1) >= seconds)

    def __add__(self, other: Latencies) -> Latencies:
        buckets = Counter(self.buckets)
        buckets.update(other.buckets)
        longest = max(self.longest, other.longest)
        return Latencies(self.count + other.count, self.seconds + other.seconds, longest, dict(buckets))


@dataclass(frozen=True, slots=True)
class Tallied:
    """One row: what was counted for one key at one place. place: application frames, innermost first.

    key, sums: by the names of the part's columns. most: the greatest value that was told.
    """

    pid: int
    key: Mapping[str, Any]
    place: tuple[Frame, ...]
    latencies: Latencies
    most: int
    sums: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Second:
    """What was counted under one name in one second of one process.

    at: seconds since the epoch. amount: of the first of the sums. name: of the keys that the table names, "" if none.
    """

    at: int
    pid: int
    count: int
    seconds: float
    amount: float
    name: str = ""


class Table:
    """The tables of one subject: its rows, and the same by second for a timeline.

    keys: names of text or number columns. sums: names of figures that are added up. named: those of the keys that the
    seconds are told apart by.
    """

    def __init__(
        self, subject: str, keys: Sequence[str], sums: Sequence[str] = (), named: Sequence[str] = ()
    ) -> None:
        self._subject, self._keys, self._sums = subject, tuple(keys), tuple(sums)
        self._named = [self._keys.index(name) for name in named]

    @property
    def part(self) -> Part:
        """For the list of parts."""
        columns = "".join(f"{name} not null, " for name in (*self._keys, *self._sums))
        schema = (
            f"create table {self._subject} (pid integer not null, stack integer not null, {columns}"
            "count integer not null, seconds real not null, longest real not null, most integer not null,"
            " buckets text not null);\n"
            f"create table {self._subject}_by_second (at integer not null, pid integer not null,"
            " count integer not null, seconds real not null, amount real not null, name text not null);"
        )
        return Part(schema, self.store)

    def store(self, connection: sqlite3.Connection, journals: Sequence[Journal], number: Number) -> None:
        """Add up the journals' lines."""
        folded: dict[tuple[Any, ...], _Sum] = {}
        seconds: dict[tuple[int, int, str], list[float]] = {}
        for journal in journals:
            stacks = _stacks(journal, number)
            for _, subject, at, key, place, *figures in (line for line in journal.lines if line[0] == "tally"):
                if subject != self._subject:
                    continue
                pid = journal.process["pid"]
                row = (pid, stacks.get(place, 0), *key)
                folded.setdefault(row, _Sum([0.0] * len(self._sums))).add(figures)
                name = " ".join(str(key[index]) for index in self._named)
                second = seconds.setdefault((int(at), pid, name), [0, 0.0, 0.0])
                amount = figures[5][0] if figures[5] else 0
                for index, value in enumerate((figures[0], figures[1], amount)):
                    second[index] += value
        marks = ", ".join("?" * (2 + len(self._keys) + len(self._sums) + 5))
        connection.executemany(
            f"insert into {self._subject} values ({marks})",  # noqa: S608  # names of ours
            [(*row, *told.sums, *told.figures()) for row, told in folded.items()],
        )
        connection.executemany(
            f"insert into {self._subject}_by_second values (?, ?, ?, ?, ?, ?)",  # noqa: S608
            [(at, pid, *values, name) for (at, pid, name), values in sorted(seconds.items())],
        )

    def read(self, recording: Recording) -> Iterator[Tallied]:
        """The rows, those that took longest first."""
        names = ", ".join((*self._keys, *self._sums))
        query = (
            f"select pid, stack, count, seconds, longest, most, buckets, {names}"  # noqa: S608
            f" from {self._subject} order by seconds desc, rowid"
        )
        for pid, stack, count, seconds, longest, most, buckets, *values in recording.rows(query):
            steps = {int(step): number for step, number in json.loads(buckets).items()}
            yield Tallied(
                pid,
                dict(zip(self._keys, values, strict=False)),
                recording.frames(stack)[::-1],
                Latencies(count, seconds, longest, steps),
                most,
                dict(zip(self._sums, values[len(self._keys) :], strict=True)),
            )

    def by_second(self, recording: Recording) -> tuple[Second, ...]:
        """The timeline."""
        query = (
            f"select at, pid, count, seconds, amount, name from {self._subject}_by_second order by at"  # noqa: S608
        )
        return tuple(Second(*row) for row in recording.rows(query))


@dataclass(slots=True)
class _Sum:
    sums: list[float]
    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    most: int = 0
    buckets: Counter[str] = field(default_factory=Counter)

    def add(self, figures: Sequence[Any]) -> None:
        """Add a line of the journal: what was new at its time."""
        count, seconds, longest, most, buckets, sums = figures
        self.count += count
        self.seconds += seconds
        self.longest = max(self.longest, longest)
        self.most = max(self.most, most)
        self.buckets.update(buckets)
        self.sums = [one + other for one, other in zip(self.sums, sums, strict=True)]

    def figures(self) -> tuple[Any, ...]:
        return self.count, self.seconds, self.longest, self.most, json.dumps(self.buckets)


def _stacks(journal: Journal, number: Number) -> dict[int, int]:
    """Places of this journal by their number, as numbers of stacks."""
    return {
        line[1]: number([Frame(*frame) for frame in reversed(line[2])])
        for line in journal.lines
        if line[0] == "place"
    }


def _upper(step: int) -> float:
    """The end of a step of the histogram, in seconds."""
    if step < 64:
        return (step + 1) / 1e6
    shift = step // 32 - 1
    return ((step - shift * 32 + 1) << shift) / 1e6
