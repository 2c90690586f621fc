"""The decision by real execution: what the planner likes is built on a copy, and only what pays there is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.relevance import may_use
from perfprof.optimizer.indexes.selection import bits
from perfprof.optimizer.indexes.what_if import Evaluator, Executes, Measured, Writing
from perfprof.optimizer.indexes.written import hot_of, wal_of
from perfprof.optimizer.statements.workload import Query, Workload
from perfprof.rules.catalog import Dictionary
from perfprof.rules.schema.indexes import Candidate

WORST = 1.1  # no statement may become slower than this
PENALTY = 20.0  # a statement that becomes slower counts so many times
LITTLE = 2e-3  # of the time: less is no gain
PAID = 1.05  # what reads more pages must be about as fast; a clock does not tell less
SAMPLED = "planned only: the sample is planned otherwise than the original (--copy)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to build: candidates that the planner liked, and others. budget: bytes that those that are kept may take."""

    liked: frozenset[Candidate]
    others: Sequence[Candidate]
    budget: float


@dataclass(frozen=True, slots=True)
class Decided:
    """built: bytes of the chosen ones. times: measured before and after. uses: the chosen ones in its plan.

    plans: EXPLAIN ANALYZE before, by fingerprint. wal: bytes of all writes before and after. hot: the share of updated
    rows that touch no index, -1 if there are none. existing: indexes of the original that plans still use.
    """

    chosen: frozenset[Candidate]
    built: Mapping[Candidate, float]
    times: Mapping[Query, tuple[float, float]]
    uses: Mapping[Query, frozenset[Candidate]]
    notes: tuple[str, ...] = ()
    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    wal: tuple[float, float] = (-1.0, -1.0)
    hot: tuple[float, float] = (-1.0, -1.0)
    existing: frozenset[str] = frozenset()


def decided(
    what_if: Executes,
    writes: Writing,
    book: Dictionary,
    workload: Workload,
    wanted: Wanted,
    *,
    seconds: float,
) -> Decided:
    """Build what the planner liked and what else is worth a trial; keep what the measured cost pays for.

    seconds: what running may take; a statement that does not come to its turn is told.
    """
    trial = _Trial(what_if, writes, book, workload, wanted.budget)
    trial.deadline = time.monotonic() + seconds
    trial.build([*sorted(wanted.liked, key=repr), *wanted.others])
    return trial.confirmed(trial.searched(wanted.liked))


