"""Inputs nobody recorded, made from recorded ones: the same structure with other contents.

A mutant is a small blob, a seed and a number of changes: making it twice gives two equal and unrelated inputs, in
which values drawn from the pool are the same objects.
"""

from __future__ import annotations

import pickle
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from .bending import MOVES, arrays, bend
from .calling import Arguments
from .slots import ATOMS, Slot, length, refill, slots, sorted_slots
from .values import LENGTHS, another, bent, confusable, grown
from .wild import EDGES, pool

_LISTS = (list, tuple, deque)
LONGEST = 6


Limit = tuple[Any, int]  # a move and the number of a collection, or a type and the number of an extreme


@dataclass(frozen=True)
class Mutant:
    """How to make one input. changes: how many of the changes that the seed gives are made.

    limit: a change made first, see ``limits``. cuts: elements taken out last, as (number of the collection, first, end).
    """

    blob: bytes
    seed: int
    changes: int
    hostile: bool
    domain: tuple[Any, ...]
    limit: Limit | None = None
    cuts: tuple[tuple[int, int, int], ...] = ()

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
        for number, first, end in self.cuts:
            _cut_out(root, number, first, end)
        return tuple(root[0]), root[1]

    def cut(self) -> Iterator[Mutant]:
        """The same input with less in it, in every way: halves of a collection first, single elements at the end."""
        args, kwargs = self.make()
        collections, _ = sorted_slots([list(args), dict(kwargs)])
        sizes = [length(slot.value) for slot in collections]
        step = max(sizes, default=0) // 2 or 1
        while step:
            for number, size in enumerate(sizes):
                for first in reversed(range(0, size if step <= size else 0, step)):
                    yield replace(self, cuts=(*self.cuts, (number, first, first + step)))
            step //= 2


def limits(blob: bytes) -> list[Limit]:
    """The limits of an input, one by one: each collection empty, single, doubled, reversed, grown; each type's extremes;
    arrays whose elements cancel out, or vanish.
    """
    args, kwargs = pickle.loads(blob)  # noqa: S301
    root = [list(args), dict(kwargs)]
    collections, plain = sorted_slots(root)
    kinds = dict.fromkeys(type(slot.value) for slot in plain)
    return [
        *(
            (move, index)
            for index in range(min(len(collections), 4))
            for move in ("empty", "one", "double", "reverse", "grow", "grow")
        ),
        *((kind, index) for kind in kinds for index in range(len(EDGES.get(kind, ())))),
        *((move, index) for index in range(min(len(arrays(slots(root))), 4)) for move in MOVES),
    ]


def _cut_out(root: list[Any], number: int, first: int, end: int) -> None:
    collections, _ = sorted_slots(root)
    if number < len(collections):
        slot = collections[number]
        members = list(slot.value.items()) if isinstance(slot.value, dict) else list(slot.value)
        del members[first:end]
        refill(slot, members)


def _to_limit(root: list[Any], chance: random.Random, limit: Limit) -> None:
    what, index = limit
    collections, plain = sorted_slots(root)
    if what in MOVES:
        for one in arrays(slots(root))[index : index + 1]:
            bend(one, chance, what)
        return
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
        long = [slot for slot in slots(root) if length(slot.value) > LONGEST]
        for slot in long:
            slot.put(_cut(slot.value))
        if not long:
            break
    try:
        return pickle.dumps((tuple(root[0]), root[1]), protocol=4)
    except Exception:
        import cloudpickle  # the target's, or lent to it: what came as a lambda goes as one

        return bytes(cloudpickle.dumps((tuple(root[0]), root[1]), protocol=4))


def domain_of(blob: bytes) -> list[Any]:
    """The plain values in a call."""
    return [slot.value for slot in slots(list(pickle.loads(blob))) if type(slot.value) in ATOMS]  # noqa: S301


