"""Deeds of one kind, counted and timed where they happen, and written to the journal as what is new since last time.

A tally has a row for each key and place. Latencies are kept as a log-linear histogram, as HdrHistogram has it: 32
steps for each power of two, so a percentile is off by 3 % at most.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from time import perf_counter, time
from typing import Any

from . import journal, places
from .places import Place

_MOST = 2_000  # keys of one tally; what comes later is counted under "(others)"
_FOLDED = 4_096  # deeds of a row that are added up at once

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


def histogram(times: list[float]) -> dict[int, int]:
    """The steps of some latencies, which are sorted for it: so each step is looked up once and not each latency."""
    times.sort()
    found: dict[int, int] = {}
    index = 0
    while index < len(times):
        step = bucket(times[index])
        after = max(bisect_left(times, upper(step), index), index + 1)
        found[step] = found.get(step, 0) + after - index
        index = after
    return found


class Row:
    """What was counted for one key since the last line about it; sums: added up, most: a maximum.

    figures: seconds and what is added up of each deed, as they come; adding is left to C, when there are many.
    """

    __slots__ = ("buckets", "count", "figures", "longest", "most", "seconds", "sums")

    def __init__(self, sums: int) -> None:
        self.count = 0
        self.seconds = self.longest = 0.0
        self.most = 0
        self.buckets: dict[int, int] = {}
        self.sums: list[float] = [0] * sums
        self.figures: list[tuple[float, ...]] = []

    def fold(self) -> None:
        """Add up what came since the last time."""
        figures, self.figures = self.figures, []
        if not figures:
            return
        times, *others = map(list, zip(*figures, strict=True))
        self.count += len(times)
        self.seconds += sum(times)
        self.longest = max(self.longest, *times)
        self.sums = [before + sum(other) for before, other in zip(self.sums, others, strict=True)]
        for step, count in histogram(times).items():
            self.buckets[step] = self.buckets.get(step, 0) + count


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

    def note(self, key: tuple[Any, ...], place: Place, *figures: float, most: int = 0) -> None:
        """One deed; ``key`` holds text and numbers, ``figures`` its seconds and what else is added up."""
        try:
            row = self._rows[key, place]
        except KeyError:
            row = self._new(key, place)
        row.figures.append(figures)
        if most > row.most:  # noqa: PLR1730  # max() would be a call more
            row.most = most
        if len(row.figures) > _FOLDED:
            row.fold()
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
            row.fold()
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
