"""Keep real calls of a function for replay: arguments before, result or exception, arguments after.

Calls are chosen by stratum (types and size classes of the arguments, kind of outcome), so that the empty and the
odd ones are among them, and within a stratum the first two and the two largest. Each kept call is one file.
"""

from __future__ import annotations

import builtins
import functools
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from . import journal
from .looks import length, type_name
from .pickling import NotPicklableError, dump

_KEPT = 24  # calls of one function that are kept in one process
_ATTRIBUTES = 16  # of an object that are looked at for its size
_FIRST = 2  # calls of a stratum that are kept as they come
_LARGEST = 2  # and those kept for their size
_EVERY = 64  # calls that are looked at one by one; after them one at each sixty-fourth more
_AGAIN = 16  # of the looks at a full stratum, one in so many is kept for the sake of its outcome
_SHARE, _HEAD_START = 0.3, 0.3  # pickling may take this share of the time, and so many seconds at once

_COROUTINE, _GENERATOR = 0x80, 0x20  # of a code object's flags

_time = {"started": time.perf_counter(), "spent": 0.0}  # seconds, of all functions together
_captures: list[Capture] = []


class Capture:
    """One function whose calls are kept."""

    def __init__(self, item: dict[str, Any], plan: dict[str, Any]) -> None:
        self.id: str = item["id"]
        self.function: str = item["function"]
        self.path: str = item["path"]
        self.folder: str = plan["calls"]
        self.cloudpickle: str = plan["cloudpickle"]
        self.restart()

    def restart(self) -> None:
        """From zero, also in a fork."""
        self.count = 0
        self.due = 1
        self.files = 0
        self.looked = 0  # the count at the last look
        self.kept: list[tuple[str, int, str]] = []  # stratum, size, file
        self.seen: dict[str, int] = {}  # types and sizes of arguments -> looks
        self.calls: dict[str, int] = {}  # the same -> calls; those between two looks count as the later one
        self.largest: dict[str, int] = {}
        self.reasons: dict[str, int] = {}
        self.written: int | None = None

    def wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The innermost decorator of the function; what it gives is of the same kind as the function."""
        flags = function.__code__.co_flags
        if flags & _COROUTINE:

            @functools.wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                self.begun(function, args, kwargs)
                return await function(*args, **kwargs)

            return awaited
        if flags & _GENERATOR:

            @functools.wraps(function)
            def driven(*args: Any, **kwargs: Any) -> Any:
                self.begun(function, args, kwargs)
                return (yield from function(*args, **kwargs))

            return driven

        @functools.wraps(function)
        def captured(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.count < self.due:
                return function(*args, **kwargs)
            return self.attempt(function, args, kwargs)

        return captured

    def begun(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """A call that is not over when it returns: its arguments are kept, its outcome and its time are not."""
        self.count += 1
        if self.count >= self.due:
            found = self._before(function, args, kwargs)
            if found is not None:
                self._keep(*found[:2], (0.0, 0.0), found[2], ("returned", None, (), {}))

    def attempt(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function; keep the call if it is worth it."""
        found = self._before(function, args, kwargs)
        if found is None:
            return function(*args, **kwargs)
        shape, size, before = found
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            value = function(*args, **kwargs)
        except BaseException as error:
            times = time.perf_counter() - wall, time.thread_time() - cpu
            self._keep(shape, size, times, before, ("raised", error, args, kwargs))
            raise
        times = time.perf_counter() - wall, time.thread_time() - cpu
        self._keep(shape, size, times, before, ("returned", value, args, kwargs))
        return value

    def _before(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[str, int, bytes] | None:
        """Shape, size and pickle of the arguments, if this call is worth it."""
        count = self.count
        self.due = count + 1 + (count >> 6 if count >= _EVERY else 0)
        try:
            if _is_inside(function):
                return None
            shape, size = _shape(args, kwargs)
            self.calls[shape] = self.calls.get(shape, 0) + count - self.looked
            self.looked = count
            before = self._dump((args, kwargs), "its arguments") if self._wants(shape, size) else None
        except Exception:
            return None
        return None if before is None else (shape, size, before)

    def _wants(self, shape: str, size: int) -> bool:
        """Whether a call of this shape and size is worth pickling."""
        if self.files >= _FIRST and _time["spent"] > _HEAD_START + _SHARE * (
            time.perf_counter() - _time["started"]
        ):
            return False
        looks = self.seen[shape] = self.seen.get(shape, 0) + 1
        return looks <= _FIRST or size > self.largest.get(shape, 0) or looks % _AGAIN == 0

    def _dump(self, value: Any, what: str) -> bytes | None:
        start = time.perf_counter()
        try:
            return dump(value, self.cloudpickle)
        except NotPicklableError as error:
            reason = f"{what} cannot be pickled: {error}"
            if reason in self.reasons or len(self.reasons) < _FIRST:
                self.reasons[reason] = self.reasons.get(reason, 0) + 1
            return None
        finally:
            _time["spent"] += time.perf_counter() - start

    def _keep(
        self, shape: str, size: int, times: tuple[float, float], before: bytes, outcome: tuple[Any, ...]
    ) -> None:
        """Write the call into a file of its own, and take away the one that is worth least if there are too many."""
        try:
            after = self._dump(outcome, "its result")
            if after is None:
                return
            raised = type_name(type(outcome[1])) if outcome[0] == "raised" else ""
            stratum = f"{shape} -> {raised or outcome[0]}"
            self.largest[shape] = max(size, self.largest.get(shape, 0))
            header = {"function": self.id, "stratum": stratum, "size": size, "seconds": times[0], "cpu": times[1]}
            header |= {"before": len(before), "after": len(after), "raised": raised, "main": _main_file()}
            self.files += 1
            name = os.path.join(self.folder, f"{os.getpid()}-{_captures.index(self)}-{self.files}.call")
            _write(name, journal.encode(header).encode("ascii") + b"\n" + before + after)
            self.kept.append((stratum, size, name))
            self._evict(stratum)
        except Exception:
            pass

    def _evict(self, stratum: str) -> None:
        """Bound the calls of a stratum and of the function; the first ones and the largest stay."""
        alike = [call for call in self.kept if call[0] == stratum]
        if len(alike) <= _FIRST + _LARGEST and len(self.kept) <= _KEPT:
            return
        if len(alike) <= _FIRST + _LARGEST:
            groups: dict[str, list[tuple[str, int, str]]] = {}
            for call in self.kept:
                groups.setdefault(call[0], []).append(call)
            alike = max(groups.values(), key=len)
        victim = min(alike[_FIRST:] or alike, key=lambda call: call[1])
        self.kept.remove(victim)
        os.unlink(victim[2])

    def line(self) -> str | None:
        """What became of this function's calls, None if there is nothing new."""
        if self.count == self.written:
            return None
        self.written = self.count
        return journal.encode(["capture", self.id, self.count, len(self.kept), self.reasons, self.calls])


def prepare(item: dict[str, Any], name: str, plan: dict[str, Any]) -> None:
    """Make the decorator that stands at the captured function."""
    capture = Capture(item, plan)
    _captures.append(capture)
    setattr(builtins, name, capture.wrap)


def collect() -> Iterable[str]:
    """The journal's lines for what is new."""
    return [line for line in [capture.line() for capture in _captures] if line is not None]


def forked() -> None:
    """The child keeps its own calls."""
    for capture in _captures:
        capture.restart()


def _is_inside(function: Callable[..., Any]) -> bool:
    """Whether a call of this function is under way in this thread: only the outermost is kept."""
    code = function.__code__
    frame: Any = sys._getframe(3)
    while frame is not None:
        if frame.f_code is code:
            return True
        frame = frame.f_back
    return False


def _shape(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, int]:
    """Types and size classes of the arguments as text, and how large they are together."""
    parts, total = [], 0
    for name, value in [*(("", value) for value in args), *((f"{name}=", kwargs[name]) for name in kwargs)]:
        size = min(abs(value), 1 << 30) if type(value) is int else length(value)
        if size is None:
            size = _held(value)
        parts.append(f"{name}{type_name(type(value))}{_size_class(size)}")
        total += size or 0
    return ",".join(parts), total


def _held(value: Any) -> int | None:
    """How much an object holds in its own attributes, such as the rows of ``self``; None for one without any."""
    try:
        inner = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    if type(inner) is not dict:
        return None
    sizes = [size for size in map(length, list(inner.values())[:_ATTRIBUTES]) if size is not None]
    return sum(sizes) if sizes else None


def _size_class(size: int | None) -> str:
    if size is None:
        return ""
    for limit, text in ((1, "[0]"), (2, "[1]"), (8, "[2-7]"), (64, "[8-63]")):
        if size < limit:
            return text
    return "[64+]"


def _main_file() -> str:
    """The file that the names of ``__main__`` come from."""
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.realpath(path) if path else ""


def _write(name: str, data: bytes) -> None:
    """All of it or nothing: a reader never meets half a call."""
    draft = f"{name}.draft"
    with open(draft, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(data)
    os.replace(draft, name)
