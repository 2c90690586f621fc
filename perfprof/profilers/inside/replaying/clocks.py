"""How much CPU time do the changed functions take in the running program? Copied as ``_perfprof_clocks``.

For functions whose calls cannot be replayed: the judge adds one line below the function in its own copies of the file,
old and new, which calls ``watch(globals(), "Class.method", "path::Class.method")``. All calls of all watched functions
in a process come together as one figure; what one of them calls in another is counted once, and so is what a generator
or a coroutine does between two of its pauses, but not what others do meanwhile.

PERFPROF_CLOCKS   folder for one file a process: a double of CPU seconds, always up to date, for processes end in many ways;
                  ``missed`` in it: a function that could not be watched
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import mmap
import os
import struct
import threading
import time
import types
from collections.abc import Callable, Generator
from typing import Any

_here = threading.local()  # runs: a watched call is under way in this thread


class _Total:
    """The seconds of this process, in a file that outlives it."""

    def __init__(self) -> None:
        self.begin()
        os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        """From zero, also in a fork."""
        self._lock = threading.Lock()
        self._seconds = 0.0
        name = os.path.join(os.environ["PERFPROF_CLOCKS"], str(os.getpid()))
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, 8)
            self._map = mmap.mmap(descriptor, 8)
        finally:
            os.close(descriptor)

    def add(self, seconds: float) -> None:
        """Count them."""
        with self._lock:
            self._seconds += seconds
            struct.pack_into("d", self._map, 0, self._seconds)


_totals: list[_Total] = []


def _begin() -> float:
    """Start the clock of this thread; negative if it runs already."""
    if getattr(_here, "runs", False):
        return -1.0
    _here.runs = True
    return time.thread_time()


def _end(begun: float) -> None:
    if begun >= 0:
        _totals[0].add(time.thread_time() - begun)
        _here.runs = False


def local(found: Any) -> Any:
    """A function inside a function with a clock, as a line below it takes it; never raises."""
    try:
        return _clocked(found)
    except Exception:
        _missed(repr(found))
        return found


def watch(names: dict[str, Any], qualified: str, label: str) -> None:
    """Put a clock on the function or method of that qualified name; never raises. Those inside functions are `local`."""
    try:
        if not _totals:
            _totals.append(_Total())
        if "<locals>" in qualified:
            return
        owner, _, name = qualified.rpartition(".")
        holder: Any = None
        for part in owner.split(".") if owner else ():
            holder = vars(holder)[part] if holder is not None else names[part]
        clocked = _clocked((vars(holder) if holder is not None else names)[name])
        if holder is None:
            names[name] = clocked
        else:
            setattr(holder, name, clocked)
    except Exception:
        _missed(label)


def around(label: str) -> Callable[[Any], Any]:
    """The same as a decorator, below those that register the function; never raises."""
    watch({}, f"<locals>{label}", label)  # the total begins
    return local


def _missed(what: str) -> None:
    name = os.path.join(os.environ["PERFPROF_CLOCKS"], "missed")
    with contextlib.suppress(Exception), open(name, "a", encoding="utf-8") as file:
        file.write(f"{what}\n")


def _clocked(found: Any) -> Any:
    if isinstance(found, (staticmethod, classmethod)):
        return type(found)(_clocked(found.__func__))
    if isinstance(found, property):
        parts = [None if part is None else _clocked(part) for part in (found.fget, found.fset, found.fdel)]
        return property(parts[0], parts[1], parts[2], found.__doc__)
    if inspect.isasyncgenfunction(found) or not callable(found):
        raise TypeError("no clock for it")
    if inspect.iscoroutinefunction(found):
        return functools.wraps(found)(_around_coroutine(found))
    if inspect.isgeneratorfunction(found):
        return functools.wraps(found)(_around_generator(found))
    return functools.wraps(found)(_around(found))


def _around(found: Callable[..., Any]) -> Callable[..., Any]:
    def around(*args: Any, **kwargs: Any) -> Any:
        begun = _begin()
        try:
            return found(*args, **kwargs)
        finally:
            _end(begun)

    return around


def _around_generator(found: Callable[..., Any]) -> Callable[..., Any]:
    def around(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        return (yield from _steps(found(*args, **kwargs)))

    return around


def _around_coroutine(found: Callable[..., Any]) -> Callable[..., Any]:
    @types.coroutine
    def awaited(inner: Any) -> Generator[Any, Any, Any]:
        return (yield from _steps(inner))

    async def around(*args: Any, **kwargs: Any) -> Any:
        return await awaited(found(*args, **kwargs))

    return around


def _steps(inner: Any) -> Generator[Any, Any, Any]:
    """``yield from inner`` with the clock running while it does something."""
    step, sent = inner.send, None
    while True:
        begun = _begin()
        try:
            item = step(sent)
        except StopIteration as end:
            return end.value
        finally:
            _end(begun)
        try:
            step, sent = inner.send, (yield item)
        except GeneratorExit:
            inner.close()
            raise
        except BaseException as error:
            step, sent = inner.throw, error
