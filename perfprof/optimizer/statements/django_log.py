"""Statements in the log of ``django.db.backends`` at level DEBUG."""

from __future__ import annotations

import re
from collections.abc import Iterator

from perfprof.optimizer.statements.workload import Seen

# (0.001) SELECT …; args=(1,); alias=default
ENTRY = re.compile(
    r"\((?P<seconds>\d+\.\d{3})\) (?P<text>.*?); args=(?:\(|\[|None|\{).*?(?:; alias=\w+)?$",
    re.DOTALL | re.MULTILINE,
)


def read(text: str) -> Iterator[Seen]:
    """Statements with the seconds they took."""
    for match in ENTRY.finditer(text):
        yield Seen(match["text"], seconds=float(match["seconds"]))
