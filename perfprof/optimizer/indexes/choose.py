"""Which indexes a whole workload wants under a budget: lazy greedy on gain per byte, then removal and swaps.

Gains are those of all statements together, weighted by their calls, less what keeping the index costs the writes.
Whatever the planner never takes is dropped first: each statement is planned with all candidates, then with those left
when the chosen ones are taken away, until nothing more is used. Extend (Schlosser, Kossmann, Boissier, ICDE 2019) and
AutoAdmin (Chaudhuri, Narasayya, VLDB 1997) ask the planner about each index alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from perfprof.optimizer.indexes.what_if import Evaluator
from perfprof.optimizer.statements.workload import Query
from perfprof.rules.schema.indexes import Candidate

EXPLORED = 0.8  # of the plans that may be asked for, before anything is chosen
LARGE = 0.3  # of the budget: an index that a search by gain per byte never comes to, so one begins with it
LEAST = 0.01  # of a statement's cost; a way that saves less is not looked for
LITTLE = 1e-4  # of the workload's cost: less is no gain


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
        self.shapes: dict[int, None] = {}  # what plans use together

    def explore(self) -> None:
        """Find what plans use, alone and together."""
        most = max(4, int(EXPLORED * self.evaluator.most / max(1, len(self.weights))))
        for query in self.weights:
            self.evaluator.pools[query] = self._layers(query, most)
        self.shapes.update(dict.fromkeys(1 << number for shape in list(self.shapes) for number in _bits(shape)))

    def _layers(self, query: Query, most: int) -> int:
        """Plans with narrow candidates and with all, then without those of a plan, one by one and together; all that any plan takes.

        The plan whose largest index is to be done without comes first: what is small is what a budget has room for.
        """
        every, pool = self.evaluator.pools[query], 0
        least = (1 - LEAST) * self.evaluator.cost(query, 0)
        for start in (every & self._narrow(1), every & self._narrow(len(self.sizes)), every):
            waiting, seen = [(0.0, start)], {start}
            for _ in range(most // 3):
                if not waiting:
                    break
                _, among = heapq.heappop(waiting)
                cost, used = self.evaluator.planned(query, among)
                if not used or cost > least:
                    continue
                pool |= used
                self.shapes[used] = None
                for less in {among & ~used, *(among & ~(1 << at) for at in _bits(used))} - seen:
                    seen.add(less)
                    heapq.heappush(waiting, (-self.bytes_of(among & ~less), less))
        return pool

    def _narrow(self, columns: int) -> int:
        """Candidates with at most so many columns and nothing carried along."""
        known = enumerate(self.evaluator.candidates)
        return sum(1 << at for at, one in known if len(one.columns) <= columns and not one.include)

    @property
    def useful(self) -> int:
        """All that a plan takes."""
        found = 0
        for shape in self.shapes:
            found |= shape
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
        for one, size in sizes.items():
            self.sizes.append(size)
            self.upkeep.append(self._upkeep_of(one))
            bit = self.evaluator.number_of(one)
            self.shapes[bit] = None
            for query in users[one]:
                self.evaluator.planned(query, self._without_narrower(query, one) | bit)

    def _without_narrower(self, query: Query, one: Candidate) -> int:
        """All that a statement uses, but for what a wider index is to stand for."""
        pool = self.evaluator.pools[query]
        mine = ((1 << at, self.evaluator.candidates[at]) for at in _bits(pool))
        return sum(
            bit
            for bit, other in mine
            if (other.schema, other.table) != (one.schema, one.table) or not other.include
        )

    def total(self, chosen: int, limit: float = float("inf")) -> float:
        """The cost of the workload with these indexes and their upkeep; anything from ``limit`` on means too much."""
        if self.evaluator.silent:
            upkeep = sum(self.upkeep[at] for at in _bits(chosen))
            return upkeep + sum(
                weight * self.evaluator.guessed(query, chosen) for query, weight in self.weights.items()
            )
        bounds = [(query, weight, *self.evaluator.bounds(query, chosen)) for query, weight in self.weights.items()]
        total = sum(weight * low for _, weight, low, _ in bounds) + sum(self.upkeep[at] for at in _bits(chosen))
        open_ones = [one for one in bounds if one[2] < one[3]]
        for query, weight, low, _ in sorted(open_ones, key=lambda one: one[1] * (one[2] - one[3])):
            if total >= limit:
                break
            total += weight * (self.evaluator.cost(query, chosen) - low)
        return total

    def bytes_of(self, chosen: int) -> float:
        """Size all together."""
        return sum(self.sizes[at] for at in _bits(chosen))

    def best(self, budget: float) -> int:
        """The cheapest set found that takes at most ``budget`` bytes.

        The search runs on costs guessed from the plans that are known, and asks for the plans of its answer only; then
        it knows more, and is repeated until it has nothing better to offer. What remains of the allowance goes into
        steps that are asked about one by one.
        """
        chosen, told = 0, float("inf")
        while not self.evaluator.spent:
            self.evaluator.silent = True
            found = self._searched(budget, chosen)
            guess, before = self.total(found), self.evaluator.what_if.explains
            self.evaluator.silent = False
            if guess >= told * (1 - LITTLE):
                break
            real = self.total(found)
            if real < told:
                chosen, told = found, real
            if self.evaluator.what_if.explains == before:  # nothing to learn
                break
        return self._improved(chosen, budget)

    def _searched(self, budget: float, start: int) -> int:
        ranks = (lambda gain, size: gain / size, lambda gain, size: gain)
        starts = [start, *(self._greedy(budget, rank) for rank in ranks)]
        best = min((self._improved(one, budget) for one in starts), key=self.total)
        large = [shape for shape in self.shapes if LARGE * budget <= self.bytes_of(shape) <= budget]
        others = sorted((self._greedy(budget, ranks[0], shape) for shape in large), key=self.total)
        return min([best, *(self._improved(one, budget) for one in others[:3])], key=self.total)

    def _greedy(self, budget: float, rank: Callable[[float, float], float], start: int = 0) -> int:
        """The shape with the highest rank, again and again; ranks are only brought up to date at the top."""
        chosen, now, shapes = start, self.total(start), list(self.shapes)
        heap = [(-float("inf"), number) for number in range(len(shapes))]
        while heap:
            _, number = heapq.heappop(heap)
            more = shapes[number] & ~chosen
            if not more or self.bytes_of(chosen | more) > budget:
                continue
            then = self.total(chosen | more, now * (1 - LITTLE))
            place = -rank(now - then, max(self.bytes_of(more), 1.0))
            if now - then <= LITTLE * now:
                continue
            if heap and place > heap[0][0]:
                heapq.heappush(heap, (place, number))
            else:
                chosen, now = chosen | more, then
        return chosen

    def _improved(self, chosen: int, budget: float) -> int:
        """Take away, put in, swap, as long as it pays."""
        now, better = self.total(chosen), True
        while better:
            better = False
            size = self.bytes_of(chosen)
            for other in self._near(chosen, budget):
                smaller = self.bytes_of(other) < size
                limit = now * (1 + LITTLE / 2) if smaller else now * (1 - LITTLE)
                then = self.total(other, limit)
                if then < limit:
                    chosen, now, better = other, then, True
                    break
        return chosen

    def _near(self, chosen: int, budget: float) -> Iterator[int]:
        others = [shape & ~chosen for shape in self.shapes if shape & ~chosen]
        yield from (chosen & ~(1 << at) for at in _bits(chosen))
        room = budget - self.bytes_of(chosen)
        weights = {change: self.bytes_of(change) for change in others}
        yield from (chosen | change for change in others if weights[change] <= room)
        for at in sorted(_bits(chosen), key=lambda at: -self.sizes[at]):
            left = chosen & ~(1 << at)
            yield from (left | change for change in others if weights[change] <= room + self.sizes[at])


def contains(one: Candidate, other: Candidate) -> bool:
    """Whether a covering index carries all that another with the same key does."""
    return set(other.include) <= set(one.include) and replace(other, include=one.include) == one


def _bits(number: int) -> Iterator[int]:
    at = 0
    while number:
        zeros = (number & -number).bit_length() - 1
        at += zeros
        yield at
        number >>= zeros + 1
        at += 1
