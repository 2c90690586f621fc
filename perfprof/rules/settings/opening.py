"""Connections that each request opens anew, by Django, and the settings that keep them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.profilers.parts import connects, requests
from perfprof.profilers.tallies import Latencies
from perfprof.rules.settings.django import Database, databases

if TYPE_CHECKING:
    from perfprof.profilers.recording import Recording
    from perfprof.rules.reading.program import Program

THREADS_STAY = ("gunicorn", "waitress")  # servers whose threads serve one request after the other
ASYNC = ("uvicorn", "hypercorn", "starlette", "daphne")


@dataclass(frozen=True, eq=False, slots=True)
class Opening:
    """What Django opened while a server served. setting: the entry of ``DATABASES``, None where several may be meant.

    served, busy: requests and their seconds. at_once: the most in one process. before: connections that Django opened
    outside of requests. commands: of the recorded processes. room: as for pools.
    """

    database: str
    server: str
    latencies: Latencies
    served: int
    busy: float
    at_once: int
    processes: int
    entries: tuple[Database, ...]
    before: int
    commands: tuple[str, ...]
    room: int

    @property
    def setting(self) -> Database | None:
        """The one entry that is meant: the only one, or the one that names the database."""
        named = [one for one in self.entries if one.literal("NAME") == self.database.rpartition("/")[2]]
        made = [
            one for one in self.entries if not one.alias
        ]  # all databases at once, by something else than a dict
        found = made + named or list(self.entries)
        return found[0] if len(found) == 1 else None


def openings(recording: Recording, program: Program, room: int) -> Iterator[Opening]:
    """By database and server."""
    django = [one for one in connects.read(recording) if one.through == "django"]
    outside = sum(one.latencies.count for one in django if not one.server)
    found: dict[tuple[str, str], list[connects.Connects]] = {}
    for one in django:
        if one.server:
            found.setdefault((one.database, one.server), []).append(one)
    entries = tuple(databases(program)) if found else ()
    commands = tuple(one.command for one in recording.processes())
    for (database, server), members in sorted(found.items()):
        yield Opening(
            database,
            server,
            sum((one.latencies for one in members), Latencies()),
            *_served(recording, server),
            max(one.processes for one in members),
            entries,
            outside,
            commands,
            room,
        )


def _served(recording: Recording, server: str) -> tuple[int, float, int]:
    """Requests, their seconds, and the most at once in one process."""
    mine = [route for route in requests.read(recording) if server in route.servers]
    count, seconds = (sum(getattr(route.latencies, name) for route in mine) for name in ("count", "seconds"))
    return int(count), seconds, max((route.concurrency for route in mine), default=1)
