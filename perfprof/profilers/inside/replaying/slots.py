"""The places in an input that hold values: where an input can be changed."""

from __future__ import annotations

import builtins
import contextlib
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from types import ModuleType
from typing import Any

from .fields import fields_of
from .wild import WILD

ATOMS = (int, float, complex, str, bytes, bool, type(None))
PLAIN = frozenset({*ATOMS, date, datetime, timedelta})  # may be exchanged for another of its type
MOST_SLOTS = 120


@dataclass(frozen=True)
class Slot:
    """A place that holds a value. record: it is a row among rows, whose columns must stay what they are."""

    value: Any
    put: Callable[[Any], None]
    record: bool = False


def slots(root: list[Any]) -> list[Slot]:
    """All places below the root, nearest first, at most MOST_SLOTS."""
    found: list[Slot] = []
    seen: set[int] = set()
    todo = deque(_below(root[0], _nowhere))
    for part in root[1:]:
        todo.extend(_below(part, _nowhere))
    while todo and len(found) < MOST_SLOTS:
        slot = todo.popleft()
        found.append(slot)
        if type(slot.value) not in ATOMS and id(slot.value) not in seen:
            seen.add(id(slot.value))
            todo.extend(_below(slot.value, slot.put))
    return found


def _nowhere(value: Any) -> None:
    """The arguments themselves stay the lists that they are."""


def _below(value: Any, put: Callable[[Any], None]) -> list[Slot]:
    if isinstance(value, tuple):
        members = list(value)
        return [Slot(item, _tuple_put(value, members, index, put)) for index, item in _some(value)]
    if isinstance(value, (list, deque)):
        return [Slot(item, _item_put(value, index), _row(item)) for index, item in _some(value)]
    if isinstance(value, dict):
        if "__builtins__" in value or value is vars(builtins):
            return []
        return [Slot(item, _item_put(value, key), _row(item)) for key, item in islice(value.items(), MOST_SLOTS)]
    if isinstance(value, (type, ModuleType, *ATOMS, *WILD)) or callable(value) or _is_value(type(value)):
        return []  # a module is of the whole process: to empty it is to take away the built-in names
    return [Slot(item, _field_put(value, name)) for name, item in fields_of(value).items()]


def _is_value(kind: Any) -> bool:
    """Whether it is of the standard library and hashes by what it holds, as a UUID or a path: no code changes its inside."""
    ours = kind.__module__.partition(".")[0] in sys.stdlib_module_names
    return ours and kind.__hash__ not in (None, object.__hash__)


def _some(members: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    return enumerate(islice(members, MOST_SLOTS))


def _row(value: Any) -> bool:
    return isinstance(value, tuple) or (isinstance(value, dict) and all(isinstance(key, str) for key in value))


def _tuple_put(value: Any, members: list[Any], index: int, put: Callable[[Any], None]) -> Callable[[Any], None]:
    """All slots of one tuple share ``members``, so that each new tuple has the changes before it."""

    def put_item(item: Any) -> None:
        members[index] = item
        put(value._make(members) if hasattr(value, "_make") else tuple(members))

    return put_item


def _item_put(holder: Any, key: Any) -> Callable[[Any], None]:
    return lambda item: holder.__setitem__(key, item)


def _field_put(holder: Any, name: str) -> Callable[[Any], None]:
    def put(item: Any) -> None:
        with contextlib.suppress(AttributeError, TypeError):  # read-only, or not a plain object
            object.__setattr__(holder, name, item)

    return put


def sorted_slots(root: list[Any]) -> tuple[list[Slot], list[Slot]]:
    """Places with collections that may be reshaped, and places with plain values."""
    places = slots(root)
    collections = [slot for slot in places if length(slot.value) >= 0 and not slot.record]
    return collections, [slot for slot in places if type(slot.value) in PLAIN]


def refill(slot: Slot, members: list[Any]) -> None:
    """Give a collection other members, in place where the object is one that others may hold."""
    value = slot.value
    if isinstance(value, (dict, set)):
        value.clear()
        value.update(members)
    elif isinstance(value, (list, deque)):
        value.clear()
        value.extend(members)
    elif type(value) in (tuple, frozenset):
        slot.put(type(value)(members))


def length(value: Any) -> int:
    """Elements of a collection that may be reshaped; -1 for everything else, named tuples too: those are records."""
    kind = type(value)
    if isinstance(value, (list, dict, set, deque)) or kind in (tuple, frozenset):
        return len(value)
    return -1
