"""What a file of statements is: told by its contents, never by its name."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from perfprof.errors import UsageError
from perfprof.optimizer.statements import django_log, postgres_log, sqlalchemy_log
from perfprof.optimizer.statements.lines import head_of, lines_of
from perfprof.optimizer.statements.workload import Seen
from perfprof.optimizer.statements.written import original
from perfprof.profilers.recording import Recording

_SQLITE = b"SQLite format 3\0"
_LARGEST = 200_000_000  # bytes of a script, which is read as a whole
_JSON = re.compile(r'^\{.*"error_severity"', re.MULTILINE)
_SQLALCHEMY = re.compile(r"\bsqlalchemy\.engine\b")


def seen(path: Path, dialect: str) -> Iterator[Seen]:
    """The statements of a recording, a script or a log, one after the other. UsageError for a file that is none of these."""
    start = head_of(path)
    if start.startswith(_SQLITE):
        yield from _recorded(path)
        return
    if b"\0" in start:
        raise _none(path)
    head = start.decode("utf-8", "replace")
    lines = lines_of(path)
    if _JSON.search(head):
        yield from postgres_log.read_json(lines)
    elif postgres_log.CSV.search(head):
        yield from postgres_log.read_csv(lines)
    elif postgres_log.STDERR.search(head):
        yield from postgres_log.read_stderr(lines)
    elif _SQLALCHEMY.search(head):
        yield from sqlalchemy_log.read(lines)
    elif django_log.ENTRY.search(head):
        yield from django_log.read(lines)
    else:
        yield from _script(path, start, lines, dialect)


def _none(path: Path) -> UsageError:
    todo = "give a recording, SQL files or logs in UTF-8"
    return UsageError("this is no file of statements", where=str(path), todo=todo)


def _script(path: Path, start: bytes, lines: Iterator[str], dialect: str) -> Iterator[Seen]:
    from perfprof.optimizer.statements.scripts import statements

    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # the head may end within a character
    except UnicodeDecodeError:
        raise _none(path) from None
    if path.stat().st_size > _LARGEST:
        todo = f"split it into files of less than {_LARGEST // 10**6} MB"
        raise UsageError("this script is too large to be read as a whole", where=str(path), todo=todo)
    text = "\n".join(lines).removeprefix("\ufeff")
    yield from (Seen(one, code=True) for one in statements(text, dialect))


def _recorded(path: Path) -> Iterator[Seen]:
    """Each execution with its calls as weight, with the literals that stand in the program."""
    with Recording.open(path) as recording:
        for one in recording.executions():
            place = f"{one.site[0].path}:{one.site[0].line}" if one.site else ""
            rows = one.rows / one.count if one.rows >= 0 and one.count else -1.0
            text = original(one.statement.text, [frame.path for frame in one.site])
            yield Seen(text or one.statement.text, float(one.count), one.seconds, rows, place, code=bool(text))
