"""The table that ends a run: ten findings in full, the rest in a line each, totals that add up, the next command."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from perfprof.optimizer.reports import figures, flamegraph
from perfprof.optimizer.reports.contract import Document, Recorded
from perfprof.optimizer.reports.rows import MARKS, UNTRIED, Row, amounts, compared, left_out, line, rows, totals

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

FULL = 10  # findings in the table
DEAR = 0.1  # share of the samples from which a function without a finding is named
UNTESTED = "no tests given"  # how the judge begins to say so
BRIEF = 20  # findings in one line each, below it
PIPED = 400  # columns where nobody looks at a screen: a reason is told to its end
STYLES = {"gain": "bold color(33)", "loss": "bold color(208)", "none": ""}  # blue and orange, never without a word


@dataclass(frozen=True, slots=True)
class _Column:
    """most: columns it may take at best; least: what it is worth showing with."""

    name: str
    title: str
    least: int
    most: int
    right: bool = False


_MARK = _Column("mark", "", 2, 3, right=True)
_SHARE = _Column("share", "share", 5, 5, right=True)
_WHERE = _Column("where", "where", 20, 60)
_WHAT = _Column("what", "what", 20, 56)
_OBSERVED = _Column("observed", "observed n", 10, 18)
_GAIN = _Column("gain", "gain (99 %)", 22, 30)
_STATE = _Column("state", "level", 18, 250)
_ALL = (_MARK, _SHARE, _WHERE, _WHAT, _OBSERVED, _GAIN, _STATE)
_DROPPED = (_STATE, _OBSERVED)  # first to last, when the screen is narrow
_SHRUNK = (_STATE, _GAIN, _WHAT, _WHERE)  # first to last, down to their least
LEGEND = "x rejected   ? cannot tell   - not tried, or held back"
ASK = "-v shows them."
TOLD = ("rejected", "cannot tell", "held back", "open", "cold")  # why they were not applied is told to its end


def show(report: Document, file: TextIO | None = None, width: int | None = None, *, verbose: bool = False) -> None:
    """Print the report; ``width`` defaults to that of the screen, escape codes go to a terminal alone.

    verbose: also what there is nothing to do about, see `Row.aside`.
    """
    from rich.console import Console

    stream = file if file is not None else sys.stdout
    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
    if width is None:
        width = console.width if console.is_terminal or "COLUMNS" in os.environ else PIPED
    for text in lines(report, width, console, verbose=verbose):
        console.print(text, crop=False, overflow="ignore", no_wrap=True)


def lines(report: Document, width: int, console: Console, *, verbose: bool = False) -> Iterator[Text]:
    """The report line by line; those of the table are never wider than ``width``."""
    found = [row for row in rows(report) if verbose or not row.aside]
    yield _text("")
    if report["findings"]:
        yield from _table(found[:FULL], width) if found else ()
        yield from _brief(found[FULL:], width)
        yield from _reasons(found[:FULL], width)
        yield from _layers(report)
        yield _text("")
        yield _text(totals(report))
        if len(found) < len(report["findings"]):
            yield _text(" ".join([*left_out(report), ASK]))
        yield from map(_text, _untold(report))
    elif report["run"]["verb"] == "record":
        yield from map(_text, _record(report))
    else:
        yield _text("Nothing to do: nothing that was run is slow in a way that a rule knows.")
        yield from map(_text, _untold(report))
    yield from (_text(sentence) for sentence in ending(report))


def _record(report: Document) -> Iterator[str]:
    """What a recording alone comes to."""
    for step in report["steps"]:
        yield f"{figures.seconds(step['seconds'])} · {step['cost']} · {step['summary']}"
    for text in recorded(report.get("recorded", ())):
        inset = " " * (len(text) - len(text.lstrip()))
        yield inset + line(text)


def _untold(report: Document) -> Iterator[str]:
    """Functions of the project that are dear by themselves, and of which no finding speaks."""
    if report["run"]["verb"] != "fix":
        return
    found = (row.finding for row in rows(report) if not row.aside)
    told = {(one["path"], one["function"]) for one in found}
    dear = [
        f"{path} {name} ({figures.share(own)})"
        for name, path, own, _ in flamegraph.functions(report["flame"])
        if path and own >= DEAR and not any((path, outer) in told for outer in _around(name))
    ]
    if dear:
        yield f"Hot, but no rule knows a faster way: {', '.join(dear[:3])}"


def _around(name: str) -> Iterator[str]:
    """A function and those in which it is defined."""
    parts = name.split(".<locals>.")
    yield from (".<locals>.".join(parts[:count]) for count in range(1, len(parts) + 1))


def ending(report: Document) -> Iterator[str]:
    """What the run as a whole came to, and the next command as the last line."""
    whole, run = report["whole"], report["run"]
    tests = f"Tests: {run['tests'].rstrip('.')}." if run["tests"] else ""
    if whole is not None:
        yield f"Whole workload {amounts(whole)}, {compared(whole)}. {tests}".rstrip()
    elif tests and (report["verdicts"] or not run["tests"].startswith(UNTESTED)):  # no patch, nothing was compared
        yield tests
    if report["skipped"]:
        skipped = len(report["skipped"])
        yield f"{figures.counted(skipped, 'file')} {'was' if skipped == 1 else 'were'} not read; the report says why."
    yield from _changes(report)


def _changes(report: Document) -> Iterator[str]:
    run, files = report["run"], report["files_changed"]
    where = f"{run['folder']}/report.html" if run["folder"] else ""
    if run["applied"] and (files or report["migration_files"]):
        changed = f"{figures.counted(len(files), 'file')} changed" if files else ""
        done = ", ".join(filter(None, (changed, *_written(report["migration_files"]))))
        yield f"{done}. Undo: perfprof fix --undo"
    yield from _undecided(report)
    if where:
        yield f"Report: {where}"
    if report["totals"]["accepted"] and run["verb"] == "fix":
        yield f"Next: {again(report)}"


def _undecided(report: Document) -> Iterator[str]:
    """What to do with the patches of which the judge cannot tell."""
    told = {row.finding["id"] for row in rows(report) if row.finding["status"] == "cannot tell" and not row.aside}
    files = [patch["file"] for patch in report["patches"] if patch["finding"] in told and patch["file"]]
    if files and report["run"]["folder"]:
        yield f"What it cannot tell is yours to read: git apply {shlex.quote(report['run']['folder'] + '/' + files[0])}"


def again(report: Document) -> str:
    """The command that applies what was accepted."""
    asked = report["run"]["asked"] or f"perfprof fix -- {report['run']['command']}"
    if "--apply" in asked.partition(" -- ")[0].split():  # it was asked for, and could not be done
        return asked
    return asked.replace("perfprof fix", "perfprof fix --apply", 1)


def _written(migrations: Sequence[str]) -> Iterator[str]:
    if len(migrations) > 1:
        yield f"{len(migrations)} files written to {shlex.quote(os.path.commonpath(migrations))}/"
    else:
        yield from (f"{shlex.quote(path)} written" for path in migrations)


def _table(found: Sequence[Row], width: int) -> Iterator[Text]:
    cells, widths = _layout(found, width)
    written = [_line({column.name: column.title for column in _ALL}, widths, "dim")]
    written += [_line(texts, widths, STYLES[row.tone]) for texts, row in zip(cells, found, strict=True)]
    for text in written:
        text.truncate(width, overflow="ellipsis")
    yield from written
    if _STATE.name not in widths and any(row.mark in MARKS.values() for row in found):
        yield _text(f"  {LEGEND}")


def _layout(found: Sequence[Row], width: int) -> tuple[list[dict[str, str]], dict[str, int]]:
    """The texts of each row and the width of each column that is shown, so that a row fits."""
    shown = list(_ALL)
    cells = [{column.name: getattr(row, column.name) for column in _ALL} for row in found]
    for drop in (None, *_DROPPED):
        if drop is not None:
            shown.remove(drop)
        if drop is _STATE:  # then the gain of what was not tried says why
            cells = [{**texts, "gain": _why(row)} for row, texts in zip(found, cells, strict=True)]
        widths = {column.name: _natural(column, cells) for column in shown}
        if _shrink(widths, shown, width):
            break
    return cells, widths


def _why(row: Row) -> str:
    return row.state if row.gain in UNTRIED or row.finding["status"] == "held back" else row.gain


def _reasons(found: Sequence[Row], width: int) -> Iterator[Text]:
    """To its end why a row was not applied, where its column is too narrow to tell, and what else is told of one that was."""
    room = _layout(found, width)[1].get(_STATE.name, 0)
    said = [f"{row.mark:>3}  {line(row.where)}: {line(text)}" for row in found if (text := _more(row, room))]
    yield from map(_text, ["", *said] if said else ())


def _more(row: Row, room: int) -> str:
    if row.note:
        return row.note
    return row.state if row.finding["status"] in TOLD and len(row.state) > room else ""


def recorded(subjects: Iterable[Recorded]) -> Iterator[str]:
    """What was recorded beyond samples, a few lines a subject."""
    for subject in subjects:
        yield f"{subject['title']}: {subject['says']}"
        yield from (f"    {text}" for text in subject["brief"])


def _natural(column: _Column, cells: Sequence[dict[str, str]]) -> int:
    from rich.cells import cell_len

    return min(
        column.most, max(cell_len(line(text)) for text in (column.title, *(row[column.name] for row in cells)))
    )


def _shrink(widths: dict[str, int], shown: Sequence[_Column], width: int) -> bool:
    """Take what is too much from the columns that can give; False if that is not enough."""
    excess = sum(widths.values()) + 2 * len(shown) - 2 - width
    for column in _SHRUNK:
        if column in shown and excess > 0:
            given = min(excess, max(0, widths[column.name] - column.least))
            widths[column.name] -= given
            excess -= given
    return excess <= 0


def _line(texts: dict[str, str], widths: dict[str, int], style: str) -> Text:
    """One row; only the gain is coloured, or the whole row if it is dimmed."""
    whole = style == "dim"
    text = _text("")
    for column in _ALL:
        if column.name in widths:
            cell = _cell(texts[column.name], widths[column.name], column)
            text.append("  " if text.plain else "")
            text.append(cell, style if whole or column.name == "gain" else "")
    text.rstrip()
    return text


def _cell(content: str, width: int, column: _Column) -> str:
    from rich.cells import cell_len, set_cell_size

    content = line(content)
    if cell_len(content) > width:
        return _clip(content, width, column)
    return " " * (width - cell_len(content)) + content if column.right else set_cell_size(content, width)


def _clip(content: str, width: int, column: _Column) -> str:
    """Cut with an ellipsis; of a place the end says most."""
    from rich.cells import set_cell_size

    if column is not _WHERE:
        return set_cell_size(set_cell_size(content, width - 1).rstrip() + "…", width)
    return set_cell_size("…" + content[-(width - 1) :], width)


def _brief(found: Sequence[Row], width: int) -> Iterator[Text]:
    for row in found[:BRIEF]:
        parts = (row.where, row.what, "" if row.gain in UNTRIED else row.gain, row.state)
        text = line(" · ".join(filter(None, parts)))
        text = f"{row.mark:>3}  {row.share:>5}  {text}"
        yield _text(text if len(text) <= width else text[: width - 1] + "…")
    if len(found) > BRIEF:
        yield _text(f"     and {figures.count(len(found) - BRIEF)} more in the report")


def _layers(report: Document) -> Iterator[Text]:
    """What the judge asked, for whoever brought the patch."""
    if report["run"]["verb"] != "verify":
        return
    for layer in (layer for verdict in report["verdicts"] for layer in verdict["layers"]):
        yield _text(f"   {layer['name']:12}  {layer['outcome']:11}  {line(layer['reason'])}")


def _text(content: str) -> Text:
    from rich.text import Text

    return Text(content)
