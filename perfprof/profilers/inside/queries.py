"""Which statement ran from where, folded while it is recorded; the drivers' hooks call ``note``.

One row holds the executions of one statement from one place within one call of the innermost application function
(its activation). To tell the calls of a function apart for certain, each call's frame carries a small object of ours
as its ``f_trace``: it lives exactly as long as the frame, costs nothing while nobody traces, and passes events on to
the tracer that it found there. Neither ``f_locals`` nor the frame's lifetime is touched.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import CodeType
from typing import Any

from . import journal
from .frames import describe, is_library, library, line_of
from .templates import template

_getframe = sys._getframe
_getrefcount = sys.getrefcount

MANY = object()  # given as parameters: executemany, whose sets of parameters are not looked at

_DEPTH = 3  # application frames that a site keeps
_PENDING = 2_000  # rows in memory before they are written ahead of time
_ROWS = 10_000  # rows written one by one for each statement and site; the rest are summed
_GENERATORS = 0x20 | 0x80 | 0x200  # CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR: their callers may change
_PLAIN = frozenset({int, float, str, bytes, bool, type(None)})  # told apart by value; anything else by identity
_KEYS = 1_024  # hashes kept to count distinct parameter sets; beyond it a sample of them

Place = tuple[tuple[CodeType, int], ...]  # code and offset of application frames, innermost first


def _alone() -> int:
    """What getrefcount says of an object that only a local variable has; it differs between versions."""
    items: list[Any] = [object()]
    item, items[0] = items[0], None
    return _getrefcount(item)


_ALONE = _alone()


class Row:
    """Executions alike: the same statement, place, activation and types of parameters."""

    __slots__ = (
        "activations",
        "count",
        "id",
        "keys",
        "mask",
        "place",
        "pulled",
        "rows",
        "seconds",
        "what",
        "written",
    )

    def __init__(self, what: tuple[str, ...], place: Place, activations: tuple[int, ...]) -> None:
        self.what = what  # driver, database, text, types of the parameters
        self.place = place
        self.activations = activations
        self.restart()

    def restart(self) -> None:
        """Forget what was counted."""
        self.count = 0
        self.seconds = 0.0
        self.rows = -1
        self.keys: set[int] = set()
        self.mask = 0  # a hash is kept if it has none of these bits: one in mask + 1
        self.id = 0
        self.written: tuple[int, int] | None = None
        self.pulled: list[tuple[Any, int]] = []

    def fetched(self, rows: int) -> None:
        """Add rows that came back or were changed."""
        self.rows = rows if self.rows < 0 else self.rows + rows

    def follow(self, pulls: Any, size: int) -> None:
        """Count what will be taken from ``pulls`` (a ``repeat`` of ``size``) as rows fetched."""
        self.pulled.append((pulls, size))
        if len(self.pulled) > 500:
            self.settle()

    def settle(self) -> None:
        """Add what was taken since the last time."""
        pulled, self.pulled = self.pulled, []
        for index in range(len(pulled)):
            (pulls, size), pulled[index] = pulled[index], None  # type: ignore[call-overload]
            left = pulls.__length_hint__()
            self.fetched(size - left)
            if _getrefcount(pulls) > _ALONE:  # the loop still runs
                self.pulled.append((pulls, left))

    def thin(self) -> None:
        """Keep half of the hashes, so that a long loop does not fill memory."""
        self.mask = self.mask * 2 + 1
        self.keys = {key for key in self.keys if not key & self.mask}


class Activation:
    """One call of an application function, attached to its frame; callable because ``f_trace`` must be."""

    __slots__ = ("found", "id", "rows", "steady")

    def __init__(self, found: Any, steady: bool) -> None:
        global _activations
        _activations += 1
        self.id = _activations
        self.found = found  # the trace function that was there before us
        self.steady = steady  # its callers stay the same as long as it lives
        self.rows: dict[Any, Row] = {}

    def __call__(self, frame: Any, event: str, value: Any) -> None:  # noqa: D102
        if self.found is not None:
            answer = self.found(frame, event, value)
            if answer is not None:
                self.found = answer


_activations = 0
_outside = Activation(None, steady=True)  # for statements that no application frame asked for
_pending: list[Row] = []
_types: dict[tuple[type, ...], tuple[str, bool]] = {}
_numbers: dict[Any, int] = {}  # statements and sites of this process's journal
_rows_of: dict[tuple[int, int], int] = {}
_summed: dict[tuple[Any, ...], list[Any]] = {}
_last_row = 0


def note(what: tuple[str, str, str], parameters: Any, seconds: float, now: float) -> Row:
    """One execution of (driver, database, text), called by the driver's hook right after it.

    ``now`` is the perf_counter; the row is returned so that the hook can count what is fetched later.
    """
    frame = _application(_getframe(2))
    sorts, key = _shape(parameters)
    at: tuple[Any, ...]
    if frame is None:
        activation, at = _outside, (what, sorts, None)
    else:
        activation = frame.f_trace
        if activation.__class__ is not Activation:
            activation = _begin(frame)
        at = (what, sorts, frame.f_lasti) if activation.steady else (what, sorts, _outline(frame))
    row = activation.rows.get(at)
    if row is None:
        row = activation.rows[at] = Row((*what, sorts), *_places(frame))
        _pending.append(row)
    row.count += 1
    row.seconds += seconds
    if not key & row.mask:
        row.keys.add(key)
        if len(row.keys) > _KEYS:
            row.thin()
    if now > journal.due or len(_pending) > _PENDING:
        journal.flush()
    return row


def _application(frame: Any) -> Any:
    """The first application frame from here outwards; None if there is none."""
    while frame is not None:
        filename = frame.f_code.co_filename
        outside = library.get(filename)
        if outside is None:
            outside = is_library(filename)
        if not outside:
            return frame
        frame = frame.f_back
    return None


def _begin(frame: Any) -> Activation:
    activation = Activation(frame.f_trace, not frame.f_code.co_flags & _GENERATORS)
    frame.f_trace = activation
    return activation


def _outline(frame: Any) -> tuple[int, ...]:
    """Where a generator is and who resumed it, as a key."""
    found: list[int] = []
    while frame is not None and len(found) < 2 * _DEPTH:
        found += (id(frame.f_code), frame.f_lasti)
        frame = _application(frame.f_back)
    return tuple(found)


def _places(frame: Any) -> tuple[Place, tuple[int, ...]]:
    """The innermost application frames and their activations."""
    place: list[tuple[CodeType, int]] = []
    activations: list[int] = []
    while frame is not None:
        activation = frame.f_trace
        if activation.__class__ is not Activation:
            activation = _begin(frame)
        place.append((frame.f_code, frame.f_lasti))
        activations.append(activation.id)
        frame = _application(frame.f_back) if len(place) < _DEPTH else None
    return tuple(place), tuple(activations)


def _shape(parameters: Any) -> tuple[str, int]:
    """The exact types of the parameters and a hash that tells parameter sets apart; no code of theirs is run."""
    kind = type(parameters)
    if kind is tuple:
        values = parameters
    elif kind is list:
        values = tuple(parameters)
    elif kind is dict:
        values = tuple(parameters.values())
    elif parameters is None:
        values = ()
    elif parameters is MANY:
        return "*", 0
    elif issubclass(kind, tuple):
        values = tuple.__getitem__(parameters, slice(None))
    else:
        return "?", id(parameters)
    types = tuple(map(type, values))
    known = _types.get(types)
    if known is None:
        sorts = ",".join(_name(one) for one in types)
        known = _types[types] = (sorts, _PLAIN.issuperset(types))
    if known[1]:
        return known[0], hash(values)
    return known[0], hash(tuple(value if type(value) in _PLAIN else id(value) for value in values))


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def collect() -> Iterable[str]:
    """The journal's lines for what is new; rows whose call is over are forgotten."""
    rows = _pending[:]
    del _pending[: len(rows)]  # other threads append meanwhile
    lines: list[str] = []
    for index in range(len(rows)):
        row, rows[index] = rows[index], None  # type: ignore[call-overload]
        alive = _getrefcount(row) > _ALONE  # a frame or a cursor has it, so there may be more to come
        _write(row, alive, lines)
        if alive:
            _pending.append(row)
    for key, (number, count, seconds, fetched, keys, calls) in _summed.items():
        lines.append(_line(number, key, (count, seconds, fetched, keys, calls)))
    return lines


