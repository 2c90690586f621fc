"""What to run of each statement of a workload: its texts, with values for those that have parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.what_if import Planned
from perfprof.optimizer.scratch.samples import parameter_sets
from perfprof.optimizer.scratch.scratch import Scratch, Value
from perfprof.optimizer.statements.workload import Query, Workload
from perfprof.rules.reading.statements import Statement, read

MOST = 2  # sets of values for a text that has parameters


@dataclass
class Sets:
    """texts: of statements, by the first of them. refused: fingerprints that cannot be run, and why."""

    scratch: Scratch
    texts: Mapping[str, Sequence[str]]
    refused: dict[str, str] = field(default_factory=dict)
    _known: dict[str, list[tuple[Statement, tuple[Value, ...]]]] = field(default_factory=dict)

    @classmethod
    def of(cls, scratch: Scratch, workload: Workload) -> Sets:
        """For all statements of a workload."""
        return cls(scratch, {query.texts[0]: query.texts for query in workload.queries})

    def __call__(self, text: str) -> Sequence[tuple[Statement, tuple[Value, ...]]]:
        """The readings and values of a statement; none if it cannot be run."""
        if text not in self._known:
            readings = [read(one, self.scratch.dialect) for one in self.texts.get(text, (text,))]
            most = MOST if len(readings) == 1 else 1
            self._known[text] = []
            try:
                for reading in readings:
                    self._known[text] += [
                        (reading, values) for values in parameter_sets(reading, self.scratch)[:most]
                    ]
            except PerfprofError as error:
                self.refused[readings[0].fingerprint] = error.what
        return self._known[text]

    def mean(self, text: str, one: Callable[[int, Statement, tuple[Value, ...]], Planned]) -> Planned:
        """The mean cost of all that is run of a statement, ``one`` by one; infinite if it cannot be run."""
        sets = self(text)
        try:
            found = [one(number, reading, values) for number, (reading, values) in enumerate(sets)]
        except PerfprofError as error:
            self.refused[sets[0][0].fingerprint] = error.what
            found = []
        if not found:
            return Planned(float("inf"), frozenset())
        return Planned(sum(ran.cost for ran in found) / len(found), frozenset().union(*(ran.used for ran in found)))

    def answers(self, query: Query) -> list[tuple[int, str]]:
        """Rows and a digest of each answer, whatever its order. Raises PerfprofError for one that was stopped."""
        runs = [self.scratch.run(reading, values) for reading, values in self(query.texts[0])]
        if not all(run.finished for run in runs):
            raise PerfprofError("it takes too long on the copy", where=query.name[:80])
        return [(run.rows, run.multiset) for run in runs]
