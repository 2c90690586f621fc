"""What the program did to files, by call site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, where
from perfprof.profilers.parts import files
from perfprof.profilers.parts.files import Access
from perfprof.profilers.recording import Recording

ORDER = 30
_BRIEF, _WORTH = 2, 0.005  # lines for a terminal, and seconds from which one is worth it


def section(recording: Recording, root: Path) -> Recorded | None:
    """Calls, bytes and latencies; says what is not seen."""
    accesses = files.read(recording)
    if not accesses:
        return None
    counts = dict.fromkeys(("open", "read", "write", "seek"), 0)
    sizes = dict.fromkeys(counts, 0)
    for access in accesses:
        counts[access.deed] += access.latencies.count
        sizes[access.deed] += access.bytes
    seconds = sum(access.latencies.seconds for access in accesses)
    says = f"{', '.join(_deeds(counts, sizes))}; {figures.seconds(seconds)} in the system"
    heads = ["file", "deed", "calls", "bytes", "in all", "p50", "p95", "longest", "opened at"]
    return Recorded(
        subject="files",
        title="Files",
        says=says,
        brief=[_brief(access, root) for access in accesses[:_BRIEF] if access.latencies.seconds >= _WORTH],
        heads=heads,
        numbers=heads[2:-1],
        rows=[_row(access, root) for access in accesses[:ROWS]],
    )


def _deeds(counts: Mapping[str, int], sizes: Mapping[str, int]) -> Iterator[str]:
    """What was done at all, in words."""
    if counts["open"]:
        yield f"{counts['open']:,} opened"
    for deed in ("read", "write"):
        if counts[deed]:
            yield f"{figures.counted(counts[deed], deed)} of {figures.size(sizes[deed])}"
    if counts["seek"]:
        yield figures.counted(counts["seek"], "seek")


def _brief(access: Access, root: Path) -> str:
    latencies = access.latencies
    parts = (
        f"{access.deed} {_name(access.path, root)}",
        f"{latencies.count:,} x",
        f"{figures.seconds(latencies.seconds)} in all, p95 {figures.seconds(latencies.percentile(95))}",
        figures.size(access.bytes) if access.bytes else "",
        where(access.place, root),
    )
    return " · ".join(filter(None, parts))


def _row(access: Access, root: Path) -> list[str]:
    latencies = access.latencies
    times = (latencies.seconds, latencies.percentile(50), latencies.percentile(95), latencies.longest)
    return [
        _name(access.path, root),
        access.deed,
        f"{latencies.count:,}",
        figures.size(access.bytes) if access.bytes else "",
        *map(figures.seconds, times),
        where(access.place, root),
    ]


def _name(path: str, root: Path) -> str:
    found = Path(path)
    return found.relative_to(root).as_posix() if found.is_relative_to(root) else path
