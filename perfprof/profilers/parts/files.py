"""Files that the program opened, read and wrote, by call site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from perfprof.profilers.recording import Frame, Recording
from perfprof.profilers.tallies import Latencies, Second, Table

Deed = Literal["open", "read", "write", "seek"]

_TABLE = Table("files", ("deed", "path"), ("bytes",))
PART = _TABLE.part


@dataclass(frozen=True, slots=True)
class Access:
    """System calls of one kind on files alike, for one place that opened them.

    path: absolute, with numbers in its name replaced by ``{}``. place: the program's frames that opened the file, innermost
    first. latencies: of each call. bytes: read or written.
    """

    deed: Deed
    path: str
    place: tuple[Frame, ...]
    latencies: Latencies
    bytes: int


def read(recording: Recording) -> tuple[Access, ...]:
    """What was done to files, what took longest in all first."""
    found: dict[tuple[Deed, str, tuple[Frame, ...]], Access] = {}
    for row in _TABLE.read(recording):
        key = (row.key["deed"], row.key["path"], row.place)
        known = found.get(key) or Access(*key, Latencies(), 0)
        found[key] = Access(*key, known.latencies + row.latencies, known.bytes + int(row.sums["bytes"]))
    return tuple(sorted(found.values(), key=lambda access: -access.latencies.seconds))


def by_second(recording: Recording) -> tuple[Second, ...]:
    """Calls by second and process; amount: bytes."""
    return _TABLE.by_second(recording)
