"""Executions of statements, folded into rows, and how the journal gets them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import CodeType
from typing import Any

from ... import journal
from ...frames import describe, line_of
from ...tallies import histogram
from . import writes
from .templates import template

_getrefcount = sys.getrefcount

_ROWS = 10_000  # activations that have rows of their own at one spot; the rest are summed up
_PENDING = 2_000  # new rows in memory before they are written ahead of time
MANY_KEYS = 1_024  # hashes kept to count distinct parameter sets; beyond it a sample of them
_LOOPS = 500  # loops over cursors that one row follows before it looks which are over

Place = tuple[tuple[CodeType, int], ...]  # code and offset of application frames, innermost first


class Spot:
    """One statement at one place with one set of parameter types: what the rows of many activations share."""

    __slots__ = ("database", "driver", "head", "place", "rows", "sums", "text", "times", "types", "writes")

    def __init__(self, driver: str, database: str, text: str, sorts: str, place: Place) -> None:
        self.driver, self.database, self.text = driver, database, text
        self.types = journal.encode(sorts)  # of the parameters
        self.place = place  # keeps the code objects, whose ids are in keys
        self.writes = writes.written_by(text)
        self.restart()

    def restart(self) -> None:
        """For a new journal."""
        self.head = ""  # its numbers in the journal, once they are written
        self.rows = 0
        self.times: list[float] = []  # seconds of each execution since the last flush
        self.sums: dict[tuple[int, ...], Row] = {}

    def row(self, activation: int, around: tuple[int, ...]) -> Row:
        """The row for one more activation: of its own, or one that sums up many when there are too many already."""
        self.rows += 1
        if self.rows <= _ROWS:
            return self._new(activation, around)
        if len(self.sums) > _ROWS:
            around = ()
        found = self.sums.get(around)
        if found is None:
            found = self.sums[around] = self._new(0, around)
            found.calls = 0
        found.calls += 1
        return found

    def _new(self, activation: int, around: tuple[int, ...]) -> Row:
        if len(pending) > _limit:
            journal.flush()
        row = Row()
        row.spot = self
        row.activations = (activation, *around) if activation or around else ()
        pending.append(row)
        return row

    def numbers(self, lines: list[str]) -> str:
        """Statement and site by their numbers in this journal, written there when they are new."""
        if not self.head:
            statement = _number(("statement", self.driver, self.database, template(self.text)), lines)
            frames = tuple(tuple(describe(code, line_of(code, offset))) for code, offset in self.place)
            self.head = f"{statement},{_number(('site', frames), lines)}"
        return self.head


class Row:
    """Executions alike: the same spot in the same activation."""

    # what is usual stands in the class, so that a row is made in a moment: one comes with every call of a helper
    spot: Spot
    activations: tuple[int, ...]  # that of the innermost application function first
    key: int | None = None  # the first parameter set's hash
    keys: set[int] | Sample | None = None  # all of them, if there are more
    count = 0
    calls = 1  # activations that it sums up
    seconds = 0.0
    rows = -1
    pulled: list[tuple[Any, int]] | None = None
    written: tuple[int, int, int] | None = None  # its number in the journal, count and rows then

    def restart(self) -> None:
        """Forget what was counted."""
        for name in ("key", "keys", "count", "seconds", "rows", "pulled", "written"):
            self.__dict__.pop(name, None)

    def another(self, key: int) -> None:
        """One more parameter set, perhaps seen before."""
        if self.key is None:
            self.key = key
        elif self.keys is None:
            self.keys = {self.key, key}
        else:
            self.keys.add(key)
            if len(self.keys) > MANY_KEYS and type(self.keys) is set:
                self.keys = Sample(self.keys)

    def fetched(self, rows: int) -> None:
        """Add rows that came back or were changed."""
        self.rows = rows if self.rows < 0 else self.rows + rows

    def follow(self, pulls: Any, size: int) -> None:
        """Count what will be taken from ``pulls`` (a ``repeat`` of ``size``) as rows fetched."""
        if self.pulled is None:
            self.pulled = []
        self.pulled.append((pulls, size))
        if len(self.pulled) > _LOOPS:
            self.settle()

    def settle(self) -> None:
        """Add what loops have taken since the last time."""
        pulled, self.pulled = self.pulled or [], None
        for index in range(len(pulled)):
            (pulls, size), pulled[index] = pulled[index], None  # type: ignore[call-overload]
            left = pulls.__length_hint__()
            self.fetched(size - left)
            if _getrefcount(pulls) > _ALONE:  # the loop still runs
                self.pulled = self.pulled or []
                self.pulled.append((pulls, left))


class Sample:
    """Hashes without those that have certain bits: few stand for many, so that a long loop does not fill memory."""

    __slots__ = ("_kept", "_mask")

    def __init__(self, keys: set[int]) -> None:
        self._mask = 0  # one in mask + 1 is kept
        self._kept = keys

    def add(self, key: int) -> None:
        """Perhaps keep one more."""
        if not key & self._mask:
            self._kept.add(key)
            if len(self._kept) > MANY_KEYS:
                self._mask = self._mask * 2 + 1
                self._kept = {kept for kept in self._kept if not kept & self._mask}

    def __len__(self) -> int:
        return len(self._kept) * (self._mask + 1)


def _alone() -> int:
    """What getrefcount says of an object that only a local variable has; it differs between versions."""
    items: list[Any] = [object()]
    item, items[0] = items[0], None
    return _getrefcount(item)


_ALONE = _alone()

last: Any = None  # the row that was noted last


def latest() -> str:
    """The statement that ran last, without its literals."""
    return template(last.spot.text) if last is not None else ""


spots: dict[tuple[Any, ...], Spot] = {}
pending: list[Row] = []  # rows that may still have to be written
_numbers: dict[Any, int] = {}  # statements and sites of this process's journal
_last_row = 0
_limit = _PENDING  # rows in memory at which they are written


def collect() -> Iterable[str]:
    """The journal's lines for what is new; rows whose call is over are forgotten."""
    global _limit
    rows = pending[:]
    del pending[: len(rows)]  # other threads append meanwhile
    lines: list[str] = []
    for index in range(len(rows)):
        row, rows[index] = rows[index], None  # type: ignore[call-overload]
        alive = _getrefcount(row) > _ALONE  # a frame or a cursor has it, so there may be more to come
        _write(row, lines)
        if alive:
            pending.append(row)
    _limit = len(pending) + _PENDING
    lines += (_latencies(spot, lines) for spot in list(spots.values()) if spot.times)
    return lines


