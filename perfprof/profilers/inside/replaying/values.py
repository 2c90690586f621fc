"""Plain values beside those that were recorded: a little more, a little less, equal but another object."""

from __future__ import annotations

import pickle
import random
from datetime import date, datetime, timedelta
from typing import Any

LENGTHS = (9, 17, 33, 65, 101, 130, 257, 520, 1030)  # just beyond where programs cut: batches, caches, placeholders


def bent(value: Any, chance: random.Random) -> Any:
    """A value near this one: where an off by one, a sign, a prefix or the order of digits would show."""
    kind = type(value)
    if kind is int:
        return chance.choice((value + 1, value - 1, -value, 2 * value, 10 * value, value + 257))
    if kind is float:
        return chance.choice((-value, value + 0.5, value / 3, value * 1e200, value + 1e-9, value - 1.0))
    if kind in (str, bytes):
        return _bent_text(value, chance)
    if kind in (date, datetime, timedelta):
        return _bent_time(value, chance)
    return value


def _bent_time(value: Any, chance: random.Random) -> Any:
    """A little before and after; another day by a few hours, another second by less than one."""
    steps: tuple[timedelta, ...] = (timedelta(1), timedelta(-1), timedelta(31), timedelta(365))
    if type(value) is not date:
        steps += (timedelta(hours=13), timedelta(hours=-13), timedelta(microseconds=500_001), timedelta(seconds=-1))
    try:
        return value + chance.choice(steps)
    except OverflowError:
        return value


def _bent_text(value: Any, chance: random.Random) -> Any:
    place = chance.randrange(len(value)) if value else 0
    if isinstance(value, bytes):
        return chance.choice(
            (value[1:], value[:-1], value[:place] + value[place - 1 :], value + b" ", value + b"\xe9", value[::-1])
        )
    breaks = [index for index, sign in enumerate(value) if not sign.isalnum()]
    times = 2
    if breaks and chance.random() < 0.5:  # programs split, strip and replace there
        place, times = chance.choice(breaks), chance.choice((2, 3, 7))
    one = value[place : place + 1]
    run = value[:place] + one * times + value[place:]
    return chance.choice(
        (
            *(value[1:], value[:-1], value[::-1], value.swapcase(), value[:place] + one + value[place:]),
            *(run, f" {value}", f"{value} ", f"{value[:place]}  {value[place:]}"),
            *(
                f"{value}\n",
                f"{value[:place]}\r\n{value[place:]}",
                f"{value}ß",
                f"{value}İ",
                f"{value}1",
                "ß",
                "ss",
            ),
        )
    )


def confusable(value: Any) -> list[Any]:
    """Values that one program takes for equal and another does not: case, signs, repeated beginnings and ends."""
    kind = type(value)
    if kind is str:
        sharp = (f"{value}ß", f"{value}ss", f"{value}SS", value.upper(), value.lower())
        return [value, *sharp, value[:2] + value, value[:1] + value, value + value[-1:], value + value[-2:]]
    if kind is int:
        return [value, -value, value + 1000, value + 1000, value * 1001]
    if kind is float:
        return [value, -value, value + 1e-12, value * 1e200]
    return [value]


def another(value: Any) -> Any:
    """Equal, of the same type, and where the language allows it not the same object."""
    if type(value) in (int, float, str, bytes, tuple, frozenset):
        return pickle.loads(pickle.dumps(value))  # noqa: S301 (made on this line)
    return value


def grown(members: list[Any], length: int, chance: random.Random, *, keys: bool) -> list[Any]:
    """So many members: the given ones again and again, some as they are, some changed.

    keys: they are the pairs of a dict or the members of a set, which must differ.
    """
    found = list(members)
    for number in range(len(members), length if members else 0):
        pattern = members[number % len(members)]
        if keys and isinstance(pattern, tuple) and len(pattern) == 2:
            found.append((_moved(pattern[0], number), _copied(pattern[1])))
        elif keys:
            found.append(_moved(pattern, number))
        else:
            found.append(_moved(pattern, number) if chance.random() < 0.6 else _copied(pattern))
    return found


def _copied(value: Any) -> Any:
    """Another object with the same content; the same one if it cannot be copied."""
    try:
        return pickle.loads(pickle.dumps(value))  # noqa: S301
    except Exception:
        return value


def _moved(value: Any, number: int) -> Any:
    """The value shifted by ``number``, the same way wherever it stands; rows by their plain parts."""
    kind = type(value)
    if kind is int:
        return value + number
    if kind is float:
        return value + number / 2
    if kind is str:
        return f"{value}{number}"
    if kind is bytes:
        return value + str(number).encode()
    if kind is tuple:
        return tuple(_moved(part, number) for part in value)
    if kind is dict:
        return {key: _moved(part, number) for key, part in value.items()}
    return _copied(value)
