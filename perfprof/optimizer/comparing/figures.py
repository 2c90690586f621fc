"""The figures of a recording that a budget can bound and a comparison can compare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from perfprof.profilers.parts import metrics, requests
from perfprof.profilers.recording import Recording
from perfprof.profilers.tallies import Latencies

Unit = Literal["s", "bytes", "", "/s", "share"]

FUNCTION = "function "  # begins the name of the CPU time of one function
CPU_NOISE, WALL_NOISE = 0.1, 0.25  # who else runs here takes from wall clock more than from CPU time
_LOOKS, _FEW_NOISE = 8, 0.5  # with fewer looks at a run it is chance whether one fell on the most that it held
_LEAST = 0.01  # share of all samples from which a function is worth a figure


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of one run.

    exact: counted, so that equal work gives an equal number; else measured, with the noise of the machine in it.
    higher: more is better (throughput); else less is. samples: what a sampled time rests on, 0 if it is not sampled.
    noise: of one run on a machine in use, as the standard deviation of the logarithm.
    """

    name: str
    value: float
    unit: Unit
    exact: bool = False
    higher: bool = False
    samples: int = 0
    noise: float = CPU_NOISE


def figures(recording: Recording, root: Path) -> dict[str, Figure]:
    """All figures of a recording by name; what was not recorded is missing. root: what paths are told relative to."""
    found = (figure for source in SOURCES for figure in source(recording, root))
    return {figure.name: figure for figure in found}


def _times(recording: Recording, root: Path) -> Iterator[Figure]:
    yield Figure("cpu", float(recording.meta["cpu_seconds"]), "s")
    yield Figure("wall", float(recording.meta["seconds"]), "s", noise=WALL_NOISE)


def _queries(recording: Recording, root: Path) -> Iterator[Figure]:
    executions = recording.executions()
    if executions:
        yield Figure("queries", sum(one.count for one in executions), "", exact=True)
        yield Figure("time in queries", sum(one.seconds for one in executions), "s", noise=WALL_NOISE)


def _memory(recording: Recording, root: Path) -> Iterator[Figure]:
    """The most that all processes together held at one look."""
    held: dict[float, int] = defaultdict(int)
    for look in metrics.read(recording):
        held[look.at] += look.rss
    if held:
        noise = CPU_NOISE if len(held) >= _LOOKS else _FEW_NOISE
        yield Figure("memory", max(held.values()), "bytes", noise=noise)


def _functions(recording: Recording, root: Path) -> Iterator[Figure]:
    """CPU time of each application function with all that it calls, recursion counted once."""
    total = recording.total or 1
    each = float(recording.meta["cpu_seconds"]) / total  # a sampler from outside counts waiting for a core as well
    for (path, function), samples in _samples_by_function(recording).items():
        if samples >= _LEAST * total:
            place = Path(path).relative_to(root).as_posix() if Path(path).is_relative_to(root) else path
            yield Figure(f"{FUNCTION}{place}:{function}", samples * each, "s", samples=samples)


def _samples_by_function(recording: Recording) -> Mapping[tuple[str, str], int]:
    ours = set(recording.files())
    found: dict[tuple[str, str], int] = defaultdict(int)
    for sample in recording.samples():
        for place in {(frame.path, frame.function) for frame in sample.stack if frame.path in ours}:
            found[place] += sample.count
    return found


def _served(recording: Recording, root: Path) -> Iterator[Figure]:
    """Of all routes together; throughput while there were requests."""
    routes = requests.read(recording)
    if not routes:
        return
    whole = sum((route.latencies for route in routes), Latencies())
    seconds = len({second.at for second in requests.by_second(recording)})
    yield Figure("requests", whole.count, "", exact=True, higher=True)
    yield Figure("throughput", whole.count / max(seconds, 1), "/s", higher=True, noise=WALL_NOISE)
    yield Figure("error rate", sum(route.errors for route in routes) / whole.count, "share", exact=True)
    for percent in (50, 95, 99, 99.9):
        yield Figure(f"latency p{percent:g}", whole.percentile(percent), "s", samples=whole.count, noise=WALL_NOISE)
    queries = sum(route.queries for route in routes)  # those of start and of background work are not theirs
    if recording.executions():
        yield Figure("queries a request", queries / whole.count, "", exact=True)


SOURCES: tuple[Callable[[Recording, Path], Iterator[Figure]], ...] = (
    _times,
    _memory,
    _queries,
    _served,
    _functions,
)
