"""Transactions: how long they were open, how much of that the database waited for the program, and where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, shortened, where
from perfprof.profilers.parts import transactions
from perfprof.profilers.parts.transactions import OPEN, Pause, Transaction
from perfprof.profilers.recording import Recording
from perfprof.profilers.tallies import Latencies

ORDER = 16
_BRIEF = 3
_LINE, _TEXT = 50, 120  # characters of a statement in a terminal and in the table
_IDLE = 0.5  # share of its time that a transaction may wait for the program without a word


def section(recording: Recording, root: Path) -> Recorded | None:
    """Those that were open longest, with the statement after which they waited."""
    found = transactions.read(recording)
    if not found:
        return None
    heads = ["began with", "ended", "times", "statements each", "p50", "p95", "longest", "idle", "waits behind"]
    return Recorded(
        subject="transactions",
        title="Transactions",
        says=_says(found),
        brief=[_brief(one, root) for one in found[:_BRIEF]],
        heads=[*heads, "began at"],
        numbers=["times", "statements each", "p50", "p95", "longest", "idle"],
        rows=[_row(one, root) for one in found[:ROWS]],
    )


def _says(found: tuple[Transaction, ...]) -> str:
    whole = sum((one.latencies for one in found), Latencies())
    rolled = sum(one.latencies.count for one in found if one.outcome == transactions.ROLLED_BACK)
    still = sum(one.latencies.count for one in found if one.outcome == OPEN)
    idle = sum(one.idle for one in found)
    parts = [
        f"{whole.count:,} of {_each(found)} each, open for {figures.seconds(whole.seconds)} in all,"
        f" {figures.share(idle / whole.seconds) if whole.seconds else '0 %'} of it idle",
        f"{rolled:,} rolled back" if rolled else "",
        f"{still:,} never ended" if still else "",
    ]
    return "; ".join(filter(None, parts))


def _each(found: tuple[Transaction, ...]) -> str:
    count = sum(one.latencies.count for one in found)
    each = f"{sum(one.statements for one in found) / count:,.1f}".removesuffix(".0")
    return f"{each} {'statement' if each == '1' else 'statements'}"


def _brief(one: Transaction, root: Path) -> str:
    return " · ".join(filter(None, _told(one, root)))


def _told(one: Transaction, root: Path) -> Iterator[str]:
    times = one.latencies
    yield f"{where(one.place, root) or 'no place of the program'}"
    yield f"{times.count:,} {one.outcome}, {_each((one,))} each"
    several = f"p95 {figures.seconds(times.percentile(95))}, the longest " if times.count > 1 else "open for "
    yield f"{several}{figures.seconds(times.longest)}"
    if times.seconds and one.idle >= _IDLE * times.seconds and one.pauses:
        yield f"{figures.share(one.idle / times.seconds)} idle, most behind {_pause(one.pauses[0], root, _LINE)}"


def _pause(pause: Pause, root: Path, most: int) -> str:
    return f"{where(pause.place, root)} ({shortened(pause.statement.text, most)})"


def _row(one: Transaction, root: Path) -> list[str]:
    times = one.latencies
    return [
        shortened(one.first, _TEXT),
        one.outcome,
        f"{times.count:,}",
        _each((one,)).partition(" ")[0],
        *map(figures.seconds, (times.percentile(50), times.percentile(95), times.longest)),
        figures.share(one.idle / times.seconds) if times.seconds else "",
        _pause(one.pauses[0], root, _LINE) if one.pauses else "",
        where(one.place, root),
    ]
