"""Differential runs: old against new on inputs derived from the recorded ones."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .comparing import Compared, Subject
from .mutants import Mutant, domain_of, limits, small
from .shapes import brief

BATCH = 20
ONE_CALL = 0.3  # seconds; what takes longer on half a dozen elements is left out


@dataclass
class Findings:
    """examples: inputs on which both sides answered. difference: the first input on which they differ, readable."""

    examples: int = 0
    skipped: int = 0
    seconds: float = 0.0
    difference: dict[str, Any] | None = None


def differential(
    subject: Subject, blobs: Sequence[bytes], *, hostile: bool, seed: int, examples: int, seconds: float
) -> Findings:
    """Up to ``examples`` inputs or ``seconds`` of CPU time; ends at the first difference."""
    found = Findings()
    begun = time.process_time()
    chance = random.Random(seed)  # noqa: S311
    bases = _bases(blobs)
    domain = tuple(value for blob in bases for value in domain_of(blob)[:200])
    fixed = [] if hostile else _limits(bases, chance, domain)[: examples // 2]
    made = 0
    while bases and made < examples and time.process_time() - begun < seconds and found.difference is None:
        batch = fixed[made : made + BATCH] or [
            Mutant(chance.choice(bases), chance.randrange(2**32), chance.choice((1, 1, 2, 3, 5)), hostile, domain)
            for _ in range(min(BATCH, examples - made))
        ]
        made += len(batch)
        batch.append(batch[0])  # what is remembered from call to call shows when one comes again
        seen = subject.compare([mutant.make for mutant in batch], ONE_CALL, lenient=hostile)
        found.skipped += len(seen.refused)
        found.examples += len(batch) - len(seen.refused)
        if seen.divergences:
            found.difference = _told(subject, batch, seen, hostile)
    found.seconds = time.process_time() - begun
    return found


def _bases(blobs: Sequence[bytes]) -> list[bytes]:
    bases: dict[bytes, None] = {}
    for blob in blobs:
        with contextlib.suppress(Exception):  # an argument that cannot be cut or copied again; there are others
            bases[small(blob)] = None
    return list(bases)


def _limits(bases: Sequence[bytes], chance: random.Random, domain: tuple[Any, ...]) -> list[Mutant]:
    """Inputs at their limits, in random order, so that each process tries others when there are many."""
    found = [
        Mutant(base, chance.randrange(2**32), 0, hostile=False, domain=domain, limit=limit)
        for base in bases
        for limit in limits(base)
    ]
    chance.shuffle(found)
    return found


def _told(subject: Subject, batch: list[Mutant], seen: Compared, hostile: bool) -> dict[str, Any]:
    """The difference in the fewest changes that still show it, alone if it shows alone."""
    first = seen.divergences[0]
    mutant = batch[max(first.index, 0)]
    for changes in range(mutant.changes + 1):
        simpler = replace(mutant, changes=changes)
        alone = subject.compare([simpler.make], ONE_CALL, lenient=hostile)
        if alone.divergences:
            mutant, first = simpler, alone.divergences[0]
            break
    args, kwargs = mutant.make()
    text = ", ".join([*map(brief, args), *(f"{name}={brief(value)}" for name, value in kwargs.items())])
    return {"arguments": text[:400], "part": first.part, "old": first.old, "new": first.new}