def _latencies(spot: Spot, lines: list[str]) -> str:
    """What is new of the times at one spot."""
    times, spot.times = spot.times, []
    steps = journal.encode(histogram(times))
    return f'["latency",{spot.numbers(lines)},{len(times)},{sum(times):.7f},{max(times):.7f},{steps}]'


def _write(row: Row, lines: list[str]) -> None:
    global _last_row
    if row.pulled:
        row.settle()
    written, count, rows = row.written, row.count, row.rows
    if written is not None:
        number = written[0]
        if written == (number, count, rows):
            return
    elif count:
        _last_row = number = _last_row + 1
    else:
        return
    row.written = (number, count, rows)
    spot, keys = row.spot, row.keys
    ids = ",".join(map(str, row.activations))
    distinct = 1 if keys is None else len(keys)
    head = spot.head or spot.numbers(lines)
    counts = f"{count},{row.seconds:.7f},{rows},{distinct}"
    lines.append(f'["execution",{number},{head},[{ids}],{counts},{spot.types},{row.calls}]')


def _number(key: tuple[Any, ...], lines: list[str]) -> int:
    """The number of a statement or site in this journal, written when it is new."""
    number = _numbers.get(key)
    if number is None:
        number = _numbers[key] = len(_numbers)
        lines.append(journal.encode([key[0], number, *key[1:]]))
    return number


def forked() -> None:
    """The child starts from zero: its parent writes what was before, and calls under way go on in both."""
    for row in pending:
        row.restart()
    for spot in spots.values():
        spot.restart()
    _numbers.clear()
