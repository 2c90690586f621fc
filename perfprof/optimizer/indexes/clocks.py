"""What the statements that an index is for take by the clock, beside the exact counts that decide."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.trials import Trial
from perfprof.optimizer.scratch.postgres_scratch import PostgresScratch
from perfprof.optimizer.scratch.scratch import Scratch

TIMES = 3  # the fastest counts


@dataclass(frozen=True, slots=True)
class Spent:
    """One execution of each, added up.

    client: seconds of our CPU; SQLite works in it. backend: milliseconds of PostgreSQL's execution, -1 without one.
    """

    client: float
    backend: float

    def beside(self, later: Spent) -> str:
        """Both in words, for the report; a clock decides nothing."""
        told = f"client CPU {1000 * self.client:.3g} -> {1000 * later.client:.3g} ms"
        if self.backend < 0 or later.backend < 0:
            return told
        return f"{told}, backend {self.backend:.3g} -> {later.backend:.3g} ms"


def spent(trials: Iterable[Trial], scratch: Scratch) -> Spent:
    """Run each once more with its first values. What fails or takes long is left out; so it is the second time."""
    client, backend = 0.0, 0.0
    for one in trials:
        if one.runs and one.runs[0].finished:
            client += min(_client(one, scratch) for _ in range(TIMES))
            if isinstance(scratch, PostgresScratch):
                backend += min(_backend(one, scratch) for _ in range(TIMES))
    return Spent(client, backend if isinstance(scratch, PostgresScratch) else -1.0)


def _client(one: Trial, scratch: Scratch) -> float:
    start = time.thread_time()
    try:
        scratch.length(one.asked.reading, one.sets[0])
    except PerfprofError:
        return 0.0
    return time.thread_time() - start


def _backend(one: Trial, scratch: PostgresScratch) -> float:
    try:
        return float(scratch.analysed(one.asked.reading, one.sets[0], "BUFFERS")["Execution Time"])
    except PerfprofError:
        return 0.0
