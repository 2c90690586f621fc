"""A scratch database: a private copy on which statements may be run and indexes built, thrown away at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from perfprof.rules.catalog import Catalog
from perfprof.rules.reading.statements import Statement

Value: TypeAlias = "int | float | str | bytes | list[str] | None"


@dataclass(frozen=True, slots=True)
class Ran:
    """What one execution cost and answered; no value of a row is kept.

    cost: in the scratch's metric. rows: fetched, or changed by a write. multiset: a digest that forgets the order of
    the rows. sequence: one that does not. finished: False if it was stopped for taking too long.
    """

    cost: float
    rows: int
    multiset: str
    sequence: str
    finished: bool = True


class Scratch(Protocol):
    """A copy of one database of the workload.

    dialect: "sqlite" or "postgresql". database: of the original, as in Statement.database. metric: what ``cost``
    counts, "vm-steps" or "shared-buffers". version: of the server. filled: whether it holds the data or only the
    schema. note: what was copied, in words for the report. catalog: the copy's own tables, indexes and plans.
    memo: what was measured, by schema and statement, for whoever measures it again.
    """

    dialect: str
    database: str
    metric: str
    version: str
    filled: bool
    note: str
    memo: dict[tuple[str, str], object]

    @property
    def catalog(self) -> Catalog:
        """Tables, indexes and plans as they are now."""

    def run(self, statement: Statement, values: Sequence[Value]) -> Ran:
        """Run a statement, one value for each parameter; what it writes is rolled back. Raises PerfprofError."""

    def length(self, statement: Statement, values: Sequence[Value]) -> int:
        """How many rows `run` would fetch or change, at less expense."""

    def rows(self, query: str) -> list[tuple[Value, ...]]:
        """Rows of a query of our own, to choose parameter values from. Raises PerfprofError."""

    def as_value(self, expression: str) -> str:
        """SQL that gives an expression's value in the form in which `run` takes it back."""

    def apply(self, script: str) -> None:
        """Run the statements of a migration and keep what they did. Raises PerfprofError."""

    def schema(self) -> str:
        """The definition of everything in it, as text that is equal if and only if the schema is."""

    def valid(self, index: str) -> bool:
        """Whether an index of this name exists and is complete."""

    def index_bytes(self, index: str) -> int:
        """What the index weighs on disk."""

    def insertion(self, table: str, schema: str = "") -> float | None:
        """The cost of inserting one row like those there are; None if it cannot be tried."""
