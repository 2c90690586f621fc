"""Which indexes a whole workload wants under a budget: explore what plans use, solve for the best set, ask about it.

Gains are those of all statements together, weighted by their calls, less what keeping the index costs the writes.
Each statement is planned with all candidates, then without those that a plan used, and so on: what no plan takes is
never looked at again. `selection` then solves exactly for the known plans; the planner is asked about its answer, and
the ways around that answer are explored, until the allowance of plans is spent or nothing better comes.
Extend (Schlosser, Kossmann, Boissier, ICDE 2019) and AutoAdmin (Chaudhuri, Narasayya, VLDB 1997) ask the planner about
each index alone.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from perfprof.optimizer.indexes.selection import Program, Way, bits, undominated
from perfprof.optimizer.indexes.what_if import Evaluator
from perfprof.optimizer.statements.workload import Query
from perfprof.rules.schema.indexes import Candidate

EXPLORED = 0.55  # of the plans that may be asked for, before anything is chosen
LEAST = 0.01  # of a statement's cost; a way that saves less is not looked for
LITTLE = 1e-4  # of the workload's cost: less is no gain
ROUNDS = 8  # of solving and asking
ROOM = 0.97  # of the budget: forecasts of sizes are off by a few per cent
LESS = 0.5  # of a statement's cost: what saves as much is worth having, however little the statement is among the others
PAGES = 50.0  # of the planner's units: and saves so much
MUCH, FEW = 1.2, 5.0  # times its cost, and units, that a statement may pay for an index without a literal in it
MANY = 0.1  # of the rows: a condition that leaves fewer makes an index of its own
_LITERAL = re.compile(r"'|(?<![\w\"])\d")
LOOK = 0.1  # of the plans, for the ways around one answer


class Choice:
    """The search; sets of candidates are numbers, as in `Evaluator`.

    weights: of statements. sizes: in bytes. upkeep: of a candidate, in the planner's units for the whole workload.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        weights: Mapping[Query, float],
        sizes: Mapping[Candidate, float],
        upkeep: Callable[[Candidate], float],
    ) -> None:
        self.evaluator = evaluator
        self.weights = weights
        self.sizes = [sizes[one] for one in evaluator.candidates]
        self._upkeep_of = upkeep
        self.upkeep = [upkeep(one) for one in evaluator.candidates]
        self._refuted: set[tuple[Query, int, int]] = set()  # the second does not do the work of the first there
        self._wider: dict[int, int] = {}

    def explore(self) -> None:
        """Find what plans use, alone and together; whatever none takes is forgotten."""
        most = max(4, int(EXPLORED * self.evaluator.most / max(1, len(self.weights))))
        for query in self.weights:
            every = self.evaluator.pools[query]
            for start in (every & self._narrow(1), every & self._narrow(len(self.sizes)), every):
                self._layers(query, start, most // 3)
            self.evaluator.pools[query] = self._used(query)

    def _used(self, query: Query) -> int:
        found = 0
        for way in self.evaluator.ways(query):
            found |= way.needs
        return found

    def _layers(self, query: Query, start: int, most: int, paid: int = 0) -> None:
        """Plans without those that a plan takes, one by one and together.

        The plan whose largest index is to be done without comes first: what is small is what a budget has room for.
        paid: indexes that are there anyway.
        """
        least = (1 - LEAST) * self.evaluator.cost(query, 0)
        waiting, seen, asked = [(0.0, start)], {start}, self.evaluator.what_if.explains + most
        while waiting and not self.evaluator.spent and self.evaluator.what_if.explains < asked:
            _, among = heapq.heappop(waiting)
            cost, used = self.evaluator.planned(query, among)
            if not used or cost > least:
                continue
            for less in {among & ~used, *(among & ~(1 << at) for at in bits(used))} - seen:
                seen.add(less)
                heapq.heappush(waiting, (-self.bytes_of(among & ~less & ~paid), less))

    def _narrow(self, columns: int) -> int:
        """Candidates with at most so many columns and nothing carried along."""
        known = enumerate(self.evaluator.candidates)
        return sum(1 << at for at, one in known if len(one.columns) <= columns and not one.include)

    @property
    def useful(self) -> int:
        """All that a plan takes."""
        found = 0
        for query in self.weights:
            found |= self._used(query)
        return found

    def widen(self, sizes: Mapping[Candidate, float]) -> None:
        """Put in covering indexes that hold the columns of several others, wherever one of these was used."""
        users: dict[Candidate, list[Query]] = {}
        for one in sizes:
            users[one] = [
                query
                for query in self.weights
                if any(contains(one, other) for other in self.evaluator.members(self.evaluator.pools[query]))
            ]
        self.evaluator.add(users)
        self._wider.clear()
        for one, size in sizes.items():
            self.sizes.append(size)
            self.upkeep.append(self._upkeep_of(one))
            bit = self.evaluator.number_of(one)
            for query in users[one]:
                self.evaluator.planned(query, self._without_narrower(query, one) | bit)

    def _without_narrower(self, query: Query, one: Candidate) -> int:
        """All that a statement uses, but for what a wider index is to stand for."""
        pool = self.evaluator.pools[query]
        mine = ((1 << at, self.evaluator.candidates[at]) for at in bits(pool))
        return sum(
            bit
            for bit, other in mine
            if (other.schema, other.table) != (one.schema, one.table) or not other.include
        )

    def total(self, chosen: int) -> float:
        """The cost of the workload with these indexes and their upkeep."""
        upkeep = sum(self.upkeep[at] for at in bits(chosen))
        return upkeep + sum(weight * self.evaluator.cost(query, chosen) for query, weight in self.weights.items())

    def bytes_of(self, chosen: int) -> float:
        """Size all together."""
        return sum(self.sizes[at] for at in bits(chosen))

    def best(self, budget: float) -> int:
        """The cheapest set found that takes at most ``budget`` bytes."""
        chosen, now = 0, self.total(0)
        answered: set[int] = set()
        for _ in range(ROUNDS):
            found, ways = self._solved(budget)
            then = self.total(found)
            self._refute(found, ways)
            if then < now:
                chosen, now = found, then
            if self.evaluator.spent:
                break
            if found in answered:
                if not self._look_around(chosen, budget):
                    break
                answered.clear()
            answered.add(found)
        return self._lean(self._general(self._filled(chosen, budget), budget))

    def _lean(self, chosen: int) -> int:
        """Carry nothing along that saves nothing: to the solver a wider index is as good where the costs are."""
        every = self.evaluator.candidates
        for at in list(bits(chosen)):
            narrower = [
                n for n in bits(self.useful) if self.sizes[n] < self.sizes[at] and contains(every[at], every[n])
            ]
            for n in sorted(narrower, key=lambda n: self.sizes[n]):
                other = chosen & ~(1 << at) | 1 << n
                if self.total(other) <= self.total(chosen):
                    chosen = other
                    break
        return chosen

    def _general(self, chosen: int, budget: float) -> int:
        """Leave out a condition on a literal where it earns next to nothing: it serves no other literal."""
        for at in list(bits(chosen)):
            for wide in self._without_literals(at):
                other = chosen & ~(1 << at) | 1 << wide
                if self.bytes_of(other) <= ROOM * budget and self._about_as_good(other, chosen):
                    chosen = other
                    break
        return chosen

    def _without_literals(self, at: int) -> list[int]:
        """Indexes with the same key whose condition holds none, the smallest first; none beside one that leaves few rows."""
        every, one = self.evaluator.candidates, self.evaluator.candidates[at]
        where = " AND ".join(part for part in one.where.split(" AND ") if not _LITERAL.search(part))
        if where == one.where:
            return []
        same = (
            n for n, other in enumerate(every) if replace(other, include=one.include) == replace(one, where=where)
        )
        return sorted((n for n in same if self.sizes[at] > MANY * self.sizes[n]), key=lambda n: self.sizes[n])

    def _about_as_good(self, other: int, chosen: int) -> bool:
        costs = ((self.evaluator.cost(query, chosen), self.evaluator.cost(query, other)) for query in self.weights)
        return all(new <= old * MUCH + FEW for old, new in costs)

    def _filled(self, chosen: int, budget: float) -> int:
        """Use what room is left for statements that are small beside the others: one of them may drown all that they gain."""
        while True:
            found = sorted(self._affordable(chosen, ROOM * budget - self.bytes_of(chosen)))
            # a plan may turn out another way beside what is chosen
            more = next((more for _, more in found if self.total(chosen | more) < self.total(chosen)), 0)
            if not more:
                return chosen
            chosen |= more

    def _affordable(self, chosen: int, room: float) -> Iterator[tuple[float, int]]:
        """(bytes for the share of a statement that they save, more indexes)."""
        for query, weight in self.weights.items():
            now = self.evaluator.cost(query, chosen)
            for way in undominated(self.evaluator.ways(query)):
                more, saved = way.needs & ~chosen, now - way.cost
                paid = sum(self.upkeep[at] for at in bits(more))
                if more and saved > max(LESS * now, PAGES, paid / weight) and self.bytes_of(more) <= room:
                    yield self.bytes_of(more) * now / saved, more

    def also(self, chosen: int, budget: float) -> int:
        """What else is worth a trial: what would be chosen with half and with twice the room."""
        found = 0
        for room in (budget / 2, 2 * budget):
            found |= self._solved(room)[0]
        return found & ~chosen

    def _solved(self, budget: float) -> tuple[int, Mapping[Query, list[Way]]]:
        ways = {query: undominated(self.evaluator.ways(query)) for query in self.weights}
        program = Program(ways, self.weights, self.sizes, self.upkeep, self._stands)
        return program.solved(ROOM * budget), ways

    def _refute(self, chosen: int, ways: Mapping[Query, list[Way]]) -> None:
        """Where a wider index did not do the work of a narrower one, remember it."""
        for query, mine in ways.items():
            real = self.evaluator.cost(query, chosen)
            for way in mine:
                helpers = {at: self._stands(query, at) & chosen for at in bits(way.needs & ~chosen)}
                if way.cost < real * (1 - LITTLE) and all(helpers.values()):
                    self._refuted |= {(query, at, other) for at, some in helpers.items() for other in bits(some)}

    def _stands(self, query: Query, at: int) -> int:
        """A candidate, and those that begin with its key and carry what it carries."""
        if at not in self._wider:
            one = self.evaluator.candidates[at]
            known = enumerate(self.evaluator.candidates)
            self._wider[at] = sum(1 << number for number, other in known if wider(other, one))
        refuted = sum(1 << other for asked, one, other in self._refuted if asked is query and one == at)
        return self._wider[at] & self.evaluator.pools[query] & ~refuted | 1 << at

    def _look_around(self, chosen: int, budget: float) -> bool:
        """Ask for ways that need little beside what is chosen, of the dearest statements most; whether any was asked."""
        before = self.evaluator.what_if.explains
        allowance = max(len(self.weights), int(LOOK * self.evaluator.most))
        costs = {query: weight * self.evaluator.cost(query, chosen) for query, weight in self.weights.items()}
        fits = sum(1 << at for at, size in enumerate(self.sizes) if size <= budget)
        for query, cost in sorted(costs.items(), key=lambda one: -one[1]):
            share = max(1, int(allowance * cost / max(sum(costs.values()), 1e-9)))
            self._layers(query, self.evaluator.pools[query] & fits, share, chosen)
        return self.evaluator.what_if.explains > before


def contains(one: Candidate, other: Candidate) -> bool:
    """Whether a covering index carries all that another with the same key does."""
    return set(other.include) <= set(one.include) and replace(other, include=one.include) == one


def wider(one: Candidate, other: Candidate) -> bool:
    """Whether an index begins with the key of another and carries all that it carries."""
    if (one.schema, one.table, one.method) != (other.schema, other.table, other.method):
        return False
    if one.where not in ("", other.where):
        return False
    begins = one.columns[: len(other.columns)] == other.columns
    return begins and set(other.include) <= {*one.include, *one.names}
