"""The cheapest set of indexes under a budget, of all that is known about plans, by integer programming.

A statement takes exactly one of its known ways, a way needs its indexes, the indexes must fit: CoPhy's program (Dash,
Polyzotis, Ailamaki, VLDB 2011), solved by HiGHS. Sets of indexes are numbers with one bit for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from perfprof.errors import PerfprofError

SECONDS = 4.0  # of one solution; the best that was found by then is taken
NEAR = 1e-2  # of the cost: a better solution is not looked for
EARNS = 3e-4  # of the cost: an index that saves less is not worth having
_SCALE = 1e6  # of the objective, so that the solver's tolerances mean something


Q = TypeVar("Q")  # a statement, whatever stands for it


@dataclass(frozen=True, slots=True)
class Way:
    """One way to execute a statement: its cost, and the indexes without which it cannot be gone."""

    cost: float
    needs: int


def undominated(ways: Sequence[Way]) -> list[Way]:
    """Without those that need more than a cheaper one does, the cheapest first."""
    kept: list[Way] = []
    for way in sorted(ways, key=lambda one: (one.cost, one.needs.bit_count())):
        if not any(other.needs & ~way.needs == 0 for other in kept):
            kept.append(way)
    return kept


def bits(number: int) -> Iterator[int]:
    """The places of the ones in a number, from the lowest."""
    while number:
        yield (number & -number).bit_length() - 1
        number &= number - 1


@dataclass
class Program(Generic[Q]):
    """What is to be minimised. ways, weights: by statement. sizes: bytes. upkeep: in the unit of the costs.

    stands: the indexes that do the work of one in a statement, itself among them.
    """

    ways: Mapping[Q, Sequence[Way]]
    weights: Mapping[Q, float]
    sizes: Sequence[float]
    upkeep: Sequence[float]
    stands: Callable[[Q, int], int]
    _index: list[int] = field(default_factory=list)

    def solved(self, budget: float) -> int:
        """The best set that fits. Raises PerfprofError without the solver."""
        needed = 0
        for query, ways in self.ways.items():
            for way in ways:
                for at in bits(way.needs):
                    needed |= self.stands(query, at)
        self._index = [at for at in bits(needed) if self.sizes[at] <= budget]
        if not self._index:
            return 0
        solver = _solver()
        self._columns(solver, budget)
        self._rows(solver, budget)
        solver.run()
        values = solver.getSolution().col_value
        return sum(1 << at for place, at in enumerate(self._index) if values and values[place] > 0.5)

    def _columns(self, solver: Any, budget: float) -> None:
        """A binary for each index, then a share of each way: it comes out whole where the indexes are."""
        worst = sum(self.weights[query] * max(way.cost for way in ways) for query, ways in self.ways.items())
        factor = _SCALE / max(worst, 1e-9)
        for at in self._index:
            solver.addVar(0.0, 1.0)
            place = solver.getNumCol() - 1
            solver.changeColCost(place, self.upkeep[at] * factor + EARNS * _SCALE)
            solver.changeColIntegrality(place, _integer())
        for query, ways in self.ways.items():
            for way in ways:
                solver.addVar(0.0, 1.0)
                solver.changeColCost(solver.getNumCol() - 1, way.cost * self.weights[query] * factor)

    def _rows(self, solver: Any, budget: float) -> None:
        endless = _endless()
        place_of = {at: place for place, at in enumerate(self._index)}
        places = list(place_of.values())
        solver.addRow(-endless, budget, len(places), places, [self.sizes[at] for at in self._index])
        column = len(places)
        for query, ways in self.ways.items():
            mine = range(column, column + len(ways))
            column += len(ways)
            solver.addRow(1.0, 1.0, len(mine), list(mine), [1.0] * len(mine))
            users: dict[int, list[int]] = {}
            for place, way in zip(mine, ways, strict=True):
                for at in bits(way.needs):
                    users.setdefault(at, []).append(place)
            for at, some in users.items():
                helpers = [place_of[one] for one in bits(self.stands(query, at)) if one in place_of]
                values = [1.0] * len(some) + [-1.0] * len(helpers)
                solver.addRow(-endless, 0.0, len(values), some + helpers, values)


def _solver() -> Any:
    try:
        import highspy
    except ImportError:
        raise PerfprofError("the solver HiGHS is not installed", todo="pip install 'perfprof[postgres]'") from None
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call,unused-ignore]
    for name, value in (("output_flag", False), ("threads", 1), ("time_limit", SECONDS), ("mip_rel_gap", NEAR)):
        solver.setOptionValue(name, value)
    return solver


def _integer() -> Any:
    import highspy

    return highspy.HighsVarType.kInteger


def _endless() -> float:
    import highspy

    return float(highspy.kHighsInf)
