"""Inputs nobody recorded, made from recorded ones: the same structure with other contents.

A mutant is a small blob, a seed and a number of changes: making it twice gives two equal and unrelated inputs, in
which values drawn from the pool are the same objects.
"""

from __future__ import annotations

import contextlib
import pickle
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .calling import Arguments
from .shapes import fields_of
from .wild import EDGES, WILD, pool

_ATOMS = (int, float, complex, str, bytes, bool, type(None))
_LISTS = (list, tuple, deque)
MOST_SLOTS = 120
LONGEST = 6


Limit = tuple[Any, int]  # a move and the number of a collection, or a type and the number of an extreme


@dataclass(frozen=True)
class Slot:
    """A place that holds a value. record: it is a row among rows, whose columns must stay what they are."""

    value: Any
    put: Callable[[Any], None]
    record: bool = False


@dataclass(frozen=True)
class Mutant:
    """How to make one input. changes: how many of the changes that the seed gives are made.

    limit: a change made first, see ``limits``.
    """

    blob: bytes
    seed: int
    changes: int
    hostile: bool
    domain: tuple[Any, ...]
    limit: Limit | None = None

    def make(self) -> Arguments:
        """A fresh copy of the input."""
        args, kwargs = pickle.loads(self.blob)  # noqa: S301 (the user's own objects, in the user's own interpreter)
        root: list[Any] = [list(args), dict(kwargs)]
        chance = random.Random(self.seed)  # noqa: S311 (no secret: the same changes each time)
        if self.limit is not None:
            _to_limit(root, chance, self.limit)
        wild = pool() if self.hostile else ()
        for _ in range(self.changes):
            if self.hostile:
                _harm(root, chance, wild)
            else:
                _change(root, chance, self.domain)
        return tuple(root[0]), root[1]


def limits(blob: bytes) -> list[Limit]:
    """The limits of an input, one by one: each collection empty, single, doubled, reversed; each type's extremes."""
    args, kwargs = pickle.loads(blob)  # noqa: S301
    collections, plain = _sorted_slots([list(args), dict(kwargs)])
    kinds = dict.fromkeys(type(slot.value) for slot in plain)
    return [
        *(
            (move, index)
            for index in range(min(len(collections), 4))
            for move in ("empty", "one", "double", "reverse")
        ),
        *((kind, index) for kind in kinds for index in range(len(EDGES.get(kind, ())))),
    ]


def _to_limit(root: list[Any], chance: random.Random, limit: Limit) -> None:
    what, index = limit
    collections, plain = _sorted_slots(root)
    if isinstance(what, str):
        if index < len(collections):
            _reshape(collections[index], chance, what)
        return
    for slot in plain:
        if type(slot.value) is what and chance.random() < 0.7:
            slot.put(EDGES[what][index])


def small(blob: bytes) -> bytes:
    """The same call with every collection cut to half a dozen elements."""
    args, kwargs = pickle.loads(blob)  # noqa: S301
    root = [list(args), dict(kwargs)]
    for _ in range(4):  # a cut opens the view on what lies below
        long = [slot for slot in slots(root) if _length(slot.value) > LONGEST]
        for slot in long:
            slot.put(_cut(slot.value))
        if not long:
            break
    return pickle.dumps((tuple(root[0]), root[1]), protocol=4)


def domain_of(blob: bytes) -> list[Any]:
    """The plain values in a call."""
    return [slot.value for slot in slots(list(pickle.loads(blob))) if type(slot.value) in _ATOMS]  # noqa: S301


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
        if type(slot.value) not in _ATOMS and id(slot.value) not in seen:
            seen.add(id(slot.value))
            todo.extend(_below(slot.value, slot.put))
    return found


def _nowhere(value: Any) -> None:
    """The arguments themselves stay the lists that they are."""