def _change(root: list[Any], chance: random.Random, domain: tuple[Any, ...]) -> None:
    """One change that leaves all types as they were recorded."""
    collections, plain = sorted_slots(root)
    moves: list[Callable[[], None]] = []
    if collections:
        moves += [lambda: _reshape(chance.choice(collections), chance)] * 3
    if plain:
        moves += [lambda: _redraw(plain, chance, domain)] * 2
        moves += [lambda: _collapse(plain, chance, domain), lambda: _swap(plain, chance)]
    mappings = [value for value in (*root[0], *root[1].values()) if type(value) is dict and value]
    if len(mappings) > 1:
        moves.append(lambda: _share_key(mappings, chance))
    bending = arrays(slots(root))
    if bending:
        moves += [lambda: bend(chance.choice(bending), chance)] * 3
    if moves:
        chance.choice(moves)()


def _harm(root: list[Any], chance: random.Random, wild: tuple[Any, ...]) -> None:
    """Put values of other types where plain values stand, the same few in several places, so that they meet."""
    collections, plain = sorted_slots(root)
    few = chance.sample(wild, 2)
    empty = [slot for slot in collections if type(slot.value) in (list, deque) and not slot.value]
    if empty and (not plain or chance.random() < 0.2):
        chance.choice(empty).value.extend(chance.choices(few, k=chance.randint(1, 3)))
    for slot in chance.sample(plain, min(len(plain), chance.randint(1, 4))):
        slot.put(chance.choice(few))
    if collections and chance.random() < 0.3:
        _reshape(chance.choice(collections), chance)


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
    elif move == "grow":
        members = grown(
            members, chance.choice(LENGTHS), chance, keys=isinstance(slot.value, (dict, set, frozenset))
        )
    else:
        members = members[index : index + 1] if move == "one" else []
    refill(slot, members)


def _redraw(plain: list[Slot], chance: random.Random, domain: tuple[Any, ...]) -> None:
    """The same other value of the type in one to three places."""
    kind = type(chance.choice(plain).value)
    alike = [slot for slot in plain if type(slot.value) is kind]
    value = _drawn(kind, alike, chance, domain)
    same = chance.random() < 0.5
    for slot in chance.sample(alike, min(len(alike), chance.randint(1, 3))):
        slot.put(value if same else another(value))


def _collapse(plain: list[Slot], chance: random.Random, domain: tuple[Any, ...]) -> None:
    """Only one to three different values of a type are left: keys collide, ties appear."""
    kind = type(chance.choice(plain).value)
    alike = [slot for slot in plain if type(slot.value) is kind]
    few = [_drawn(kind, alike, chance, domain) for _ in range(chance.randint(1, 3))]
    if chance.random() < 0.3:
        few = confusable(few[0])
    same = chance.random() < 0.5
    for slot in alike:
        value = chance.choice(few)
        slot.put(value if same else another(value))


def _drawn(kind: type, alike: list[Slot], chance: random.Random, domain: tuple[Any, ...]) -> Any:
    """A value that stands in the input, one that was recorded elsewhere, one near these, or a limit of its type."""
    recorded = [value for value in domain if type(value) is kind]
    standing = [slot.value for slot in alike]
    if chance.random() < 0.3:
        return bent(chance.choice(chance.choice((standing, recorded)) or standing), chance)
    source = chance.choice((standing, recorded, list(EDGES.get(kind, ()))))
    return chance.choice(source or standing)


def _share_key(mappings: list[dict[Any, Any]], chance: random.Random) -> None:
    """A key of one argument in another one, too, first or last."""
    source, target = chance.sample(mappings, 2)
    key = chance.choice(list(source))
    rest = list(target.items())
    target.clear()
    target.update([(key, source[key]), *rest] if chance.random() < 0.7 else [*rest, (key, source[key])])


def _swap(plain: list[Slot], chance: random.Random) -> None:
    one = chance.choice(plain)
    other = chance.choice([slot for slot in plain if type(slot.value) is type(one.value)])
    one.put(other.value)
    other.put(one.value)


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
