"""Transactions: where each began, what ran in it, how it ended, and how long it waited for the program meanwhile.

A driver's hook says after each statement whether its connection is in a transaction now, and keeps what it is given
with the connection. Transactions that began with the same statement at the same place share a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter
from typing import Any

from ... import journal
from ...tallies import histogram
from .folding import Spot

COMMITTED, ROLLED_BACK = "committed", "rolled back"

_LONG = 1.0  # seconds from which a transaction that is still open is told
_PAUSE = 0.001  # seconds between two statements that are worth a word
_MOST = 1_000  # open transactions that are known, and statements of one
_CONTROL = ("begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release")


class Transaction:
    """One that is open. after: the spot of its last statement. pause: its longest wait, which came behind ``waited``."""

    __slots__ = ("after", "began", "busy", "ended", "number", "pause", "ran", "spot", "waited")

    def __init__(self, spot: Spot, began: float) -> None:
        self.spot = self.after = self.waited = spot
        self.began = self.ended = began
        self.busy = self.pause = 0.0
        self.ran: dict[Spot, int] = {}
        self.number = 0  # under which it was told while it was open
        if len(_open) < _MOST:
            _open[id(self)] = self

    def add(self, spot: Spot | None, start: float, now: float) -> None:
        """One more statement, or the end by a call (None)."""
        pause = start - self.ended
        if pause > self.pause:
            self.pause, self.waited = pause, self.after
        self.busy += now - start
        self.ended = now
        if spot is not None:
            self.after = spot
            try:
                self.ran[spot] += 1
            except KeyError:
                if len(self.ran) < _MOST:
                    self.ran[spot] = 1


class _Group:
    """What is new since the last flush of transactions that began alike and ended alike."""

    __slots__ = ("busy", "most", "pauses", "ran", "statements", "times")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.busy = 0.0
        self.statements = self.most = 0
        self.ran: dict[Spot, int] = {}
        self.pauses: dict[Spot, list[float]] = {}  # count, seconds, longest

    def add(self, one: Transaction) -> None:
        self.times.append(one.ended - one.began)
        self.busy += one.busy
        count = 0
        for spot, times in one.ran.items():
            if not _controls(spot.text):
                count += times
                self.ran[spot] = self.ran.get(spot, 0) + times
        self.statements += count
        self.most = max(self.most, count)
        if one.pause >= _PAUSE:
            told = self.pauses.setdefault(one.waited, [0, 0.0, 0.0])
            told[:] = told[0] + 1, told[1] + one.pause, max(told[2], one.pause)


_open: dict[int, Transaction] = {}
_groups: dict[tuple[Spot, str], _Group] = {}
_closed: list[int] = []  # numbers of those that were told as open
_state = {"number": 0}


def ran(found: Transaction | None, inside: bool, row: Any, start: float, now: float) -> Transaction | None:
    """A statement is over; gives the transaction that the connection is in now.

    found: the one that it was in before. inside: whether it is in one. row: what `notes.note` gave for the statement.
    """
    if found is None:
        if not inside:
            return None
        found = Transaction(row.spot, start)
    found.add(row.spot, start, now)
    if inside:
        return found
    _over(found, ROLLED_BACK if row.spot.text.lstrip()[:8].lower() == "rollback" else COMMITTED)
    return None


def ended(found: Transaction | None, outcome: str, start: float) -> None:
    """A call ended it, which began at ``start`` and is over now."""
    if found is not None:
        found.add(None, start, perf_counter())
        _over(found, outcome)


def _over(one: Transaction, outcome: str) -> None:
    _open.pop(id(one), None)
    if one.number:
        _closed.append(one.number)
    key = (one.spot, outcome)
    group = _groups.get(key)
    if group is None:
        group = _groups[key] = _Group()
    group.add(one)


def collect() -> Iterable[str]:
    """The journal's lines for what is new."""
    lines: list[str] = []
    for key in list(_groups):
        lines.append(_line(*key, _groups.pop(key), lines))
    closed, _closed[:] = _closed[:], []
    lines += (journal.encode(["transaction closed", number]) for number in closed)
    now = perf_counter()
    for one in [one for one in list(_open.values()) if now - one.began >= _LONG]:
        if not one.number:
            one.number = _state["number"] = _state["number"] + 1
        figures = [now - one.began, one.busy, sum(one.ran.values())]
        lines.append(f'["transaction open",{one.number},{one.spot.numbers(lines)},{journal.encode(figures)}]')
    return lines


def _line(spot: Spot, outcome: str, group: _Group, lines: list[str]) -> str:
    times = group.times
    head = f"{spot.numbers(lines)},{journal.encode(outcome)},{len(times)},{sum(times):.7f},{max(times):.7f}"
    ran = ",".join(f"[{one.numbers(lines)},{count}]" for one, count in group.ran.items())
    pauses = ",".join(
        f"[{one.numbers(lines)},{count:.0f},{seconds:.7f},{longest:.7f}]"
        for one, (count, seconds, longest) in group.pauses.items()
    )
    figures = f"{journal.encode(histogram(times))},{group.statements},{group.busy:.7f},{group.most}"
    return f'["transaction",{head},{figures},[{ran}],[{pauses}]]'


def forked() -> None:
    """Those under way go on in the parent."""
    for held in (_open, _groups):
        held.clear()
    _closed.clear()


def _controls(text: str) -> bool:
    """Whether a statement begins or ends transactions, and is none of the program's own."""
    return text.lstrip()[:9].lower().startswith(_CONTROL)
