"""The decision by real execution: what the planner likes is built on a copy, and only what pays there is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.choose import Choice
from perfprof.optimizer.indexes.executed import ExecutedWhatIf, Written
from perfprof.optimizer.indexes.what_if import Evaluator
from perfprof.optimizer.scratch.postgres_scratch import PostgresScratch
from perfprof.optimizer.statements.workload import Query, Workload
from perfprof.rules.catalog import Dictionary
from perfprof.rules.schema.indexes import Candidate

MOST_BUILT = 40
MOST_RUNS = 600
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
    scratch: PostgresScratch,
    workload: Workload,
    liked: frozenset[Candidate],
    others: Sequence[Candidate],
    forecast: Mapping[Candidate, float],
    *,
    budget: float,
) -> Decided:
    """Build what the planner liked and the best of the others, run everything, choose again by what was measured.

    forecast: bytes in the original; a sampled copy builds smaller ones. budget: bytes in the original.
    """
    trial = _Trial(scratch, workload)
    upkeep = trial.build([*sorted(liked, key=repr), *others][:MOST_BUILT])
    sizes = {one: max(forecast.get(one, size), size) for one, size in trial.sizes.items()}
    evaluator = Evaluator(trial.what_if, trial.tables, sizes, MOST_RUNS)
    runnable = {query: query.calls for query in trial.reads if evaluator.cost(query, 0) < float("inf")}
    choice = Choice(evaluator, runnable, sizes, lambda one: upkeep.get(one, 0.0))
    choice.explore()
    chosen = evaluator.members(choice.best(budget))
    return trial.confirmed(chosen, list(runnable))


class _Trial:
    """The copy with its built indexes."""

    def __init__(self, scratch: PostgresScratch, workload: Workload) -> None:
        book = Dictionary(_catalog(scratch).tables(), "postgresql")
        self.what_if = ExecutedWhatIf(scratch)
        self.book = book
        self.reads = [query for query in workload.queries if query.reads]
        self.writes = [query for query in workload.queries if not query.reads and query.reading.writes]
        self.tables = {query: self._read(query) for query in self.reads}
        self.sizes: dict[Candidate, float] = {}
        self.bare: dict[Query, Written] = {}

    def _read(self, query: Query) -> frozenset[tuple[str, str]]:
        found = (self.book.table(use.name) for use in query.reading.tables)
        return frozenset((table.schema, table.name) for table in found if table is not None)

    def _written(self) -> dict[Query, Written]:
        measured = {query: self.what_if.written(query) for query in self.writes}
        return {query: one for query, one in measured.items() if one is not None}

    def build(self, candidates: Sequence[Candidate]) -> dict[Candidate, float]:
        """Build them one by one; what each makes the writes of its table dearer, weighted by calls."""
        self.bare = last = self._written()
        upkeep: dict[Candidate, float] = {}
        for one in candidates:
            self.sizes.update(self.what_if.add([one]))
            mine = [query for query in last if self._writes_to(query, one)]
            for query in mine:
                now = self.what_if.written(query)
                if now is not None:
                    extra = max(0.0, now.wal - last[query].wal) * 2 + 0.01 * _pages(now, last[query])
                    upkeep[one] = upkeep.get(one, 0.0) + query.calls * extra / 50_000.0
                    last = {**last, query: now}
        return upkeep

    def _writes_to(self, query: Query, one: Candidate) -> bool:
        table = self.book.table(query.reading.writes)
        return table is not None and (table.schema, table.name) == (one.schema, one.table)

    def confirmed(self, chosen: frozenset[Candidate], queries: list[Query]) -> Decided:
        """Drop the rest; then, as long as a statement is slower or an index unused, take one away."""
        self.what_if.drop([one for one in self.sizes if one not in chosen])
        notes: list[str] = []
        while True:
            before = {query: self._time(query, frozenset()) for query in queries}
            after = {query: self._time(query, chosen) for query in queries}
            uses = {query: found[1] for query, found in after.items()}
            guilty = self._guilty(chosen, before, after)
            unused = chosen - frozenset().union(*uses.values())
            if not guilty and not unused:
                break
            for one in guilty | unused:
                why = "makes a statement slower" if one in guilty else "no plan uses it"
                notes.append(f"left out: {one.table} ({', '.join(one.names)}), {why}")
            self.what_if.drop(guilty | unused)
            chosen = chosen - guilty - unused
        notes += self._changed(chosen, queries)
        notes += [f"not run: {name[:80]}: {why}" for name, why in self.what_if.refused.items()]
        now = self._written()
        wal = tuple(sum(query.calls * one.wal for query, one in state.items()) for state in (self.bare, now))
        return Decided(
            chosen=chosen,
            built={one: self.sizes[one] for one in chosen},
            times={query: (before[query][0], after[query][0]) for query in queries},
            uses=uses,
            notes=tuple(notes),
            plans=self.what_if.shown,
            wal=(wal[0], wal[1]),
        )

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
        for query, (slow, used) in after.items():
            if slow <= before[query][0] * WORST + SLACK or not used:
                continue
            again = min(self._time(query, chosen)[0] for _ in range(2))
            fast = min(before[query][0], self._time(query, frozenset())[0])
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


def _pages(now: Written, before: Written) -> float:
    return max(0.0, now.milliseconds - before.milliseconds)


def _catalog(scratch: PostgresScratch) -> Any:
    from perfprof.optimizer.scratch.postgres_catalog import PostgresCatalog

    return PostgresCatalog(scratch.connection, scratch.database, scratch.counts, partitioned=True)
