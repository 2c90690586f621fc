"""What did a function answer, call by call, in the running program? For functions whose calls cannot be replayed.

A connection or an open file among the arguments cannot be copied. So the judge adds one line below the function in
its own copy of the file, which imports this module as ``_perfprof_answers`` and calls ``watch(globals(),
"Class.method", "path::Class.method")``, runs the workload on the old and on the new code, and compares what was written here: a digest of
result or error and of the arguments after the call, for a fixed choice of calls.

PERFPROF_INSIDE   folder of ``replaying``     PERFPROF_ANSWERS   folder for one file a process
PERFPROF_ROOT     the copy of the project; only values and objects of its own classes are looked into
PERFPROF_GROUPS   functions that are changed together, as JSON: lists of labels
PERFPROF_RESHAPED arguments may hold a deque in place of a list
"""

from __future__ import annotations

import contextvars
import datetime
import functools
import importlib
import inspect
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any

_PRIVATE = "_perfprof_replaying"
_DENSE = 200  # calls from the start that are all looked at; later ones are sampled
_STRIDE = 97
_ITEMS = 1000  # of a generator
_MOST = (
    20_000_000  # characters of a function's answers and arguments, some seconds of writing; then fewer are chosen
)
_VALUES = {
    "builtins",
    "collections",
    "datetime",
    "decimal",
    "fractions",
    "uuid",
    "ipaddress",
    "array",
    "zoneinfo",
    "re",
    "numpy",
}
_inside: contextvars.ContextVar[tuple[int, ...]] = contextvars.ContextVar(
    "inside", default=()
)  # of calls of these groups
_counts: dict[str, int] = {}
_written: dict[str, int] = {}


def watch(names: dict[str, Any], qualified: str, label: str) -> None:
    """Put a wrapper around the function or method of that qualified name; never raises."""
    try:
        owner, _, name = qualified.rpartition(".")
        holder: Any = None
        for part in owner.split(".") if owner else ():
            holder = vars(holder)[part] if holder is not None else names[part]
        name = _stored_as(name, holder)
        found = vars(holder)[name] if holder is not None else names[name]
        wrapped = _wrapped(found, label)
        if holder is None:
            names[name] = wrapped
        else:
            setattr(holder, name, wrapped)
    except Exception as error:
        _note(f"missed\t{label}\t{type(error).__name__}\n")


def _stored_as(name: str, holder: Any) -> str:
    """A class keeps ``__private`` under a name with its own in front."""
    if not isinstance(holder, type) or not name.startswith("__") or name.endswith("__"):
        return name
    return f"_{holder.__name__.lstrip('_')}{name}"


def around(label: str) -> Callable[[Any], Any]:
    """The same as a decorator, below those that register the function; never raises."""

    def wrap(found: Any) -> Any:
        try:
            return _wrapped(found, label)
        except Exception as error:
            _note(f"missed\t{label}\t{type(error).__name__}\n")
            return found

    return wrap


def _wrapped(found: Any, name: str) -> Any:
    if isinstance(found, (staticmethod, classmethod)):
        return type(found)(_wrapped(found.__func__, name))
    if inspect.isasyncgenfunction(found):
        return functools.wraps(found)(_around_async_generator(found, name))
    if inspect.iscoroutinefunction(found):
        return functools.wraps(found)(_around_coroutine(found, name))
    if inspect.isgeneratorfunction(found):
        return functools.wraps(found)(_around_generator(found, name))
    if not callable(found):
        raise TypeError("not a function")
    return functools.wraps(found)(_around(found, name))


@functools.cache
def _group(name: str) -> int:
    """Which of the groups it is of; how often functions that are changed together call one another is their own affair."""
    groups = json.loads(os.environ["PERFPROF_GROUPS"])
    return next(number for number, group in enumerate(groups) if name in group)


def _around(found: Callable[..., Any], name: str) -> Callable[..., Any]:
    group = _group(name)

    def around(*args: Any, **kwargs: Any) -> Any:
        outer = _inside.get()
        if group in outer:
            return found(*args, **kwargs)
        token = _inside.set((*outer, group))
        try:
            answer = found(*args, **kwargs)
        except BaseException as error:
            _inside.reset(token)
            _told(name, ("raised", type(error), str(error)), args, kwargs)
            raise
        _inside.reset(token)
        _told(name, answer, args, kwargs)
        return answer

    return around