def _below(value: Any, put: Callable[[Any], None]) -> list[Slot]:
    if isinstance(value, tuple):
        members = list(value)
        return [Slot(item, _tuple_put(value, members, index, put)) for index, item in enumerate(value)]
    if isinstance(value, (list, deque)):
        return [Slot(item, _item_put(value, index), _row(item)) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return [Slot(item, _item_put(value, key), _row(item)) for key, item in value.items()]
    if isinstance(value, (type, *_ATOMS, *WILD)) or callable(value):
        return []
    return [Slot(item, _field_put(value, name)) for name, item in fields_of(value).items()]


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


def _change(root: list[Any], chance: random.Random, domain: tuple[Any, ...]) -> None:
    """One change that leaves all types as they were recorded."""
    collections, plain = _sorted_slots(root)
    moves: list[Callable[[], None]] = []
    if collections:
        moves += [lambda: _reshape(chance.choice(collections), chance)] * 3
    if plain:
        moves += [lambda: _redraw(plain, chance, domain)] * 2
        moves += [lambda: _collapse(plain, chance, domain), lambda: _swap(plain, chance)]
    if moves:
        chance.choice(moves)()


def _harm(root: list[Any], chance: random.Random, wild: tuple[Any, ...]) -> None:
    """Put values of other types where plain values stand, the same few in several places, so that they meet."""
    collections, plain = _sorted_slots(root)
    few = chance.sample(wild, 2)
    empty = [slot for slot in collections if type(slot.value) in (list, deque) and not slot.value]
    if empty and (not plain or chance.random() < 0.2):
        chance.choice(empty).value.extend(chance.choices(few, k=chance.randint(1, 3)))
    for slot in chance.sample(plain, min(len(plain), chance.randint(1, 4))):
        slot.put(chance.choice(few))
    if collections and chance.random() < 0.3:
        _reshape(chance.choice(collections), chance)


def _sorted_slots(root: list[Any]) -> tuple[list[Slot], list[Slot]]:
    """Places with collections that may be reshaped, and places with plain values."""
    places = slots(root)
    collections = [slot for slot in places if _length(slot.value) >= 0 and not slot.record]
    return collections, [slot for slot in places if type(slot.value) in _ATOMS]


def _reshape(slot: Slot, chance: random.Random, move: str = "") -> None:
    """Drop, double, reorder, empty or keep one, in place where the object is one that others may hold."""
    members = list(slot.value.items()) if isinstance(slot.value, dict) else list(slot.value)
    index = chance.randrange(len(members)) if members else 0
    move = move or chance.choice(("drop", "double", "shuffle", "reverse", "empty", "one"))
    if move == "drop":
        del members[index : index + 1]
    elif move == "double":
        members[chance.randrange(len(members) + 1) : 0] = members[index : index + 1]
    elif move == "shuffle":
        chance.shuffle(members)
    elif move == "reverse":
        members.reverse()
    else:
        members = members[index : index + 1] if move == "one" else []
    _refill(slot, members)


def _refill(slot: Slot, members: list[Any]) -> None:
    value = slot.value
    if isinstance(value, (dict, set)):
        value.clear()
        value.update(members)
    elif isinstance(value, (list, deque)):
        value.clear()
        value.extend(members)
    elif type(value) in (tuple, frozenset):
        slot.put(type(value)(members))


def _redraw(plain: list[Slot], chance: random.Random, domain: tuple[Any, ...]) -> None:
    """The same other value of the type in one to three places."""
    kind = type(chance.choice(plain).value)
    alike = [slot for slot in plain if type(slot.value) is kind]
    value = _drawn(kind, alike, chance, domain)
    for slot in chance.sample(alike, min(len(alike), chance.randint(1, 3))):
        slot.put(value)


def _collapse(plain: list[Slot], chance: random.Random, domain: tuple[Any, ...]) -> None:
    """Only one to three different values of a type are left: keys collide, ties appear."""
    kind = type(chance.choice(plain).value)
    alike = [slot for slot in plain if type(slot.value) is kind]
    few = [_drawn(kind, alike, chance, domain) for _ in range(chance.randint(1, 3))]
    for slot in alike:
        slot.put(chance.choice(few))


def _drawn(kind: type, alike: list[Slot], chance: random.Random, domain: tuple[Any, ...]) -> Any:
    """A value that stands in the input, one that was recorded elsewhere, or a limit of its type."""
    recorded = [value for value in domain if type(value) is kind]
    source = chance.choice(([slot.value for slot in alike], recorded, list(EDGES.get(kind, ()))))
    return chance.choice(source or [alike[0].value])


def _swap(plain: list[Slot], chance: random.Random) -> None:
    one = chance.choice(plain)
    other = chance.choice([slot for slot in plain if type(slot.value) is type(one.value)])
    one.put(other.value)
    other.put(one.value)


def _length(value: Any) -> int:
    """Elements of a collection that may be reshaped; -1 for everything else, named tuples too: those are records."""
    kind = type(value)
    if isinstance(value, (list, dict, set, deque)) or kind in (tuple, frozenset):
        return len(value)
    return -1


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        for key in list(value)[LONGEST:]:
            del value[key]
    elif isinstance(value, (list, deque)):
        while len(value) > LONGEST:
            value.pop()
    elif isinstance(value, set):
        for item in list(value)[LONGEST:]:
            value.discard(item)
    else:
        return type(value)(list(value)[:LONGEST])
    return value
