"""Arguments made larger: each value that comes again is new, and equal ones stay equal everywhere.

``xs * 4`` would only repeat keys, so that whatever looks for distinct ones stays as small as it was. Here the second copy of 7
is another number in every argument alike: what matched still matches, once for each copy.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import islice
from typing import Any

_DEPTH = 4  # of containers and objects within each other
_APART = 1_000_003  # between copies of a number: larger than what is seen, or the largest decides
_PLAIN = (int, float, str, bytes)


class Scaled:
    """Makes ``times`` of what an argument holds, or a part of it if that is less than one.

    opaque: types that had to be repeated as they are.
    """

    def __init__(self, times: float, apart: int = _APART) -> None:
        self.times, self.part = max(int(times), 1), min(times, 1)
        self.opaque: set[str] = set()
        self._apart = apart

    def argument(self, value: Any) -> Any:
        """A container with ``times`` as many elements; an object whose containers have; anything else as it is."""
        kind = type(value)
        if kind in (list, tuple, set, frozenset, deque):
            elements = [self._copy(one, number, 0) for number in range(self.times) for one in self._first(value)]
            return deque(elements, value.maxlen) if kind is deque else kind(elements)
        if kind is dict:
            pairs = [(key, one, number) for number in range(self.times) for key, one in self._first(value.items())]
            return {self._copy(key, number, 0): self._copy(one, number, 0) for key, one, number in pairs}
        if kind in (str, bytes):
            return value
        state = None if callable(value) else _state(value)
        return self._with(value, {name: self.argument(one) for name, one in state.items()}) if state else value

    def _first(self, values: Any) -> Any:
        """All of them, or the first part."""
        return values if self.part == 1 else islice(values, math.ceil(len(values) * self.part))

    def _copy(self, value: Any, number: int, depth: int) -> Any:
        """The value of copy ``number``; the first copy is the value itself."""
        if number == 0 or value is None or isinstance(value, bool) or depth > _DEPTH:
            return value
        kind = type(value)
        if kind in _PLAIN:
            return self._other(value, number)
        if kind in (list, tuple, set, frozenset):
            return kind(self._copy(one, number, depth + 1) for one in value)
        if kind is dict:
            return {key: self._copy(one, number, depth + 1) for key, one in value.items()}
        state = _state(value)
        if state:
            return self._with(value, {name: self._copy(one, number, depth + 1) for name, one in state.items()})
        self.opaque.add(kind.__qualname__)
        return value

    def _other(self, value: Any, number: int) -> Any:
        """A plain value that no other copy has, equal for equal ones."""
        if isinstance(value, str):
            return f"{value}~{number}"
        return value + b"~%d" % number if isinstance(value, bytes) else value + number * self._apart

    def _with(self, value: Any, state: dict[str, Any]) -> Any:
        """An object of the same class with another state; its ``__init__`` is not run."""
        try:
            other = object.__new__(type(value))
            other.__dict__.update(state)
        except TypeError:
            self.opaque.add(type(value).__qualname__)
            return value
        return other


def _state(value: Any) -> dict[str, Any]:
    """The attributes of an object; empty for classes and what keeps none."""
    state = getattr(value, "__dict__", None)
    return state if isinstance(state, dict) and not isinstance(value, type) else {}


def apart(values: Any) -> int:
    """A distance between copies beyond all numbers in these arguments."""
    found = [1.0]
    _numbers(values, found, 0)
    return max(_APART, int(2 * max(found)) + 1)


def _numbers(value: Any, found: list[float], depth: int) -> None:
    if type(value) in (int, float):
        if abs(value) < 1e15:  # not NaN, not infinite
            found.append(abs(value))
    elif depth <= _DEPTH:
        inner = value.values() if type(value) is dict else value if type(value) in (list, tuple, set) else ()
        for one in (*inner, *getattr(value, "__dict__", {}).values()):
            _numbers(one, found, depth + 1)


def size(value: Any) -> int:
    """How many elements an argument holds; of an object, those of its containers together."""
    if isinstance(value, (list, tuple, set, frozenset, dict, deque)):
        return len(value)
    state = getattr(value, "__dict__", None)
    if isinstance(state, dict) and not isinstance(value, type):
        return sum(len(one) for one in state.values() if isinstance(one, (list, tuple, set, dict, deque)))
    return 0