class _Trial:
    """The copy with its built indexes; sets of them are numbers, as in `Evaluator`."""

    def __init__(
        self, what_if: Executes, writes: Writing, book: Dictionary, workload: Workload, budget: float
    ) -> None:
        self.what_if = what_if
        self.writes = writes
        self.book = book
        self.budget = budget
        self.deadline = float("inf")  # of `time.monotonic`
        self.reads = [query for query in workload.queries if query.reads]
        self.notes: list[str] = []
        self._slower: dict[tuple[Query, int], bool] = {}
        self._beside: dict[tuple[Query, int], tuple[Measured, Measured]] = {}

    def build(self, candidates: Sequence[Candidate]) -> None:
        """Build them; measure all reads without them, and what each adds to the writes."""
        self.bare = self.writes.state(frozenset())
        built = self.what_if.add(candidates)
        pools = {query: may_use(query, self.book) for query in self.reads}
        self.evaluator = Evaluator(self.what_if, built, pools)
        self.sizes = [built[one] for one in self.evaluator.candidates]
        self.before: dict[Query, float] = {}
        for query in self.reads:
            if time.monotonic() < self.deadline:
                cost = self.evaluator.planned(query, 0)[0]
                self.before |= {query: cost} if cost < float("inf") else {}
        self.upkeep = [self.writes.upkeep(one, self.bare) for one in self.evaluator.candidates]

    def searched(self, liked: frozenset[Candidate]) -> int:
        """From what the planner liked: take away, put in, swap, as long as the measured time falls."""
        chosen = sum(self.evaluator.number_of(one) for one in liked if one in self.evaluator.candidates)
        doubted = self._doubted(chosen)
        self._left(doubted, SAMPLED)
        chosen = self._fitting(chosen & ~doubted)
        now, better = self._total(chosen), True
        while better and time.monotonic() < self.deadline:
            better = False
            for other in self._near(chosen):
                then = self._total(other)
                smaller = other & ~chosen == 0
                if then < now * (1 + LITTLE / 4 if smaller else 1 - LITTLE):
                    chosen, now, better = other, then, True
                    break
                if time.monotonic() > self.deadline:
                    break
        return chosen

    def _fitting(self, chosen: int) -> int:
        """Without the largest, until the rest fits: sizes may be larger than was forecast."""
        while self._bytes(chosen) > self.budget:
            chosen &= ~(1 << max(bits(chosen), key=lambda at: self.sizes[at]))
        return chosen

    def _bytes(self, chosen: int) -> float:
        return sum(self.sizes[at] for at in bits(chosen))

    def _near(self, chosen: int) -> Iterator[int]:
        others = [at for at in range(len(self.sizes)) if not chosen >> at & 1]
        yield from (chosen & ~(1 << at) for at in bits(chosen))
        yield from (more for at in others if self._bytes(more := chosen | 1 << at) <= self.budget)
        for gone in bits(chosen):
            table = self.evaluator.candidates[gone].table
            for at in others:
                other = chosen & ~(1 << gone) | 1 << at
                if self.evaluator.candidates[at].table == table and self._bytes(other) <= self.budget:
                    yield other

    def _total(self, chosen: int) -> float:
        """Milliseconds of the workload; what is slower than before weighs heavily."""
        total = sum(self.upkeep[at] for at in bits(chosen))
        for query, before in self.before.items():
            cost = self.evaluator.planned(query, chosen)[0]
            slower = cost > before * WORST + self.what_if.slack and self._stays_slower(query, chosen)
            total += query.calls * min(cost * (PENALTY if slower else 1.0), 1e12)
        return total

    def _stays_slower(self, query: Query, chosen: int) -> bool:
        """Measured again, with and without; what was once found slower is known to be."""
        key = (query, self.evaluator.planned(query, chosen)[1])
        if key not in self._slower:
            self.before[query] = min(self.before[query], self.what_if.again(query, frozenset()))
            now = self.what_if.again(query, self.evaluator.members(chosen))
            self._slower[key] = now > self.before[query] * WORST + self.what_if.slack
        return self._slower[key]

    def confirmed(self, chosen: int) -> Decided:
        """The answer, with what is slow or unused taken away."""
        chosen = self._narrowed(chosen)
        plans = {query: self.evaluator.planned(query, chosen) for query in self.before}
        members = self.evaluator.members(chosen)
        self.notes += [*self._changed(members), *self._left_out()]
        now = self.writes.state(members)
        return Decided(
            chosen=members,
            built={self.evaluator.candidates[at]: self.sizes[at] for at in bits(chosen)},
            times={query: self._times(query, *plan) for query, plan in plans.items()},
            uses={query: self.evaluator.members(used) for query, (_, used) in plans.items()},
            notes=tuple(dict.fromkeys(self.notes)),
            plans=self.what_if.shown,
            wal=(wal_of(self.bare), wal_of(now)),
            hot=(hot_of(self.bare), hot_of(now)),
            existing=frozenset().union(*(self.what_if.existing(query, members) for query in plans)),
        )

    def _narrowed(self, chosen: int) -> int:
        """Take away what is not confirmed, until every statement is as fast as before and every index used."""
        while True:
            plans = {query: self.evaluator.planned(query, chosen) for query in self.before}
            late = self._late(chosen)
            doubted = self._doubted(chosen) & ~late
            unused = self._unused(chosen, plans) & ~(late | doubted)
            guilty = self._guilty(chosen & ~(late | doubted | unused), plans)
            if not late | doubted | unused | guilty:
                guilty = self._slower_at_last(chosen, plans)
            if not late | doubted | unused | guilty:
                return chosen
            self._left(late, "planned only: a statement that uses it was not run in time (--seconds)")
            self._left(doubted, SAMPLED)
            self._left(unused, "no plan of a statement that was run uses it")
            self._left(guilty, "makes a statement slower")
            chosen &= ~(late | doubted | unused | guilty)

    def _left(self, gone: int, why: str) -> None:
        for one in sorted(self.evaluator.members(gone), key=repr):
            self.notes.append(f"left out: {one.table} ({', '.join(one.names)}), {why}")

    def _late(self, chosen: int) -> int:
        """What statements would use that did not come to their turn."""
        found: frozenset[Candidate] = frozenset()
        for query in self.reads:
            if query not in self.before and query.name not in self.what_if.refused:
                with suppress(PerfprofError):
                    found |= self.what_if.would_use(query, self.evaluator.members(chosen))
        return self._number(found) & chosen

    def _doubted(self, chosen: int) -> int:
        """What statements use that the original runs otherwise."""
        members = self.evaluator.members(chosen)
        found = (self.what_if.doubted(query, members) for query in self.before)
        return self._number(frozenset().union(*found)) & chosen

    def _slower_at_last(self, chosen: int, plans: Mapping[Query, tuple[float, int]]) -> int:
        """Every statement whose plan has changed, measured side by side; one index of each that is slower."""
        for query, (_, used) in plans.items():
            key = (query, used)
            if used & chosen and key not in self._beside:
                self._beside[key] = self.what_if.beside(query, self.evaluator.members(chosen))
                self._slower[key] = is_slower(*self._beside[key], self.what_if.slack)
        found = 0
        for query, (_, used) in plans.items():
            if used & chosen and self._slower.get((query, used)):
                found |= 1 << self._culprit(query, used & chosen, chosen)
        return found

    def _times(self, query: Query, cost: float, used: int) -> tuple[float, float]:
        """Before and after, as measured last."""
        if (query, used) not in self._beside:
            return self.before[query], cost
        before, after = self._beside[query, used]
        return before.cost, after.cost

    def _number(self, some: frozenset[Candidate]) -> int:
        return sum(self.evaluator.number_of(one) for one in some)

    def _left_out(self) -> Iterator[str]:
        """What was not run, and why."""
        refused = self.what_if.refused
        yield from (f"not run: {name[:80]}: {why}" for name, why in refused.items())
        late = (query for query in self.reads if query not in self.before and query.name not in refused)
        yield from (f"not run for want of time: {query.name[:80]}" for query in late)

    def _unused(self, chosen: int, plans: Mapping[Query, tuple[float, int]]) -> int:
        """What nothing used that was run."""
        for _, used in plans.values():
            chosen &= ~used
        return chosen

    def _guilty(self, chosen: int, plans: Mapping[Query, tuple[float, int]]) -> int:
        """One index of each statement that is slower: the one without which it is fastest."""
        found = 0
        for query, (cost, used) in plans.items():
            if (
                used & chosen
                and cost > self.before[query] * WORST + self.what_if.slack
                and self._stays_slower(query, chosen)
            ):
                found |= 1 << self._culprit(query, used & chosen, chosen)
        return found

    def _culprit(self, query: Query, used: int, chosen: int) -> int:
        """The one without which a statement is fastest."""
        return min(bits(used), key=lambda at: self.evaluator.planned(query, chosen & ~(1 << at))[0])

    def _changed(self, chosen: frozenset[Candidate]) -> list[str]:
        """Statements whose answers differ: only those may that leave open which rows they want."""
        found: list[str] = []
        for query in self.before:
            if time.monotonic() > self.deadline:
                return [*found, "not all answers were compared, for want of time"]
            try:
                same = self.what_if.answers(query, frozenset()) == self.what_if.answers(query, chosen)
            except PerfprofError:
                continue
            if not same:
                found.append(
                    f"the answer of `{query.name[:80]}` depends on the plan: its order or its LIMIT is open"
                )
        return found


def is_slower(before: Measured, after: Measured, slack: float) -> bool:
    """By the clock of the processor; what asks for more pages must be about as fast, and what is stopped is slower."""
    if after.buffers == float("inf"):
        return True
    bound = WORST if after.buffers <= before.buffers * WORST else PAID
    return after.cost > before.cost * bound + slack
