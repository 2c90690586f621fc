"""Statements in the log of ``sqlalchemy.engine`` at level INFO (``echo=True``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from perfprof.optimizer.statements.workload import Seen

# The logger's name, with what a format puts behind it: `name message`, `name:message`, `[name] message`.
ENTRY = re.compile(r"^.*?\bsqlalchemy\.engine(?:\.[\w.]*)?[\])}:>|-]* ?(?P<text>.*)$")
_RAN = re.compile(r"\[(?:generated|cached|no key|raw sql|caching|dialect)")
_STOPS = re.compile(r"^\d{4}-\d\d-\d\d|^(?:DEBUG|INFO|WARNING|ERROR)\b")
_LONGEST = 20_000  # lines of one entry


def read(lines: Iterable[str]) -> Iterator[Seen]:
    """An entry is a statement if the next one tells how it was compiled."""
    for one, following in pairwise(_entries(lines)):
        if _RAN.match(following[0]):
            yield Seen("\n".join(one))


def _entries(lines: Iterable[str]) -> Iterator[list[str]]:
    entry: list[str] = []
    inside = False
    for line in lines:
        match = ENTRY.match(line)
        if match is not None:
            if entry:
                yield entry
            entry, inside = [match["text"]], True
        elif _STOPS.match(line):
            inside = False
        elif inside and len(entry) < _LONGEST:
            entry.append(line)
    if entry:
        yield entry
