"""Arrays of NumPy with other contents: what a sum, a sign or a comparison of their elements would notice.

An array keeps its shape and its type, so that arrays that belong together still do. Nothing here imports NumPy: who has an
array has it already.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from .slots import Slot

MOVES = ("cancel", "zero", "tiny", "signs", "backwards", "spread")


def arrays(places: list[Slot]) -> list[Any]:
    """The arrays of floats among these places that may be written to."""
    return [slot.value for slot in places if _bends(slot.value)]


def _bends(value: Any) -> bool:
    kind = type(value)
    if kind.__module__ != "numpy" or kind.__name__ != "ndarray":
        return False
    return bool(value.dtype.kind == "f" and value.flags.writeable and value.size > 0)


def bend(array: Any, chance: random.Random, move: str = "") -> None:
    """Change an array in place. "cancel": each second element takes the one before it away, but for a rest."""
    flat = array.reshape(-1) if array.flags.c_contiguous else array
    _MOVES[move or chance.choice(MOVES)](flat, chance)


def _cancel(flat: Any, chance: random.Random) -> None:
    if len(flat) > 1:
        half = len(flat) // 2
        flat[half : 2 * half] = -flat[:half][::-1]
        flat[chance.randrange(len(flat))] += chance.choice((0, 1e-12, 1e-3))


def _zero(flat: Any, chance: random.Random) -> None:
    flat[...] = chance.choice((0.0, -0.0))


def _tiny(flat: Any, chance: random.Random) -> None:
    flat *= chance.choice((1e-3, 1e-9, 1e9))


def _signs(flat: Any, chance: random.Random) -> None:
    flat[:: chance.randint(2, 3)] *= -1


def _backwards(flat: Any, chance: random.Random) -> None:
    flat[...] = flat[::-1].copy()


def _spread(flat: Any, chance: random.Random) -> None:
    """Large among small ones, so that the order of a sum tells."""
    flat[chance.randrange(len(flat)) :: chance.randint(2, 97)] *= chance.choice((1e8, -1e8, 1e16))


_MOVES: dict[str, Callable[[Any, random.Random], None]] = {
    "cancel": _cancel,
    "zero": _zero,
    "tiny": _tiny,
    "signs": _signs,
    "backwards": _backwards,
    "spread": _spread,
}
