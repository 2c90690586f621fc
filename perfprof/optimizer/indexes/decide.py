"""The decision by real execution: what the planner likes is built on a copy, and only what pays there is kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.executed import ExecutedWhatIf, Written
from perfprof.optimizer.scratch.postgres_scratch import PostgresScratch
from perfprof.optimizer.statements.workload import Query, Workload
from perfprof.rules.schema.indexes import Candidate

WORST = 1.1  # no statement may become slower than this
SLACK = 0.05  # milliseconds that a clock cannot tell apart


@dataclass(frozen=True, slots=True)
class Decided:
    """built: bytes of the chosen ones. times: milliseconds before and after. uses: the chosen ones in its plan.

    plans: EXPLAIN ANALYZE before, by fingerprint. wal: bytes of all writes before and after.
    """

    chosen: frozenset[Candidate]
    built: Mapping[Candidate, float]
    times: Mapping[Query, tuple[float, float]]
    uses: Mapping[Query, frozenset[Candidate]]
    notes: tuple[str, ...] = ()
    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    wal: tuple[float, float] = (0.0, 0.0)


def decided(
    scratch: PostgresScratch, workload: Workload, liked: frozenset[Candidate], *, seconds: float
) -> Decided:
    """Build what the planner liked, run everything before and after, keep what is used and slows nothing down.

    seconds: what running may take; a statement that does not come to its turn is told.
    """
    trial = _Trial(scratch, workload, time.monotonic() + seconds)
    trial.build(sorted(liked, key=repr))
    return trial.confirmed(frozenset(trial.sizes))


_Timed: TypeAlias = tuple[float, frozenset[Candidate]]  # milliseconds, and what the plan uses


class _Trial:
    """The copy with its built indexes."""

    def __init__(self, scratch: PostgresScratch, workload: Workload, deadline: float) -> None:
        self.what_if = ExecutedWhatIf(scratch)
        self.deadline = deadline
        self.reads = [query for query in workload.queries if query.reads]
        self.writes = [query for query in workload.queries if not query.reads and query.reading.writes]
        self.sizes: dict[Candidate, float] = {}
        self.bare: dict[Query, Written] = {}

    def _written(self) -> dict[Query, Written]:
        measured = {query: self.what_if.written(query) for query in self.writes}
        return {query: one for query, one in measured.items() if one is not None}

    def build(self, candidates: Sequence[Candidate]) -> None:
        """Build them, with the writes measured before."""
        self.bare = self._written()
        self.sizes.update(self.what_if.add(candidates))

    def confirmed(self, chosen: frozenset[Candidate]) -> Decided:
        """As long as a statement is slower or an index unused, take one away."""
        notes: list[str] = []
        before = self._times(self.reads, frozenset())
        after = self._times(list(before), chosen)
        while True:
            unused = self._unused(chosen, after)
            guilty = self._guilty(chosen - unused, before, after)
            if not guilty and not unused:
                break
            for one in sorted(guilty | unused, key=repr):
                why = "makes a statement slower" if one in guilty else "no plan uses it"
                notes.append(f"left out: {one.table} ({', '.join(one.names)}), {why}")
            self.what_if.drop(guilty | unused)
            chosen = chosen - guilty - unused
            after |= self._times([query for query, (_, used) in after.items() if used & guilty], chosen)
        notes += self._changed(chosen, list(after))
        notes += [f"not run: {name[:80]}: {why}" for name, why in self.what_if.refused.items()]
        notes += [f"not run for want of time: {query.name[:80]}" for query in self.reads if query not in after]
        now = self._written()
        wal = tuple(sum(query.calls * one.wal for query, one in state.items()) for state in (self.bare, now))
        return Decided(
            chosen=chosen,
            built={one: self.sizes[one] for one in chosen},
            times={query: (before[query][0], timed) for query, (timed, _) in after.items()},
            uses={query: used for query, (_, used) in after.items()},
            notes=tuple(notes),
            plans=self.what_if.shown,
            wal=(wal[0], wal[1]),
        )

    def _unused(self, chosen: frozenset[Candidate], after: dict[Query, _Timed]) -> frozenset[Candidate]:
        """What nothing used, where that means something: on all the rows, with all statements run."""
        if self.what_if.scratch.counts or len(after) < len(self.reads):
            return frozenset()
        return chosen - frozenset().union(*(used for _, used in after.values()))

    def _times(self, queries: Sequence[Query], enabled: frozenset[Candidate]) -> dict[Query, _Timed]:
        """Of those that there is time for and that can be run."""
        found: dict[Query, _Timed] = {}
        for query in queries:
            if time.monotonic() < self.deadline:
                timed = self._time(query, enabled)
                if timed[0] < float("inf") or enabled:
                    found[query] = timed
        return found

    def _time(self, query: Query, enabled: frozenset[Candidate]) -> tuple[float, frozenset[Candidate]]:
        planned = self.what_if.plan(query.texts[0], bool(query.reading.template.parameters), enabled)
        return planned.cost, planned.used

    def _guilty(
        self,
        chosen: frozenset[Candidate],
        before: dict[Query, tuple[float, frozenset[Candidate]]],
        after: dict[Query, tuple[float, frozenset[Candidate]]],
    ) -> frozenset[Candidate]:
        """One index of each statement that stays slower when it is run again."""
        found: set[Candidate] = set()
        for query, (slow, used) in list(after.items()):
            if slow <= before[query][0] * WORST + SLACK or not used:
                continue
            again = min(self._time(query, chosen)[0] for _ in range(2))
            fast = min(before[query][0], self._time(query, frozenset())[0])
            before[query], after[query] = (fast, before[query][1]), (again, used)
            if again > fast * WORST + SLACK:
                trials = {one: self._time(query, chosen - {one})[0] for one in sorted(used, key=repr)}
                found.add(min(trials, key=lambda one: trials[one]))
        return frozenset(found)

    def _changed(self, chosen: frozenset[Candidate], queries: list[Query]) -> list[str]:
        """Statements whose answers differ: only those may that leave open which rows they want."""
        found = []
        for query in queries:
            try:
                same = self.what_if.answers(query, frozenset()) == self.what_if.answers(query, chosen)
            except PerfprofError:
                continue
            if not same:
                found.append(
                    f"the answer of `{query.name[:80]}` depends on the plan: its order or its LIMIT is open"
                )
        return found
