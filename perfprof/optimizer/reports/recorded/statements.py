"""SQL statements: how often, how long, how many rows, from where; slow ones first."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.optimizer.reports.recorded import ROWS, shortened, where
from perfprof.profilers.parts import statements, transactions
from perfprof.profilers.parts.statements import SLOW, Timed
from perfprof.profilers.recording import Frame, Recording, Statement
from perfprof.profilers.tallies import Latencies

ORDER = 15
_BRIEF = 3
_TEXT, _LINE = 300, 70  # characters of a statement in the table and in a terminal


def section(recording: Recording, root: Path) -> Recorded | None:
    """The statements that took most time, those with slow executions before the others."""
    found = statements.read(recording)
    if not found:
        return None
    limit = float(recording.meta.get("slow_query", SLOW))
    found = tuple(sorted(found, key=lambda one: not one.slower(limit)))  # the sort is stable
    whole = sum((one.latencies for one in found), Latencies())
    slow = sum(one.slower(limit) for one in found)
    says = (
        f"{figures.counted(whole.count, 'statement')}, {len({one.statement for one in found}):,} different ones,"
        f" {figures.seconds(whole.seconds)} in all; {f'{slow:,}' if slow else 'none'} took longer than {figures.seconds(limit)}"
    )
    within = _within(recording)
    heads = ["statement", "times", "rows", "in all", "p50", "p95", "p99", "longest", "slow", "in transactions"]
    return Recorded(
        subject="statements",
        title="SQL statements",
        says=says,
        brief=[_brief(one, root, limit) for one in found[:_BRIEF]],
        heads=[*heads, "asked at"],
        numbers=heads[1:],
        rows=[_row(one, root, limit, within) for one in found[:ROWS]],
    )


def _brief(one: Timed, root: Path, limit: float) -> str:
    times, slow = one.latencies, one.slower(limit)
    parts = (
        shortened(one.statement.text, _LINE),
        f"{times.count:,} x",
        f"{figures.seconds(times.seconds)} in all, p95 {figures.seconds(times.percentile(95))}",
        f"{slow:,} slow, the longest {figures.seconds(times.longest)}" if slow else "",
        where(one.site, root),
    )
    return " · ".join(filter(None, parts))


def _within(recording: Recording) -> Counter[tuple[Statement, tuple[Frame, ...]]]:
    """How often each statement ran in a transaction, by its place."""
    found: Counter[tuple[Statement, tuple[Frame, ...]]] = Counter()
    for one in transactions.read(recording):
        for statement, place, count in one.members:
            found[statement, place] += count
    return found


def _row(one: Timed, root: Path, limit: float, within: Counter[tuple[Statement, tuple[Frame, ...]]]) -> list[str]:
    times, slow = one.latencies, one.slower(limit)
    inside = within[one.statement, one.site]
    percentiles = (times.percentile(percent) for percent in (50, 95, 99))
    return [
        shortened(one.statement.text, _TEXT),
        f"{times.count:,}",
        f"{one.rows:,}" if one.rows >= 0 else "",
        *map(figures.seconds, (times.seconds, *percentiles, times.longest)),
        f"{slow:,}" if slow else "",
        f"{inside:,}" if inside else "",
        where(one.site, root),
    ]
