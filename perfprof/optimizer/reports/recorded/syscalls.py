"""System calls, when strace counted them."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS
from perfprof.profilers.parts import syscalls
from perfprof.profilers.recording import Recording

ORDER = 35
_BRIEF = 3


def section(recording: Recording, root: Path) -> Recorded | None:
    """Calls, failures and time by name."""
    found = syscalls.read(recording)
    if not found:
        return None
    calls, failed = sum(one.calls for one in found), sum(one.failed for one in found)
    return Recorded(
        subject="syscalls",
        title="System calls",
        says=f"{calls:,} calls of {len(found)} kinds, {failed:,} failed, by strace",
        brief=[f"{one.name} · {one.calls:,} x · {figures.seconds(one.seconds)}" for one in found[:_BRIEF]],
        heads=["call", "calls", "failed", "time"],
        numbers=["calls", "failed", "time"],
        rows=[
            [one.name, f"{one.calls:,}", f"{one.failed:,}", figures.seconds(one.seconds)] for one in found[:ROWS]
        ],
    )
