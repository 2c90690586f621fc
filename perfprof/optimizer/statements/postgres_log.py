"""Statements in a log of PostgreSQL: stderr, csvlog or jsonlog; with log_statement, log_min_duration_statement or auto_explain."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator

from perfprof.optimizer.statements.workload import Seen

_LEVELS = "LOG|DETAIL|STATEMENT|ERROR|HINT|CONTEXT|FATAL|WARNING|NOTICE|INFO|PANIC|QUERY|LOCATION|DEBUG"
_ENTRY = re.compile(rf"^(?!\t).*?\b(?P<level>{_LEVELS}):  (?P<text>.*)")
_STATEMENT = re.compile(r"(?:duration: (?P<ms>[\d.]+) ms\s+)?(?:statement|execute [^:]*): (?P<text>.*)", re.DOTALL)
_PLAN = re.compile(r"duration: (?P<ms>[\d.]+) ms\s+plan:\s*(?P<plan>.*)", re.DOTALL)
_NODE = re.compile(r"\n\s*(?:Query Parameters:|Query Identifier:|\S.*\(cost=\d)")
_CSV_LEVEL, _CSV_MESSAGE = 11, 13  # https://www.postgresql.org/docs/current/runtime-config-logging.html


def read_stderr(text: str) -> Iterator[Seen]:
    """Entries begin with log_line_prefix, whatever it is; their other lines begin with a tab."""
    yield from _seen(_entries(text))


def read_csv(text: str) -> Iterator[Seen]:
    """log_destination = csvlog."""
    rows = csv.reader(io.StringIO(text))
    yield from _seen(row[_CSV_MESSAGE] for row in rows if len(row) > _CSV_MESSAGE and row[_CSV_LEVEL] == "LOG")


def read_json(text: str) -> Iterator[Seen]:
    """log_destination = jsonlog: an object a line; what was cut off is left out."""
    yield from _seen(_messages(text))


def _messages(text: str) -> Iterator[str]:
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("error_severity") == "LOG":
            yield str(entry.get("message", ""))


def _entries(text: str) -> Iterator[str]:
    lines: list[str] = []
    for line in text.splitlines():
        match = _ENTRY.match(line)
        if match is None:
            if lines:
                lines.append(line.removeprefix("\t"))
            continue
        if lines:
            yield "\n".join(lines)
        lines = [match["text"]] if match["level"] == "LOG" else []
    if lines:
        yield "\n".join(lines)


def _seen(messages: Iterator[str]) -> Iterator[Seen]:
    """Statements; those of auto_explain only where the log does not hold the same as a statement."""
    plans: list[Seen] = []
    texts: set[str] = set()
    for message in messages:
        plan, statement = _PLAN.match(message), _STATEMENT.match(message)
        if plan is not None:
            text = _of_plan(plan["plan"])
            plans += [Seen(text, seconds=float(plan["ms"]) / 1000)] if text else []
        elif statement is not None:
            texts.add(statement["text"].strip())
            yield Seen(statement["text"], seconds=float(statement["ms"] or 0) / 1000)
    yield from (one for one in plans if one.text.strip() not in texts)


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
