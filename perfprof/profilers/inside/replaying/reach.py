"""Which test reaches which function? And: run only these tests. Copied as ``_perfprof_reach`` beside the witness.

PERFPROF_REACH   folder for one file a process: lines of test and function; no test: reached outside any single one
PERFPROF_TESTS   file with the names of the tests to run, one a line; all others are left out

unittest's cases (Django's are such) know themselves here, pytest's items in ``reach_pytest``; for any other runner
nothing is noted, and nothing is left out.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import unittest
from collections.abc import Callable, Iterator
from typing import Any

_running = [""]  # the test that runs; threads that it starts belong to it
_seen: set[tuple[str, str]] = set()


def selection() -> frozenset[str] | None:
    """The tests to run, None for all."""
    file = os.environ.get("PERFPROF_TESTS")
    if not file:
        return None
    with open(file, encoding="utf-8") as lines:
        return frozenset(lines.read().splitlines())


@contextlib.contextmanager
def running(test: str) -> Iterator[None]:
    """What is reached in here, is reached by this test."""
    before, _running[0] = _running[0], test
    try:
        yield
    finally:
        _running[0] = before


def watch(names: dict[str, Any], qualified: str, label: str) -> None:
    """Note the calls of the function or method of that qualified name; never raises."""
    try:
        owner, _, name = qualified.rpartition(".")
        holder: Any = None
        for part in owner.split(".") if owner else ():
            holder = vars(holder)[part] if holder is not None else names[part]
        wrapped = _noting((vars(holder) if holder is not None else names)[name], label)
        if holder is None:
            names[name] = wrapped
        else:
            setattr(holder, name, wrapped)
        _write("watched", label)
    except Exception:  # then nothing is known of it, and all tests are run
        return


def around(label: str) -> Callable[[Any], Any]:
    """The same as a decorator, below those that register the function; never raises."""

    def wrap(found: Any) -> Any:
        try:
            noting = _noting(found, label)
            _write("watched", label)
        except Exception:  # as above
            return found
        return noting

    return wrap


def _noting(found: Any, label: str) -> Any:
    if isinstance(found, (staticmethod, classmethod)):
        return type(found)(_noting(found.__func__, label))
    if not inspect.isfunction(found):
        raise TypeError("not a plain function")

    @functools.wraps(found)
    def noting(*args: Any, **kwargs: Any) -> Any:
        if (_running[0], label) not in _seen:
            _seen.add((_running[0], label))
            _write(f"by {_running[0]}", label)
        return found(*args, **kwargs)

    return noting


def _write(what: str, label: str) -> None:
    folder = os.environ.get("PERFPROF_REACH")
    if folder:
        with (
            contextlib.suppress(OSError),
            open(os.path.join(folder, str(os.getpid())), "a", encoding="utf-8") as file,
        ):
            file.write(f"{what}\t{label}\n")


def _around(call: Callable[..., Any], chosen: frozenset[str] | None) -> Callable[..., Any]:
    @functools.wraps(call)
    def around(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _running[0]:  # pytest has named it
            return call(self, *args, **kwargs)
        if chosen is not None and self.id() not in chosen:
            return None
        with running(self.id()):
            return call(self, *args, **kwargs)

    return around


if __name__ == "_perfprof_reach":
    unittest.TestCase.__call__ = _around(unittest.TestCase.__call__, selection())  # type: ignore[method-assign]
