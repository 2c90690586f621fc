"""What-if by doing: candidates are built on a copy with data, and statements run with some of them and without.

Indexes are switched as on the clone, so before and after are one server, one cache and one moment. A plan is run once,
whichever sets of indexes it is chosen under. Everything runs as a role without rights, in transactions that are rolled
back.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.clone_what_if import CloneWhatIf
from perfprof.optimizer.indexes.sets import Sets
from perfprof.optimizer.indexes.shapes import shape
from perfprof.optimizer.indexes.sides import by_turns
from perfprof.optimizer.indexes.what_if import Measured, Planned, index_names
from perfprof.optimizer.scratch.postgres_scratch import PostgresScratch, StoppedError
from perfprof.optimizer.scratch.scratch import Value
from perfprof.optimizer.statements.workload import Query
from perfprof.rules.reading.statements import Statement, read
from perfprof.rules.schema.ddl import create_index, qualified, quoted
from perfprof.rules.schema.indexes import Candidate

RUNS = 3  # of a statement; the fastest counts
HOPELESS = 3  # plans of a statement that were stopped: no other one is tried
BUILDING = 10.0  # times as long as a statement may an index take
SHORT = 200.0  # milliseconds; a longer one is run once less
_LEAVES = """
SELECT c.oid, c.relname, i.indrelid FROM pg_partition_tree(%(index)s::regclass) p JOIN pg_class c ON c.oid = p.relid
JOIN pg_index i ON i.indexrelid = c.oid
UNION SELECT c.oid, c.relname, i.indrelid FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.oid = %(index)s::regclass
"""
# An index that is not live is neither planned with nor kept up to date, and takes no part in HOT.
_SWITCH = """
UPDATE pg_index SET indisvalid = indexrelid = ANY(%(on)s), indisready = indexrelid = ANY(%(on)s),
  indislive = indexrelid = ANY(%(on)s) WHERE indexrelid = ANY(%(all)s)
