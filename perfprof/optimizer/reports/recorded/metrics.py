"""What the processes used over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded, Series
from perfprof.optimizer.reports.recorded import ROWS
from perfprof.profilers.parts import metrics, requests
from perfprof.profilers.parts.metrics import Metric
from perfprof.profilers.recording import Recording

ORDER = 60
_POINTS = 120  # of a picture


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
    together = "together at most" if len(by_pid) > 1 else "at most"
    says = (
        f"{figures.counted(len(by_pid), 'process', 'processes')}; {together} {figures.size(memory)} resident,"
        f" {figures.counted(files, 'open file')}, {figures.counted(connections, 'connection')}"
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
        series=list(_series(at_once, recording)),
    )


def _series(looks: list[list[Metric]], recording: Recording) -> Iterator[Series]:
    """CPU and memory of all processes together, and requests, from the first look on."""
    begin = looks[0][0].at
    cpu, memory, known = [], [], {look.pid: look.cpu for look in looks[0]}
    for before, now in pairwise(looks):
        used = sum(max(look.cpu - known.get(look.pid, 0.0), 0.0) for look in now)
        known |= {look.pid: look.cpu for look in now}
        cpu.append([now[0].at - begin, used / max(now[0].at - before[0].at, 1e-3)])
    memory = [[group[0].at - begin, float(sum(look.rss for look in group))] for group in looks]
    yield _thinned("CPU, in cores", cpu, lambda most: f"{most:.2f}")
    yield _thinned("resident memory", memory, lambda most: figures.size(int(most)))
    served: Counter[int] = Counter()
    for second in requests.by_second(recording):
        served[second.at] += second.count
    if served:
        seconds = range(min(served), max(served) + 1)
        points = [[max(at - begin, 0.0), float(served[at])] for at in seconds]
        yield _thinned("requests a second", points, lambda most: f"{most:,.0f}")


def _thinned(name: str, points: list[list[float]], written: Callable[[float], str]) -> Series:
    """No more points than a small picture can show, the highest of each stretch."""
    most = written(max((value for _, value in points), default=0.0))
    stretch = -(-len(points) // _POINTS) or 1
    parts = (points[index : index + stretch] for index in range(0, len(points), stretch))
    kept = [max(part, key=lambda point: point[1]) for part in parts]
    return Series(name=name, most=most, points=[[round(at, 2), round(value, 3)] for at, value in kept])


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
