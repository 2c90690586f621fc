"""What the index advisor says, as data: what to build, what to drop, and what each statement gains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from perfprof.rules.rule import Migration

Decision = Literal["confirmed", "planned"]  # by real execution on a copy, or by the planner alone


@dataclass(frozen=True, slots=True)
class Proposal:
    """An index to build. forecast, built: bytes, the second 0 if it was not built. serves: fingerprints."""

    name: str
    table: str
    migration: Migration
    forecast: float
    built: int
    decision: Decision
    serves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """An index to drop. reason: "duplicate", "prefix", "invalid" or "unused". instead: the index that does its work."""

    name: str
    table: str
    reason: str
    instead: str
    bytes: int
    migration: Migration


@dataclass(frozen=True, slots=True)
class Line:
    """One statement. before, after: cost of one execution by the planner; measured: milliseconds, -1 if not run."""

    statement: str
    calls: float
    before: float
    after: float
    measured_before: float = -1.0
    measured_after: float = -1.0


@dataclass(frozen=True, slots=True)
class Advice:
    """All of it. notes: what a reader must know, and what was left out. plans: what plans suffer from, in words.

    wal: bytes of the workload's writes. hot: the share of updated rows that touch no index; -1 if not measured.
    """

    database: str
    dialect: str
    version: str
    proposals: tuple[Proposal, ...]
    removals: tuple[Removal, ...]
    lines: tuple[Line, ...]
    explains: int
    seconds: float
    plans: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    wal_before: float = -1.0
    wal_after: float = -1.0
    hot_before: float = -1.0
    hot_after: float = -1.0

    @property
    def share(self) -> float:
        """The planner's cost after, as a share of the cost before; 1 if there is none."""
        before = sum(line.calls * line.before for line in self.lines)
        return sum(line.calls * line.after for line in self.lines) / before if before else 1.0

    @property
    def measured_share(self) -> float:
        """The same for the time of real executions; -1 if nothing was run."""
        known = [line for line in self.lines if line.measured_before >= 0]
        before = sum(line.calls * line.measured_before for line in known)
        return sum(line.calls * line.measured_after for line in known) / before if before else -1.0

    def as_json(self) -> Mapping[str, Any]:
        """For --json; statements stand as fingerprints, without values."""
        return {"version": 1, "kind": "advice", "advice": asdict(self), "share": self.share}
