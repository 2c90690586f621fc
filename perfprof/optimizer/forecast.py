"""Forecast: what the best rewrite of a place can make of its function, from what a recording shows and what was counted.

A function of which a scan takes 6 % becomes 1.06x as fast at most, whatever stands there instead (Amdahl). And a scan
takes no more than what was counted of it allows, whatever else its lines call. Where that is below what the rule
promises, or below what is shown, no measurement can accept a patch, and the place is not worth anybody's time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import lru_cache, partial

from perfprof.profilers.recording import Recording
from perfprof.rules.reading.functions import Function
from perfprof.rules.rule import Bound, Evidence

ENOUGH = 0.05  # of the whole run: a scan that takes so much is told and tried in any case
LEAST_CALL = 2e-6  # seconds; a guard, a key and a look-up take some 0.5e-6
REFERENCE = 7e-9  # seconds for an element of a list of numbers where `rules.bounds` was measured
MUCH_LESS = 0.8  # of its lines' share: what is worth a word


def ceiling(share: float, around: float, samples: int, gain: float) -> float:
    """The highest ratio old/new that a function can reach.

    share, around: the parts of the run, 0 to 1, that the place and its function have, seen in ``samples`` samples;
    that of the place may by chance be two standard errors more. gain: the ratio expected of the place itself, 1 if none is.
    """
    chance = 2 * math.sqrt(share * (1 - share) / samples) if samples else 1.0
    saved = min(share + chance, around) * (1 - 1 / gain if gain > 1 else 1.0)
    return around / (around - saved) if saved < around else math.inf


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a recording says of the function of a place.

    around: its share of the run, seen in ``samples`` samples. seconds: of CPU time that these stand for. least: the share
    from which a place is shown. below: the share of the run spent in functions of these names that this one called. pace:
    how many times as long as the reference this machine takes. counted: what was counted is of as much work.
    """

    around: float
    samples: int
    seconds: float
    least: float
    below: Callable[[Set[str]], float] = lambda names: 0.0
    pace: float = 1.0
    counted: bool = True

    def share(self, lines: float, bound: Bound | None) -> float:
        """What the scan has of the run at most, where its lines have the share ``lines``."""
        if bound is None or not self.counted or not self.seconds or lines <= 0:
            return lines
        beside = self.below(bound.beside) if bound.beside else 0.0
        return min(lines, bound.seconds * self.pace / self.seconds + beside)

    def too_little(self, lines: float, evidence: Evidence, promise: float) -> str:
        """Why no patch of a place whose lines have this share can be accepted; empty if one may be."""
        share = self.share(lines, evidence.bound)
        if share < min(self.least, lines):
            took = f"the scan takes {share * self.seconds * 1e3:.2g} ms at most of {self.seconds:.2g} s"
            return f"too short: {took}, whatever else its lines do ({lines:.0%})"
        if {"calls", "again"} <= evidence.numbers.keys():
            each = share * self.seconds / float(evidence.numbers["calls"])
            if each < LEAST_CALL:
                return f"too short: a call takes about {each * 1e6:.2g} us, and to ask for its kept result nearly as much"
        most = ceiling(share, self.around, self.samples, evidence.gain)
        if share >= ENOUGH or most >= promise or not self.around:
            return ""
        part = f"too small a part: {share / self.around:.0%} of its function's time"
        return f"{part}, so at most {most:.2f}x (pays from {promise:g}x)"


def forecast_of(recording: Recording, function: Function, share: float, least: float) -> Forecast:
    """Of a place in this function whose lines have this share."""
    path, total = str(function.module.path), recording.total
    around = max(recording.share(path, function.line, function.end_line), share)
    seconds = total * float(recording.meta["interval"]) or float(recording.meta["cpu_seconds"])
    below = partial(recording.share_below, path, function.line, function.end_line)
    return Forecast(around, total, seconds, least, below, pace())


@lru_cache(maxsize=1)
def pace() -> float:
    """How many times as long as the reference this machine takes for a search, at least once; asked for 5 ms."""
    numbers = list(range(10**6, 10**6 + 1_000))
    best = math.inf
    for _ in range(7):
        begun = time.thread_time()
        for _ in range(100):
            -1 in numbers  # noqa: B015 - the search is what is measured
        best = min(best, time.thread_time() - begun)
    return max(best / (100 * len(numbers)) / REFERENCE, 1.0)
