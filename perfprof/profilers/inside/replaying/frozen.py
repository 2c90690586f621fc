"""Clock and chance stand still while a call is played, at one of two places by turns.

With one place, a time or a number that is read once and kept would look like one that is read each time. What a
program took by name before (``from time import time``, ``datetime.now``) goes on; such calls disagree with themselves
and decide nothing.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_CLOCKS = (1_700_000_000.25, 1_731_536_543.5)  # seconds since the epoch: a winter and the next autumn
_SEEDS = (2718, 31415)


class Frozen:
    """One a sequence of calls: the first call gets the first place, the next one the second, and so on."""

    def __init__(self) -> None:
        self._starts = [random.Random(seed).getstate() for seed in _SEEDS]  # noqa: S311 (no secret)
        self._calls = 0

    def begin(self) -> None:
        """A new sequence of calls."""
        self._calls = 0

    @contextmanager
    def around(self) -> Iterator[None]:
        """Freeze for one call."""
        place = self._calls % 2
        self._calls += 1
        random.setstate(self._starts[place])
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed(_SEEDS[place])
        before = [(module, name, getattr(module, name)) for module, name, _ in _fakes(place)]
        for module, name, fake in _fakes(place):
            setattr(module, name, fake)
        try:
            yield
        finally:
            for module, name, real in before:
                setattr(module, name, real)


def _fakes(place: int) -> list[tuple[Any, str, Any]]:
    """The monotonic clocks run on: event loops and time limits wait for them."""
    now = _CLOCKS[place]
    chance = random.Random(_SEEDS[place])  # noqa: S311 (no secret)

    def urandom(size: int, /) -> bytes:
        return chance.randbytes(size)

    return [
        (time, "time", lambda: now),
        (time, "time_ns", lambda: int(now * 1_000_000_000)),
        (os, "urandom", urandom),
        (random, "_urandom", urandom),  # what SystemRandom, and with it secrets, ask
    ]
