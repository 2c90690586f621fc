"""How many objects there are of each type, and how long the containers that modules hold are: once in a while."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable
from time import perf_counter, time
from typing import Any

from ... import journal
from ...frames import describe, library
from .holders import walk

_PERIOD = 0.25  # seconds between two censuses at least; half as many when there have been many
_SHARE = 0.25  # of the time they may take
_MANY = 100
_LEAST = 20  # objects of a type that are worth a word
_HELD = 5  # growing types whose holder is looked for at one census
_TRIES = 3  # for each of them
_PLAIN = (
    "builtins",
    "_abc",
    "_thread",
    "_io",
    "types",
    "typing",
    "abc",
    "weakref",
    "functools",
)  # what they are part of is told instead
_LINES = 200  # places of live blocks, from tracemalloc

_state: dict[str, Any] = {"backend": "", "due": 0.0, "start": 0.0, "count": 0}
_before: dict[type, int] = {}  # objects at the last census
_asked: Counter[type] = Counter()  # how often the holder of a type was looked for
_told: dict[tuple[str, str], int] = {}  # what was written last, so that only what is new is written


def start(backend: str) -> None:
    """Count from now on."""
    _state.update(backend=backend, start=perf_counter(), due=perf_counter() + _PERIOD, count=0)


def forked() -> None:
    """A child has a census of its own."""
    _told.clear()
    _before.clear()
    _asked.clear()
    start(_state["backend"])


def take() -> None:
    """One more at the end."""
    _state["due"] = 0.0
    journal.flush()


def collect() -> Iterable[str]:
    """The journal's lines, if a census is due."""
    begin = perf_counter()
    if begin < _state["due"]:
        return []
    lines = list(_census())
    took = perf_counter() - begin
    _state["count"] += 1
    period = _PERIOD * 2 ** (_state["count"] // _MANY)
    _state["due"] = perf_counter() + max(period, took / _SHARE)
    return lines


def _census() -> Iterable[str]:
    gc.collect()
    objects = gc.get_objects()
    counts = Counter(map(type, objects))
    grown = {kind: count - _before.get(kind, count) for kind, count in counts.items() if count >= _LEAST}
    _before.clear()
    _before.update(counts)
    wanted = sorted((kind for kind in grown if _is_of_interest(kind, grown[kind])), key=lambda kind: -grown[kind])
    _asked.update(wanted[:_HELD])
    targets = {id(one): kind for kind in wanted[:_HELD] for one in _newest(objects, kind)}
    del objects
    lengths, held = walk(targets)
    seconds = round(perf_counter() - _state["start"], 3)
    types = _news("type", {_name(kind): count for kind, count in counts.items() if count >= _LEAST})
    yield journal.encode(["census", round(time(), 3), seconds, types, _news("container", lengths)])
    for kind, path in held.items():
        yield journal.encode(["held", _name(kind), path])
    if _state["backend"] == "tracemalloc":
        yield from _live()


def _news(what: str, values: dict[str, int]) -> dict[str, int]:
    """What is not as it was told last; what is gone is 0."""
    before = {name for kind, name in _told if kind == what and _told[kind, name]}
    new = {name: values.get(name, 0) for name in {*values, *before}}
    new = {name: value for name, value in new.items() if _told.get((what, name)) != value}
    _told.update({(what, name): value for name, value in new.items()})
    return new


def _is_of_interest(kind: type, grown: int) -> bool:
    """Does it grow, is it not a builtin, and is there hope to find who holds it?"""
    if grown <= 0 or _asked[kind] >= _TRIES:
        return False
    return not (issubclass(kind, type) or kind.__module__ in _PLAIN)


def _newest(objects: list[Any], kind: type) -> list[Any]:
    """The last one and the one in the middle: old ones may be held by something else."""
    found = [one for one in objects if type(one) is kind]
    return [found[-1], found[len(found) // 2]]


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _live() -> Iterable[str]:
    """Live bytes and blocks by the innermost application line, from tracemalloc."""
    import tracemalloc

    lines: Counter[tuple[str, int]] = Counter()
    blocks: Counter[tuple[str, int]] = Counter()
    for found in tracemalloc.take_snapshot().statistics("traceback"):
        own = next((frame for frame in reversed(found.traceback) if not library[frame.filename]), None)
        if own is not None:
            lines[own.filename, own.lineno] += found.size
            blocks[own.filename, own.lineno] += found.count
    _, peak = tracemalloc.get_traced_memory()
    yield journal.encode(["traced", round(time(), 3), peak])
    for (file, line), size in lines.most_common(_LINES):
        yield journal.encode(
            ["live", round(time(), 3), [[file, _function(file, line), line]], size, blocks[file, line]]
        )


def _function(file: str, line: int) -> str:
    """tracemalloc keeps no names: the code object of that file around the line, as far as one can be found."""
    best: Any = None
    for one in gc.get_objects():
        code = getattr(one, "__code__", None) if type(one).__name__ == "function" else None
        if code is not None and code.co_filename == file and code.co_firstlineno <= line:
            last = max((number for *_, number in code.co_lines() if number), default=0)
            if line <= last and (best is None or code.co_firstlineno > best.co_firstlineno):
                best = code
    return str(describe(best, line)[1]) if best is not None else "<module>"
