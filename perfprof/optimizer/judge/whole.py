"""The whole workload, old and new by turns in fresh processes; CPU time first, wall time beside it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from perfprof.optimizer.judge.pairs import Pairs
from perfprof.optimizer.judge.processes import Ran
from perfprof.optimizer.judge.statistics import LOOKS, Answered, decide
from perfprof.optimizer.judge.verdict import Comparison

Side = Literal["old", "new"]


@dataclass
class WorkloadTimes:
    """What the whole workload took. failed: how a run of the new code ended, if not well."""

    answered: Answered
    cpu: Comparison | None = None
    wall: Comparison | None = None
    memory: Comparison | None = None
    failed: str = ""


def workload_benchmark(run: Callable[[Side, int], Ran], *, promise: float, seconds: float) -> WorkloadTimes:
    """Old and new by turns in fresh processes, in random order within a pair, one hash seed a pair.

    run: runs the workload on a side with a hash seed. Ends when decided after 10, 20 or 40 pairs, or when
    ``seconds`` (wall) are over.
    """
    chance = random.Random(57721)  # noqa: S311 (no secret: the order within a pair)
    runs: dict[Side, list[Ran]] = {"old": [], "new": []}
    begun = time.monotonic()
    for pair in range(1, LOOKS[-1] + 1):
        order: list[Side] = ["old", "new"]
        chance.shuffle(order)
        for side in order:
            runs[side].append(run(side, pair))
            if not runs[side][-1].well:
                return WorkloadTimes(decide((), ()), failed=_failed(side, runs[side][-1]))
        over = time.monotonic() - begun > seconds
        answered = Pairs([ran.cpu for ran in runs["old"]], [ran.cpu for ran in runs["new"]]).decide(promise)
        if over or (pair in LOOKS and answered.decision != "cannot tell"):
            break
    return _times(runs, answered)


def _failed(side: Side, ran: Ran) -> str:
    how = "took too long" if ran.late else f"ended with exit code {ran.code}"
    return f"the workload {how} on the {side} code\n{ran.last_lines(5)}"


def _times(runs: Mapping[Side, Sequence[Ran]], answered: Answered) -> WorkloadTimes:
    def compared(metric: str, of: Callable[[Ran], float]) -> Comparison:
        pairs = Pairs([of(ran) for ran in runs["old"]], [of(ran) for ran in runs["new"]])
        return pairs.comparison(metric, pairs.decide())

    cpu = compared("cpu", lambda ran: ran.cpu)
    known = all(ran.memory for side in runs.values() for ran in side)
    memory = compared("bytes", lambda ran: float(ran.memory)) if known else None
    return WorkloadTimes(answered, cpu, compared("wall", lambda ran: ran.seconds), memory)
