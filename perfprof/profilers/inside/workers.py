"""Workers of multiprocessing, which nobody lets end: a pool sends them SIGTERM when its work is done.

They keep the system's SIGTERM: it reaches them just as they begin to wait for a lock, where a handler of Python's
would come too late and leave them waiting for ever. So they write what they have before they hand over a result, which
may be the last thing they do, and before they wait for work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from . import imports

_state = {"worker": False}


def is_spawned() -> bool:
    """Whether this interpreter was started by multiprocessing."""
    return "--multiprocessing-fork" in sys.argv


def follow(flush: Callable[[], None]) -> None:
    """Flush around the queues of multiprocessing, once the program has imported it, in its children."""
    _state["worker"] = is_spawned()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _state.update(worker=True))
    imports.after("multiprocessing.queues", lambda: _wrap(flush))


def _wrap(flush: Callable[[], None]) -> None:
    queues: Any = sys.modules["multiprocessing.queues"]
    for kind in (queues.SimpleQueue, queues.Queue):
        kind.get = _getting(kind.get, flush)
    queues.SimpleQueue.put = _putting(queues.SimpleQueue.put, flush)


def _getting(get: Callable[..., Any], flush: Callable[[], None]) -> Callable[..., Any]:
    def flush_and_get(self: Any, *arguments: Any, **named: Any) -> Any:
        if _state["worker"]:
            try:
                if self.empty():
                    flush()
            except Exception:  # a closed queue: get() says so
                pass
        return get(self, *arguments, **named)

    return _like(flush_and_get, get)


def _putting(put: Callable[..., Any], flush: Callable[[], None]) -> Callable[..., Any]:
    def flush_and_put(self: Any, *arguments: Any, **named: Any) -> Any:
        if _state["worker"]:
            flush()
        return put(self, *arguments, **named)

    return _like(flush_and_put, put)


def _like(function: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__, function.__qualname__ = original.__name__, original.__qualname__
    function.__doc__, function.__module__ = original.__doc__, original.__module__
    return function
