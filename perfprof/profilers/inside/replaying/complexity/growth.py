"""The exponent with which steps grow: the slope of log steps over log size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .counting import Steps
from .scaling import Scaled, apart, size

FACTORS = (1, 2, 4, 8, 16)
_LARGE = 256  # elements from which a call may be too much to be made larger, so that a part of it is taken
_ROOM = 64  # times the steps of the part: three doublings of what is quadratic
ENOUGH = 0.98  # R squared below which no exponent is claimed
_MOST = 20_000_000  # steps after which nothing larger is tried


class Growth:
    """exponent: of the whole. parts: exponent by argument, each scaled alone. points: (size of all, steps).

    fit: R squared of the straight line. exponent is None where there are too few points or they lie on no line.
    """

    def __init__(self, points: list[tuple[int, int]]) -> None:
        self.points = points
        self.exponent, self.fit = fitted(points)
        self.parts: dict[str, float] = {}
        self.opaque: set[str] = set()


def grown(call: Callable[[dict[str, Any]], None], fresh: Callable[[], dict[str, Any]], steps: Steps) -> Growth:
    """Run ``call`` of the counted function with arguments of growing size.

    fresh: gives the captured arguments anew by name each time, for a call may change them.
    """
    base = fresh()
    large = [name for name, value in base.items() if size(value) > 0]
    part = _part(call, fresh, steps, large)

    def anew() -> dict[str, Any]:
        return _taken(fresh(), large, part) if part < 1 else fresh()

    whole, opaque = _series(call, anew, steps, large)
    growth = Growth(whole)
    growth.opaque = opaque
    for name in large:
        exponent = growth.exponent if len(large) == 1 else fitted(_series(call, anew, steps, [name])[0])[0]
        if exponent is not None:
            growth.parts[_spoken(name, base[name])] = exponent
    return growth


def _spoken(name: str, value: Any) -> str:
    """The name of what is scaled: of an object, that of its largest container."""
    state = getattr(value, "__dict__", None)
    if not isinstance(state, dict):
        return name
    largest = max(state, key=lambda attribute: size(state[attribute]), default="")
    return f"{name}.{largest}" if largest else name


def _series(
    call: Callable[[dict[str, Any]], None], fresh: Callable[[], dict[str, Any]], steps: Steps, names: Sequence[str]
) -> tuple[list[tuple[int, int]], set[str]]:
    points: list[tuple[int, int]] = []
    opaque: set[str] = set()
    for factor in FACTORS if names else ():
        arguments = fresh()
        scaled = Scaled(factor, apart(arguments))
        for name in names:
            arguments[name] = scaled.argument(arguments[name])
        opaque |= scaled.opaque
        total = sum(size(arguments[name]) for name in names)
        steps.count = 0
        call(arguments)
        points.append((total, steps.count))
        if steps.count * 8 > _MOST:
            break
    return points, opaque


def _part(
    call: Callable[[dict[str, Any]], None], fresh: Callable[[], dict[str, Any]], steps: Steps, names: Sequence[str]
) -> float:
    """How much of the arguments to begin with: all, unless that is too much to become larger."""
    base = fresh()
    total = sum(size(base[name]) for name in names)
    part = 1.0
    if total >= _LARGE:
        part = 2.0 ** -math.ceil(math.log2(total / (_LARGE // 4)))
        while part < 1:
            steps.count = 0
            call(_taken(fresh(), names, part * 2))
            if steps.count * _ROOM > _MOST:
                break
            part *= 2
    return part


def _taken(arguments: dict[str, Any], names: Sequence[str], part: float) -> dict[str, Any]:
    """The arguments, of those with these names a part."""
    scaled = Scaled(part)
    return arguments | {name: scaled.argument(arguments[name]) for name in names}


def fitted(points: Sequence[tuple[int, int]]) -> tuple[float | None, float]:
    """The slope of the line through the logarithms, and R squared; None if fewer than three points or no line.

    Only the three largest points count: what is done once, or once for each element, weighs most in the small ones.
    """
    points = points[-3:]
    logs = [(math.log(size), math.log(steps)) for size, steps in points if size > 0 and steps > 0]
    if len(logs) < 3:
        return None, 0.0
    spread_x, spread_y, both = _spreads(logs)
    if spread_x == 0:
        return None, 0.0
    slope = both / spread_x
    if spread_y < 1e-6:
        return 0.0, 1.0  # always the same number of steps
    fit = both * both / (spread_x * spread_y)
    return (slope if fit >= ENOUGH or slope < 0.2 else None), fit


def _spreads(logs: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Sums of squared deviations of both, and of their products."""
    mean_x, mean_y = (sum(one[index] for one in logs) / len(logs) for index in (0, 1))
    apart = [(x - mean_x, y - mean_y) for x, y in logs]
    return sum(x * x for x, _ in apart), sum(y * y for _, y in apart), sum(x * y for x, y in apart)
