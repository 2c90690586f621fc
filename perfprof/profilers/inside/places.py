"""Where in the program something was asked for: a few application frames, and their number in the journal."""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

from . import journal
from .frames import describe, library, line_of

Place = tuple[tuple[CodeType, int], ...]  # code and offset of application frames, innermost first

_DEPTH = 3

_numbers: dict[Any, int] = {}


def place(depth: int = 1) -> Place:
    """The innermost application frames, from the caller's caller on; () if none of the program's is there."""
    found: list[tuple[CodeType, int]] = []
    frame: Any = sys._getframe(depth + 1)
    while frame is not None and len(found) < _DEPTH:
        code = frame.f_code
        if not library[code.co_filename]:
            found.append((code, frame.f_lasti))
        frame = frame.f_back
    return tuple(found)


def place_of(function: Any) -> Place:
    """Where a function or class of the program is defined; () if it is not the program's or cannot be told."""
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
        return ()
    return ((code, -1),)


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
