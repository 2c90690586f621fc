"""Values that break what a rewrite may have taken for granted, and the one pool from which all are drawn.

Drawn from one pool, the same object stands in two places: identity is part of the semantics of ``in`` and of dicts.
"""

from __future__ import annotations

from typing import Any


class Twin:
    """Equal to its like and hashed alike, but never the same object."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<equal, not the same>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Twin) and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.value)


class Anything:
    """Equal to everything, as ``unittest.mock.ANY`` is."""

    def __repr__(self) -> str:
        return "<equal to anything>"

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7


class Unhashable:
    """Equal by value, without a hash."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: int) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<without hash>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unhashable) and other.value == self.value


class AnyCase(str):
    """Text that compares without case but is hashed with it."""

    def __repr__(self) -> str:
        return f"<any case {str.__repr__(self)}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and str.lower(self) == str.lower(other)

    __hash__ = str.__hash__


WILD = (Twin, Anything, Unhashable, AnyCase)
NAN = float("nan")
_bound: list[str] | None = None  # names of the types that hints allow; None: any


def bind(names: list[str] | None) -> None:
    """From here on draw only values of these types; None for all."""
    global _bound
    _bound = names


def pool() -> tuple[Any, ...]:
    """Fresh ones for each input: a program may change what it is given."""
    return tuple(value for value in _all() if _bound is None or type(value).__name__ in _bound)


def _all() -> tuple[Any, ...]:
    plain = (None, NAN, 1, 1.0, True, 0, "", b"a", (), 2**70)
    built: tuple[Any, ...] = ([], [1], {}, set(), (1, []), frozenset({1}))
    odd = (Twin(1), Twin(1), Anything(), Unhashable(1), Unhashable(1), AnyCase("a"), AnyCase("A"))
    return (*plain, *built, *odd)


EDGES: dict[type, tuple[Any, ...]] = {
    int: (0, 1, -1, 2, 2**63),
    float: (0.0, -0.0, 1.0, NAN, float("inf"), -1.5),
    str: ("", "a", "A", "b", "é"),
    bytes: (b"", b"a", b"\xff\x00", "é".encode()),
    bool: (True, False),
}
