"""Statements in the log of ``sqlalchemy.engine`` at level INFO (``echo=True``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from perfprof.optimizer.statements.workload import Seen

# The logger's name, with what a format puts behind it: `name message`, `name:message`, `[name] message`.
ENTRY = re.compile(r"^.*?\bsqlalchemy\.engine(?:\.[\w.]*)?[\])}:>|-]* ?(?P<text>.*)$")
_RAN = re.compile(r"\[(?:generated|cached|no key|raw sql|caching|dialect)")
_STOPS = re.compile(r"^\d{4}-\d\d-\d\d|^(?:DEBUG|INFO|WARNING|ERROR)\b")


def read(text: str) -> Iterator[Seen]:
    """An entry is a statement if the next one tells how it was compiled."""
    entries: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        match = ENTRY.match(line)
        if match is not None:
            entries.append([match["text"]])
            inside = True
        elif _STOPS.match(line):
            inside = False
        elif inside:
            entries[-1].append(line)
    for one, following in pairwise(entries):
        if _RAN.match(following[0]):
            yield Seen("\n".join(one))
