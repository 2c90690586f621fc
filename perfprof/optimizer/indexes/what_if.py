"""What statements would cost with indexes that do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from perfprof.optimizer.statements.workload import Query
from perfprof.rules.schema.indexes import Candidate


@dataclass(frozen=True, slots=True)
class Planned:
    """cost: in the planner's units; infinite if it cannot be planned. used: candidates in the plan."""

    cost: float
    used: frozenset[Candidate]


class WhatIf(Protocol):
    """Plans with hypothetical indexes."""

    explains: int  # statements planned so far

    def add(self, candidates: Iterable[Candidate]) -> Mapping[Candidate, float]:
        """Make candidates available; their sizes in bytes. Those that the server refuses are missing."""

    def plan(self, text: str, parameters: bool, enabled: frozenset[Candidate]) -> Planned:
        """Plan a statement with these candidates and with all indexes that exist."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A plan that was asked for: what it used out of what there was, and its cost."""

    used: int
    among: int
    cost: float


class Evaluator:
    """Costs of statements under sets of candidates, planned as seldom as possible.

    A plan that uses the candidates U out of the set S stays the best for every set between U and S: the planner has
    the same way, and fewer others to choose from. For any other set T it bounds the cost: from above if U is in T,
    from below if T is in S. When ``most`` plans were asked for, the upper bound stands for the cost.
    Sets are numbers with one bit for each candidate, in the order in which these were given.
    """

    def __init__(
        self,
        what_if: WhatIf,
        tables: Mapping[Query, frozenset[tuple[str, str]]],
        candidates: Iterable[Candidate],
        most: int = 900,
    ) -> None:
        """tables: (schema, table) that a statement reads."""
        self.what_if = what_if
        self.candidates = tuple(candidates)
        self.most = most
        self.silent = False  # ask nothing: costs are upper bounds
        self.pools = {query: self._on(names) for query, names in tables.items()}
        self._bits = {one: 1 << number for number, one in enumerate(self.candidates)}
        self._known: dict[Query, list[_Known]] = {query: [] for query in tables}
        self._guesses: dict[tuple[Query, int], tuple[int, float]] = {}  # -1 for known ones
        self._stands: dict[int, int] = {}
        self._bounds: dict[tuple[Query, int], tuple[int, float, float]] = {}

    def _on(self, names: frozenset[tuple[str, str]]) -> int:
        return sum(1 << at for at, one in enumerate(self.candidates) if (one.schema, one.table) in names)

    def add(self, candidates: Mapping[Candidate, Iterable[Query]]) -> None:
        """More candidates, each with the statements that may use it."""
        self._stands.clear()
        for one, queries in candidates.items():
            bit = self._bits.setdefault(one, 1 << len(self.candidates))
            self.candidates = (*self.candidates, one)
            for query in queries:
                self.pools[query] |= bit

    def number_of(self, one: Candidate) -> int:
        """The set of this one alone."""
        return self._bits[one]

    @property
    def spent(self) -> bool:
        """Whether the planner is not to be asked."""
        return self.silent or self.what_if.explains >= self.most

    def members(self, chosen: int) -> frozenset[Candidate]:
        """The candidates of a set."""
        return frozenset(one for number, one in enumerate(self.candidates) if chosen >> number & 1)

    def bounds(self, query: Query, chosen: int) -> tuple[float, float]:
        """The least and the most that one execution can cost, without asking; equal if it is known."""
        mine, known = chosen & self.pools[query], self._known[query]
        seen, low, high = self._bounds.get((query, mine), (0, 0.0, float("inf")))
        for one in known[seen:] if low < high else ():
            if not one.used & ~mine:
                high = min(high, one.cost)
            if not mine & ~one.among:
                low = max(low, one.cost)
                if not one.used & ~mine:
                    low = high = one.cost
                    break
        low = min(low, high)
        self._bounds[query, mine] = (len(known), low, high)
        return low, high

    def guessed(self, query: Query, chosen: int) -> float:
        """The cost, without asking: known, or that of the best plan that can be had if wider indexes stand for narrower."""
        mine, known = chosen & self.pools[query], self._known[query]
        seen, cost = self._guesses.get((query, mine), (0, float("inf")))
        if 0 <= seen < len(known):
            usable = self.standing_for(mine)
            for one in known[seen:]:
                if not one.used & ~mine and not mine & ~one.among:
                    self._guesses[query, mine] = (-1, one.cost)
                    return one.cost
                if not one.used & ~usable:
                    cost = min(cost, one.cost)
            self._guesses[query, mine] = (len(known), cost)
        return cost

    def standing_for(self, chosen: int) -> int:
        """These candidates, and those whose work one of them does as well or nearly so."""
        found, at = chosen, 0
        while chosen >> at:
            if chosen >> at & 1:
                if at not in self._stands:
                    self._stands[at] = sum(
                        1 << n for n, one in enumerate(self.candidates) if wider(self.candidates[at], one)
                    )
                found |= self._stands[at]
            at += 1
        return found

    def cost(self, query: Query, chosen: int) -> float:
        """The cost of one execution."""
        low, high = self.bounds(query, chosen)
        return high if low == high or self.spent else self.planned(query, chosen)[0]

    def planned(self, query: Query, chosen: int) -> tuple[float, int]:
        """The cost of one execution, and what its plan uses."""
        mine = chosen & self.pools[query]
        for one in self._known[query]:
            if not one.used & ~mine and not mine & ~one.among:
                return one.cost, one.used
        parameters = bool(query.reading.template.parameters)
        found = self.what_if.plan(query.texts[0], parameters, self.members(mine))
        used = sum(self._bits[one] for one in found.used)
        self._known[query].append(_Known(used, mine, found.cost))
        return found.cost, used


def wider(one: Candidate, other: Candidate) -> bool:
    """Whether an index begins with the key of another and carries all that it carries."""
    if (one.schema, one.table, one.method, one.where) != (other.schema, other.table, other.method, other.where):
        return False
    begins = one.columns[: len(other.columns)] == other.columns
    return begins and set(other.include) <= {*one.include, *one.names}


def index_names(plan: Mapping[str, Any]) -> Iterable[str]:
    """The indexes in a plan of EXPLAIN (FORMAT JSON)."""
    if "Index Name" in plan:
        yield plan["Index Name"]
    for child in plan.get("Plans", ()):
        yield from index_names(child)