def _write(row: Row, alive: bool, lines: list[str]) -> None:
    global _last_row
    row.settle()
    state = (row.count, row.rows)
    if row.written == state or not row.count:
        return
    driver, database, text, sorts = row.what
    statement = _number(("statement", driver, database, template(text)), lines)
    site = _site(row.place, lines)
    keys = len(row.keys) * (row.mask + 1)
    key: tuple[Any, ...] = (statement, site, sorts, row.activations)
    if not row.id:
        seen = _rows_of[statement, site] = _rows_of.get((statement, site), 0) + 1
        if seen > _ROWS and not alive:
            _sum((statement, site, sorts, (0, *row.activations[1:])), row, keys)
            return
        _last_row += 1
        row.id = _last_row
    row.written = state
    lines.append(_line(row.id, key, (row.count, row.seconds, row.rows, keys, 1)))


def _sum(key: tuple[Any, ...], row: Row, keys: int) -> None:
    """Add the row of one more activation to the sum of many."""
    global _last_row
    total = _summed.get(key)
    if total is None:
        _last_row += 1
        total = _summed[key] = [_last_row, 0, 0.0, -1, 0, 0]
    total[1] += row.count
    total[2] += row.seconds
    total[3] = max(total[3], 0) + row.rows if row.rows >= 0 else total[3]
    total[4] += keys
    total[5] += 1


def _line(number: int, key: tuple[Any, ...], counts: tuple[int, float, int, int, int]) -> str:
    statement, site, sorts, activations = key
    count, seconds, rows, keys, calls = counts
    ids = ",".join(map(str, activations))
    return (
        f'["execution",{number},{statement},{site},[{ids}],{count},{seconds:.7f},{rows},{keys},'
        f"{journal.encode(sorts)},{calls}]"
    )


def _number(key: tuple[Any, ...], lines: list[str]) -> int:
    """The number of a statement or site in this journal, written when it is new."""
    number = _numbers.get(key)
    if number is None:
        number = _numbers[key] = len(_numbers)
        lines.append(journal.encode([key[0], number, *key[1:]]))
    return number


def _site(place: Place, lines: list[str]) -> int:
    key = tuple((id(code), offset) for code, offset in place)
    number = _numbers.get(key)
    if number is None:
        frames = tuple(tuple(describe(code, line_of(code, offset))) for code, offset in place)
        number = _numbers[key] = _number(("site", frames), lines)
        _kept.extend(code for code, _ in place)
    return number


_kept: list[CodeType] = []  # code objects whose ids are keys


def forked() -> None:
    """The child starts from zero: its parent writes what was before, and calls under way go on in both."""
    for row in _pending:
        row.restart()
    _numbers.clear()
    _rows_of.clear()
    _summed.clear()
