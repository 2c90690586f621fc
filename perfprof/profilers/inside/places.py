"""Where in the program something was asked for: a few application frames, and their number in the journal."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import CodeType
from typing import Any

from . import journal
from .frames import describe, library, line_of

_DEPTH = 3
_MOST = 10_000  # places that are kept to be found again

_known: dict[tuple[int, ...], Place] = {}  # ids of code and offsets -> the place
_numbers: dict[Any, int] = {}


class Place(tuple[tuple[CodeType, int], ...]):
    """Code and offset of application frames, innermost first.

    Told apart by identity: the hash of a code object goes through all its instructions, each time anew.
    """

    __slots__ = ()
    __hash__ = object.__hash__
    __eq__ = object.__eq__


NOWHERE = Place()


def place(depth: int = 1) -> Place:
    """The innermost application frames, from the caller's caller on; empty if none of the program's is there."""
    frames: list[Any] = []
    key: tuple[int, ...] = ()
    frame: Any = sys._getframe(depth + 1)
    while frame is not None:
        code = frame.f_code
        if not library[code.co_filename]:
            frames.append(frame)
            key += (id(code), frame.f_lasti)
            if len(frames) == _DEPTH:
                break
        frame = frame.f_back
    known = _known.get(key)  # which keeps the code, so that no other can have its id
    return known if known is not None else _new(key, ((frame.f_code, frame.f_lasti) for frame in frames))


def _new(key: tuple[int, ...], found: Iterable[tuple[CodeType, int]]) -> Place:
    if not key:
        return NOWHERE
    if len(_known) >= _MOST:
        _known.clear()
    return _known.setdefault(key, Place(found))


def place_of(function: Any) -> Place:
    """Where a function or class of the program is defined; empty if it is not the program's or cannot be told."""
    for _ in range(20):  # decorators that name what they wrap
        wrapped = getattr(function, "__wrapped__", None)
        if wrapped is None:
            break
        function = wrapped
    function = getattr(function, "view_class", function)
    if isinstance(function, type):
        methods = [value for value in vars(function).values() if getattr(value, "__code__", None) is not None]
        function = methods[0] if methods else None
    function = getattr(function, "func", function)
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if not isinstance(code, CodeType):
        code = getattr(vars(type(function)).get("__call__"), "__code__", None)
    if not isinstance(code, CodeType) or library[code.co_filename]:
        return NOWHERE
    return _new((id(code), -1), [(code, -1)])


def number(found: Place, lines: list[str]) -> int:
    """The number of a place in this process's journal, written to ``lines`` when it is new; 0 for none."""
    if not found:
        return 0
    known = _numbers.get(found)
    if known is None:
        known = _numbers[found] = len(_numbers) + 1
        frames = [describe(code, line_of(code, offset)) for code, offset in found]
        lines.append(journal.encode(["place", known, frames]))
    return known


def forget() -> None:
    """For a new journal."""
    _numbers.clear()
