"""Application frames with the expression that runs in each: where a query is made, started, or asked for."""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

from ...frames import library, line_of
from .spots import FAR

_DEPTH = 3  # application frames that a site keeps

Step = tuple[tuple[CodeType, int], ...]  # application frames, innermost first

_same: dict[tuple[CodeType, int], tuple[CodeType, int]] = {}


def application(depth: int = 1) -> Step:
    """The innermost application frames from the caller's caller on; also past the switch of a greenlet."""
    found: list[tuple[CodeType, int]] = []
    frame: Any = sys._getframe(depth + 1)
    left, above = FAR, _parents()
    while len(found) < _DEPTH and left:
        if frame is None:
            frame = next(above, None)
            if frame is None:
                break
        code = frame.f_code
        if not library[code.co_filename]:
            found.append(_same.get((code, frame.f_lasti)) or _first(code, frame.f_lasti))
        frame, left = frame.f_back, left - 1
    return tuple(found)


def _first(code: CodeType, offset: int) -> tuple[CodeType, int]:
    """The first instruction of the same expression: an interpreter that specializes a call moves its offset."""
    position, positions = span(code, offset), getattr(code, "co_positions", None)
    found = (code, offset)
    if positions is not None and position[0] >= 0:
        line = line_of(code, offset)
        wanted = (line, position[1], position[0], position[2])
        found = (code, 2 * next((at for at, one in enumerate(positions()) if one == wanted), offset // 2))
    _same[code, offset] = found
    return found


def _parents() -> Any:
    """The frames at which the greenlets around this one stand: SQLAlchemy's asyncio runs its queries in one."""
    greenlet: Any = sys.modules.get("greenlet")
    current = greenlet.getcurrent().parent if greenlet is not None else None
    while current is not None:
        if current.gr_frame is not None:
            yield current.gr_frame
        current = current.parent


def span(code: CodeType, offset: int) -> list[int]:
    """Column, end line and end column of the instruction's expression; -1 where the interpreter tells none."""
    positions = getattr(code, "co_positions", None)
    if positions is None or offset < 0:
        return [-1, -1, -1]
    line, end, column, end_column = list(positions())[offset // 2]
    if None in (line, end, column, end_column):
        return [-1, -1, -1]
    return [column, end, end_column]
