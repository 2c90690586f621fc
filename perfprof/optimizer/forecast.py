"""Forecast: what the best rewrite of a place can make of its function, from the shares that a recording shows.

A function of which a scan takes 6 % becomes 1.06x as fast at most, whatever stands there instead (Amdahl). Where that is
below what the rule promises, no measurement can accept a patch, and the place is not worth anybody's time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from perfprof.rules.rule import Evidence

ENOUGH = 0.05  # of the whole run: a scan that takes so much is told and tried in any case
DEAREST = 2e-5  # seconds for one element or row that is compared by code of the program
PLAIN = 5e-7  # for an element of a builtin type
USUALLY = 1e-8  # for numbers and short texts, met half-way
LEAST_CALL = 2e-6  # seconds; a guard, a key and a look-up take some 0.5e-6
ONE_SAMPLE = 1.5  # so few may be chance


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

    around: its share of the run, seen in ``samples`` samples. seconds: of the run. least: the share from which a place
    is shown.
    """

    around: float
    samples: int
    seconds: float
    least: float

    def too_little(self, share: float, evidence: Evidence, promise: float, plain: bool = True) -> str:
        """Why no patch of a place with this share can be accepted; empty if one may be. plain: elements are builtin."""
        shown = self.least * self.seconds
        compared = comparisons(evidence.numbers)
        took = compared * (PLAIN if plain and "elements" in evidence.numbers else DEAREST)
        if took < shown:
            return f"too short: the scan takes {took * 1e3:.2g} ms at most of a run of {self.seconds:.2g} s"
        if share * self.samples < ONE_SAMPLE and compared * USUALLY < shown:
            took = compared * USUALLY
            return (
                f"too short: seen in one sample, takes about {took * 1e3:.2g} ms of a run of {self.seconds:.2g} s"
            )
        if {"calls", "again"} <= evidence.numbers.keys():
            each = share * self.seconds / float(evidence.numbers["calls"])
            if each < LEAST_CALL:
                return f"too short: a call takes about {each * 1e6:.2g} us, and to ask for its kept result nearly as much"
        most = ceiling(share, self.around, self.samples, evidence.gain)
        if share >= ENOUGH or most >= promise or not self.around:
            return ""
        part = f"too small a part: {share / self.around:.0%} of its function's time"
        return f"{part}, so at most {most:.2f}x (pays from {promise:g}x)"


def comparisons(numbers: Mapping[str, int | float | str]) -> float:
    """How many elements or rows were compared at most, from what was counted; infinite if that was not."""
    counted = [float(numbers[name]) for name in ("entries", "rounds") if name in numbers]
    long = [float(numbers[name]) for name in ("elements", "rows") if name in numbers]
    return math.prod(counted) * long[0] if len(counted) == 2 and long else math.inf