"""


@dataclass
class ExecutedWhatIf:
    """Implements perfprof.optimizer.indexes.what_if.Executes; the cost is in milliseconds of the server's processor.

    Of a statement all texts are run, and the mean counts. clone: plans as the original does; needed where rows are missing.
    """

    scratch: PostgresScratch
    sets: Sets
    clone: CloneWhatIf | None = None
    explains: int = 0
    shown: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # plans without candidates, by fingerprint
    slack: float = 0.05  # milliseconds that a clock cannot tell apart
    _leaves: dict[Candidate, list[tuple[int, str, int]]] = field(
        default_factory=dict
    )  # oid, name, oid of the table
    _names: dict[str, Candidate] = field(default_factory=dict)
    _roots: dict[Candidate, str] = field(default_factory=dict)
    _enabled: frozenset[Candidate] = frozenset()
    _hopeless: Counter[str] = field(default_factory=Counter)
    _timed: dict[tuple[str, int, str], tuple[Mapping[str, Any], float]] = field(default_factory=dict)

    @property
    def sampled(self) -> bool:
        """Whether not all rows are there."""
        return bool(self.scratch.counts)

    @property
    def _stopped(self) -> float:
        """Milliseconds that a statement is said to take if it was stopped."""
        return 1000.0 * self.scratch.longest

    @property
    def refused(self) -> dict[str, str]:
        """Fingerprints that cannot be run, and why."""
        return self.sets.refused

    def add(self, candidates: Iterable[Candidate]) -> Mapping[Candidate, float]:
        """Build them for real; their true sizes. One that takes too long, a slow function over all rows, is left."""
        sizes = {}
        self.scratch.connection.execute(f"SET statement_timeout = {BUILDING * self._stopped:.0f}")
        for number, one in enumerate(candidates, len(self._roots)):
            name = f"perfprof_built_{number}"
            with suppress(PerfprofError):
                self.scratch.apply(create_index(one, name, dialect="postgresql"))
                self._roots[one] = qualified(name, one.schema)
                self._leaves[one] = [(o, n, t) for o, n, t in self._ask(_LEAVES, {"index": self._roots[one]})]
                self._names.update((leaf, one) for _, leaf, _ in self._leaves[one])
                query = "SELECT coalesce(sum(pg_relation_size(o)), 0) FROM unnest(%(oids)s::oid[]) o"
                sizes[one] = float(self._ask(query, {"oids": [oid for oid, _, _ in self._leaves[one]]})[0][0])
                self._enabled |= {one}
        self.scratch.connection.execute("RESET statement_timeout")
        expressions = [one for one in sizes if any(key.expression for key in one.columns)]
        for table in sorted({qualified(one.table, one.schema) for one in expressions}):
            self._analysed(table)
        return sizes

    def _analysed(self, table: str) -> None:
        """What expression indexes hold, and nothing else: the statistics of the columns stay those of the original."""
        names = self._ask(
            "SELECT attname FROM pg_attribute WHERE attrelid = %(t)s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated <> 'v'",
            {"t": table},
        )
        changes = ", ".join(f"ALTER COLUMN {quoted(name)} SET STATISTICS 0" for (name,) in names)
        self.scratch.connection.execute(f"ALTER TABLE {table} {changes}")
        self.scratch.connection.execute(f"ANALYZE {table}")

    def plan(self, text: str, parameters: bool, enabled: frozenset[Candidate]) -> Planned:
        """Run a statement; infinite if it cannot be."""
        self.switch(enabled)
        fingerprint = read(text, "postgresql").fingerprint

        def one(number: int, reading: Statement, values: Sequence[Value]) -> Planned:
            plan, milliseconds = self._run(fingerprint, number, reading, values)
            if not enabled:
                self.shown.setdefault(fingerprint, plan)
            return Planned(milliseconds, self._candidates(index_names(plan)))

        return self.sets.mean(text, one)

    def _candidates(self, names: Iterable[str]) -> frozenset[Candidate]:
        return frozenset(self._names[name] for name in names if name in self._names)

    def would_use(self, query: Query, enabled: frozenset[Candidate]) -> frozenset[Candidate]:
        """Those in its plan, which is not run."""
        self.switch(enabled)
        plans = (self.scratch.planned(reading, values) for reading, values in self.sets(query.texts[0]))
        return frozenset(self._names[name] for one in plans for name in index_names(one) if name in self._names)

    def doubted(self, query: Query, enabled: frozenset[Candidate]) -> frozenset[Candidate]:
        """On a whole copy there is nothing to doubt; a sample may be planned otherwise than the original."""
        if not self.sampled:
            return frozenset()
        if self.clone is None:
            return self.would_use(query, enabled)
        found: frozenset[Candidate] = frozenset()
        for reading, values in self.sets(query.texts[0]):
            for some in (frozenset(), enabled):
                self.switch(some)
                mine = shape(self.scratch.planned(reading, values), self._names)
                if mine != self.clone.planned(reading, values, some)[0]:
                    found |= self.clone.planned(reading, values, enabled)[1] | self.would_use(query, enabled)
        return found

    def beside(self, query: Query, enabled: frozenset[Candidate]) -> tuple[Measured, Measured]:
        """By turns, so that a busy moment hits both, until it is clear."""
        return by_turns(lambda: self._once(query, frozenset()), lambda: self._once(query, enabled)).medians

    def _once(self, query: Query, enabled: frozenset[Candidate]) -> Measured:
        self.switch(enabled)
        cost, buffers, sets = 0.0, 0.0, self.sets(query.texts[0])
        for reading, values in sets:
            try:
                result = self.scratch.analysed(reading, values, "BUFFERS")
            except StoppedError:
                return Measured(self._stopped, float("inf"))
            plan = result["Plan"]
            cost += min(float(result["Execution Time"]), result["Processor Time"]) / len(sets)
            buffers += (plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]) / len(sets)
        return Measured(cost, buffers)

    def again(self, query: Query, enabled: frozenset[Candidate]) -> float:
        """Measure once more; the fastest that was ever seen of these plans counts."""
        self.switch(enabled)
        for number, (reading, values) in enumerate(self.sets(query.texts[0])):
            key = (query.name, number, shape(self.scratch.planned(reading, values), {}))
            if (
                key in self._timed
            ):  # of two plans that are thought to cost the same, now one and now the other is taken
                plan, before = self._timed[key]
                with suppress(StoppedError):
                    self._timed[key] = (plan, min(before, self._fastest(reading, values)[1]))
        return self.plan(query.texts[0], False, enabled).cost

    def answers(self, query: Query, enabled: frozenset[Candidate]) -> list[tuple[int, str]]:
        """Rows and a digest of each answer, whatever its order."""
        self.switch(enabled)
        return self.sets.answers(query)

    def existing(self, query: Query, enabled: frozenset[Candidate]) -> frozenset[str]:
        """Indexes of the original in the plans with these candidates."""
        self.switch(enabled)
        plans = (self.scratch.planned(reading, values) for reading, values in self.sets(query.texts[0]))
        return frozenset(name for plan in plans for name in index_names(plan)) - self._names.keys()

    def switch(self, enabled: frozenset[Candidate]) -> None:
        """Let the server see these and no others."""
        wanted = enabled & self._leaves.keys()
        if wanted == self._enabled:
            return
        changed = list(self._leaf_numbers(wanted ^ self._enabled, 0))
        tables = list(self._leaf_numbers(wanted ^ self._enabled, 2))
        with self.scratch.connection.transaction():
            self._execute(_SWITCH, {"on": list(self._leaf_numbers(wanted, 0)), "all": changed})
            # so that the list of the table's indexes is made anew
            self._execute("UPDATE pg_class SET relkind = relkind WHERE oid = ANY(%(all)s)", {"all": tables})
        self._enabled = wanted

    def _leaf_numbers(self, some: Iterable[Candidate], place: int) -> Iterator[int]:
        return (int(leaf[place]) for one in some for leaf in self._leaves[one])

    def _run(
        self, name: str, number: int, reading: Statement, values: Sequence[Value]
    ) -> tuple[Mapping[str, Any], float]:
        """The plan that is chosen now, and what it takes; run if it has never been."""
        planned = self.scratch.planned(reading, values)
        key = (name, number, shape(planned, {}))
        if key not in self._timed:
            self.explains += 1
            self._timed[key] = (planned, self._stopped)
            if self._hopeless[name] < HOPELESS:
                try:
                    self._timed[key] = self._fastest(reading, values)
                except StoppedError:
                    self._hopeless[name] += 1
        return self._timed[key]

    def _fastest(self, reading: Statement, values: Sequence[Value]) -> tuple[Mapping[str, Any], float]:
        found = []
        start = time.perf_counter()
        for _ in range(RUNS):
            result = self.scratch.analysed(reading, values, "BUFFERS")
            found.append((result["Plan"], min(float(result["Execution Time"]), result["Processor Time"])))
            if (time.perf_counter() - start) * 1000 > SHORT * len(found):
                break
        return min(found, key=lambda one: one[1])

    def _execute(self, query: str, values: Mapping[str, Any]) -> None:
        self.scratch.connection.execute(query, values)

    def _ask(self, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self.scratch.connection.execute(query, values).fetchall()
        return rows
