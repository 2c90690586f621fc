"""Answers that may differ in their last digits: everything but the floats is compared as text, the floats as numbers.

Two floats are near if they differ by no more than ``within`` of the larger one, as in ``math.isclose(…, rel_tol=within,
abs_tol=0.0)``: there is no absolute floor, for none fits all units (PEP 485), so that nothing but zero is near to zero. NaN is near
to NaN, infinity to itself, 0.0 not to -0.0. A complex number is two floats. Keys of dicts, members of sets, labels of data frames
and numbers in texts stay as they are, and all that is no float, too: types, shapes, order, whole numbers.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import Any

from . import frames
from .shapes import ATOMS, Shape, digest, type_name

_SCALARS = frozenset({"float64", "float32", "float16"})
_LABELS = frozenset({"name", "index", "columns", "labels", "attrs", "unique"})
_MOST = 8_000_000  # numbers of one sequence of calls; what goes beyond is compared to the byte


@dataclass
class Room:
    """How many numbers may still be kept, in one sequence of calls."""

    left: int = _MOST


@dataclass(frozen=True)
class Near:
    """A value as a digest of all but its floats, and these in their order."""

    rest: str
    numbers: array[float]

    def distance(self, other: Near) -> float:
        """The largest difference of two floats relative to the larger; infinite if something else differs."""
        if self.rest != other.rest or len(self.numbers) != len(other.numbers):
            return math.inf
        if self.numbers.tobytes() == other.numbers.tobytes():
            return 0.0
        return max(map(_distance, self.numbers, other.numbers), default=0.0)


def _distance(one: float, other: float) -> float:
    if one == other:
        return 0.0 if one or math.copysign(1.0, one) == math.copysign(1.0, other) else math.inf
    if math.isnan(one) and math.isnan(other):
        return 0.0
    if not (math.isfinite(one) and math.isfinite(other)):
        return math.inf
    larger = max(abs(one), abs(other))
    return abs(one / larger - other / larger) if larger > 1e-290 else abs(one - other) / larger


def near(room: Room, *values: Any) -> Near:
    """What these values are, in this sense."""
    shape = Loose(room)
    rest = digest(shape.write(*values))
    return Near(rest, shape.numbers)


class Loose(Shape):
    """Writes floats as a sign for a number, and keeps the number."""

    atoms = ATOMS - {float, complex}

    def __init__(self, room: Room) -> None:
        super().__init__()
        self.codes = True
        self.numbers: array[float] = array("d")
        self._room = room

    def _parts(self, value: Any) -> list[tuple[bool, Any]]:
        kind: Any = type(value)
        if kind is float or (kind.__module__ == "numpy" and kind.__name__ in _SCALARS):
            return self._kept((float(value),), type_name(kind))
        if kind is complex:
            return self._kept((value.real, value.imag), "complex")
        return super()._parts(value)

    def _kept(self, numbers: tuple[float, ...], name: str) -> list[tuple[bool, Any]]:
        if self._room.left < len(numbers):
            return [(True, f"{name}:{numbers!r};")]
        self._room.left -= len(numbers)
        self.numbers.extend(numbers)
        return [(True, f"{name}:~;")]

    def _content(self, value: Any) -> list[tuple[bool, Any]]:
        if type(value) is dict:
            pairs = [part for key, held in value.items() for part in ((True, Shape().write(key)), (False, held))]
            return [(True, "dict{"), *pairs, (True, "}")]
        return super()._content(value)

    def _object(self, value: Any) -> list[tuple[bool, Any]]:
        kind: Any = type(value)
        if kind.__module__ == "numpy" and kind.__name__ == "ndarray" and value.dtype.str[1:] in _DTYPES:
            return self._array(value)
        known = frames.content(value)
        if known is None:
            return super()._object(value)
        parts = [
            part
            for name, held in known
            for part in ((True, f" {name}="), (True, Shape().write(held)) if name in _LABELS else (False, held))
        ]
        return [(True, f"<{type_name(kind)}"), *parts, (True, ">")]

    def _array(self, value: Any) -> list[tuple[bool, Any]]:
        wide = value.astype("f8" if value.dtype.kind == "f" else "c16")
        count = wide.size * (1 if value.dtype.kind == "f" else 2)
        if self._room.left < count:
            return super()._object(value)
        self._room.left -= count
        self.numbers.frombytes(wide.tobytes())
        return [(True, f"<numpy.ndarray {value.dtype.str} {value.shape} {value.flags.fnc}>")]


_DTYPES = frozenset("f2 f4 f8 c8 c16".split())
