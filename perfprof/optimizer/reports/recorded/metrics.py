"""What the processes used over time."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS
from perfprof.profilers.parts import metrics
from perfprof.profilers.parts.metrics import Metric
from perfprof.profilers.recording import Recording

ORDER = 60


def section(recording: Recording, root: Path) -> Recorded | None:
    """The peaks of the whole tree, and those of each process."""
    looks = metrics.read(recording)
    if not looks:
        return None
    at_once = [list(group) for _, group in groupby(looks, key=lambda look: look.at)]
    memory = max(sum(look.rss for look in group) for group in at_once)
    files = max(sum(look.files for look in group) for group in at_once)
    connections = max(sum(look.connections for look in group) for group in at_once)
    processes = {process.pid: process.command for process in recording.processes()}
    by_pid: dict[int, list[Metric]] = {}
    for look in looks:
        by_pid.setdefault(look.pid, []).append(look)
    says = (
        f"{len(at_once):,} looks at {len(by_pid):,} processes; together at most {figures.size(memory)} resident,"
        f" {files:,} open files, {connections:,} connections"
    )
    heads = ["process", "CPU", "most memory", "threads", "disk read", "disk written", "files", "connections"]
    busiest = sorted(by_pid.items(), key=lambda item: -item[1][-1].cpu)
    return Recorded(
        subject="metrics",
        title="Processes over time",
        says=says,
        brief=[],
        heads=heads,
        numbers=heads[1:],
        rows=[_row(f"{pid} {processes.get(pid, '')}".strip(), seen) for pid, seen in busiest[:ROWS]],
    )


def _row(name: str, seen: list[Metric]) -> list[str]:
    last = seen[-1]
    return [
        name,
        figures.seconds(last.cpu),
        figures.size(max(look.rss for look in seen)),
        str(max(look.threads for look in seen)),
        *(figures.size(value) if value >= 0 else "" for value in (last.read, last.written)),
        *(str(value) if value >= 0 else "" for value in (_most(seen, "files"), _most(seen, "connections"))),
    ]


def _most(seen: list[Metric], name: str) -> int:
    return max(int(getattr(look, name)) for look in seen)
