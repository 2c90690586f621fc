"""Requests served, by route."""

from __future__ import annotations

from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, where
from perfprof.profilers.parts import requests
from perfprof.profilers.parts.requests import Route
from perfprof.profilers.recording import Recording
from perfprof.profilers.tallies import Latencies

ORDER = 10
_PERCENTS = (50, 95, 99, 99.9)
_BRIEF = 3


def section(recording: Recording, root: Path) -> Recorded | None:
    """Throughput, percentiles, errors and concurrency."""
    routes = requests.read(recording)
    if not routes:
        return None
    whole = sum((route.latencies for route in routes), Latencies())
    seconds = len({second.at for second in requests.by_second(recording)})
    errors = sum(route.errors for route in routes)
    says = (
        f"{whole.count:,} requests, {whole.count / max(seconds, 1):,.1f} a second while there were any,"
        f" {errors / whole.count:.1%} errors; {_percentiles(whole)}"
    )
    return Recorded(
        subject="requests",
        title="Requests served",
        says=says,
        brief=[_brief(route, root) for route in routes[:_BRIEF]],
        heads=["route", "requests", "errors", "p50", "p95", "p99", "p99.9", "longest", "at once", "handler"],
        numbers=["requests", "errors", "p50", "p95", "p99", "p99.9", "longest", "at once"],
        rows=[_row(route, root) for route in routes[:ROWS]],
    )


def _brief(route: Route, root: Path) -> str:
    place = where(route.place, root)
    errors = f" · {route.errors:,} failed" if route.errors else ""
    times = f"{route.latencies.count:,} x"
    return f"{route.method} {route.route} · {times} · {_percentiles(route.latencies)}{errors}" + (
        f" · {place}" if place else ""
    )


def _percentiles(latencies: Latencies) -> str:
    return " ".join(f"p{percent:g} {figures.seconds(latencies.percentile(percent))}" for percent in _PERCENTS)


def _row(route: Route, root: Path) -> list[str]:
    latencies = route.latencies
    return [
        f"{route.method} {route.route}",
        f"{latencies.count:,}",
        f"{route.errors / latencies.count:.1%}" if route.errors else "",
        *(figures.seconds(latencies.percentile(percent)) for percent in _PERCENTS),
        figures.seconds(latencies.longest),
        str(route.concurrency),
        where(route.place, root),
    ]
