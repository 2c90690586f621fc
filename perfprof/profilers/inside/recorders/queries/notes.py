"""Which statement ran from where, folded while it is recorded; the drivers' hooks call ``note``.

One row holds the executions of one statement from one place within one call of the innermost application function
(its activation). To tell the calls of a function apart for certain, each call's frame carries a small object of ours
as its ``f_trace``: it lives exactly as long as the frame, costs nothing while nobody traces, and passes events on to
the tracer that it found there. Neither ``f_locals`` nor the frame's lifetime is touched.
"""

from __future__ import annotations

import threading
from itertools import count
from typing import Any

from ... import journal, serving
from ...frames import library
from . import folding
from .folding import MANY_KEYS, Place, Row, Spot, spots
from .writes import wrote

MANY = object()  # given as parameters: executemany, whose sets of parameters are not looked at

_DEPTH = 3  # application frames that a site keeps
_GENERATORS = 0x20 | 0x80 | 0x200  # CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR: their callers may change
_PLAIN = frozenset({int, float, str, bytes, bool, type(None)})  # told apart by value; anything else by identity


class Activation:
    """One call of an application function, attached to its frame; callable because ``f_trace`` must be."""

    # what is usual stands in the class: one of these comes with every call of a helper
    id: int
    found: Any = None  # the trace function that was there before us
    steady = True  # its callers stay the same as long as it lives
    at: Any = None  # where the last row was looked up, and the row: loops ask the same again
    row: Row | None = None
    rows: dict[Any, Row] | None = None  # the others
    called: Any = None  # what the last call from here looked like, and where its statement is
    spot: Spot
    around: tuple[int, ...] = ()

    def __call__(self, frame: Any, event: str, value: Any) -> None:  # noqa: D102
        if self.found is not None:
            answer = self.found(frame, event, value)
            if answer is not None:
                self.found = answer

    def look_up(self, at: Any) -> Row | None:
        """The row for this place, if it is not the one that was asked for last; that one is put aside."""
        if self.row is None:
            return None
        if self.rows is None:
            self.rows = {}
        self.rows[self.at] = self.row
        found = self.rows.get(at)
        if found is not None:
            self.at, self.row = at, found
        return found


quiet = threading.local()  # ``on`` in a thread that a library runs statements in, which it notes itself
_next_id = count(1).__next__
_outside = Activation()  # for statements that no application frame asked for
_outside.steady = False
_single = {kind: kind.__name__ for kind in (int, float, str, bytes, bool)}  # names of the one parameter's type
_types: dict[tuple[type, ...], tuple[str, bool]] = {}


def note(what: tuple[str, str, str], parameters: Any, seconds: float, now: float, frame: Any) -> Row:
    """One execution of (driver, database, text), called by the driver's hook right after it.

    ``now`` is the perf_counter, ``frame`` the caller of the hook; the row is returned so that the hook can count what
    is fetched later.
    """
    if parameters.__class__ is tuple and len(parameters) == 1 and parameters[0].__class__ in _single:
        sorts, key = _single[parameters[0].__class__], hash(parameters)  # what is usual, without one more call
    else:
        sorts, key = _shape(parameters)
    activation = None if frame is None else frame.f_trace
    if activation.__class__ is not Activation:
        frame = _application(frame)
        if frame is None and getattr(quiet, "on", False):
            return Row()  # noted elsewhere
        activation = _outside if frame is None else _of(frame)
    at = (what, sorts, frame.f_lasti if activation.steady else _outline(frame))
    row = activation.row if at == activation.at else activation.look_up(at)
    if row is None:
        row = activation.row = _row(at, frame, activation)
        activation.at = at
    row.count += 1
    row.seconds += seconds
    if key != row.key:
        if row.keys.__class__ is set and len(row.keys) < MANY_KEYS:
            row.keys.add(key)
        else:
            row.another(key)
    folding.last = row
    spot = row.spot
    spot.times.append(seconds)
    if serving.under_way:
        serving.queried(seconds)
    if spot.writes:
        wrote(spot.writes)
    if now > journal.due:
        journal.flush()
    return row


