"""What-if by doing: the few indexes that are left are built on a copy with data, and statements run with and without.

Indexes are switched as on the clone, so before and after are one server, one cache and one moment. Everything runs
as a role without rights, in transactions that are rolled back.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.clone_what_if import switch
from perfprof.optimizer.indexes.what_if import Planned, index_names
from perfprof.optimizer.scratch.postgres_scratch import PostgresScratch
from perfprof.optimizer.scratch.samples import parameter_sets
from perfprof.optimizer.scratch.scratch import Value
from perfprof.optimizer.statements.workload import Query
from perfprof.rules.reading.statements import Statement, read
from perfprof.rules.schema.ddl import create_index, qualified
from perfprof.rules.schema.indexes import Candidate

RUNS = 3  # of a short statement; the fastest counts
SHORT = 200.0  # milliseconds; a longer one is run once less
WAL_SPEED = 50_000.0  # bytes a millisecond of a disk
_LEAVES = """
SELECT c.oid, c.relname FROM pg_partition_tree(%(index)s::regclass) p JOIN pg_class c ON c.oid = p.relid
UNION SELECT oid, relname FROM pg_class WHERE oid = %(index)s::regclass
"""


@dataclass(frozen=True, slots=True)
class Written:
    """One execution of a write: bytes of WAL and milliseconds."""

    wal: float
    milliseconds: float

    @property
    def cost(self) -> float:
        """Milliseconds, with the disk that our server does not wait for."""
        return self.milliseconds + self.wal / WAL_SPEED


@dataclass
class ExecutedWhatIf:
    """Implements perfprof.optimizer.indexes.what_if.WhatIf; the cost is in milliseconds of execution."""

    scratch: PostgresScratch
    explains: int = 0
    refused: dict[str, str] = field(default_factory=dict)  # fingerprints that cannot be run, and why
    shown: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # plans without candidates, by fingerprint
    _oids: dict[Candidate, list[int]] = field(default_factory=dict)
    _names: dict[str, Candidate] = field(default_factory=dict)
    _enabled: frozenset[Candidate] = frozenset()
    _values: dict[str, list[tuple[Statement, tuple[Value, ...]]]] = field(default_factory=dict)

    def add(self, candidates: Iterable[Candidate]) -> Mapping[Candidate, float]:
        """Build them for real; their true sizes."""
        sizes = {}
        for number, one in enumerate(candidates, len(self._oids)):
            name = f"perfprof_built_{number}"
            with suppress(PerfprofError):
                self.scratch.apply(create_index(one, name, dialect="postgresql"))
                leaves = self._ask(_LEAVES, {"index": qualified(name, one.schema)})
                self._oids[one] = [oid for oid, _ in leaves]
                self._names.update((leaf, one) for _, leaf in leaves)
                query = "SELECT coalesce(sum(pg_relation_size(o)), 0) FROM unnest(%(oids)s::oid[]) o"
                sizes[one] = float(self._ask(query, {"oids": self._oids[one]})[0][0])
                self._enabled |= {one}
        for table in {qualified(one.table, one.schema) for one in self._oids}:
            self.scratch.connection.execute(f"ANALYZE {table}")  # what an expression index holds
        return sizes

    def drop(self, candidates: Iterable[Candidate]) -> None:
        """Take built ones away again."""
        for one in list(candidates):
            name = next(name for name, other in self._names.items() if other is one)
            self.scratch.apply(f"DROP INDEX IF EXISTS {qualified(name, one.schema)}")
            self._names = {name: other for name, other in self._names.items() if other is not one}
            del self._oids[one]
            self._enabled -= {one}

    def plan(self, text: str, parameters: bool, enabled: frozenset[Candidate]) -> Planned:
        """Run a statement; infinite if it cannot be, or takes too long."""
        self.switch(enabled)
        self.explains += 1
        total, used = 0.0, set()
        try:
            sets = self._sets(text)
            for reading, values in sets:
                plan, milliseconds = self._fastest(reading, values)
                total += milliseconds / len(sets)
                used |= {self._names[name] for name in index_names(plan) if name in self._names}
        except PerfprofError as error:
            self.refused[read(text, "postgresql").fingerprint] = error.what
            return Planned(float("inf"), frozenset())
        if not enabled:
            self.shown[read(text, "postgresql").fingerprint] = plan
        return Planned(total, frozenset(used))

    def answers(self, query: Query, enabled: frozenset[Candidate]) -> list[tuple[int, str]]:
        """Rows and a digest of each answer, whatever its order."""
        self.switch(enabled)
        runs = [self.scratch.run(reading, values) for reading, values in self._sets(query.texts[0])]
        return [(run.rows, run.multiset) for run in runs]

    def written(self, query: Query) -> Written | None:
        """One execution of a write with all indexes that are there, rolled back; None if it cannot be run."""
        try:
            reading, values = self._sets(query.texts[0])[0]
            plans = [self.scratch.analysed(reading, values, "BUFFERS, WAL") for _ in range(RUNS)]
        except PerfprofError as error:
            self.refused[query.name] = error.what
            return None
        fastest = min(plans, key=lambda plan: float(plan["Execution Time"]))
        return Written(float(plans[-1]["Plan"].get("WAL Bytes", 0)), float(fastest["Execution Time"]))

    def switch(self, enabled: frozenset[Candidate]) -> None:
        """Let the planner see these and no others."""
        changed = (enabled & self._oids.keys()) ^ self._enabled
        if changed:
            on = [oid for one in changed & enabled for oid in self._oids[one]]
            off = [oid for one in changed - enabled for oid in self._oids[one]]
            switch(self.scratch.connection, on, off)
            self._enabled = enabled & self._oids.keys()

    def _sets(self, text: str) -> Sequence[tuple[Statement, tuple[Value, ...]]]:
        """The values to run it with: none if they stand in the text."""
        if text not in self._values:
            reading = read(text, "postgresql")
            sets = parameter_sets(reading, self.scratch)
            self._values[text] = [(reading, values) for values in sets[:2]]
        return self._values[text]

    def _fastest(self, reading: Statement, values: Sequence[Value]) -> tuple[Mapping[str, Any], float]:
        found = []
        start = time.perf_counter()
        for _ in range(RUNS):
            result = self.scratch.analysed(reading, values, "BUFFERS")
            found.append((result["Plan"], float(result["Execution Time"])))
            if (time.perf_counter() - start) * 1000 > SHORT * len(found):
                break
        return min(found, key=lambda one: one[1])

    def _ask(self, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self.scratch.connection.execute(query, values).fetchall()
        return rows
