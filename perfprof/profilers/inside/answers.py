"""What did a function answer, call by call, in the running program? For functions whose calls cannot be replayed.

A connection or an open file among the arguments cannot be copied. So the judge adds one line below the function in
its own copy of the file, ``import _perfprof_answers; _perfprof_answers.watch(globals(), "Class.method")``, runs the
workload on the old and on the new code, and compares what was written here: a digest of result or error and of the
arguments after the call, for a fixed choice of calls.

PERFPROF_INSIDE   folder of ``replaying``     PERFPROF_ANSWERS   folder for one file a process
PERFPROF_ROOT     the copy of the project; only values and objects of its own classes are looked into
"""

import functools
import importlib
import importlib.util
import inspect
import os
import sys
import threading
from typing import Any

_PRIVATE = "_perfprof_replaying"
_DENSE = 200  # calls from the start that are all looked at; later ones are sampled
_STRIDE = 97
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
}
_local = threading.local()
_counts: "dict[str, int]" = {}


def watch(names: "dict[str, Any]", qualified: str) -> None:
    """Put a wrapper around the function or method of that qualified name; never raises."""
    try:
        owner, _, name = qualified.rpartition(".")
        holder: Any = None
        for part in owner.split(".") if owner else ():
            holder = vars(holder)[part] if holder is not None else names[part]
        found = vars(holder)[name] if holder is not None else names[name]
        wrapped = _wrapped(found, qualified)
        if holder is None:
            names[name] = wrapped
        else:
            setattr(holder, name, wrapped)
    except Exception as error:
        _note(f"missed\t{qualified}\t{type(error).__name__}\n")


def _wrapped(found: Any, qualified: str) -> Any:
    if isinstance(found, (staticmethod, classmethod)):
        return type(found)(_wrapped(found.__func__, qualified))
    if (
        inspect.isgeneratorfunction(found)
        or inspect.iscoroutinefunction(found)
        or inspect.isasyncgenfunction(found)
    ):
        raise TypeError("its answer comes later")
    if not callable(found):
        raise TypeError("not a function")

    @functools.wraps(found)
    def around(*args: Any, **kwargs: Any) -> Any:
        count = _counts[qualified] = _counts.get(qualified, 0) + 1
        if getattr(_local, "inside", False) or not _chosen(count):
            return found(*args, **kwargs)
        _local.inside = True
        try:
            answer = found(*args, **kwargs)
        except BaseException as error:
            _local.inside = False
            _tell(qualified, ("raised", type(error), str(error)), args, kwargs)
            raise
        _local.inside = False
        _tell(qualified, answer, args, kwargs)
        return answer

    return around


def _chosen(count: int) -> bool:
    return count <= _DENSE or count & (count - 1) == 0 or count % _STRIDE == 0


def _tell(qualified: str, answer: Any, args: Any, kwargs: Any) -> None:
    try:
        shapes = _shapes()
        shape = shapes.Shape(limit=50_000, shut=_shut)
        text = shape.write(answer)
        hidden = ",".join(sorted(shape.opaque))
        text = shapes.without_addresses(text + shape.write(args, kwargs))
        _note(f"answer\t{qualified}\t{shapes.digest(text)}\t{hidden}\t{shapes.brief(answer)}\n")
    except Exception as error:
        _note(f"missed\t{qualified}\t{type(error).__name__}\n")


@functools.lru_cache(maxsize=4096)
def _shut(kind: Any) -> bool:
    """A connection counts its statements, a session its objects: what libraries keep for themselves may change."""
    module = kind.__module__
    if module.partition(".")[0] in _VALUES:
        return False
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return not file.startswith(os.environ["PERFPROF_ROOT"] + os.sep)


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