def _application(frame: Any) -> Any:
    """The first application frame from here outwards; None if there is none."""
    while frame is not None and library[frame.f_code.co_filename]:
        frame = frame.f_back
    return frame


def _begin(frame: Any) -> Activation:
    """Attach an activation to a frame that has none."""
    frame.f_trace, found = (activation := Activation()), frame.f_trace
    activation.id = _next_id()
    if found is not None:
        activation.found = found
    if frame.f_code.co_flags & _GENERATORS:
        activation.steady = False
    return activation


def _outline(frame: Any) -> tuple[int, ...]:
    """Where a generator is and who resumed it, as a key."""
    found: list[int] = []
    while frame is not None and len(found) < 2 * _DEPTH:
        found += (id(frame.f_code), frame.f_lasti)
        frame = _application(frame.f_back)
    return tuple(found)


def _row(at: Any, frame: Any, activation: Activation) -> Row:
    """A row for an activation that is new at this place.

    A helper is called from one place many times, so its caller's activation remembers the last answer; a generator
    may have been resumed from elsewhere meanwhile, so its own caller is looked at, too.
    """
    if frame is None:
        return _spot(at, ()).row(0, ())
    outer = _application(frame.f_back)
    if outer is None:
        return _spot(at, ((frame.f_code, frame.f_lasti),)).row(activation.id, ())
    caller = _of(outer)
    called = (at, outer.f_lasti) if caller.steady else (at, outer.f_lasti, *_beyond(outer))
    if caller.called != called or caller.spot.place[0][0] is not frame.f_code or not activation.steady:
        place, around = _walk(frame)
        caller.called, caller.spot, caller.around = called, _spot(at, place), around
    return caller.spot.row(activation.id, caller.around)


def _of(frame: Any) -> Activation:
    """The activation of a frame."""
    activation = frame.f_trace
    return activation if activation.__class__ is Activation else _begin(frame)


def _beyond(frame: Any) -> tuple[int, ...]:
    """Who resumed this generator."""
    outer = _application(frame.f_back)
    return (_of(outer).id, outer.f_lasti) if outer is not None else ()


def _spot(at: Any, place: Place) -> Spot:
    (driver, database, text), sorts, *_ = at
    known = (database, text, sorts, *((id(code), offset) for code, offset in place))
    spot = spots.get(known)
    if spot is None:
        spot = spots[known] = Spot(driver, database, text, sorts, place)
    return spot


def _walk(frame: Any) -> tuple[Place, tuple[int, ...]]:
    """The innermost application frames, and the activations of those around the first."""
    place = [(frame.f_code, frame.f_lasti)]
    around: list[int] = []
    frame = _application(frame.f_back)
    while frame is not None and len(place) < _DEPTH:
        place.append((frame.f_code, frame.f_lasti))
        around.append(_of(frame).id)
        frame = _application(frame.f_back)
    return tuple(place), tuple(around)


def _shape(parameters: Any) -> tuple[str, int]:
    """The exact types of the parameters and a hash that tells parameter sets apart; no code of theirs is run."""
    values = parameters if type(parameters) is tuple else _values(parameters)
    if values is None:
        return ("*", 0) if parameters is MANY else ("?", id(parameters))
    types = tuple(map(type, values))
    known = _types.get(types)
    if known is None:
        sorts = ",".join(_name(one) for one in types)
        known = _types[types] = (sorts, _PLAIN.issuperset(types))
    if known[1]:
        return known[0], hash(values)
    return known[0], hash(tuple(value if type(value) in _PLAIN else id(value) for value in values))


def _values(parameters: Any) -> tuple[Any, ...] | None:
    """The values of a parameter set of another kind than a tuple; None if it is none that can be looked into."""
    kind = type(parameters)
    if kind is list:
        return tuple(parameters)
    if kind is dict:
        return tuple(parameters.values())
    if parameters is None:
        return ()
    if issubclass(kind, tuple):
        found: tuple[Any, ...] = tuple.__getitem__(parameters, slice(None))
        return found
    return None


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
