"""Files that Python code opens, and what it reads and writes: each system call with its place and time.

``open`` gives what it always gives, on top of a ``FileIO`` of ours, so only calls that reach the system are noted.
Not seen: ``FileIO(...)`` by name, ``os.open`` and what goes by descriptor, ``mmap``, descriptors given to ``open``, and what
libraries in C do themselves (SQLite, numpy.fromfile, the import system).
"""

from __future__ import annotations

import builtins
import io
import os
import re
import sys
from itertools import permutations
from time import perf_counter
from typing import Any

from ..failures import Failure, failure
from ..places import Place, place
from ..tallies import Tally

_tally = Tally("files", sums=1)
_open = io.open
_read, _readinto, _readall = io.FileIO.read, io.FileIO.readinto, io.FileIO.readall
_write, _seek = io.FileIO.write, io.FileIO.seek
_NUMBER = re.compile(r"\d+")
_NO_TEXT = (None, None, None)  # encoding, errors and newline
_KNOWN = 2_000
_patterns: dict[Any, str] = {}  # name and folder that a file was opened by -> its pattern


def arm() -> None:
    """Replace ``open`` in builtins and io; not where open() is to warn, for it would name us."""
    if sys.flags.warn_default_encoding:
        return
    _tally.arm()
    FileIO.__module__, FileIO.__qualname__ = "_io", "FileIO"
    _Opener.__name__ = _Opener.__qualname__ = "open"
    _Opener.__module__, _Opener.__doc__ = "io", _open.__doc__  # where pickle finds it again
    _Opener.__new__.__qualname__ = "open"
    _Opener.__new__.__annotations__.clear()
    builtins.open = io.open = _Opener


class FileIO(io.FileIO):
    """A raw file that notes its calls."""

    _perfprof: tuple[str, Place] | None

    __slots__ = ("_perfprof",)

    def __repr__(self) -> str:
        return super().__repr__().replace("<FileIO ", "<_io.FileIO ", 1)

    def readinto(self, buffer: Any, /) -> Any:  # noqa: D102
        start = perf_counter()
        count = _readinto(self, buffer)
        _note(self, "read", start, count)
        return count

    def read(self, size: Any = -1, /) -> Any:  # noqa: D102
        start = perf_counter()
        found = _read(self, size)
        _note(self, "read", start, len(found or ()))
        return found

    def readall(self) -> Any:  # noqa: D102
        start = perf_counter()
        found = _readall(self)
        _note(self, "read", start, len(found or ()))
        return found

    def write(self, data: Any, /) -> Any:  # noqa: D102
        start = perf_counter()
        count = _write(self, data)
        _note(self, "write", start, count)
        return count

    def seek(self, offset: int, whence: int = 0, /) -> Any:  # noqa: D102
        start = perf_counter()
        found = _seek(self, offset, whence)
        _note(self, "seek", start, 0)
        return found


def _note(file: FileIO, deed: str, start: float, size: int | None) -> None:
    try:
        told = file._perfprof
    except AttributeError:  # being opened: open() looks for the end of a file that it appends to
        return
    if told is not None:
        _tally.note((deed, told[0]), told[1], perf_counter() - start, size or 0)


class _Named(type):
    """What ``open`` is called."""

    def __repr__(cls) -> str:
        return repr(_open)


class _Opener(metaclass=_Named):
    """``open``: a class that gives no instance of itself, called by the C code of ``type``.

    A class is no method where another class keeps it as an attribute, and an error can leave it without leaving a line
    of ours in the traceback (failures.py).
    """

    def __new__(  # noqa: PLR0917  # the arguments of open()
        cls,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: Any = None,
        errors: Any = None,
        newline: Any = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        try:
            if type(file) is not str and hasattr(file, "__fspath__"):
                file = os.fspath(file)
            kind = _kind(file, mode, buffering, (encoding, errors, newline))
            if kind is None:
                return _open(file, mode, buffering, encoding, errors, newline, closefd, opener)
            if buffering == 1 and not kind[1]:
                _warn()
                buffering = -1
            start = perf_counter()
            raw = FileIO(file, mode.replace("t", ""), closefd, opener)
            found = _wrapped(raw, kind, mode, buffering, (encoding, errors, newline))
            _begin(raw, file, start)
            return found
        except BaseException as error:
            return failure(_Failed, error)


class _Failed(_Opener, Failure):
    """An ``open`` that failed."""


def _kind(file: Any, mode: Any, buffering: Any, text: tuple[Any, Any, Any]) -> tuple[Any, bool] | None:
    """The class of its buffer, and whether it is text; None for a descriptor, and for what ``open`` refuses."""
    kind = _MODES.get(mode) if type(mode) is str else None
    if kind is None or not isinstance(file, (str, bytes)) or type(buffering) is not int:
        return None
    return None if (buffering == 0 if kind[1] else text != _NO_TEXT) else kind


def _wrapped(raw: FileIO, kind: tuple[Any, bool], mode: str, buffering: int, text: tuple[Any, Any, Any]) -> Any:
    """The file object over a raw one, which is closed if there can be none."""
    try:
        lines = buffering == 1 or (buffering < 0 and raw.isatty())
        found: Any = raw
        if buffering != 0:
            found = kind[0](raw, buffering if buffering > 1 else _block(raw))
        if kind[1]:
            found = io.TextIOWrapper(found, *text, lines)
            found.mode = mode
    except BaseException:
        raw.close()
        raise
    return found


def _begin(raw: FileIO, file: Any, start: float) -> None:
    """Note that the file was opened, and what is to be said of it later."""
    try:
        told = place(2)
        raw._perfprof = (_pattern(file), told) if told else None
        _note(raw, "open", start, 0)
    except Exception:  # what is read from it is not noted
        raw._perfprof = None


def _pattern(file: Any) -> str:
    """The absolute path with the numbers in its name left out, so that files alike are one."""
    key = (file, "" if type(file) is str and file.startswith("/") else os.getcwd())
    known = _patterns.get(key)
    if known is None:
        if len(_patterns) >= _KNOWN:
            _patterns.clear()
        folder, name = os.path.split(os.path.abspath(os.fsdecode(file)))
        known = _patterns[key] = os.path.join(folder, _NUMBER.sub("{}", name))
    return known


def _block(raw: Any) -> int:
    """The size of a buffer, as ``open`` chooses it."""
    size: int = getattr(raw, "_blksize", 0)
    if sys.version_info >= (3, 14):
        return max(min(size, 8 << 20), io.DEFAULT_BUFFER_SIZE)
    return size if size > 1 else io.DEFAULT_BUFFER_SIZE


def _warn() -> None:
    import warnings

    says = "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used"
    warnings.warn(says, RuntimeWarning, stacklevel=3)


def _modes() -> dict[str, tuple[Any, bool]]:
    """What ``open`` takes -> the class of its buffer, and whether it is text."""
    found: dict[str, tuple[Any, bool]] = {}
    for letter, kind in (("r", io.BufferedReader), *((letter, io.BufferedWriter) for letter in "wax")):
        for more in ("", "t", "b", "+", "+t", "+b"):
            for order in permutations(letter + more):
                found["".join(order)] = (io.BufferedRandom if "+" in more else kind, "b" not in more)
    return found


_MODES = _modes()
