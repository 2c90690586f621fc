"""What a rule may ask of a database: tables, indexes and plans. The optimizer supplies the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Index:
    """An index that exists. columns: names in order; an expression stands as its text in parentheses."""

    name: str
    table: str
    columns: tuple[str, ...]
    unique: bool = False
    partial: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table or a partition root. rows: counted or estimated. columns: names in order."""

    name: str
    columns: tuple[str, ...]
    rows: int
    primary_key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """One access to a table in a plan. index: empty for a sequential scan. filtered: rows are read and dropped."""

    table: str
    index: str
    filtered: bool
    rows: int
    detail: str


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
