"""``[tool.perfprof.budget]``: what a run may cost, and by how much it may grow worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfprof.optimizer.comparing.figures import FUNCTION, Figure
from perfprof.optimizer.nearest import nearest

if TYPE_CHECKING:
    from perfprof.optimizer.comparing.comparison import Row

LIMITS: Mapping[str, tuple[str, float]] = {  # key in pyproject.toml -> figure, and its unit in that of the figure
    "cpu-seconds": ("cpu", 1.0),
    "wall-seconds": ("wall", 1.0),
    "memory-mb": ("memory", 1e6),
    "queries": ("queries", 1.0),
    "queries-per-request": ("queries a request", 1.0),
    "throughput": ("throughput", 1.0),
    "p50-ms": ("latency p50", 1e-3),
    "p95-ms": ("latency p95", 1e-3),
    "p99-ms": ("latency p99", 1e-3),
    "p999-ms": ("latency p99.9", 1e-3),
    "error-rate": ("error rate", 1.0),
}
REGRESSION = 0.1  # the share by which a figure may be worse, if the budget says nothing


@dataclass(frozen=True, slots=True)
class Budget:
    """limits: figure -> most (or least, where more is better). regression: worsening of any figure, as a share of it."""

    limits: Mapping[str, float] = field(default_factory=dict)
    regression: float = REGRESSION

    @classmethod
    def read(cls, table: object) -> Budget:
        """The budget of a table of pyproject.toml; ValueError says what must be there instead."""
        if not isinstance(table, dict):
            raise ValueError("a table of limits")
        limits: dict[str, float] = {}
        for key, value in table.items():
            if key == "functions":
                limits |= {f"{FUNCTION}{name}": _number(name, most) for name, most in _table(key, value).items()}
            elif key in LIMITS:
                figure, unit = LIMITS[key]
                limits[figure] = _number(key, value) * unit
            elif key != "regression":
                meant = nearest(key, (*LIMITS, "functions", "regression"))
                raise ValueError(f"a table without {key!r}" + (f" (did you mean {meant}?)" if meant else ""))
        return cls(limits, _number("regression", table.get("regression", REGRESSION)))


@dataclass(frozen=True, slots=True)
class Breach:
    """A figure beyond what is allowed. limit: in the unit of the figure; for a regression, what A allows."""

    figure: str
    kind: str  # "budget" or "regression"
    limit: float
    value: float


def breaches(budget: Budget, after: Mapping[str, Figure], rows: tuple[Row, ...] = ()) -> Iterator[Breach]:
    """What is broken: limits by the figures of the new side, the regression by what is surely worse."""
    for name, limit in budget.limits.items():
        figure = after.get(name)
        if figure is not None and (figure.value < limit if figure.higher else figure.value > limit):
            yield Breach(name, "budget", limit, figure.value)
    for row in rows:
        if row.decision == "worse":
            yield Breach(row.name, "regression", row.allowed(budget.regression), row.after)


def unknown(budget: Budget, after: Mapping[str, Figure]) -> tuple[str, ...]:
    """Limits on what was not recorded: they are neither kept nor broken."""
    return tuple(name for name in budget.limits if name not in after)


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"a table of numbers from 0 ({name} is {value!r})")
    return float(value)


def _table(name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"a table whose {name} is a table, 'path:function' = CPU seconds")
    return value
