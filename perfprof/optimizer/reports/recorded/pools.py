"""Pools of database connections: how far they were used, and who waited for whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, where
from perfprof.profilers.parts import pools
from perfprof.profilers.parts.pools import Pool
from perfprof.profilers.recording import Recording

ORDER = 17


def section(recording: Recording, root: Path) -> Recorded | None:
    """Each pool with the places that took from it, waited for it, and held what others waited for."""
    found = pools.read(recording)
    if not found:
        return None
    exhausted = sum(pool.exhausted for pool in found)
    heads = ["pool", "what", "times", "p50", "p95", "longest", "place"]
    return Recorded(
        subject="pools",
        title="Connection pools",
        says=f"{exhausted} of {len(found)} ran out of connections" if exhausted else "none ran out of connections",
        brief=[line for pool in found for line in _brief(pool, root)],
        heads=heads,
        numbers=heads[2:-1],
        rows=[row for pool in found for row in _rows(pool, root)][:ROWS],
    )


def _used(pool: Pool) -> str:
    return f"{pool.name} · at most {pool.most} of {pool.size or 'any number'} out"


def _brief(pool: Pool, root: Path) -> Iterator[str]:
    taken, waits, timeouts = (pools.total(sites) for sites in (pool.checkouts, pool.waits, pool.timeouts))
    yield f"{_used(pool)} · {taken.count:,} taken"
    if pool.exhausted:
        gave_up = f", {timeouts.count:,} gave up" if timeouts.count else ""
        longest = figures.seconds(max(waits.longest, timeouts.longest))
        waiting = where((pool.waits or pool.timeouts)[0].place, root)
        yield f"  exhausted: {waits.count:,} waited{gave_up}, the longest {longest} · {waiting}"
    for site in pool.holds[:1]:
        held = figures.seconds(site.latencies.longest)
        yield f"  held meanwhile, up to {held}, by what was taken at {where(site.place, root) or 'no place of ours'}"


def _rows(pool: Pool, root: Path) -> Iterator[list[str]]:
    kinds = (("waited", pool.waits), ("gave up", pool.timeouts), ("held", pool.holds), ("taken", pool.checkouts))
    for deed, sites in kinds:
        for site in sites:
            times = site.latencies
            told = (times.percentile(50), times.percentile(95), times.longest)
            yield [_used(pool), deed, f"{times.count:,}", *map(figures.seconds, told), where(site.place, root)]
