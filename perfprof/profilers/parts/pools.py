"""Pools of database connections: who took one, who waited, and who held them meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from perfprof.profilers.recording import Frame, Recording
from perfprof.profilers.tallies import Latencies, Table

_TABLE = Table("pools", ("pool", "size", "deed"))
PART = _TABLE.part


@dataclass(frozen=True, slots=True)
class Site:
    """What was done at one place. place: innermost frame first. latencies: of ``hold``, how long it was out so far."""

    place: tuple[Frame, ...]
    latencies: Latencies


@dataclass(frozen=True, slots=True)
class Pool:
    """All pools of one kind and size, all processes together.

    size: the most connections that may be out, 0 for any number. most: how many were. wanted: how many were out and
    waited for at once. checkouts, waits, timeouts and holds by place, those that took most time first; a timeout is no
    wait. processes: how many had it. made: where they were made, () in recordings that do not say.
    """

    name: str
    size: int
    most: int = 0
    checkouts: tuple[Site, ...] = ()
    waits: tuple[Site, ...] = ()
    timeouts: tuple[Site, ...] = ()
    holds: tuple[Site, ...] = ()
    made: tuple[Site, ...] = ()
    wanted: int = 0
    processes: int = 1

    @property
    def exhausted(self) -> bool:
        """Whether somebody had to wait or gave up."""
        return bool(self.waits or self.timeouts)


@dataclass(slots=True)
class _Found:
    most: int = 0
    wanted: int = 0
    pids: set[int] = field(default_factory=set)
    sites: dict[str, dict[tuple[Frame, ...], Latencies]] = field(default_factory=dict)


def read(recording: Recording) -> tuple[Pool, ...]:
    """The pools, exhausted ones first."""
    found: dict[tuple[str, int], _Found] = {}
    for row in _TABLE.read(recording):
        one = found.setdefault((row.key["pool"], row.key["size"]), _Found())
        one.pids.add(row.pid)
        if row.key["deed"] in ("wait", "timeout"):
            one.wanted = max(one.wanted, row.most)
        else:
            one.most = max(one.most, row.most)
        sites = one.sites.setdefault(row.key["deed"], {})
        sites[row.place] = sites.get(row.place, Latencies()) + row.latencies
    pools = [_pool(*key, one) for key, one in found.items()]
    return tuple(sorted(pools, key=lambda pool: (not pool.exhausted, pool.name)))


def total(sites: Iterable[Site]) -> Latencies:
    """Of all places together."""
    return sum((site.latencies for site in sites), Latencies())


def _pool(name: str, size: int, found: _Found) -> Pool:
    def sites(deed: str) -> tuple[Site, ...]:
        told = found.sites.get(deed, {}).items()
        return tuple(sorted((Site(*one) for one in told), key=lambda site: -site.latencies.seconds))

    checkouts, waits, timeouts, holds, made = map(sites, ("checkout", "wait", "timeout", "hold", "made"))
    wanted = max(found.wanted, found.most)
    return Pool(name, size, found.most, checkouts, waits, timeouts, holds, made, wanted, len(found.pids))
