"""Tests of pytest, the dearest first."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS
from perfprof.profilers.parts import tests
from perfprof.profilers.recording import Recording

ORDER = 5
_BRIEF = 3


def section(recording: Recording, root: Path) -> Recorded | None:
    """CPU and wall time of each test with its fixtures."""
    found = tests.read(recording)
    if not found:
        return None
    failed = sum(test.outcome == "failed" for test in found)
    cpu = figures.seconds(sum(test.cpu for test in found))
    return Recorded(
        subject="tests",
        title="Tests",
        says=f"{len(found):,} tests, {cpu} CPU" + (f", {failed:,} failed" if failed else ""),
        brief=[f"{figures.seconds(test.cpu)} CPU · {test.name}" for test in found[:_BRIEF]],
        heads=["test", "CPU", "wall", "outcome"],
        numbers=["CPU", "wall"],
        rows=[
            [test.name, figures.seconds(test.cpu), figures.seconds(test.seconds), test.outcome]
            for test in found[:ROWS]
        ],
    )
