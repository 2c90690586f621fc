"""Time that a driver spends when rows are fetched and not when the statement is executed, as SQLite does.

The execution was noted before, and its latency may have been written since: so what is written here takes it back and
tells the longer one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import journal, serving
from ...tallies import bucket
from .folding import Row, Spot

_late: list[tuple[Spot, float, float]] = []  # with the latency that was noted, and the one with its rows


def fetched(row: Row, count: int, took: float, seconds: float) -> float:
    """``count`` rows of an execution that took ``took`` so far came within ``seconds``; gives what it has taken now."""
    row.fetched(count)
    row.seconds += seconds
    _late.append((row.spot, took, took + seconds))
    if serving.under_way:
        serving.waited(seconds)
    return took + seconds


def collect() -> Iterable[str]:
    """The journal's lines for what is new: of each spot the seconds, the longest, and the steps it moved between."""
    late, _late[:] = _late[:], []
    found: dict[Spot, tuple[float, float, dict[int, int]]] = {}
    for spot, before, after in late:
        seconds, longest, steps = found.get(spot, (0.0, 0.0, {}))
        for step, change in ((bucket(before), -1), (bucket(after), 1)):
            steps[step] = steps.get(step, 0) + change
        found[spot] = seconds + after - before, max(longest, after), steps
    lines: list[str] = []
    for spot, (seconds, longest, steps) in found.items():
        moved: dict[Any, int] = {step: change for step, change in steps.items() if change}
        lines.append(f'["latency",{spot.numbers(lines)},0,{seconds:.7f},{longest:.7f},{journal.encode(moved)}]')
    return lines


def forked() -> None:
    """What was before is the parent's."""
    _late.clear()
