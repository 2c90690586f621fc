"""Connections that were opened to database servers."""

from __future__ import annotations

from dataclasses import dataclass

from perfprof.profilers.recording import Frame, Recording
from perfprof.profilers.tallies import Latencies, Table

_TABLE = Table("connects", ("driver", "database", "through", "server"))
PART = _TABLE.part


@dataclass(frozen=True, slots=True)
class Connects:
    """Those that one place opened, all processes together.

    database: ``host:port/name``. through: the library that asked the driver ("django", "sqlalchemy", "psycopg_pool"),
    "" for the program itself. server: what served the request meanwhile, "" outside of requests. place: innermost frame
    first. latencies: of opening. processes: how many did.
    """

    driver: str
    database: str
    through: str
    server: str
    place: tuple[Frame, ...]
    latencies: Latencies
    processes: int


def read(recording: Recording) -> tuple[Connects, ...]:
    """Those that took longest in all first."""
    found: dict[tuple[str, str, str, str, tuple[Frame, ...]], tuple[Latencies, set[int]]] = {}
    for row in _TABLE.read(recording):
        key = (row.key["driver"], row.key["database"], row.key["through"], row.key["server"], row.place)
        known, pids = found.get(key) or (Latencies(), set())
        found[key] = known + row.latencies, pids | {row.pid}
    opened = (Connects(*key, latencies, len(pids)) for key, (latencies, pids) in found.items())
    return tuple(sorted(opened, key=lambda one: -one.latencies.seconds))
