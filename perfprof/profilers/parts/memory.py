"""Memory of a run of its own: peak and allocations by line, and what grew with equal work."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from perfprof.profilers.journals import Journal
from perfprof.profilers.leaks import Growth, Point, growth
from perfprof.profilers.parts import Part
from perfprof.profilers.recording import Frame, Recording

Number = Callable[[Iterable[Frame]], int]

_SCHEMA = """
create table memory (
    pid integer not null, backend text not null, peak integer not null, allocations integer not null,
    seconds real not null);
create table memory_lines (
    pid integer not null, stack integer not null, kind text not null, bytes integer not null, blocks integer not null);
create table growing (
    pid integer not null, kind text not null, name text not null, stack integer not null, path text not null,
    unit text not null, points text not null);
"""
_LEAST = {"line": 64 * 1024, "type": 40, "container": 40}  # bytes, objects and entries that are worth a word

_KINDS = ("type", "container")  # in the order of a census
_PLAIN = ("_abc.", "_thread.", "_io.", "types.", "typing.", "abc.", "weakref.", "functools.", "collections.")


@dataclass(frozen=True, slots=True)
class Memory:
    """One process. peak: bytes of live blocks. allocations: in all; -1 if the backend does not count them."""

    pid: int
    backend: str
    peak: int
    allocations: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Line:
    """A place and what it had at the peak of its process, or what it allocated in all."""

    place: tuple[Frame, ...]
    bytes: int
    blocks: int


@dataclass(frozen=True, slots=True)
class Leak:
    """What grows with equal work in one process.

    kind: "line" (value: live bytes), "type" (objects) or "container" (entries). place: of a line. name: of a type, or
    the path of a container from the module that holds it. path: who holds objects of a type. unit: "request", or
    "second" where no unit of work is known.
    """

    pid: int
    kind: Literal["line", "type", "container"]
    name: str
    place: tuple[Frame, ...]
    path: str
    unit: Literal["request", "second"]
    growth: Growth


def _store(connection: sqlite3.Connection, journals: Sequence[Journal], number: Number) -> None:
    by_pid: dict[int, list[list[Any]]] = defaultdict(list)
    for journal in journals:
        by_pid[journal.process["pid"]] += journal.lines
    for pid, lines in by_pid.items():
        _store_lines(connection, pid, lines, number)
        _store_growing(connection, pid, lines, number)


def _store_lines(connection: sqlite3.Connection, pid: int, lines: Sequence[list[Any]], number: Number) -> None:
    rows = [(line[0], line[1], line[2], line[3]) for line in lines if line[0] == "peak"]
    rows += [(line[0], line[1], line[3], line[2]) for line in lines if line[0] == "allocated"]
    traced = [line for line in lines if line[0] == "traced"]
    if traced:  # tracemalloc tells what was live at each census: the largest of them stands for the peak
        live: dict[float, list[list[Any]]] = defaultdict(list)
        for line in lines:
            if line[0] == "live":
                live[round(line[1], 1)].append(line)
        largest = max(live.values(), key=lambda group: sum(line[3] for line in group), default=[])
        rows += [("peak", line[2], line[3], line[4]) for line in largest]
        seconds = traced[-1][1] - traced[0][1]
        connection.execute(
            "insert into memory values (?, 'tracemalloc', ?, -1, ?)",
            (pid, max(line[2] for line in traced), seconds),
        )
    connection.executemany(
        "insert into memory_lines values (?, ?, ?, ?, ?)",
        [(pid, _stack(frames, number), kind, size, blocks) for kind, frames, size, blocks in rows if frames],
    )
    told = [line[1:] for line in lines if line[0] == "memory"]
    connection.executemany("insert into memory values (?, ?, ?, ?, ?)", [(pid, *line) for line in told])


def _store_growing(connection: sqlite3.Connection, pid: int, lines: Sequence[list[Any]], number: Number) -> None:
    work = _Work(lines)
    if not work.marks:
        return
    series: dict[tuple[str, str, int], list[tuple[float, float, float]]] = defaultdict(list)
    for kind, name, at, value in _counted(lines):
        series[kind, name, 0].append((at, work.at(at), value))
    for line in lines:
        if line[0] == "live" and line[2]:
            series["line", "", _stack(line[2], number)].append((line[1], work.at(line[1]), line[3]))
    paths = {line[1]: line[2] for line in lines if line[0] == "held"}
    connection.executemany(
        "insert into growing values (?, ?, ?, ?, ?, ?, ?)",
        [
            (pid, kind, name, stack, paths.get(name, ""), work.unit, json.dumps(points))
            for (kind, name, stack), points in series.items()
            if points[-1][2] - points[0][2] >= _LEAST[kind]
        ],
    )


class _Work:
    """How much work was done until a time: requests if any were served, else seconds."""

    def __init__(self, lines: Sequence[list[Any]]) -> None:
        taken = [line for line in lines if line[0] == "census"]
        served = [line for line in lines if line[0] == "tally" and line[1] == "requests"]
        self.unit = "request" if served else "second"
        marks = {line[1]: float(line[2]) for line in taken if not served}
        done = 0.0
        for line in sorted(served, key=lambda line: line[2]):
            done += line[5]
            marks[line[2]] = done
        self.marks = sorted(marks.items())

    def at(self, time: float) -> float:
        """Units until then, between the marks around it."""
        index = bisect_right(self.marks, (time, float("inf")))
        if index == 0:
            return 0.0
        if index == len(self.marks):
            return float(self.marks[-1][1])
        (before, done), (after, more) = self.marks[index - 1 : index + 1]
        return done + (more - done) * (time - before) / (after - before) if after > before else float(done)


def _counted(lines: Sequence[list[Any]]) -> Iterator[tuple[str, str, float, float]]:
    """The census told whole: what a line does not name is as it was, and too little to tell before it was named."""
    taken = [line for line in lines if line[0] == "census"]
    known = {
        (kind, name): 0 for line in taken for kind, told in zip(_KINDS, line[3:5], strict=True) for name in told
    }
    for line in taken:
        for kind, told in zip(_KINDS, line[3:5], strict=True):
            known.update({(kind, name): value for name, value in told.items()})
        for (kind, name), value in known.items():
            yield kind, name, line[1], value


def _stack(frames: Iterable[Sequence[Any]], number: Number) -> int:
    """Frames innermost first, as the number of a stack."""
    return number([Frame(*frame) for frame in reversed(list(frames))])


PART = Part(_SCHEMA, _store)


def read(recording: Recording) -> tuple[Memory, ...]:
    """The processes; () if memory was not recorded."""
    return tuple(Memory(*row) for row in recording.rows("select * from memory order by peak desc"))


def lines(recording: Recording, kind: Literal["peak", "allocated"]) -> tuple[Line, ...]:
    """The lines, all processes together: those with most bytes first."""
    query = (
        "select stack, sum(bytes), sum(blocks) from memory_lines where kind = ? group by stack"
        " order by sum(bytes) desc, stack"
    )
    return tuple(
        Line(recording.frames(stack)[::-1], size, blocks) for stack, size, blocks in recording.rows(query, kind)
    )


def leaks(recording: Recording) -> tuple[Leak, ...]:
    """What grows steadily with equal work. Without requests, only where a container of a module grows, too:
    a script that gathers its result grows as well, and rightly.
    """
    found = [leak for row in recording.rows("select * from growing") if (leak := _leak(recording, row)) is not None]
    held = {leak.pid for leak in found if leak.kind == "container" or leak.path}
    order = {"container": 0, "type": 1, "line": 2}
    told = [leak for leak in found if leak.unit == "request" or leak.pid in held]
    return tuple(sorted(told, key=lambda leak: (order[leak.kind], -leak.growth.total)))


def _leak(recording: Recording, row: tuple[Any, ...]) -> Leak | None:
    pid, kind, name, stack, path, unit, points = row
    if kind == "type" and ("." not in name or name.startswith(_PLAIN)):  # what they are part of is told instead
        return None
    grown = growth([Point(*point) for point in json.loads(points)], _LEAST[kind])
    if grown is None:
        return None
    return Leak(pid, kind, name, recording.frames(stack)[::-1], path, unit, grown)


def by_place(found: Sequence[Leak]) -> Mapping[tuple[Frame, ...], Leak]:
    """The lines among them."""
    return {leak.place: leak for leak in found if leak.kind == "line"}
