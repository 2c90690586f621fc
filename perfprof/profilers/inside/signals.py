"""Signals that we borrow without the program noticing.

A handler of ours is set only where the system's default stood; the program still reads ``SIG_DFL`` there, and when
it sets a handler of its own, ours is gone. Works on ``_signal``, so that ``signal`` need not be imported.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import sys
from _thread import get_ident
from collections.abc import Callable
from typing import Any

Handler = Callable[[int, Any], None]

_signal_now = _signal.signal
_getsignal_now = _signal.getsignal
_setitimer_now = getattr(_signal, "setitimer", None)
_SIGPROF = getattr(_signal, "SIGPROF", None)

_interval = 0.0
_ours: dict[int, Handler] = {}
_lost: dict[int, Callable[[], None]] = {}
_taken: dict[int, Handler] = {}  # ours that the program replaced by its own: they come back with the default


def borrow(number: int, handler: Handler, lost: Callable[[], None] | None = None) -> bool:
    """Set ``handler`` where the default stands; ``lost`` is called when the program takes the signal over.

    False, and nothing done, if the program uses the signal already or this is not the main thread.
    """
    try:
        if _getsignal_now(number) != _signal.SIG_DFL:
            return False
        _signal_now(number, handler)
    except (ValueError, OSError):
        return False
    _ours[number] = handler
    if lost is not None:
        _lost[number] = lost
    _hide()
    return True


def give_back(number: int) -> None:
    """Put the system's default back, if the handler is still ours; nothing happens outside the main thread."""
    _taken.pop(number, None)
    if number not in _ours:
        return
    try:
        _signal_now(number, _signal.SIG_DFL)
    except (ValueError, OSError):
        return
    del _ours[number]
    _lost.pop(number, None)


_held: dict[int, Any] = {}  # thread -> the mask that stood before


def hold() -> None:
    """Keep SIGTERM back while this thread forks.

    The interpreter drops what a child was sent before it runs. By the system's default such a child would have died;
    with a handler of ours it would live on, and who waits for it would wait for ever.
    """
    try:
        _held[get_ident()] = _signal.pthread_sigmask(_signal.SIG_BLOCK, {_signal.SIGTERM})
    except (AttributeError, OSError):
        pass


def release() -> None:
    """Let it through as before."""
    mask = _held.pop(get_ident(), None)
    if mask is not None:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)


def set_timer(seconds: float) -> None:
    """Start our ITIMER_PROF, or stop it with zero."""
    global _interval
    _interval = seconds
    if _setitimer_now is not None:
        _setitimer_now(_signal.ITIMER_PROF, seconds, seconds)


def pause_timer() -> None:
    """Stop our timer before ``exec``: it would outlive it, and the default handler ends the new program."""
    if _interval and _setitimer_now is not None:
        _setitimer_now(_signal.ITIMER_PROF, 0.0)


def resume_timer() -> None:
    """Start our timer again, when ``exec`` failed."""
    if _interval:
        set_timer(_interval)


def _signal_hidden(signalnum: int, handler: Any, /) -> Any:
    """``_signal.signal`` that answers as if we were not there."""
    ours = _ours.get(signalnum)
    if ours is None:
        ours = _taken.get(signalnum) if handler == _signal.SIG_DFL else None
        before = _signal_now(signalnum, handler if ours is None else ours)
        if ours is not None:  # a server gives back what it found, and dies of the signal that it was sent
            _ours[signalnum] = ours
        return before
    if handler == _signal.SIG_DFL and signalnum != _SIGPROF:
        _signal_now(signalnum, ours)  # checks thread and number; ours does what the default does
        return _signal.SIG_DFL
    lost = _lost.pop(signalnum, None)
    if lost is not None:
        lost()
    _signal_now(signalnum, handler)
    ours = _ours.pop(signalnum, None)
    if ours is not None and signalnum != _SIGPROF:
        _taken[signalnum] = ours
    return _signal.SIG_DFL


def _getsignal_hidden(signalnum: int, /) -> Any:
    """``_signal.getsignal`` that answers as if we were not there."""
    return _signal.SIG_DFL if signalnum in _ours else _getsignal_now(signalnum)


def _setitimer_hidden(which: int, seconds: float, interval: float = 0.0, /) -> Any:
    """``_signal.setitimer``: a program with a profiling timer of its own takes ours over."""
    if which == _signal.ITIMER_PROF and _SIGPROF in _ours:
        lost = _lost.pop(_SIGPROF, None)
        if lost is not None:
            lost()
        give_back(_SIGPROF)
    return _setitimer_now(which, seconds, interval)  # type: ignore[misc]


def _hide() -> None:
    """Put the hidden functions in place, once, in ``_signal`` and in ``signal`` if it came before us."""
    if _signal.signal is _signal_hidden:
        return
    _signal.signal = _signal_hidden
    _signal.getsignal = _getsignal_hidden
    if _setitimer_now is not None:
        _signal.setitimer = _setitimer_hidden
        module = sys.modules.get("signal")
        if module is not None:
            module.setitimer = _setitimer_hidden  # type: ignore[attr-defined]
