"""What statements would cost with indexes that do not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from perfprof.optimizer.indexes.selection import Way
from perfprof.optimizer.scratch.postgres_writes import Written
from perfprof.optimizer.statements.workload import Query
from perfprof.rules.schema.indexes import Candidate


@dataclass(frozen=True, slots=True)
class Planned:
    """cost: in the planner's units; infinite if it cannot be planned. used: candidates in the plan."""

    cost: float
    used: frozenset[Candidate]


@dataclass(frozen=True, slots=True)
class Measured:
    """One execution. cost: milliseconds of the processor, or steps. buffers: pages asked for; 0 where they are not told."""

    cost: float
    buffers: float = 0.0


class WhatIf(Protocol):
    """Plans with hypothetical indexes."""

    explains: int  # statements planned so far
    existing: frozenset[str]  # indexes of the original that plans used

    def add(self, candidates: Iterable[Candidate]) -> Mapping[Candidate, float]:
        """Make candidates available; their sizes in bytes. Those that the server refuses are missing."""

    def plan(self, text: str, parameters: bool, enabled: frozenset[Candidate]) -> Planned:
        """Plan a statement with these candidates and with all indexes that exist."""


class Executes(Protocol):
    """What-if by building and running; costs are measured.

    shown: plans without candidates, by fingerprint. slack: cost that the measure cannot tell apart.
    """

    explains: int
    shown: dict[str, Mapping[str, Any]]
    slack: float

    def add(self, candidates: Iterable[Candidate]) -> Mapping[Candidate, float]:
        """As `WhatIf`."""

    def plan(self, text: str, parameters: bool, enabled: frozenset[Candidate]) -> Planned:
        """As `WhatIf`; the statement is run."""

    @property
    def refused(self) -> dict[str, str]:
        """Fingerprints that cannot be run, and why."""

    @property
    def sampled(self) -> bool:
        """Whether not all rows are there."""

    def would_use(self, query: Query, enabled: frozenset[Candidate]) -> frozenset[Candidate]:
        """Those in its plan, which is not run."""

    def doubted(self, query: Query, enabled: frozenset[Candidate]) -> frozenset[Candidate]:
        """Those in its plan on the original, if that is another than the one that is run here; else none."""

    def beside(self, query: Query, enabled: frozenset[Candidate]) -> tuple[Measured, Measured]:
        """Run anew by turns, without and with them; the median of each side."""

    def again(self, query: Query, enabled: frozenset[Candidate]) -> float:
        """Measure once more; the least that was ever seen counts."""

    def answers(self, query: Query, enabled: frozenset[Candidate]) -> list[tuple[int, str]]:
        """Rows and a digest of each answer, whatever its order."""

    def existing(self, query: Query, enabled: frozenset[Candidate]) -> frozenset[str]:
        """Indexes of the original in the plans with these candidates."""


class Writing(Protocol):
    """The writes of a workload, tried on a copy."""

    def state(self, enabled: frozenset[Candidate]) -> dict[Query, Written]:
        """Each write with these indexes; those that cannot be run are missing."""

    def upkeep(self, one: Candidate, bare: dict[Query, Written]) -> float:
        """What an index alone adds to all writes of its table, in the unit of the costs."""


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
        what_if: WhatIf | Executes,
        candidates: Iterable[Candidate],
        may_use: Mapping[Query, Callable[[Candidate], bool]],
        most: int = 900,
    ) -> None:
        """may_use: whether a statement may have a use for a candidate."""
        self.what_if = what_if
        self.candidates = tuple(candidates)
        self.most = most
        known = list(enumerate(self.candidates))
        self.pools = {query: sum(1 << at for at, one in known if may(one)) for query, may in may_use.items()}
        self._bits = {one: 1 << number for number, one in known}
        self._known: dict[Query, list[_Known]] = {query: [] for query in may_use}

    def add(self, candidates: Mapping[Candidate, Iterable[Query]]) -> None:
        """More candidates, each with the statements that may use it."""
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
        return self.what_if.explains >= self.most

    def members(self, chosen: int) -> frozenset[Candidate]:
        """The candidates of a set."""
        return frozenset(one for number, one in enumerate(self.candidates) if chosen >> number & 1)

    def ways(self, query: Query) -> list[Way]:
        """All plans that are known."""
        return [Way(one.cost, one.used) for one in self._known[query]]

    def cost(self, query: Query, chosen: int) -> float:
        """The cost of one execution; the least that it can be had for by a known plan if the planner may not be asked."""
        mine = chosen & self.pools[query]
        low, high = 0.0, float("inf")
        for one in self._known[query]:
            fits = not one.used & ~mine
            if not mine & ~one.among:
                if fits:
                    return one.cost
                low = max(low, one.cost)
            elif fits:
                high = min(high, one.cost)
        return high if high <= low or (self.spent and high < float("inf")) else self.planned(query, chosen)[0]

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


def index_names(plan: Mapping[str, Any]) -> Iterable[str]:
    """The indexes in a plan of EXPLAIN (FORMAT JSON)."""
    if "Index Name" in plan:
        yield plan["Index Name"]
    for child in plan.get("Plans", ()):
        yield from index_names(child)
