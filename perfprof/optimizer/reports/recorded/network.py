"""Requests that the program made, by endpoint."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, where
from perfprof.profilers.parts import network
from perfprof.profilers.parts.network import PHASES, Endpoint
from perfprof.profilers.recording import Recording

ORDER = 20
_BRIEF = 3
_WASTEFUL = 10  # requests of which each opened a connection


def section(recording: Recording, root: Path) -> Recorded | None:
    """Endpoints with their phases; and which of them open a connection each time."""
    endpoints = network.read(recording)
    if not endpoints:
        return None
    count = sum(endpoint.latencies.count for endpoint in endpoints)
    seconds = sum(endpoint.latencies.seconds for endpoint in endpoints)
    opened = sum(endpoint.opened for endpoint in endpoints)
    failed = sum(endpoint.failed for endpoint in endpoints)
    says = f"{figures.counted(count, 'request')}, {figures.seconds(seconds)} in all, {figures.counted(opened, 'connection')} opened"
    says += f", {failed:,} without an answer" if failed else ""
    heads = ["endpoint", "requests", "p50", "p95", "longest", *(name.replace("_", " ") for name in PHASES)]
    return Recorded(
        subject="network",
        title="Requests made",
        says=says,
        brief=[_brief(endpoint, root) for endpoint in endpoints[:_BRIEF]],
        heads=[*heads, "reused", "from"],
        numbers=[*heads[1:], "reused"],
        rows=[_row(endpoint, root) for endpoint in endpoints[:ROWS]],
    )


def _brief(endpoint: Endpoint, root: Path) -> str:
    latencies = endpoint.latencies
    phase = max(PHASES, key=lambda name: endpoint.phases[name])
    parts = [
        f"{endpoint.method} {endpoint.url}",
        f"{latencies.count:,} x",
        f"p50 {figures.seconds(latencies.percentile(50))} p95 {figures.seconds(latencies.percentile(95))}",
        f"most in {phase.replace('_', ' ')}",
    ]
    if latencies.count >= _WASTEFUL and endpoint.opened == latencies.count:
        parts.append("a new connection each time: keep one session")
    return " · ".join(filter(None, [*parts, where(endpoint.place, root)]))


def _row(endpoint: Endpoint, root: Path) -> list[str]:
    latencies = endpoint.latencies
    count = latencies.count or 1
    return [
        f"{endpoint.method} {endpoint.url}",
        f"{latencies.count:,}",
        figures.seconds(latencies.percentile(50)),
        figures.seconds(latencies.percentile(95)),
        figures.seconds(latencies.longest),
        *(figures.seconds(endpoint.phases[name] / count) for name in PHASES),
        figures.share(endpoint.reuse) or "0 %",
        where(endpoint.place, root),
    ]
