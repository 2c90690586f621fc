"""Pauses of the garbage collector."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.profilers.parts import collections
from perfprof.profilers.recording import Recording
from perfprof.profilers.tallies import Latencies

ORDER = 40


def section(recording: Recording, root: Path) -> Recorded | None:
    """Count, mean and longest by generation."""
    found = collections.read(recording)
    if not found:
        return None
    whole = sum((one.pauses for one in found), Latencies())
    wall = float(recording.meta["seconds"])
    share = figures.share(whole.seconds / wall) if wall else ""
    says = (
        f"{figures.counted(whole.count, 'pause')}, {figures.seconds(whole.seconds)} in all ({share} of the run),"
        f" the longest {figures.seconds(whole.longest)}"
    )
    heads = ["generation", "collections", "mean", "longest", "in all", "objects freed", "uncollectable"]
    rows = [
        [
            str(one.generation),
            f"{one.pauses.count:,}",
            *map(figures.seconds, (one.pauses.mean, one.pauses.longest, one.pauses.seconds)),
            f"{one.collected:,}",
            f"{one.uncollectable:,}",
        ]
        for one in found
    ]
    return Recorded(
        subject="collections",
        title="Garbage collection",
        says=says,
        brief=[],
        heads=heads,
        numbers=heads[1:],
        rows=rows,
    )
