"""The profiling signal comes to the main thread, where Python handles signals: all others keep it blocked.

Linux gives SIGPROF to the thread that runs (since 6.4). A main thread that waits for its workers would not wake up for
it, and nothing that they do would be seen. A thread inherits what is blocked from the one that starts it.

From the first thread on the signal ends waiting in the system, as all do that Python handles: a wait for a lock that is
taken up again would keep the main thread asleep. Python itself goes on waiting (PEP 475).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _thread
import sys
from collections.abc import Callable
from typing import Any

_STARTS = ("start_new_thread", "start_new", "start_joinable_thread")  # the last one since 3.13

_state = {"followed": False, "restarts": True}


def keep_out(number: int) -> None:
    """Have this thread get the signal, and block it in all that are started from now on."""
    listen(number)
    if _state["followed"] or not hasattr(_signal, "pthread_sigmask"):
        return
    _state["followed"] = True
    threading = sys.modules.get("threading")
    for name in _STARTS:
        start = getattr(_thread, name, None)
        if start is None:
            continue
        ours = _blocking(start, number)
        setattr(_thread, name, ours)
        if getattr(threading, f"_{name}", None) is start:
            setattr(threading, f"_{name}", ours)
    modules: tuple[Any, ...] = (_signal, sys.modules.get("signal"))
    for module in modules:  # pause() ends with any signal
        if hasattr(module, "pause"):
            module.pause = _blocking(module.pause, number)


def listen(number: int) -> None:
    """Let it come here: in a process that was started from one of those threads."""
    if hasattr(_signal, "pthread_sigmask"):
        _signal.pthread_sigmask(_signal.SIG_UNBLOCK, {number})


def _blocking(start: Callable[..., Any], number: int) -> Callable[..., Any]:
    only = {number}

    def start_blocked(*arguments: Any, **named: Any) -> Any:
        if _state["restarts"]:
            _state["restarts"] = False
            _signal.siginterrupt(number, True)
        blocked = number in _signal.pthread_sigmask(_signal.SIG_BLOCK, only)
        try:
            return start(*arguments, **named)
        finally:
            if not blocked:
                _signal.pthread_sigmask(_signal.SIG_UNBLOCK, only)

    start_blocked.__name__ = start_blocked.__qualname__ = start.__name__
    start_blocked.__doc__, start_blocked.__module__ = start.__doc__, start.__module__
    return start_blocked
