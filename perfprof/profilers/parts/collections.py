"""Pauses of the garbage collector."""

from __future__ import annotations

from dataclasses import dataclass

from perfprof.profilers.recording import Recording
from perfprof.profilers.tallies import Latencies, Second, Table

_TABLE = Table("collections", ("generation",), ("collected", "uncollectable"))
PART = _TABLE.part


@dataclass(frozen=True, slots=True)
class Generation:
    """Collections of one generation, all processes together. collected: objects that were freed."""

    generation: int
    pauses: Latencies
    collected: int
    uncollectable: int


def read(recording: Recording) -> tuple[Generation, ...]:
    """The generations, the youngest first."""
    found: dict[int, Generation] = {}
    for row in _TABLE.read(recording):
        number = row.key["generation"]
        known = found.get(number) or Generation(number, Latencies(), 0, 0)
        found[number] = Generation(
            number,
            known.pauses + row.latencies,
            known.collected + int(row.sums["collected"]),
            known.uncollectable + int(row.sums["uncollectable"]),
        )
    return tuple(found[number] for number in sorted(found))


def by_second(recording: Recording) -> tuple[Second, ...]:
    """Collections by second and process."""
    return _TABLE.by_second(recording)
