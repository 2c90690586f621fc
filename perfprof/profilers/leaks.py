"""What grows with equal work: the recipe for telling a leak from a warm-up, a cache that fills, and noise."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_WARM = 0.15  # of the work, in which everything grows
_POINTS = 4  # looks at different amounts of work that are needed
_PARTS = 3  # the rest is cut into so many parts of equal work
_EVEN = 0.4  # the part that grew least has grown by this share of the one that grew most


@dataclass(frozen=True, slots=True)
class Point:
    """at: seconds since the epoch. work: units done until then. value: what there was of it."""

    at: float
    work: float
    value: float


@dataclass(frozen=True, slots=True)
class Growth:
    """How fast something grows. total: after the warm-up."""

    total: float
    per_unit: float
    per_hour: float


def growth(points: Sequence[Point], least: float) -> Growth | None:
    """The growth, if it is steady over parts of equal work and at least ``least`` in all; None else.

    A cache that fills up stops growing, so its later parts differ from its earlier ones; what is only allocated once
    grows in one part alone.
    """
    points = sorted(points, key=lambda point: point.work)
    if len({point.work for point in points}) < _POINTS or points[-1].work <= points[0].work:
        return None
    last = points[-1].work
    first = points[0].work + _WARM * (last - points[0].work)
    marks = [first + (last - first) * part / _PARTS for part in range(_PARTS + 1)]
    values = [_value(points, mark) for mark in marks]
    steps = [after - before for before, after in pairwise(values)]
    total = values[-1] - values[0]
    if total < least or min(steps) <= 0 or min(steps) < _EVEN * max(steps):
        return None
    hours = (points[-1].at - _time(points, first)) / 3600
    return Growth(total, total / (last - first), total / hours if hours > 0 else 0.0)


def _value(points: Sequence[Point], work: float) -> float:
    """The value at that much work, between the points around it."""
    return _between(points, work, [point.value for point in points])


def _time(points: Sequence[Point], work: float) -> float:
    return _between(points, work, [point.at for point in points])


def _between(points: Sequence[Point], work: float, values: Sequence[float]) -> float:
    index = bisect_left([point.work for point in points], work)
    if index == 0:
        return values[0]
    if index == len(points):
        return values[-1]
    before, after = points[index - 1], points[index]
    share = (work - before.work) / (after.work - before.work)
    return values[index - 1] + share * (values[index] - values[index - 1])
