"""Candidates built on a copy, and what the workload takes with any set of them; sets are numbers, as in `Evaluator`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from perfprof.optimizer.indexes.relevance import may_use
from perfprof.optimizer.indexes.selection import bits
from perfprof.optimizer.indexes.sides import WORST
from perfprof.optimizer.indexes.what_if import Evaluator, Executes, Measured, Writing
from perfprof.optimizer.statements.workload import Query, Workload
from perfprof.rules.catalog import Dictionary
from perfprof.rules.schema.indexes import Candidate

PENALTY = 20.0  # a statement that becomes slower counts so many times
LITTLE = 2e-3  # of the time: less is no gain
CLEAR = 4.0  # times what a clock cannot tell apart


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to build: candidates that the planner liked, and others. budget: bytes that those that are kept may take."""

    liked: frozenset[Candidate]
    others: Sequence[Candidate]
    budget: float


class Trial:
    """The copy with its built indexes.

    before: what each read takes without them. slower: what was found of a statement with the indexes of a plan. beside: and how.
    """

    def __init__(
        self, what_if: Executes, writes: Writing, book: Dictionary, workload: Workload, budget: float
    ) -> None:
        self.what_if = what_if
        self.writes = writes
        self.book = book
        self.budget = budget
        self.deadline = float("inf")  # of `time.monotonic`
        self.reads = [query for query in workload.queries if query.reads]
        self.slower: dict[tuple[Query, int], bool] = {}
        self.beside: dict[tuple[Query, int], tuple[Measured, Measured]] = {}

    @property
    def late(self) -> bool:
        """Whether the time for searching is over."""
        return time.monotonic() > self.deadline

    def build(self, candidates: Sequence[Candidate], seconds: float) -> None:
        """Build them; measure all reads without them, and what each adds to the writes.

        seconds: from when they are built until the deadline.
        """
        self.bare = self.writes.state(frozenset())
        built = self.what_if.add(candidates)
        self.deadline = time.monotonic() + seconds
        pools = {query: may_use(query, self.book) for query in self.reads}
        self.evaluator = Evaluator(self.what_if, built, pools)
        self.sizes = [built[one] for one in self.evaluator.candidates]
        self.before: dict[Query, float] = {}
        for query in self.reads:
            if not self.late:
                cost = self.evaluator.planned(query, 0)[0]
                self.before |= {query: cost} if cost < float("inf") else {}
        self.upkeep = [self.writes.upkeep(one, self.bare) for one in self.evaluator.candidates]

    def number_of(self, some: frozenset[Candidate]) -> int:
        """The set of those that were built."""
        return sum(self.evaluator.number_of(one) for one in some if one in self.evaluator.candidates)

    def plans(self, chosen: int) -> Mapping[Query, tuple[float, int]]:
        """Of every statement that was run, its cost with these, and what it uses of them."""
        return {query: self.evaluator.planned(query, chosen) for query in self.before}

    def searched(self, chosen: int) -> int:
        """Take away, put in, swap, as long as the measured time falls."""
        better = True
        while better and not self.late:
            better = False
            for other in self._near(chosen):
                if self.better(other, chosen):
                    chosen, better = other, True
                    break
                if self.late:
                    break
        return chosen

    def better(self, other: int, chosen: int) -> bool:
        """Whether to go on from here. What halves one statement counts, however little that is beside an endless one."""
        now, then = self.total(chosen), self.total(other)
        if other & ~chosen == 0:
            return then < now or (then < now * (1 + LITTLE / 4) and not self._halves(chosen, other))
        return then < now * (1 - LITTLE) or (then < now and self._halves(other, chosen))

    def _halves(self, one: int, other: int) -> bool:
        """Whether a statement takes half as long with the first, and not by what a clock cannot tell."""
        fast, slow = self.plans(one), self.plans(other)
        return any(
            slow[query][0] - cost > max(cost, CLEAR * self.what_if.slack) for query, (cost, _) in fast.items()
        )

    def fitting(self, chosen: int) -> int:
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

    def total(self, chosen: int) -> float:
        """Milliseconds of the workload; what is slower than before weighs heavily."""
        total = sum(self.upkeep[at] for at in bits(chosen))
        for query, (cost, used) in self.plans(chosen).items():
            slower = self.is_slower(query, cost, used, chosen)
            total += query.calls * min(cost * (PENALTY if slower else 1.0), 1e12)
        return total

    def is_slower(self, query: Query, cost: float, used: int, chosen: int) -> bool:
        """Measured again, with and without, if it looks so; what was once found of a plan stays known."""
        key = (query, used)
        if key not in self.slower and used & chosen and cost > self._bound(query):
            self.before[query] = min(self.before[query], self.what_if.again(query, frozenset()))
            now = self.what_if.again(query, self.evaluator.members(chosen))
            self.slower[key] = now > self._bound(query)
        return self.slower.get(key, False)

    def _bound(self, query: Query) -> float:
        return self.before[query] * WORST + self.what_if.slack
