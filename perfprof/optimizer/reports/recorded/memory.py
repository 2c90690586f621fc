"""Memory: peak by line, rate of allocation, and leaks with what holds them."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, where
from perfprof.profilers.parts import memory
from perfprof.profilers.parts.memory import Leak, Line
from perfprof.profilers.recording import Recording

ORDER = 5
_BRIEF = 3  # lines of each kind for a terminal


def section(recording: Recording, root: Path) -> Recorded | None:
    """None if memory was not recorded."""
    processes = memory.read(recording)
    if not processes:
        return None
    peak = processes[0]
    says = f"peak {figures.size(peak.peak)} in one process, by {peak.backend}"
    if peak.allocations >= 0 and peak.seconds:
        rate = peak.allocations / peak.seconds
        says += f"; {figures.count(peak.allocations)} allocations, {figures.count(round(rate))} a second"
    found = memory.leaks(recording)
    says += f"; {len(found)} things grow with equal work" if found else "; nothing grows steadily with equal work"
    largest = memory.lines(recording, "peak")
    grown = memory.by_place(found)
    allocated = {line.place[:1]: line for line in memory.lines(recording, "allocated")}
    held = [_leak(leak, root) for leak in found if leak.kind != "line"]
    lines = [_leak(leak, root) for leak in found if leak.kind == "line"]
    return Recorded(
        subject="memory",
        title="Memory",
        says=says,
        brief=[
            *(
                f"at the peak {figures.size(line.bytes)} from {where(line.place, root)}"
                for line in largest[:_BRIEF]
            ),
            *(f"grows: {text}" for text in (*held[:_BRIEF], *lines[:_BRIEF])),
        ],
        heads=["what", "at the peak", "blocks", "allocations", "grows"],
        numbers=["at the peak", "blocks", "allocations"],
        rows=[
            *([text, "", "", "", "yes"] for text in held[:ROWS]),
            *(_row(line, grown, allocated, root) for line in _chosen(largest, grown)),
        ],
    )


def _chosen(largest: tuple[Line, ...], grown: object) -> list[Line]:
    """The largest lines, and those that grow wherever they stand."""
    assert isinstance(grown, dict)
    return [line for number, line in enumerate(largest) if number < ROWS or line.place in grown]


def _row(line: Line, grown: object, allocated: object, root: Path) -> list[str]:
    assert isinstance(grown, dict)
    assert isinstance(allocated, dict)
    leak, made = grown.get(line.place), allocated.get(line.place[:1])
    return [
        where(line.place, root),
        figures.size(line.bytes),
        f"{line.blocks:,}",
        f"{made.blocks:,}" if made else "",
        _rate(leak) if leak else "",
    ]


def _leak(leak: Leak, root: Path) -> str:
    what = where(leak.place, root) if leak.kind == "line" else leak.name
    held = f" ({leak.path})" if leak.path else ""
    return f"{what}{held}: {_rate(leak)}"


def _rate(leak: Leak) -> str:
    if leak.kind == "line":
        each, hourly = figures.size(leak.growth.per_unit), figures.size(leak.growth.per_hour)
    else:
        word = "objects" if leak.kind == "type" else "entries"
        each, hourly = f"{figures.count(round(leak.growth.per_unit, 2))} {word}", figures.count(
            leak.growth.per_hour
        )
    return f"{each} a {leak.unit}, {hourly} an hour at this pace"
