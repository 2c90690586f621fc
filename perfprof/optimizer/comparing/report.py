"""A comparison as a value, and as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path
from statistics import median

from perfprof.optimizer.comparing import comparison
from perfprof.optimizer.comparing.budget import Breach, Budget, breaches, unknown
from perfprof.optimizer.comparing.comparison import Compared, Row
from perfprof.optimizer.comparing.figures import Figure, Unit, figures
from perfprof.optimizer.comparing.sides import Revisions
from perfprof.optimizer.project import Command
from perfprof.optimizer.reports import figures as written
from perfprof.profilers.recording import Recording
from perfprof.profilers.slopes import Slope, slopes

VERSION = 1
MARKER = "<!-- perfprof-compare -->"  # by which a pull request's one comment is found and edited in place
_WIDTH = 100  # characters of a statement
_FUNCTIONS = 10  # rows of functions in text and Markdown; the JSON has all


@dataclass(frozen=True, slots=True)
class Report:
    """names: of the sides; the same twice if one recording alone is held against the budget.

    unknown: limits of the budget on what was not recorded. growing: statements whose number grows with the rows.
    """

    names: tuple[str, str]
    compared: Compared
    after: tuple[Figure, ...]
    breaches: tuple[Breach, ...]
    unknown: tuple[str, ...]
    budget: Budget
    growing: tuple[Slope, ...] = ()


def of_recordings(files: Sequence[Path], names: tuple[str, str], budget: Budget, root: Path) -> Report:
    """One recording against the budget, or two against each other."""
    sides, ran = [], []
    for file in files:
        with Recording.open(file) as recording:
            sides.append(figures(recording, Path(recording.meta.get("root") or root)))
            ran.append(recording.executions())
    compared = comparison.compare(sides[0], sides[1], budget.regression) if len(sides) == 2 else Compared(())
    return replace(_report(names, compared, sides[-1], budget), growing=slopes(ran))


def of_revisions(
    sides: Revisions, workload: Command, names: tuple[str, str], budget: Budget, seconds: float
) -> Report:
    """Two revisions whose workload is run by turns."""
    timed = sides.measure(workload, seconds)
    with Recording.open(timed.before) as old, Recording.open(timed.after) as new:
        before, after = figures(old, sides.root("old")), figures(new, sides.root("new"))
    for side, values in ((before, "before"), (after, "after")):  # what only runs by turns know
        for name, paired in timed.paired.items():
            value = median(getattr(paired, values))
            side[name] = Figure(name, value, "bytes" if name == "memory" else "s")
    return _report(names, comparison.compare(before, after, budget.regression, timed.paired), after, budget)


def _report(names: tuple[str, str], compared: Compared, after: dict[str, Figure], budget: Budget) -> Report:
    broken = tuple(breaches(budget, after, compared.rows))
    return Report(names, compared, tuple(after.values()), broken, unknown(budget, after), budget)


def as_json(report: Report) -> str:
    """All of it, versioned."""
    rows = [
        {
            key: None if isinstance(value, float) and not isfinite(value) else value
            for key, value in asdict(row).items()
        }
        for row in report.compared.rows
    ]
    text = {
        "version": VERSION,
        "before": report.names[0],
        "after": report.names[1],
        "figures": [asdict(figure) for figure in report.after],
        "rows": rows,
        "only_before": report.compared.only_before,
        "only_after": report.compared.only_after,
        "breaches": [asdict(breach) for breach in report.breaches],
        "unknown": report.unknown,
        "regression": report.budget.regression,
        "growing": [_grows(one) for one in report.growing],
    }
    return json.dumps(text, indent=1, allow_nan=False) + "\n"


def as_text(report: Report) -> str:
    """A table for a terminal, and what is broken."""
    return "\n".join([*_table(report), *_ending(report)]) + "\n"


def as_markdown(report: Report) -> str:
    """One comment for a pull request."""
    head = [MARKER, f"### perfprof: `{report.names[0]}` → `{report.names[1]}`", ""]
    table = ["| figure | before | after | change (99 %) | |", "|---|--:|--:|--:|---|"]
    cells = (_cells(row) for row in _shown(report.compared.rows))
    rows = [f"| {' | '.join(text.replace('|', chr(92) + '|') for text in row)} |" for row in cells]
    return "\n".join([*head, *(table + rows if rows else []), "", *_ending(report)]) + "\n"


def _table(report: Report) -> Iterator[str]:
    if not report.compared.rows:
        width = max((len(figure.name) for figure in report.after), default=0)
        for figure in report.after:
            yield f"  {figure.name:<{width}}  {_amount(figure.value, figure.unit):>10}"
        return
    rows = [("", *report.names, "change (99 %)", ""), *map(_cells, _shown(report.compared.rows))]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for name, before, after, change, says in rows:
        yield (
            f"  {name:<{widths[0]}}  {before:>{widths[1]}}  {after:>{widths[2]}}  {change:<{widths[3]}}  {says}"
        ).rstrip()


def _shown(rows: Sequence[Row]) -> Iterator[Row]:
    """All but functions that did not change, and of those that did the first."""
    functions = 0
    for row in rows:
        if row.name.startswith("function "):
            functions += 1
            if row.decision in ("same", "cannot tell") or functions > _FUNCTIONS:
                continue
        yield row


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    change = f"{row.change:.2f}x"
    if row.pairs:
        change += f" ({row.low:.2f} - {row.high:.2f})"
    says = ", ".join([row.decision, *comparison.spoken(row)])
    return row.name, _amount(row.before, row.unit), _amount(row.after, row.unit), change, says


def _kept(report: Report) -> str:
    """Nothing is broken: what that was held against."""
    if report.budget.limits:
        return "Within the budget."
    if report.names[0] == report.names[1]:
        return "There is no budget to hold it against: [tool.perfprof.budget] sets one."
    return f"Nothing is known to be worse by more than {written.share(report.budget.regression)}."


def _grows(one: Slope) -> dict[str, object]:
    """A statement whose number grows with the rows of another one."""
    frame = one.site[0]
    place = {"path": frame.path, "line": frame.line, "function": frame.function}
    said = {"statement": one.statement, "rows_of": one.parent, "rows": one.rows}
    return {**place, **said, "a_row": round(one.a_row, 3), "fixed": round(one.fixed, 3)}


def _brief(statement: str) -> str:
    text = " ".join(statement.split())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _growing(report: Report) -> Iterator[str]:
    """Two recordings with much and with little data tell how the number of statements grows."""
    for one in report.growing[:_FUNCTIONS] if len(set(report.names)) > 1 else ():
        least, most = one.rows
        frame = one.site[0]
        yield f"  {one.line} ({least:,} to {most:,} rows): {_brief(one.statement)}"
        yield f"      at {frame.path}:{frame.line} {frame.function}; rows of {_brief(one.parent)}"


def _ending(report: Report) -> Iterator[str]:
    yield from _growing(report)
    for name in report.unknown:
        yield f"  The budget names {name!r}, which was not recorded."
    if not report.breaches:
        yield f"  {_kept(report)}"
    units = {figure.name: figure.unit for figure in report.after}
    for breach in report.breaches:
        value, limit = (_amount(amount, units[breach.figure]) for amount in (breach.value, breach.limit))
        yield f"  {breach.kind.upper()} broken: {breach.figure} is {value}, {limit} is allowed."


def _amount(value: float, unit: Unit) -> str:
    if unit == "s":
        return written.seconds(value)
    if unit == "bytes":
        return written.size(value)
    return written.share(value) if unit == "share" else f"{written.count(value)}{unit}"
