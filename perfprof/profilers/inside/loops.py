"""The sampler inside the process: ITIMER_PROF ticks of CPU time, booked on the innermost loop.

Needs no rights and no dependency. It keeps off where the program uses SIGPROF or ITIMER_PROF itself.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import sys
from collections.abc import Iterable
from time import perf_counter, process_time
from types import CodeType
from typing import Any

from . import journal, signals, threads
from .bytecode import beginning, loop_lines
from .frames import describe

INTERVAL = 0.005  # seconds of CPU time a sample, as py-spy is asked for

try:
    from time import clock_gettime as _clock
    from time import pthread_getcpuclockid as _clock_of
except ImportError:  # Windows, which has no SIGPROF either
    _clock_of = None  # type: ignore[assignment]

_LOST = "the program took the profiling timer for itself, so sampling ended there; --sampler py-spy needs none"
_LATE = 4  # intervals after which a tick may be too late for the thread that used them
_INNER, _OUTER = 150, 50  # frames that are kept of a deep stack: recursion would fill the disk

Key = tuple[int, ...]

_counts: dict[tuple[int, Key], int] = {}  # (thread, stack) -> samples
_lines: dict[int, list[int]] = {}  # id of a code object -> loop lines of its instructions
_begins: dict[int, int] = {}  # id of a code object -> see `beginning`
_own: dict[tuple[int, int], int] = {}  # (id of a code object, offset) -> line
_codes: dict[int, CodeType] = {}
_numbers: dict[Any, int] = {}
_used: dict[int, float] = {}  # thread -> its CPU seconds at the last sample
_state = {"running": False, "lost": False, "ticking": False}
_unseen = {"ticks": 0, "told": 0}
_booked = 0.0  # CPU seconds of this process that samples stand for


def arm(*, now: bool) -> None:
    """Sample this process from now on; without ``now`` only its forks, when another sampler sees the process."""
    journal.add(collect, forked)
    if now:
        _start()


def _start() -> None:
    global _booked
    sigprof = getattr(_signal, "SIGPROF", None)
    if sigprof is None or not signals.borrow(sigprof, _tick, lost=_stop):
        return
    _booked = process_time()
    _signal.siginterrupt(sigprof, False)
    threads.keep_out(sigprof)
    signals.set_timer(INTERVAL)
    _state["running"] = True


def _stop() -> None:
    """The program takes the timer over."""
    signals.set_timer(0.0)
    _state.update(running=False, lost=True)


def forked() -> None:
    """A fork has no timer and begins from zero; it is sampled here even if its parent is seen from outside."""
    global _booked
    _counts.clear()
    _numbers.clear()
    _used.clear()
    _unseen.update(ticks=0, told=0)
    _booked = process_time()
    _state["ticking"] = False
    if _state["running"]:
        threads.listen(_signal.SIGPROF)
        signals.set_timer(INTERVAL)
    else:
        _start()


def _tick(number: int, frame: Any) -> None:
    """The signal handler: book the time since the last tick on the thread that used most of it.

    A tick waits for the end of a long call into C, and those that fall due meanwhile are lost: so the clock counts.
    One that comes while another is being booked waits for the next: between its clocks it would take the thread's time
    away from the process's.
    """
    global _booked
    if _state["ticking"]:
        return
    _state["ticking"] = True
    try:
        ticks = round((process_time() - _booked) / INTERVAL)
        _booked += ticks * INTERVAL
        thread, frame, spent = _running(frame)
        if ticks > _LATE and spent < ticks * INTERVAL / 2:
            _unseen["ticks"] += ticks
        elif frame is not None and ticks > 0:
            key = (thread, _stack(frame))
            _counts[key] = _counts.get(key, 0) + ticks
        if perf_counter() > journal.due:
            journal.flush()
    except Exception:  # the interpreter may be going down
        pass
    finally:
        _state["ticking"] = False


def _running(main: Any) -> tuple[int, Any, float]:
    """The thread that used most CPU time since the last tick, its innermost frame, and that time in seconds.

    That time is little where the main thread, to which ticks come, could not take them, and who used it is over by now.
    """
    frames = sys._current_frames()
    me = _ident()
    frames[me] = main
    if _clock_of is None:
        return me, main, float("inf")
    best, most = me, -1.0
    for ident in frames:
        used = _clock(_clock_of(ident))
        spent = used - _used.get(ident, 0.0)
        _used[ident] = used
        if spent > most:
            best, most = ident, spent
    return best, frames[best], most


def _stack(frame: Any) -> Key:
    """Code and line of each frame, innermost first; the line of the innermost is that of its loop.

    A function that only begins has used no time: the tick is of what its caller did before.
    """
    code = frame.f_code
    mark = id(code)
    lines = _lines.get(mark)
    if lines is None:
        _codes[mark] = code
        lines = _lines[mark] = loop_lines(code)
        _begins[mark] = beginning(code)
    if frame.f_lasti <= _begins[mark] and frame.f_back is not None:
        return _stack(frame.f_back)
    key = [mark, lines[frame.f_lasti >> 1] if frame.f_lasti >= 0 else code.co_firstlineno]
    frame = frame.f_back
    while frame is not None:
        code = frame.f_code
        place = (id(code), frame.f_lasti)
        line = _own.get(place)
        if line is None:
            _codes[place[0]] = code
            line = _own[place] = frame.f_lineno or code.co_firstlineno
        key += (place[0], line)
        frame = frame.f_back
    if len(key) > 2 * (_INNER + _OUTER):
        del key[2 * _INNER : -2 * _OUTER]
    return tuple(key)


def collect() -> Iterable[str]:
    """The journal's lines for the samples since the last time."""
    counts = list(_counts.items())
    _counts.clear()
    lines: list[str] = []
    if _state["lost"]:
        _state["lost"] = False
        lines.append(journal.encode(["note", _LOST]))
    if _unseen["ticks"] > _unseen["told"]:
        _unseen["told"] = _unseen["ticks"]
        lines.append(journal.encode(["unseen", _unseen["ticks"] * INTERVAL]))
    for (thread, stack), count in counts:
        lines.append(journal.encode(["sample", _thread(thread), _stack_number(stack, lines), count]))
    return lines


def _stack_number(stack: Key, lines: list[str]) -> int:
    number = _numbers.get(stack)
    if number is None:
        frames = [_frame_number(stack[at], stack[at + 1], lines) for at in range(0, len(stack), 2)]
        number = _numbers[stack] = len(_numbers)
        lines.append(journal.encode(["stack", number, frames]))
    return number


def _frame_number(mark: int, line: int, lines: list[str]) -> int:
    number = _numbers.get((mark, line, "frame"))
    if number is None:
        number = _numbers[mark, line, "frame"] = len(_numbers)
        lines.append(journal.encode(["frame", number, *describe(_codes[mark], line)]))
    return number


def _thread(ident: int) -> str:
    """The thread's name, if the program has imported threading; never a new object for a foreign thread."""
    threading = sys.modules.get("threading")
    found = getattr(threading, "_active", {}).get(ident)
    if found is not None:
        return str(getattr(found, "_name", ident))
    return "MainThread" if threading is None else str(ident)


def _ident() -> int:
    import _thread

    return _thread.get_ident()
