"""One recorded statement, run on the scratch with a few sets of parameters."""

from __future__ import annotations

from dataclasses import dataclass

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch.samples import parameter_sets
from perfprof.optimizer.scratch.scratch import Ran, Scratch, Value
from perfprof.rules.schema.workload import Asked


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it; no runs if the statement cannot be run on the scratch, with the reason in ``problem``."""

    asked: Asked
    sets: tuple[tuple[Value, ...], ...] = ()
    runs: tuple[Ran, ...] = ()
    problem: str = ""

    def __repr__(self) -> str:
        return f"Trial({self.asked!r}, {len(self.runs)} runs)"  # the sets hold values of the user's data

    @property
    def mean(self) -> float:
        """The cost of one execution; what is not there is only looked for where the recorded run mostly did."""
        found = self.runs[:-1] if len(self.runs) > 1 and not 0 <= self.asked.rows < 0.5 else self.runs
        return sum(run.cost for run in found) / len(found) if found else 0.0

    @property
    def weighted(self) -> float:
        """The cost of all recorded executions."""
        return self.mean * self.asked.count

    @property
    def multisets(self) -> tuple[tuple[int, str], ...]:
        """The answers without the order of their rows."""
        return tuple((run.rows, run.multiset) for run in self.runs)

    @property
    def sequences(self) -> tuple[str, ...]:
        """The answers with it."""
        return tuple(run.sequence for run in self.runs)


def tried(asked: Asked, scratch: Scratch, again: Trial | None = None) -> Trial:
    """Run a statement; with the same parameters as ``again``, if that is given."""
    if again is not None and not again.runs:
        return again
    key = (scratch.schema(), asked.reading.fingerprint)
    if key not in scratch.memo:
        scratch.memo[key] = _tried(asked, scratch, again)
    known = scratch.memo[key]
    assert isinstance(known, Trial)
    return known


def _tried(asked: Asked, scratch: Scratch, again: Trial | None) -> Trial:
    try:
        sets = again.sets if again is not None else parameter_sets(asked.reading, scratch, asked.rows)
        runs = tuple(scratch.run(asked.reading, values) for values in sets)
    except PerfprofError as error:
        return Trial(asked, problem=str(error))
    if again is None and not all(run.finished for run in runs):
        return Trial(asked, problem="it takes too long on the copy")
    return Trial(asked, sets, runs)
