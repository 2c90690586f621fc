"""Requests that the program served, by route."""

from __future__ import annotations

from dataclasses import dataclass

from perfprof.profilers.recording import Frame, Recording
from perfprof.profilers.tallies import Latencies, Second, Table

_TABLE = Table(
    "requests",
    ("method", "route", "status", "server"),
    ("bytes", "queries", "query_seconds", "connections"),
    named=("method", "route"),
)
PART = _TABLE.part


@dataclass(frozen=True, slots=True)
class Route:
    """What was served under one route, all processes together.

    route: its template, e.g. ``/orders/{id}``. place: where its handler is, () if it is not the program's. statuses:
    how often each was answered. concurrency: most requests under way at once in one process.
    queries, query_seconds, connections: statements that ran for these requests, connections opened or taken from a pool.
    """

    method: str
    route: str
    place: tuple[Frame, ...]
    latencies: Latencies
    statuses: dict[int, int]
    concurrency: int
    servers: tuple[str, ...]
    queries: int = 0
    query_seconds: float = 0.0
    connections: int = 0

    @property
    def errors(self) -> int:
        """Answers of 500 and more, and requests that ended in an exception."""
        return sum(count for status, count in self.statuses.items() if status >= 500)


def read(recording: Recording) -> tuple[Route, ...]:
    """The routes, those that took most time in all first."""
    found: dict[tuple[str, str, tuple[Frame, ...]], Route] = {}
    for row in _TABLE.read(recording):
        key = (row.key["method"], row.key["route"], row.place)
        known = found.get(key) or Route(*key, Latencies(), {}, 0, ())
        statuses = dict(known.statuses)
        statuses[row.key["status"]] = statuses.get(row.key["status"], 0) + row.latencies.count
        found[key] = Route(
            *key,
            known.latencies + row.latencies,
            statuses,
            max(known.concurrency, row.most),
            tuple(sorted({*known.servers, row.key["server"]})),
            known.queries + int(row.sums["queries"]),
            known.query_seconds + row.sums["query_seconds"],
            known.connections + int(row.sums["connections"]),
        )
    return tuple(sorted(found.values(), key=lambda route: -route.latencies.seconds))


def by_second(recording: Recording) -> tuple[Second, ...]:
    """Requests served by second, process and route."""
    return _TABLE.by_second(recording)
