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
_ASKED = ("queries each", "in queries", "connections each")
_PERCENTS = (50, 95, 99, 99.9)
_BRIEF = 3
_NUMBERS = ("requests", "errors", "p50", "p95", "p99", "p99.9", "longest", "at once", *_ASKED)


def section(recording: Recording, root: Path) -> Recorded | None:
    """Throughput, percentiles, errors and concurrency."""
    routes = requests.read(recording)
    if not routes:
        return None
    whole = sum((route.latencies for route in routes), Latencies())
    seconds = len({second.at for second in requests.by_second(recording)})
    errors = sum(route.errors for route in routes)
    says = (
        f"{figures.counted(whole.count, 'request')}, {whole.count / max(seconds, 1):,.1f} a second while there were any,"
        f" {errors / whole.count:.1%} errors; {_percentiles(whole)}"
    )
    return Recorded(
        subject="requests",
        title="Requests served",
        says=says,
        brief=[_brief(route, root) for route in routes[:_BRIEF]],
        heads=["route", *_NUMBERS, "handler"],
        numbers=list(_NUMBERS),
        rows=[_row(route, root) for route in routes[:ROWS]],
    )


def _brief(route: Route, root: Path) -> str:
    place = where(route.place, root)
    errors = f" · {route.errors:,} failed" if route.errors else ""
    times = f"{route.latencies.count:,} x"
    if route.queries:
        each = _each(route.queries, route)
        errors = f" · {each} {'query' if each == '1' else 'queries'} each{errors}"
    return f"{route.method} {route.route} · {times} · {_percentiles(route.latencies)}{errors}" + (
        f" · {place}" if place else ""
    )


def _percentiles(latencies: Latencies) -> str:
    """As many as the requests can tell apart, and the longest."""
    told = [percent for percent in _PERCENTS if percent == _PERCENTS[0] or latencies.count * (100 - percent) >= 100]
    percents = (f"p{percent:g} {figures.seconds(latencies.percentile(percent))}" for percent in told)
    return " ".join((*percents, f"longest {figures.seconds(latencies.longest)}"))


def _each(count: int, route: Route) -> str:
    """A request, on average."""
    return f"{count / route.latencies.count:,.1f}".removesuffix(".0")


def _row(route: Route, root: Path) -> list[str]:
    latencies = route.latencies
    return [
        f"{route.method} {route.route}",
        f"{latencies.count:,}",
        f"{route.errors / latencies.count:.1%}" if route.errors else "",
        *(figures.seconds(latencies.percentile(percent)) for percent in _PERCENTS),
        figures.seconds(latencies.longest),
        str(route.concurrency),
        _each(route.queries, route) if route.queries else "",
        figures.share(route.query_seconds / latencies.seconds) if route.queries and latencies.seconds else "",
        _each(route.connections, route) if route.connections else "",
        where(route.place, root),
    ]
