"""Captured calls with one argument cut short, all others as they were: what is built for many look-ups is built for few.

A list, tuple, dict or set is cut itself, one in an attribute of an object there, and rows within a list or dict each; of
rows that are objects the attributes that the function reads. Such a call is another one than was seen: it is tried behind a
fence, and left out where it fails, or takes long.
"""

from __future__ import annotations

import inspect
import pickle
import statistics
import types
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from .draining import finished
from .fences import Fence

SIZES = (3, 1, 10)  # elements; what loses nothing with three is not asked for others
MOST_PLACES = 5  # of one call
MOST_ROWS = 10_000  # whose attributes are looked at
PAIRS = 5
LATE = 0.02  # CPU seconds that such a call may take
LEAST_LOSS = 2e-6  # seconds a call that nobody minds
SLOWER = 0.8  # old/new below which it is a loss
_CUT = (list, tuple, dict, set, frozenset)

Measure = Callable[[bytes, int], list[tuple[float, float]]]  # so many pairs of seconds a call: old code, new code


@dataclass(frozen=True)
class Place:
    """What is cut: an argument, one of its attributes, or each row of either, or an attribute ``inner`` of each row."""

    argument: str
    attribute: str = ""
    rows: bool = False
    inner: str = ""

    @property
    def label(self) -> str:
        """As a reader knows it."""
        name = f"`{self.argument}.{self.attribute}`" if self.attribute else f"`{self.argument}`"
        if self.inner:
            return f"`{self.inner}` of each of {name}"
        return f"each of {name}" if self.rows else name

    def value(self, arguments: dict[str, Any]) -> Any:
        """What stands there."""
        held = arguments[self.argument]
        return vars(held)[self.attribute] if self.attribute else held

    def put(self, arguments: dict[str, Any], value: Any) -> None:
        """Something else there."""
        if self.attribute:
            vars(arguments[self.argument])[self.attribute] = value
        else:
            arguments[self.argument] = value


def losses(
    function: Callable[..., Any], blob: bytes, measure: Measure, left: Callable[[], float]
) -> Iterator[dict[str, Any]]:
    """Where the new code is slower with fewer elements: ``{"place", "size", "of", "old", "new"}``, seconds a call.

    left: CPU seconds that may still be spent.
    """
    fence, signature = Fence(), inspect.signature(function)
    arguments = _arguments(signature, blob), _arguments(signature, blob)
    code = getattr(inspect.unwrap(function), "__code__", None)
    names = frozenset(_names(code)) if code is not None else frozenset()
    for place in list(_places(*arguments, names))[:MOST_PLACES]:
        for size in SIZES:
            short, whole = _shortened(signature, blob, place, size)
            if left() < 0 or not short or not _runs(function, short, fence):
                break
            found = _loss(measure(short, PAIRS))
            if found is None:
                break
            yield {"place": place.label, "size": size, "of": whole, "old": found[0], "new": found[1]}


def _shortened(signature: inspect.Signature, blob: bytes, place: Place, size: int) -> tuple[bytes, int]:
    """The call with fewer elements there, empty if it cannot be pickled; and how many there were."""
    arguments = _arguments(signature, blob)
    value = place.value(arguments)
    whole = _length(value, place)
    if place.inner:
        for row in _inside(value):
            vars(row)[place.inner] = _cut(vars(row)[place.inner], size)
    else:
        place.put(arguments, _cut(value, size, rows=place.rows))
    bound = signature.bind_partial()
    bound.arguments.update(arguments)
    try:
        return _dumped((bound.args, bound.kwargs)), whole
    except Exception:
        return b"", 0


def _dumped(call: Any) -> bytes:
    """Pickled; by value what lies in a main script, if the target has, or was lent, what that takes."""
    try:
        return pickle.dumps(call)
    except (pickle.PicklingError, AttributeError, TypeError):
        import cloudpickle

        return bytes(cloudpickle.dumps(call))


def _loss(pairs: list[tuple[float, float]]) -> tuple[float, float] | None:
    """Seconds a call, old and new, if the new code is slower by more than anybody would let pass."""
    old, new = (statistics.median(side) for side in zip(*pairs))  # noqa: B905 (as many of both)
    clear = all(after > before for before, after in pairs)
    return (old, new) if clear and new - old > LEAST_LOSS and old < SLOWER * new else None


def _runs(function: Callable[..., Any], blob: bytes, fence: Fence) -> bool:
    """Whether the call ends well and soon, and touches nothing outside."""
    args, kwargs = pickle.loads(blob)  # noqa: S301 (made here)
    try:
        with fence.around(LATE):
            finished(function(*args, **kwargs), lambda: None)
    except (Exception, SystemExit):
        return False
    return not fence.note


def _arguments(signature: inspect.Signature, blob: bytes) -> dict[str, Any]:
    args, kwargs = pickle.loads(blob)  # noqa: S301 (written by the probed run)
    return dict(signature.bind(*args, **kwargs).arguments)


def _names(code: types.CodeType) -> Iterator[str]:
    """Names that a function reads, those in its comprehensions as well."""
    yield from code.co_names
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield from _names(one)


def _places(arguments: dict[str, Any], again: dict[str, Any], names: Set[str]) -> Iterator[Place]:
    """Where there is enough to be cut; not in objects that are the same in each call, as modules and classes are.

    again: the arguments as the call gets them another time. names: those that the function reads.
    """
    for name, value in arguments.items():
        held = getattr(value, "__dict__", None)
        if type(value) in _CUT:
            yield from _of(Place(name), value, names)
        elif type(held) is dict and value is not again[name]:
            for attribute, one in held.items():
                if type(one) in _CUT:
                    yield from _of(Place(name, attribute), one, names)


def _of(place: Place, value: Any, names: Set[str]) -> Iterator[Place]:
    within = replace(place, rows=True)
    inner = [replace(within, inner=one) for one in _attributes(value) if one in names]
    yield from (one for one in (place, within, *inner) if _length(value, one) > max(SIZES))


def _attributes(value: Any) -> Iterator[str]:
    """Of rows that are objects of one kind, the attributes in which each has a container."""
    rows = list(islice(_inside(value), MOST_ROWS + 1))
    if not 0 < len(rows) <= MOST_ROWS or len(set(map(type, rows))) > 1:
        return
    if all(type(getattr(row, "__dict__", None)) is dict for row in rows):
        for name in vars(rows[0]):
            if all(type(vars(row).get(name)) in _CUT for row in rows):
                yield name


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if type(value) is dict else value


def _length(value: Any, place: Place) -> int:
    """Elements; of rows, those of the longest, if all are containers of one kind."""
    if place.inner:
        return max(len(vars(row)[place.inner]) for row in _inside(value))
    if not place.rows:
        return len(value)
    inside = list(_inside(value))
    alike = len(set(map(type, inside))) == 1 and type(inside[0]) in _CUT
    return max(map(len, inside)) if alike else 0


def _cut(value: Any, size: int, *, rows: bool = False) -> Any:
    kind = type(value)
    if rows and kind is dict:
        return {key: _cut(one, size) for key, one in value.items()}
    if rows:
        return kind(_cut(one, size) for one in value)
    return dict(islice(value.items(), size)) if kind is dict else kind(islice(value, size))
