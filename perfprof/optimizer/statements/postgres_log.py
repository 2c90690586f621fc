"""Statements in a log of PostgreSQL: stderr, syslog, csvlog or jsonlog; with log_statement, log_min_duration_statement or auto_explain."""

from __future__ import annotations

import csv
import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator

from perfprof.optimizer.statements.server_words import LEVELS, LOG, STATEMENT
from perfprof.optimizer.statements.workload import Seen

CSV = re.compile(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [^,]*,("[^"]*")?,("[^"]*")?,\d+,', re.MULTILINE)
STDERR = re.compile(rf"^(?!\s*--)(?!\t).*?\b(?:{LEVELS}) ?:  ", re.MULTILINE)
_ENTRY = re.compile(rf"^(?!\t).*?\b(?:{LEVELS}) ?:  (?P<text>.*)")
# Nov 23 10:00:00 host postgres[17]: [5-2] #011FROM t
_SYSLOG = re.compile(r"^(?!\t).*?\w+\[\d+\]: \[\d+-(?!1\])\d+\] (?P<text>.*)")
_PLAN = re.compile(r"duration: (?P<ms>[\d.]+) ms\s+plan:\s*(?P<plan>.*)", re.DOTALL)
_NODE = re.compile(r"\n\s*(?:Query Parameters:|Query Identifier:|\S.*\(cost=\d)")
_CSV_LEVEL, _CSV_MESSAGE = 11, 13  # https://www.postgresql.org/docs/current/runtime-config-logging.html
_CSV_COLUMNS = 20  # that a whole row has in every version
_LONGEST = 20_000  # lines of one entry
_NEAR = 5_000  # statements between one and its plan


def read_stderr(lines: Iterable[str]) -> Iterator[Seen]:
    """Entries begin with log_line_prefix, whatever it is; their other lines begin with a tab (in syslog ``#011``)."""
    yield from _seen(_entries(lines))


def read_csv(lines: Iterable[str]) -> Iterator[Seen]:
    """log_destination = csvlog. What stands before the first whole row, and a last one that was cut off, is left out."""
    csv.field_size_limit(2**31 - 1)  # a statement is a field
    whole = (row for row in csv.reader(_from_first_row(lines)) if len(row) >= _CSV_COLUMNS)
    yield from _seen(row[_CSV_MESSAGE] for row in whole if row[_CSV_LEVEL] in LOG)


def _from_first_row(lines: Iterable[str]) -> Iterator[str]:
    begun = False
    for line in lines:
        begun = begun or CSV.match(line) is not None
        if begun:
            yield f"{line}\n"


def read_json(lines: Iterable[str]) -> Iterator[Seen]:
    """log_destination = jsonlog: an object a line; what was cut off is left out."""
    yield from _seen(_messages(lines))


def _messages(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("error_severity") in LOG:
            yield str(entry.get("message", ""))


def _entries(lines: Iterable[str]) -> Iterator[str]:
    entry: list[str] = []
    for line in lines:
        match = None if line.startswith("\t") else _ENTRY.match(line)
        if match is not None:
            if entry:
                yield "\n".join(entry)
            entry = [match["text"]] if match["log"] else []
        elif entry and len(entry) < _LONGEST:
            entry.append(_continued(line))
    if entry:
        yield "\n".join(entry)


def _continued(line: str) -> str:
    if line.startswith("\t"):
        return line[1:]
    match = _SYSLOG.match(line)
    return match["text"].replace("#011", "\t").removeprefix("\t") if match is not None else line


def _seen(messages: Iterator[str]) -> Iterator[Seen]:
    """Statements; those of auto_explain only where the log does not hold the same as a statement, before or after it."""
    said: OrderedDict[str, None] = OrderedDict()
    waiting: OrderedDict[str, list[Seen]] = OrderedDict()
    for message in messages:
        plan = _PLAN.match(message)
        statement = STATEMENT.match(message) if plan is None else None
        if plan is not None:
            text = _of_plan(plan["plan"])
            if text and text.strip() not in said:
                waiting.setdefault(text.strip(), []).append(Seen(text, seconds=float(plan["ms"]) / 1000))
        elif statement is not None:
            said[statement["text"].strip()] = None
            waiting.pop(statement["text"].strip(), None)
            yield Seen(statement["text"], seconds=float(statement["ms"] or 0) / 1000)
        while len(said) > _NEAR:
            said.popitem(last=False)
        while len(waiting) > _NEAR:
            yield from waiting.popitem(last=False)[1]
    for left in waiting.values():
        yield from left


def _of_plan(plan: str) -> str:
    """The text that auto_explain puts before a plan, as text or as JSON."""
    if plan.startswith("{"):
        try:
            return str(json.loads(plan).get("Query Text", ""))
        except ValueError:
            return ""
    if not plan.startswith("Query Text: "):
        return ""
    return _NODE.split(plan.removeprefix("Query Text: "), maxsplit=1)[0]
