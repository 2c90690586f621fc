"""Which indexes a whole workload wants under a budget: lazy greedy on gain per byte, then removal and swaps.

Gains are those of all statements together, weighted by their calls, less what keeping the index costs the writes.
Whatever the planner never takes is dropped first: each statement is planned with all candidates, then with those left
when the chosen ones are taken away, until nothing more is used. Extend (Schlosser, Kossmann, Boissier, ICDE 2019) and
AutoAdmin (Chaudhuri, Narasayya, VLDB 1997) ask the planner about each index alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping

from perfprof.optimizer.indexes.what_if import Evaluator
from perfprof.optimizer.statements.workload import Query
from perfprof.rules.schema.indexes import Candidate

ROUNDS = 14  # layers of plans for one statement
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
        self.upkeep = [upkeep(one) for one in evaluator.candidates]
        self.shapes: dict[int, None] = {}  # what plans use together

    def explore(self) -> None:
        """Find what plans use, alone and together."""
        for query in self.weights:
            every, pool = self.evaluator.pools[query], 0
            base = self.evaluator.cost(query, 0)
            for _ in range(ROUNDS):
                cost, used = self.evaluator.planned(query, every)
                if not used or base - cost < LEAST * base:
                    break
                pool |= used
                every &= ~used
                self.shapes[used] = None
            self.evaluator.pools[query] = pool
        self.shapes.update(dict.fromkeys(1 << number for shape in list(self.shapes) for number in _bits(shape)))

    def total(self, chosen: int, limit: float = float("inf")) -> float:
        """The cost of the workload with these indexes and their upkeep; anything from ``limit`` on means too much."""
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
        """The cheapest set found that takes at most ``budget`` bytes."""
        found = [
            self._improved(self._greedy(budget, rank), budget)
            for rank in (lambda gain, size: gain / size, lambda gain, size: gain)
        ]
        return min(found, key=self.total)

    def _greedy(self, budget: float, rank: Callable[[float, float], float]) -> int:
        """The shape with the highest rank, again and again; ranks are only brought up to date at the top."""
        chosen, now, shapes = 0, self.total(0), list(self.shapes)
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


def _bits(number: int) -> Iterator[int]:
    at = 0
    while number:
        zeros = (number & -number).bit_length() - 1
        at += zeros
        yield at
        number >>= zeros + 1
        at += 1
