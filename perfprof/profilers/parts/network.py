"""Requests that the program made, by endpoint and call site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfprof.profilers.recording import Frame, Recording
from perfprof.profilers.tallies import Latencies, Second, Table

PHASES = ("dns", "connect", "tls", "first_byte", "body")
_TABLE = Table("network", ("library", "method", "url"), (*PHASES, "opened", "failed", "bytes"), ("method", "url"))
PART = _TABLE.part


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Requests of one kind from one place, all processes together.

    url: scheme, host, port and the template of the path, e.g. ``http://127.0.0.1:80/users/{}``. place: the program's
    frames that asked, innermost first. phases: seconds in all of dns, connect, tls, first_byte, body; aiohttp counts
    tls as connect. opened: requests that had to open a connection; the others had one again. failed: without an
    answer. bytes: announced by the answers.
    """

    library: str
    method: str
    url: str
    place: tuple[Frame, ...]
    latencies: Latencies
    phases: Mapping[str, float]
    opened: int
    failed: int
    bytes: int

    @property
    def reuse(self) -> float:
        """The share of the requests that had a connection already."""
        return 1 - self.opened / self.latencies.count if self.latencies.count else 0.0


def read(recording: Recording) -> tuple[Endpoint, ...]:
    """The endpoints, those that were waited for longest in all first."""
    found: dict[tuple[str, str, str, tuple[Frame, ...]], Endpoint] = {}
    for row in _TABLE.read(recording):
        key = (row.key["library"], row.key["method"], row.key["url"], row.place)
        known = found.get(key) or Endpoint(*key, Latencies(), dict.fromkeys(PHASES, 0.0), 0, 0, 0)
        found[key] = Endpoint(
            *key,
            known.latencies + row.latencies,
            {name: known.phases[name] + row.sums[name] for name in PHASES},
            known.opened + int(row.sums["opened"]),
            known.failed + int(row.sums["failed"]),
            known.bytes + int(row.sums["bytes"]),
        )
    return tuple(sorted(found.values(), key=lambda endpoint: -endpoint.latencies.seconds))


def by_second(recording: Recording) -> tuple[Second, ...]:
    """Requests made by second, process and endpoint."""
    return _TABLE.by_second(recording)
