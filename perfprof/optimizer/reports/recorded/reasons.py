"""Where the time went, of all subjects together: the first thing to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, where
from perfprof.profilers.parts import requests
from perfprof.profilers.reasons import Reason, reasons
from perfprof.profilers.recording import Recording
from perfprof.profilers.tallies import Latencies

ORDER = -10
_BRIEF = 5


def section(recording: Recording, root: Path) -> Recorded | None:
    """The reasons by their seconds."""
    found = reasons(recording)
    if not found:
        return None
    return Recorded(
        subject="reasons",
        title="Where the time went",
        says="; ".join(_says(recording)),
        brief=[_brief(one, root) for one in found[:_BRIEF]],
        heads=["seconds", "of what", "place", "what", "times", "p95"],
        numbers=["seconds", "times", "p95"],
        rows=[_row(one, root) for one in found[:ROWS]],
    )


def _says(recording: Recording) -> Iterator[str]:
    wall, cpu = float(recording.meta["seconds"]), float(recording.meta["cpu_seconds"])
    yield f"{figures.seconds(wall)}, of which {figures.seconds(cpu)} computing ({figures.share(cpu / wall)} of a core)"
    routes = requests.read(recording)
    if routes:
        whole = sum((route.latencies for route in routes), Latencies()).seconds
        asked = sum(route.query_seconds for route in routes)
        if whole and asked:
            yield f"requests took {figures.seconds(whole)}, {figures.share(asked / whole)} of it in statements"
    yield "what follows overlaps, and what ran at once is added up"


def _brief(one: Reason, root: Path) -> str:
    times = one.latencies
    counted = f"{times.count:,} x, p95 {figures.seconds(times.percentile(95))}" if times is not None else ""
    parts = (f"{figures.seconds(one.seconds):>7} {one.kind}", where(one.place, root), one.remark, counted)
    return " · ".join(filter(None, parts))


def _row(one: Reason, root: Path) -> list[str]:
    times = one.latencies
    return [
        figures.seconds(one.seconds),
        one.kind,
        where(one.place, root),
        one.remark,
        f"{times.count:,}" if times is not None else "",
        figures.seconds(times.percentile(95)) if times is not None else "",
    ]
