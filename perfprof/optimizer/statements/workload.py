"""A workload: each different statement once, with how often and how long it ran, and a few texts of it in memory.

Texts may hold values of the user's data. They are planned and run, never written and never shown; what is written is
the fingerprint, which holds none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from perfprof.profilers.inside.recorders.queries.templates import template as without_literals
from perfprof.rules.reading.statements import Statement, read

SAMPLES = 3  # texts kept of one statement
_TEXTS = 1_000  # of which these are the commonest
_MOST = 20_000  # different statements that are known at a time
_PLACES = 5
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
    """Group by fingerprint; transactions, settings and definitions are left out. Memory follows the groups, not the log."""
    groups: dict[str, _Group] = {}
    unread: dict[str, float] = {}
    known: dict[str, Statement] = {}
    for one in seen:
        reading = _read(one.text, dialect, known)
        if reading.kind in _DATA:
            group = groups.get(reading.fingerprint)
            if group is None:
                group = groups[reading.fingerprint] = _Group(read(one.text, dialect))
            group.add(one)
        elif not reading.parsed and (reading.fingerprint in unread or len(unread) < _MOST):
            unread[reading.fingerprint] = unread.get(reading.fingerprint, 0.0) + one.calls
    queries = sorted((one.query() for one in groups.values()), key=lambda one: (-one.seconds, -one.calls))
    return Workload(tuple(queries), tuple(unread.items()))


def _read(text: str, dialect: str, known: dict[str, Statement]) -> Statement:
    """Read what differs by its literals only once: a log with values in its statements holds each but a few times."""
    key = without_literals(text)
    reading = known.get(key)
    if reading is None:
        if len(known) >= _MOST:
            known.clear()
        reading = known[key] = read(text, dialect)
    return reading


@dataclass(slots=True)
class _Group:
    """Executions of one statement, added up as they come. texts: calls by text, of as many as are kept."""

    reading: Statement
    texts: dict[str, float] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)
    calls: float = 0.0
    seconds: float = 0.0
    rows: float = 0.0
    counted: float = 0.0
    code: bool = True

    def add(self, one: Seen) -> None:
        """One more line of a source."""
        text = one.text.strip().rstrip(";")
        if text in self.texts or len(self.texts) < _TEXTS:
            self.texts[text] = self.texts.get(text, 0.0) + one.calls
        self.calls += one.calls
        self.seconds += one.seconds
        if one.rows >= 0:
            self.rows += one.rows * one.calls
            self.counted += one.calls
        self.code = self.code and one.code
        if one.place and len(self.places) < _PLACES:
            self.places[one.place] = None

    def query(self) -> Query:
        """All of them together."""
        return Query(
            reading=self.reading,
            texts=tuple(sorted(self.texts, key=lambda text: -self.texts[text])[:SAMPLES]),
            calls=self.calls,
            seconds=self.seconds,
            rows=self.rows / self.counted if self.counted else -1.0,
            places=tuple(self.places),
            code=self.code and len(self.texts) == 1,
        )
