"""Differential runs: old against new on inputs derived from the recorded ones."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .comparing import Divergence, Subject
from .mutants import Mutant, domain_of, limits, small
from .shapes import brief
from .slots import slots
from .wild import WILD

BATCH = 20
SHRINKING, SHRINKING_SECONDS = 120, 1.0  # inputs and CPU time that may be spent to make a difference readable
ONE_CALL = 0.3  # seconds; what takes longer on half a dozen elements is left out


@dataclass
class Findings:
    """examples: inputs on which both sides answered. difference: the first input on which they differ, readable.

    A difference is mild if it takes a made-up object, or if the new code raises a TypeError; a grave one goes first.
    largest: how far apart floats are that count as equal.
    """

    examples: int = 0
    skipped: int = 0
    seconds: float = 0.0
    difference: dict[str, Any] | None = None
    largest: float = 0.0

    @property
    def grave(self) -> bool:
        """Is there nothing more to look for?"""
        return self.difference is not None and not self.difference["mild"]


def differential(
    subject: Subject, blobs: Sequence[bytes], *, hostile: bool, seed: int, examples: int, seconds: float
) -> Findings:
    """Up to ``examples`` inputs or ``seconds`` of CPU time; ends at the first difference, a mild one aside."""
    found = Findings()
    started, left = time.process_time(), seconds
    source = Source(blobs, seed, hostile, examples)
    while left > 0 and not found.grave and (batch := source.batch()):
        begun = time.process_time()
        seen = subject.compare([mutant.make for mutant in batch], ONE_CALL, lenient=hostile, total=left)
        left -= time.process_time() - begun
        found.skipped += len(seen.refused)
        found.largest = max(found.largest, seen.largest)
        found.examples += len(batch) - len(seen.refused)
        for first in sorted(seen.divergences, key=lambda one: _mild(one, batch, hostile))[:1]:
            mild = _mild(first, batch, hostile)
            if not mild or found.difference is None:
                found.difference = _told(subject, batch, first, hostile) | {"mild": mild}
    found.seconds = time.process_time() - started
    return found


def _mild(found: Divergence, batch: Sequence[Mutant], hostile: bool) -> bool:
    """Does it take an object made up here, or does the new code refuse a type aloud that the old one took?

    Neither is a wrong answer to an ordinary value. A type that no call had is refused where it is hashed or sorted.
    """
    if not hostile:
        return False
    aloud = found.new.startswith(("raised TypeError", "raised AttributeError"))
    if found.part == "result" and found.old.startswith("returned") and aloud:
        return True
    args, kwargs = batch[max(found.index, 0)].make()
    return any(isinstance(slot.value, WILD) for slot in slots([list(args), dict(kwargs)]))


class Source:
    """Gives inputs in batches: first those at their limits, then such with random changes."""

    def __init__(self, blobs: Sequence[bytes], seed: int, hostile: bool, examples: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 (no secret: the same inputs each time)
        self._bases = _bases(blobs)
        self._hostile = hostile
        self._left = examples if self._bases else 0
        self._domain = tuple(value for blob in self._bases for value in domain_of(blob)[:200])
        self._fixed = [] if hostile else _limits(self._bases, self._chance, self._domain)[: examples // 2]

    def batch(self) -> list[Mutant]:
        """The next inputs; the first comes again at the end, which shows what is remembered from call to call."""
        count = min(BATCH, self._left)
        self._left -= count
        made = [self._fixed.pop() if self._fixed else self._random() for _ in range(count)]
        return [*made, *made[:1]]

    def _random(self) -> Mutant:
        chance = self._chance
        base, seed, changes = chance.choice(self._bases), chance.randrange(2**32), chance.choice((1, 1, 2, 3, 5))
        return Mutant(base, seed, changes, self._hostile, self._domain)


def _bases(blobs: Sequence[bytes]) -> list[bytes]:
    bases: dict[bytes, None] = {}
    for blob in blobs:
        with contextlib.suppress(Exception):  # an argument that cannot be cut or copied again; there are others
            bases[small(blob)] = None
    return list(bases)


def _limits(bases: Sequence[bytes], chance: random.Random, domain: tuple[Any, ...]) -> list[Mutant]:
    """Inputs at their limits, in random order, so that each process tries others when there are many."""
    found = [
        Mutant(base, chance.randrange(2**32), changes, hostile=False, domain=domain, limit=limit)
        for base in bases
        for limit in limits(base)
        for changes in ((0, 1, 2) if limit[0] == "empty" else (0,))
    ]
    chance.shuffle(found)
    return found


def _told(subject: Subject, batch: list[Mutant], first: Divergence, hostile: bool) -> dict[str, Any]:
    """The difference on the smallest input that still shows it, if it shows on one call alone."""
    mutant = batch[max(first.index, 0)]
    mild = _mild(first, batch, hostile)

    def alone(simpler: Mutant) -> Divergence | None:
        found = subject.compare([simpler.make], ONE_CALL, lenient=hostile).divergences
        return found[0] if found and _mild(found[0], [simpler], hostile) == mild else None

    for changes in range(mutant.changes + 1):
        simpler = replace(mutant, changes=changes)
        shown = alone(simpler)
        if shown is not None:
            mutant, first = _shrunk(simpler, shown, alone)
            break
    args, kwargs = mutant.make()
    text = ", ".join([*map(brief, args), *(f"{name}={brief(value)}" for name, value in kwargs.items())])
    return {"arguments": text[:400], "part": first.part, "old": first.old, "new": first.new}


def _shrunk(
    mutant: Mutant, shown: Divergence, alone: Callable[[Mutant], Divergence | None]
) -> tuple[Mutant, Divergence]:
    """Take out one part after the other as long as the difference stays."""
    tries, end = SHRINKING, time.process_time() + SHRINKING_SECONDS
    smaller = True
    while smaller:
        smaller = False
        for candidate in mutant.cut():
            tries -= 1
            if tries < 0 or time.process_time() > end:
                return mutant, shown
            found = alone(candidate)
            if found is not None:
                mutant, shown, smaller = candidate, found, True
                break
    return mutant, shown