def _around_coroutine(found: Callable[..., Any], name: str) -> Callable[..., Any]:
    group = _group(name)

    async def around(*args: Any, **kwargs: Any) -> Any:
        outer = _inside.get()
        if group in outer:
            return await found(*args, **kwargs)
        token = _inside.set((*outer, group))  # of this task alone
        try:
            answer = await found(*args, **kwargs)
        except BaseException as error:
            _reset(token)
            _told(name, ("raised", type(error), str(error)), args, kwargs)
            raise
        _reset(token)
        _told(name, answer, args, kwargs)
        return answer

    return around


def _reset(token: contextvars.Token[tuple[int, ...]]) -> None:
    try:
        _inside.reset(token)
    except ValueError:  # a task that was given up is closed by somebody else
        return


def _around_async_generator(found: Callable[..., Any], name: str) -> Callable[..., Any]:
    async def around(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        items: list[str] = []
        try:
            async for item in found(*args, **kwargs):
                items.append(_digest(item))
                yield item
        finally:
            _told(name, items[:_ITEMS], args, kwargs)

    return around


def _around_generator(found: Callable[..., Any], name: str) -> Callable[..., Any]:
    group = _group(name)

    def around(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        inner = found(*args, **kwargs)
        if group in _inside.get():
            return (yield from inner)
        items: list[str] = []
        step, sent = inner.send, None
        try:
            while True:
                token = _inside.set((*_inside.get(), group))  # between two items the caller runs
                try:
                    item = step(sent)
                except StopIteration as end:
                    return end.value
                finally:
                    _inside.reset(token)
                if len(items) < _ITEMS:
                    items.append(_digest(item))
                try:
                    step, sent = inner.send, (yield item)
                except GeneratorExit:
                    inner.close()
                    raise
                except BaseException as error:
                    step, sent = inner.throw, error
        finally:
            _told(name, items, args, kwargs)

    return around


def _chosen(name: str) -> bool:
    """The same calls of the old and the new code, as long as what these write is the same."""
    count = _counts[name] = _counts.get(name, 0) + 1
    often = _written.get(name, 0) < _MOST and (count <= _DENSE or count % _STRIDE == 0)
    return often or count & (count - 1) == 0


def _told(name: str, answer: Any, args: Any, kwargs: Any) -> None:
    if _chosen(name):
        _tell(name, answer, args, kwargs)


def _digest(item: Any) -> str:
    try:
        shapes = _shapes()
        return str(shapes.digest(shapes.without_addresses(shapes.Shape(limit=50_000, shut=_shut).write(item))))
    except Exception as error:
        return type(error).__name__


def _tell(name: str, answer: Any, args: Any, kwargs: Any) -> None:
    try:
        shapes = _shapes()
        shape = shapes.Shape(limit=50_000, shut=_shut)
        text = shape.write(answer)
        hidden = ",".join(sorted(shape.opaque))
        shape.queues = bool(os.environ.get("PERFPROF_RESHAPED"))
        text = shapes.without_addresses(text + shape.write(args, kwargs))
        _written[name] = _written.get(name, 0) + len(text)
        marks = importlib.import_module(f"{_PRIVATE}.marks").marks_of(text)
        _note(f"answer\t{name}\t{shapes.digest(text)}\t{hidden}\t{marks}\t{shapes.brief(answer)}\n")
    except Exception as error:
        _note(f"missed\t{name}\t{type(error).__name__}\n")


@functools.lru_cache(maxsize=4096)
def _shut(kind: Any) -> bool:
    """A connection counts its statements, a session its objects: what libraries keep for themselves may change."""
    module = kind.__module__
    if module.partition(".")[0] in _VALUES or issubclass(kind, (datetime.date, datetime.timedelta)):  # pandas' too
        return False
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return not os.path.abspath(file).startswith(os.environ["PERFPROF_ROOT"] + os.sep)


@functools.lru_cache(maxsize=1)
def _shapes() -> Any:
    folder = os.path.join(os.environ["PERFPROF_INSIDE"], "replaying")
    if _PRIVATE not in sys.modules:
        package = type(sys)(_PRIVATE)
        package.__path__ = [folder]
        sys.modules[_PRIVATE] = package
    return importlib.import_module(f"{_PRIVATE}.shapes")


def _note(line: str) -> None:
    try:
        file = os.path.join(os.environ["PERFPROF_ANSWERS"], str(os.getpid()))
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, line.encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)
    except Exception:  # the program must not notice
        return
