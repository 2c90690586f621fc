"""A workload: each different statement once, with how often and how long it ran, and a few texts of it in memory.

Texts may hold values of the user's data. They are planned and run, never written and never shown; what is written is
the fingerprint, which holds none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from perfprof.rules.reading.statements import Statement, read

SAMPLES = 3  # texts kept of one statement
_DATA = frozenset(["select", "insert", "update", "delete", "merge"])


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of a source: a text, how often, seconds all together (0 if not known), rows of one (-1), and where from.

    code: the text is the program's own, so that its literals are constants and no user's data.
    """

    text: str = field(repr=False)
    calls: float = 1.0
    seconds: float = 0.0
    rows: float = -1.0
    place: str = ""
    code: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A statement of the workload; one is only ever equal to itself. texts: up to `SAMPLES` different ones, the commonest first. code: they are the program's own."""

    reading: Statement = field(repr=False)
    texts: tuple[str, ...] = field(repr=False)
    calls: float
    seconds: float
    rows: float = -1.0
    places: tuple[str, ...] = ()
    code: bool = False

    @property
    def name(self) -> str:
        """What reports call it: without values."""
        return self.reading.fingerprint

    @property
    def reads(self) -> bool:
        """Whether it only reads."""
        return self.reading.reads_only


@dataclass(frozen=True, slots=True)
class Workload:
    """queries: the costliest first. unread: fingerprints of what could not be parsed, with their calls."""

    queries: tuple[Query, ...]
    unread: tuple[tuple[str, float], ...] = ()


def workload(seen: Iterable[Seen], dialect: str) -> Workload:
    """Group by fingerprint; transactions, settings and definitions are left out."""
    groups: dict[str, list[tuple[Seen, Statement]]] = {}
    unread: dict[str, float] = {}
    for one in seen:
        reading = read(one.text, dialect)
        if reading.kind in _DATA:
            groups.setdefault(reading.fingerprint, []).append((one, reading))
        elif not reading.parsed:
            unread[reading.fingerprint] = unread.get(reading.fingerprint, 0.0) + one.calls
    queries = sorted((_query(members) for members in groups.values()), key=lambda one: (-one.seconds, -one.calls))
    return Workload(tuple(queries), tuple(unread.items()))


def _query(members: list[tuple[Seen, Statement]]) -> Query:
    texts: dict[str, float] = {}
    for seen, _ in members:
        text = seen.text.strip().rstrip(";")
        texts[text] = texts.get(text, 0.0) + seen.calls
    known = [seen for seen, _ in members if seen.rows >= 0]
    weight = sum(seen.calls for seen in known)
    return Query(
        reading=members[0][1],
        texts=tuple(sorted(texts, key=lambda text: -texts[text])[:SAMPLES]),
        calls=sum(seen.calls for seen, _ in members),
        seconds=sum(seen.seconds for seen, _ in members),
        rows=sum(seen.rows * seen.calls for seen in known) / weight if weight else -1.0,
        places=tuple(dict.fromkeys(seen.place for seen, _ in members if seen.place))[:5],
        code=all(seen.code for seen, _ in members) and len(texts) == 1,
    )
