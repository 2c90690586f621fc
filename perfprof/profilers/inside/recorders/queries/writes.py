"""Which tables were written, and when: a count of writes, so that what was read before can be told from what came after."""

from __future__ import annotations

import re

_WRITE = re.compile(
    r"\s*(?:insert\s+(?:or\s+\w+\s+)?into|update(?:\s+or\s+\w+)?|delete\s+from|merge\s+into|replace\s+into|truncate(?:\s+table)?)"
    r"\s+(?:only\s+)?(?P<name>(?:[\w$\"`\[\]]+\.)?[\w$\"`\[\]]+)",
    re.IGNORECASE,
)
_READS = re.compile(r"\s*(?:select|explain|values|show|pragma|begin|commit|rollback|savepoint|release|set)\b", re.I)

EVERY = "*"  # a statement of which it cannot be told what it writes

_counted = 0
_last: dict[str, int] = {}


def written_by(text: str) -> str:
    """The table that a statement writes, lower case and bare; empty for none."""
    match = _WRITE.match(text)
    if match is not None:
        return match["name"].rpartition(".")[2].strip('"`[]').lower()
    return "" if _READS.match(text) else EVERY


def wrote(table: str) -> None:
    """Remember that the table was written just now."""
    global _counted
    _counted += 1
    _last[table] = _counted


def now() -> int:
    """The number of writes so far."""
    return _counted


def since(table: str, when: int) -> bool:
    """Whether the table may have been written after ``when``."""
    return max(_last.get(table.lower(), 0), _last.get(EVERY, 0)) > when
