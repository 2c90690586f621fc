"""The file one process writes: append-only JSON lines, flushed four times a second and whenever the process may end.

A flush happens as recorders notice that it is due (no thread of ours: it would draw warnings from ``os.fork``), on
SIGTERM, before ``os._exit`` and ``os.exec*``, at exit, and in workers of multiprocessing around their queues
(workers.py). A fork starts a file of its own.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import sys
from _thread import allocate_lock, get_ident
from collections.abc import Callable, Iterable
from time import perf_counter, time, time_ns
from typing import Any

from . import descriptors, signals, workers

try:
    from _json import encode_basestring_ascii as _quote
except ImportError:  # an interpreter without the accelerator
    from json.encoder import encode_basestring_ascii as _quote

PERIOD = 0.25  # seconds between flushes
PATIENCE = 2.0  # seconds that the last flush waits for one that another thread is at
SHARE = 0.02  # of the time goes into flushes at most: if there is much to write, they are rarer

Collect = Callable[[], Iterable[str]]

_lock = allocate_lock()
_sources: list[Collect] = []
_forked: list[Callable[[], None]] = []
_state: dict[str, Any] = {
    "folder": "",
    "path": "",
    "fd": -1,
    "file": None,
    "ending": 0,
    "flushing": 0,
    "header": None,
}
due = 0.0  # perf_counter at which the next flush is due; recorders compare and call flush()


def encode(value: Any) -> str:
    """JSON of plain values; ``json`` is not imported, for its cost and because a signal handler may flush."""
    if isinstance(value, str):
        return _quote(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quote(str(key))}:{encode(item)}" for key, item in value.items()) + "}"
    return "[" + ",".join(map(encode, value)) + "]"


def start(folder: str, header: Callable[[], dict[str, Any]]) -> None:
    """Take up the journal of this process in ``folder``; ``header`` describes the process, again after a fork."""
    import atexit

    _state.update(folder=folder, header=header)
    _begin()
    atexit.register(_at_exit)  # the first to be registered is the last to run
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=signals.hold, after_in_parent=signals.release, after_in_child=_after_fork)
    for name in ("_exit", "execv", "execve"):
        setattr(os, name, _flush_before(getattr(os, name)))
    if not workers.is_spawned():
        signals.borrow(_signal.SIGTERM, _terminated)
    workers.follow(flush)


def add(collect: Collect, forked: Callable[[], None]) -> None:
    """``collect`` gives the lines that are new; ``forked`` forgets what belongs to the parent process."""
    if collect in _sources:
        return
    _sources.append(collect)
    _forked.append(forked)


def flush(*, last: bool = False) -> None:
    """Write what the recorders have; silent when it fails, and skipped when a flush is under way.

    last: no other will follow. It waits for a flush of another thread, which may have asked the recorders before the
    last was in; for one of its own, which a signal handler has interrupted, it would wait in vain.
    """
    global due
    if not _lock.acquire(timeout=PATIENCE if last and _state["flushing"] != get_ident() else 0):
        return
    _state["flushing"] = get_ident()
    start = perf_counter()
    try:
        due = start + PERIOD
        _write([f'["at",{int(time())}]'])  # what follows was new in the second before
        for collect in _sources:
            try:
                _write(collect())
            except Exception:  # a full disk or a half-torn-down interpreter must not reach the program
                pass
        due = max(due, start + (perf_counter() - start) / SHARE)
    finally:
        _state["flushing"] = 0
        _lock.release()
    if _state["ending"]:
        _end(_state["ending"])


def _begin() -> None:
    """Open this process's file and describe the process in its first line."""
    global due
    due = perf_counter() + PERIOD
    _state["path"] = os.path.join(_state["folder"], f"{os.getpid()}-{time_ns()}.jsonl")
    _open(os.O_CREAT | os.O_EXCL)
    try:
        _write([encode(["process", _state["header"]()])])
    except OSError:
        _state["fd"] = -1


def _open(how: int = 0) -> None:
    """Open the file, with a descriptor out of the way: the program's own are numbered as without us."""
    flags = os.O_WRONLY | os.O_APPEND | how | getattr(os, "O_BINARY", 0)
    _state["fd"] = -1
    try:
        fd = descriptors.out_of_the_way(os.open(_state["path"], flags, 0o600))
    except OSError:
        return
    _state.update(fd=fd, file=descriptors.identity(fd))


def _is_ours() -> bool:
    """Whether the descriptor is still that of our file; a program may close all it finds, and open its own there."""
    return _state["fd"] >= 0 and bool(descriptors.identity(_state["fd"]) == _state["file"] is not None)


def _write(lines: Iterable[str]) -> None:
    data = "".join(f"{line}\n" for line in lines).encode("ascii", "backslashreplace")
    if data and _state["fd"] >= 0 and not _is_ours():
        _open()
    while data and _state["fd"] >= 0:
        data = data[os.write(_state["fd"], data) :]


def _after_fork() -> None:
    """The child writes a file of its own and keeps nothing of its parent's."""
    global _lock
    signals.give_back(_signal.SIGTERM)  # see workers.py
    signals.release()
    _lock = allocate_lock()  # another thread of the parent may have held the old one
    _state.update(ending=0, flushing=0)
    if _is_ours():
        os.close(_state["fd"])
    for forget in _forked:
        try:
            forget()
        except Exception:
            pass
    _begin()


def _at_exit() -> None:
    signals.pause_timer()  # the interpreter gives its handlers back before it ends: a late tick would kill it
    flush(last=True)


def _flush_before(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` of ``os`` that ends this program: flush first, stop our timer, which would outlive exec."""

    def ending(*arguments: Any, **named: Any) -> Any:
        flush(last=True)
        signals.pause_timer()
        try:
            return function(*arguments, **named)
        finally:
            signals.resume_timer()

    ending.__name__ = ending.__qualname__ = function.__name__
    ending.__doc__ = function.__doc__
    return ending


def _terminated(number: int, frame: Any) -> None:
    """SIGTERM where the program has no handler: flush, then die of it as the program would have."""
    _state["ending"] = number
    flush()


def _end(number: int) -> None:
    signals.give_back(number)
    os.kill(os.getpid(), number)


def process_header() -> dict[str, Any]:
    """What the parent wants to know of this process; ``argv`` as the interpreter was called."""
    library = os.path.dirname(os.path.abspath(os.__file__))
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "argv": [os.fspath(part) for part in getattr(sys, "orig_argv", sys.argv)],
        "python": ".".join(map(str, sys.version_info[:3])),
        "library": library,
        "prefixes": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix}),
    }
