"""The recorded statements as a workload: each different statement once, with how often, how long and from where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from perfprof.profilers.recording import Execution, Frame
from perfprof.rules.reading.statements import Statement, read

_DEFINES = re.compile(r"(?:^|;|\n|\*/)\s*create\s", re.IGNORECASE)
_WRAPS = 4  # different statements from one line


@dataclass(frozen=True, slots=True)
class Asked:
    """One statement of the workload.

    count: executions. seconds: in the driver, all of them together. rows: of one execution on average, below zero if
    not known. places: the innermost application frames that ran it, the costliest first; a frame that runs many
    different statements is a wrapper of the driver, and its caller is meant.
    """

    text: str
    reading: Statement
    count: int
    seconds: float
    rows: float
    places: tuple[Frame, ...]

    @property
    def changed(self) -> int:
        """Rows that its executions inserted, changed or deleted; as many as executions, if that is not known."""
        return round(self.count * max(1.0, self.rows))

    def fills(self, rows: int) -> bool:
        """Whether it put half of a table's rows there, or all: that is loading a database, not working with it.

        More than all of them came and went again, and that is work.
        """
        return self.reading.kind == "insert" and rows <= 2 * self.changed <= 2.2 * rows

    def __repr__(self) -> str:
        return f"Asked({self.reading.fingerprint!r}, count={self.count})"


def asked(executions: Iterable[Execution], dialect: str) -> tuple[Asked, ...]:
    """Group by fingerprint, the costliest first. Transactions, PRAGMAs and definitions are left out."""
    groups: dict[str, list[tuple[Execution, Statement]]] = {}
    runs: dict[Frame, set[str]] = {}
    for execution in executions:
        reading = read(execution.statement.text, dialect)
        if reading.kind != "other":
            groups.setdefault(reading.fingerprint, []).append((execution, reading))
            for frame in execution.site:
                runs.setdefault(frame, set()).add(reading.fingerprint)
    wrappers = frozenset(frame for frame, texts in runs.items() if len(texts) >= _WRAPS)
    found = [_asked(members, wrappers) for members in groups.values()]
    return tuple(sorted(found, key=lambda one: (-one.seconds, -one.count, one.text)))


def definitions(executions: Iterable[Execution]) -> Iterator[str]:
    """The recorded CREATE statements, and scripts with some, in order."""
    for execution in executions:
        if _DEFINES.search(execution.statement.text):
            yield execution.statement.text


def _asked(members: list[tuple[Execution, Statement]], wrappers: frozenset[Frame]) -> Asked:
    executions = [execution for execution, _ in members]
    known = [execution for execution in executions if execution.rows >= 0]
    times = sum(execution.count for execution in known)
    return Asked(
        text=executions[0].statement.text,
        reading=members[0][1],
        count=sum(execution.count for execution in executions),
        seconds=sum(execution.seconds for execution in executions),
        rows=sum(execution.rows for execution in known) / times if times else -1.0,
        places=_places(executions, wrappers),
    )


def _places(executions: list[Execution], wrappers: frozenset[Frame]) -> tuple[Frame, ...]:
    """The innermost frames that are no wrapper, the costliest first."""
    cost: dict[Frame, float] = {}
    for execution in executions:
        own = [frame for frame in execution.site if frame not in wrappers] or execution.site
        for frame in own[:1]:
            cost[frame] = cost.get(frame, 0.0) + execution.seconds
    return tuple(sorted(cost, key=lambda frame: (-cost[frame], frame.path, frame.line)))


def inserted(executions: Iterable[Execution], dialect: str = "sqlite") -> dict[str, int]:
    """Rows that the workload put into each table: all that is known of the size of a database that is gone."""
    counts: dict[str, int] = {}
    for execution in executions:
        reading = read(execution.statement.text, dialect)
        if reading.kind == "insert" and reading.writes:
            rows = execution.rows if execution.rows >= 0 else execution.count
            counts[reading.writes] = counts.get(reading.writes, 0) + rows
    return counts
