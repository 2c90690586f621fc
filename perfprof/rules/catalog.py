"""What a rule may ask of a database: tables, indexes and plans. The optimizer supplies the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

# Of a recorded database, by its name: the definitions that stand in its catalog; None if it cannot be read.
Definitions = Callable[[str], "tuple[str, ...] | None"]


@dataclass(frozen=True, slots=True)
class Index:
    """An index that exists. columns: names in order; an expression stands as its text in parentheses.

    descending: for each column; () if all ascend. valid: False after a concurrent build that failed.
    schema: "" if names without a schema find it.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    unique: bool = False
    partial: str = ""
    descending: tuple[bool, ...] = ()
    valid: bool = True
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table or a partition root. rows: counted or estimated. columns: names in order. schema: as for an index."""

    name: str
    columns: tuple[str, ...]
    rows: int
    primary_key: tuple[str, ...] = ()
    schema: str = ""

    @property
    def key(self) -> str:
        """What `Scan.table` and `Catalog.distinct` call it: the name, with its schema if it needs one to be found."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Scan:
    """One step of a plan: an access to a table (its `Table.key`), or a sort (then ``table`` is empty).

    index: empty for a sequential scan, "rowid" where SQLite goes by the row's number. filtered: rows are read and dropped. rows: that come out of it, estimated;
    -1 if the planner does not say. inner: done once for each row of another access. step: "scan" or "sort".
    whole: it reads the table or the index from one end to the other, for its order or because it is narrower.
    """

    table: str
    index: str
    filtered: bool
    rows: int
    detail: str
    inner: bool = False
    step: str = "scan"
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it was declared. kind: its type in lower case, "" for none. nullable: whether a row may lack it."""

    name: str
    kind: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """Two statements, run with the same values. differs: what they answered differently, "" for nothing.

    runs: executions of each. hostile: how many rows were made up beside the copy's own. turned: the same rows came in
    another order. before, after: the cost of one execution of each, in ``metric``.
    """

    runs: int
    hostile: int
    differs: str
    turned: bool
    before: float
    after: float
    metric: str


class Copy(Protocol):
    """A private copy of a database, on which two spellings of a question are tried side by side."""

    def columns(self, table: Table) -> tuple[Column, ...]:
        """All columns, in order."""

    def keys(self, table: Table) -> tuple[frozenset[str], ...]:
        """Sets of columns of which no two rows ever have the same values, and none of which is NULL."""

    def references(self, table: Table) -> tuple[tuple[str, str, str], ...]:
        """(column, `Table.key`, column there): whatever the column holds is found there, at any moment a query may see."""

    def compare(
        self, old: str, new: str, order: tuple[int, ...], rows: float, probes: tuple[str, str] | None = None
    ) -> Compared | str:
        """Run both on the data, and beside hostile rows; or why that cannot be done.

        probes: statements around both whose answers must be the same, where those of both need not. order: which values of the old statement's parameters those of the new one are. rows: of one recorded
        execution, below zero if not known.
        """


class Catalog(Protocol):
    """One database, read only."""

    dialect: str  # "sqlite" or "postgresql"
    database: str  # as in Statement.database

    def tables(self) -> tuple[Table, ...]:
        """All user tables."""

    def indexes(self) -> tuple[Index, ...]:
        """All indexes, those behind constraints included."""

    def plan(self, statement: str) -> tuple[Scan, ...]:
        """The accesses the planner chooses for a template; empty if it cannot be planned."""

    def distinct(self, table: str, columns: tuple[str, ...]) -> int:
        """How many different combinations of values these columns hold; at least 1."""

    def what_if(self, creates: tuple[str, ...], statements: tuple[str, ...]) -> tuple[tuple[Scan, ...], ...]:
        """The plan of each statement if these CREATE INDEX had run; asked on a copy that is thrown away."""


class Dictionary:
    """Tables and columns by the names that statements use: SQLite compares names without case, PostgreSQL with it."""

    def __init__(self, tables: Iterable[Table], dialect: str) -> None:
        self.dialect = dialect
        self._tables = {}
        for table in tables:
            self._tables[self._folded(table.name)] = table
            if table.schema or dialect == "sqlite":
                self._tables[self._folded(f"{table.schema or 'main'}.{table.name}")] = table
            else:
                self._tables[f"public.{table.name}"] = table

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """For Statement.by_table."""
        return {name: tuple(self._folded(one) for one in table.columns) for name, table in self._tables.items()}

    def table(self, name: str) -> Table | None:
        """The table that a statement means by this name."""
        return self._tables.get(self._folded(name))

    def column(self, table: Table, name: str) -> str:
        """The column as the catalog spells it; "" if there is none."""
        return next((one for one in table.columns if self._folded(one) == self._folded(name)), "")

    def _folded(self, name: str) -> str:
        return name.lower() if self.dialect == "sqlite" else name
