"""Call trees of the slowest requests or tests that were asked for."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.profilers.parts import trees
from perfprof.profilers.recording import Recording

ORDER = 12
_LINES = 30  # of the slowest tree that a terminal shows


def section(recording: Recording, root: Path) -> Recorded | None:
    """The slowest first; only its tree is shown in a terminal."""
    found = trees.read(recording)
    if not found:
        return None
    slowest = found[0].text.splitlines()
    more = [f"({len(slowest) - _LINES} more lines in the report)"] if len(slowest) > _LINES else []
    return Recorded(
        subject="trees",
        title="Call trees",
        says=f"the slowest {len(found)} of those asked for, by pyinstrument; [await] is waiting",
        brief=[f"{figures.seconds(found[0].seconds)} · {found[0].name}", *slowest[:_LINES], *more],
        heads=["request or test", "took", "seconds and calls"],
        numbers=["took"],
        rows=[[one.name, figures.seconds(one.seconds), one.text] for one in found],
    )
