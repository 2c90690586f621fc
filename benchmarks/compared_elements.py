"""What a search compares an element for: ns each, where it finds nothing. The figures of `perfprof.rules.bounds`.

python benchmarks/compared_elements.py
"""

from __future__ import annotations

import datetime
import decimal
import fractions
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

SIZES = (20, 100, 1_000, 10_000, 100_000)
COMPARED = 20_000  # elements in one measurement
TRIES = 5


class Bare:
    """Compares by identity."""


class Named:
    """Compares in Python."""

    def __init__(self, name: int) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True)
class Record:
    """Compares by a method that was written for it."""

    number: int
    text: str


MADE: dict[str, Callable[[int], Any]] = {  # from a number, each time another; -1 is what is looked for
    "int": lambda number: 10**6 + number,
    "float": lambda number: number + 0.5,
    "bool or None": lambda number: 0.5 if number < 0 else (None, True)[number % 2],
    "str of 9": lambda number: f"n{number:08}",
    "str of 118, beginning alike": lambda number: "x" * 110 + f"{number:08}",
    "bytes": lambda number: f"n{number:08}".encode(),
    "tuple of 2": lambda number: (number, number + 1),
    "tuple of 5, beginning alike": lambda number: (7, "a", 3.5, None, number),
    "frozenset": lambda number: frozenset((number, number + 1)),
    "object": lambda number: Bare(),
    "__eq__ in Python": Named,
    "dataclass": lambda number: Record(number, "x"),
    "date": lambda number: datetime.date.fromordinal(number + 2),
    "Decimal": decimal.Decimal,
    "Fraction": lambda number: fractions.Fraction(number, 7),
    "path": lambda number: PurePosixPath(f"a/b{number}"),
}


def nanoseconds(elements: Sequence[Any], missing: Any) -> float:
    """The least of some tries, an element."""
    searches, best = max(1, COMPARED // len(elements)), math.inf
    for _ in range(TRIES):
        begun = time.thread_time()
        for _ in range(searches):
            missing in elements  # noqa: B015 - the search is what is measured
        best = min(best, time.thread_time() - begun)
    return best / searches / len(elements) * 1e9


def main() -> None:
    """Print a row for each type, a column for each length."""
    chance = random.Random(1)
    print(f"{'ns an element, list of':30}" + "".join(f"{size:>9,}" for size in SIZES))
    for name, make in MADE.items():
        found = []
        for size in SIZES:
            elements = [make(number) for number in range(size)]
            chance.shuffle(elements)
            found.append(nanoseconds(elements, make(-1)))
        print(f"{name:30}" + "".join(f"{each:9.1f}" for each in found))


if __name__ == "__main__":
    main()
