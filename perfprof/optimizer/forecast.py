"""Forecast: what the best rewrite of a place can make of its function, from the shares that a recording shows.

A function of which a scan takes 6 % becomes 1.06x as fast at most, whatever stands there instead (Amdahl). Where that is
below what the rule promises, no measurement can accept a patch, and the place is not worth anybody's time.
"""

from __future__ import annotations

import math

ENOUGH = 0.05  # of the whole run: a scan that takes so much is told and tried in any case


def ceiling(share: float, around: float, samples: int, gain: float) -> float:
    """The highest ratio old/new that a function can reach.

    share, around: the parts of the run, 0 to 1, that the place and its function have, seen in ``samples`` samples;
    that of the place may by chance be two standard errors more. gain: the ratio expected of the place itself, 1 if none is.
    """
    chance = 2 * math.sqrt(share * (1 - share) / samples) if samples else 1.0
    saved = min(share + chance, around) * (1 - 1 / gain if gain > 1 else 1.0)
    return around / (around - saved) if saved < around else math.inf


def too_little(share: float, around: float, samples: int, gain: float, promise: float) -> str:
    """Why no patch of this place can be accepted; empty if one may be."""
    most = ceiling(share, around, samples, gain)
    if share >= ENOUGH or most >= promise:
        return ""
    return f"too small a part: {share / around:.0%} of its function's time, so at most {most:.2f}x (pays from {promise:g}x)"
