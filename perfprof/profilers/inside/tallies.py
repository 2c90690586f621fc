"""Deeds of one kind, counted and timed where they happen, and written to the journal as what is new since last time.

A tally has a row for each key and place. Latencies are kept as a log-linear histogram, as HdrHistogram has it: 32
steps for each power of two, so a percentile is off by 3 % at most.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter, time
from typing import Any

from . import journal, places
from .places import Place

_MOST = 2_000  # keys of one tally; what comes later is counted under "(others)"

_tallies: list[Tally] = []


def bucket(seconds: float) -> int:
    """The step of the histogram that holds this latency, in microseconds."""
    microseconds = int(seconds * 1e6)
    if microseconds < 64:
        return max(microseconds, 0)
    shift = microseconds.bit_length() - 6
    return shift * 32 + (microseconds >> shift)


def upper(step: int) -> float:
    """The end of a step of the histogram, in seconds."""
    if step < 64:
        return (step + 1) / 1e6
    shift = step // 32 - 1
    return ((step - shift * 32 + 1) << shift) / 1e6


class Row:
    """What was counted for one key since the last line about it. sums: added up; most: maxima."""

    __slots__ = ("buckets", "count", "longest", "most", "seconds", "sums")

    def __init__(self, sums: int) -> None:
        self.count = 0
        self.seconds = self.longest = 0.0
        self.most = 0
        self.buckets: dict[int, int] = {}
        self.sums: list[float] = [0] * sums

    def add(self, seconds: float) -> None:
        """One more."""
        self.count += 1
        self.seconds += seconds
        if seconds > self.longest:  # noqa: PLR1730  # max() would be a call more
            self.longest = seconds
        step = bucket(seconds)
        self.buckets[step] = self.buckets.get(step, 0) + 1


class Tally:
    """All deeds of one kind in this process; ``sums`` names how many further figures each one brings."""

    def __init__(self, subject: str, sums: int = 0) -> None:
        self._subject, self._sums = subject, sums
        self._rows: dict[tuple[tuple[Any, ...], Place], Row] = {}
        self._known: set[tuple[Any, ...]] = set()

    def arm(self) -> Tally:
        """Have the journal ask for its lines."""
        _tallies.append(self)
        journal.add(_collect, _forked)
        return self

    def note(self, key: tuple[Any, ...], place: Place, seconds: float, *sums: float, most: int = 0) -> None:
        """One deed; ``key`` holds text and numbers."""
        try:
            row = self._rows[key, place]
        except KeyError:
            row = self._new(key, place)
        row.add(seconds)
        if most > row.most:  # noqa: PLR1730
            row.most = most
        for index, value in enumerate(sums):
            row.sums[index] += value
        if perf_counter() > journal.due:
            journal.flush()

    def _new(self, key: tuple[Any, ...], place: Place) -> Row:
        if key not in self._known:
            if len(self._known) >= _MOST:
                key = tuple("(others)" if isinstance(part, str) else 0 for part in key)
            self._known.add(key)
        return self._rows.setdefault((key, place), Row(self._sums))

    def lines(self) -> Iterable[str]:
        """What is new, and forget it."""
        rows, self._rows = self._rows, {}
        lines: list[str] = []
        at = round(time(), 2)
        for (key, place), row in list(rows.items()):
            number = places.number(place, lines)
            figures = [row.count, round(row.seconds, 7), round(row.longest, 7), row.most, row.buckets, row.sums]
            lines.append(journal.encode(["tally", self._subject, at, key, number, *figures]))
        return lines

    def forget(self) -> None:
        """The child of a fork starts from zero."""
        self._rows = {}


def _collect() -> Iterable[str]:
    return [line for tally in _tallies for line in tally.lines()]


def _forked() -> None:
    places.forget()
    for tally in _tallies:
        tally.forget()
