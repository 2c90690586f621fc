"""What a file of statements is: told by its contents, never by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from perfprof.errors import UsageError
from perfprof.optimizer.statements import django_log, postgres_log, sqlalchemy_log
from perfprof.optimizer.statements.workload import Seen
from perfprof.profilers.recording import Recording

_SQLITE = b"SQLite format 3\0"
_HEAD = 200_000  # signs that tell the kind
_CSV = re.compile(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [^,]*,("[^"]*")?,("[^"]*")?,\d+,')
_STDERR = re.compile(r"^(?!\s*--).*\b(?:LOG|STATEMENT|DETAIL):  ", re.MULTILINE)
_SQLALCHEMY = re.compile(r"\bsqlalchemy\.engine\b")


def seen(path: Path, dialect: str) -> Iterator[Seen]:
    """The statements of a recording, a script or a log. UsageError for a file that is none of these."""
    with path.open("rb") as file:
        if file.read(len(_SQLITE)) == _SQLITE:
            yield from _recorded(path)
            return
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            "this is no file of statements", where=str(path), todo="give a recording, SQL files or logs in UTF-8"
        ) from None
    yield from _read(text, dialect)


def _read(text: str, dialect: str) -> Iterator[Seen]:
    head = text[:_HEAD]
    if head.startswith("{") and '"error_severity"' in head:
        yield from postgres_log.read_json(text)
    elif _CSV.match(head):
        yield from postgres_log.read_csv(text)
    elif _STDERR.search(head):
        yield from postgres_log.read_stderr(text)
    elif _SQLALCHEMY.search(head):
        yield from sqlalchemy_log.read(text)
    elif django_log.ENTRY.search(head):
        yield from django_log.read(text)
    else:
        yield from _script(text, dialect)


def _script(text: str, dialect: str) -> Iterator[Seen]:
    from perfprof.rules.reading.placeholders import separated

    yield from (Seen(one, code=True) for one in separated(text, dialect))


def _recorded(path: Path) -> Iterator[Seen]:
    """Each execution with its calls as weight."""
    with Recording.open(path) as recording:
        for one in recording.executions():
            place = f"{one.site[0].path}:{one.site[0].line}" if one.site else ""
            rows = one.rows / one.count if one.rows >= 0 and one.count else -1.0
            yield Seen(one.statement.text, float(one.count), one.seconds, rows, place)
