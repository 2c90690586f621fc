"""The whole workload, old and new by turns in fresh processes; CPU time first, wall time beside it."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from perfprof.optimizer.judge.clocked import LEAST
from perfprof.optimizer.judge.pairs import Pairs
from perfprof.optimizer.judge.processes import Ran
from perfprof.optimizer.judge.statistics import FEWEST, FIRST, LOOKS, Answered, decide
from perfprof.optimizer.judge.verdict import Comparison

Side = Literal["old", "new"]
_MOST = ((FIRST, 4), (FEWEST, 15))  # pairs that are made where so many times the seconds are enough for them
_CROWDED = 3  # times the CPU seconds by the clock: what a busy machine may make of them


@dataclass
class WorkloadTimes:
    """What the whole workload took. failed: how a run of the new code ended, if not well.

    part: CPU time of the changed functions in the same runs, and ``parted`` what it says, where they carried clocks.
    """

    answered: Answered
    cpu: Comparison | None = None
    wall: Comparison | None = None
    memory: Comparison | None = None
    failed: str = ""
    part: Comparison | None = None
    parted: Answered | None = None


@dataclass
class _Runs:
    """All runs so far; part: CPU seconds of the changed functions in each, not a number where that is not known."""

    old: list[Ran] = field(default_factory=list)
    new: list[Ran] = field(default_factory=list)
    part: dict[Side, list[float]] = field(default_factory=lambda: {"old": [], "new": []})

    @property
    def pairs(self) -> int:
        return len(self.new)

    @property
    def cpu(self) -> float:
        return sum(ran.cpu for ran in (*self.old, *self.new))

    def of(self, value: Callable[[Ran], float]) -> Pairs:
        return Pairs([value(ran) for ran in self.old], [value(ran) for ran in self.new])

    def parts(self) -> Pairs | None:
        """None if the functions took nothing in a run, or nobody knows what."""
        every = [*self.part["old"], *self.part["new"]]
        known = every and all(seconds > 0 for seconds in every) and max(every) >= LEAST
        return Pairs(self.part["old"], self.part["new"]) if known else None


def workload_benchmark(
    run: Callable[[Side, int], Ran],
    *,
    promise: float,
    seconds: float,
    part: Callable[[Side], float] = lambda side: math.nan,
) -> WorkloadTimes:
    """Old and new by turns in fresh processes, in random order within a pair, one hash seed a pair.

    run: runs the workload on a side with a hash seed. part: what the changed functions took in the last run of a side.
    Ends when decided after 5, 10, 20 or 40 pairs, or when ``seconds`` are over: those of the CPU, or three times as many
    by the clock; but for the first pairs there are more, see `_MOST`.
    """
    chance = random.Random(57721)  # noqa: S311 (no secret: the order within a pair)
    runs = _Runs()
    begun = time.monotonic()
    for pair in range(1, LOOKS[-1] + 1):
        order: list[Side] = ["old", "new"]
        chance.shuffle(order)
        for side in order:
            ran = run(side, pair)
            (runs.old if side == "old" else runs.new).append(ran)
            runs.part[side].append(part(side))
            if not ran.well:
                return WorkloadTimes(decide((), ()), failed=_failed(side, ran))
        times = _answered(runs, promise) if pair in (FIRST, *LOOKS) else None
        decided = times is not None and _decided(times)
        if decided or _over(runs, max(runs.cpu, (time.monotonic() - begun) / _CROWDED), seconds):
            break
    return _measured(_answered(runs, promise), runs)


def _over(runs: _Runs, spent: float, seconds: float) -> bool:
    """Whether the next pair would cost too much."""
    each = spent / runs.pairs
    first = [min(times * seconds, pairs * each) for pairs, times in _MOST if runs.pairs < pairs]
    return spent + each / 2 > max(seconds, *first, 0.0)


def _answered(runs: _Runs, promise: float) -> WorkloadTimes:
    """What the pairs say of the whole, which need only not be slower where the functions themselves are faster."""
    parts = runs.parts()
    times = WorkloadTimes(runs.of(lambda ran: ran.cpu).decide())
    if parts is not None:
        times.parted = parts.decide(promise)
        times.part = parts.comparison("cpu", times.parted)
    return times


def _decided(times: WorkloadTimes) -> bool:
    """Whether the whole or the part is clear."""
    told = [one.decision for one in (times.answered, times.parted) if one is not None]
    return any(decision != "cannot tell" for decision in told)


def _failed(side: Side, ran: Ran) -> str:
    how = "took too long" if ran.late else f"ended with exit code {ran.code}"
    return f"the workload {how} on the {side} code\n{ran.last_lines(5)}"


def _measured(times: WorkloadTimes, runs: _Runs) -> WorkloadTimes:
    def compared(metric: str, of: Callable[[Ran], float]) -> Comparison:
        pairs = runs.of(of)
        return pairs.comparison(metric, pairs.decide())

    times.cpu, times.wall = compared("cpu", lambda ran: ran.cpu), compared("wall", lambda ran: ran.seconds)
    if all(ran.memory for ran in (*runs.old, *runs.new)):
        times.memory = compared("bytes", lambda ran: float(ran.memory))
    return times
