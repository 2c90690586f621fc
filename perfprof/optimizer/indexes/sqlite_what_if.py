"""What-if on a copy of a SQLite database: candidates are built, hidden and shown, and statements run; VM steps count.

SQLite knows an index by its row in sqlite_schema. Without the row neither plans nor writes see it, and its pages lie
where they were: so any number of indexes is switched in a millisecond. Only ever on a copy that is thrown away.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.sets import Sets
from perfprof.optimizer.indexes.what_if import Measured, Planned
from perfprof.optimizer.scratch.postgres_writes import Written
from perfprof.optimizer.scratch.scratch import Value
from perfprof.optimizer.scratch.sqlite import MOST_STEPS, SqliteScratch
from perfprof.optimizer.scratch.sqlite_catalog import explaining
from perfprof.optimizer.statements.workload import Query
from perfprof.rules.catalog import Dictionary
from perfprof.rules.reading.statements import Statement, read
from perfprof.rules.schema.ddl import create_index
from perfprof.rules.schema.indexes import Candidate

ENTRY = 20.0  # steps of the machine that a write into a tree is worth: it is one step, and a page to be written
_USED = re.compile(r"USING (?:COVERING )?INDEX (.*)")
_PREFIX = "perfprof_built_"


@dataclass
class SqliteWhatIf:
    """Implements perfprof.optimizer.indexes.what_if.Executes; the cost is in steps of SQLite's virtual machine."""

    scratch: SqliteScratch
    sets: Sets
    explains: int = 0
    shown: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    slack: float = 100.0  # a step down one more tree
    _rows: dict[Candidate, tuple[Any, ...]] = field(default_factory=dict)  # of sqlite_schema
    _names: dict[str, Candidate] = field(default_factory=dict)
    _enabled: frozenset[Candidate] = frozenset()
    _costs: dict[tuple[str, int, str], float] = field(default_factory=dict)

    @property
    def sampled(self) -> bool:
        """The whole file is there."""
        return False

    @property
    def refused(self) -> dict[str, str]:
        """Fingerprints that cannot be run, and why."""
        return self.sets.refused

    def add(self, candidates: Iterable[Candidate]) -> Mapping[Candidate, float]:
        """Build them for real; their true sizes."""
        sizes = {}
        for number, one in enumerate(candidates, len(self._rows)):
            name = f"{_PREFIX}{number}"
            with suppress(PerfprofError):
                self.scratch.apply(create_index(one, name, dialect="sqlite"))
                query = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master WHERE name = ?"
                self._rows[one] = self.scratch.connection.execute(query, (name,)).fetchone()
                self._names[name] = one
                self._enabled |= {one}
                sizes[one] = float(self.scratch.index_bytes(name))
        if self.scratch.rows("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"):
            self.scratch.connection.execute("ANALYZE")  # as the original's indexes were
        return sizes

    def plan(self, text: str, parameters: bool, enabled: frozenset[Candidate]) -> Planned:
        """Run a statement; infinite if it cannot be."""
        self.switch(enabled)
        name = read(text, "sqlite").fingerprint

        def one(number: int, reading: Statement, values: Sequence[Value]) -> Planned:
            details = self._details(reading, values)
            key = (name, number, "\n".join(details))
            if key not in self._costs:
                self.explains += 1
                ran = self.scratch.run(reading, values)
                self._costs[key] = ran.cost if ran.finished else float(MOST_STEPS)
            return Planned(self._costs[key], self._candidates(_indexes(details)))

        return self.sets.mean(text, one)

    def _candidates(self, names: Iterable[str]) -> frozenset[Candidate]:
        return frozenset(self._names[name] for name in names if name in self._names)

    def would_use(self, query: Query, enabled: frozenset[Candidate]) -> frozenset[Candidate]:
        """Those in its plan."""
        self.switch(enabled)
        details = [one for reading, values in self.sets(query.texts[0]) for one in self._details(reading, values)]
        return self._candidates(_indexes(details))

    def doubted(self, query: Query, enabled: frozenset[Candidate]) -> frozenset[Candidate]:
        """The whole file is there, with its statistics."""
        return frozenset()

    def beside(self, query: Query, enabled: frozenset[Candidate]) -> tuple[Measured, Measured]:
        """Steps repeat exactly."""
        return Measured(self.again(query, frozenset())), Measured(self.again(query, enabled))

    def again(self, query: Query, enabled: frozenset[Candidate]) -> float:
        """Steps repeat exactly."""
        return self.plan(query.texts[0], False, enabled).cost

    def answers(self, query: Query, enabled: frozenset[Candidate]) -> list[tuple[int, str]]:
        """Rows and a digest of each answer, whatever its order."""
        self.switch(enabled)
        return self.sets.answers(query)

    def existing(self, query: Query, enabled: frozenset[Candidate]) -> frozenset[str]:
        """Indexes of the original in the plans with these candidates; a plan does not quote names."""
        self.switch(enabled)
        details = [one for reading, values in self.sets(query.texts[0]) for one in self._details(reading, values)]
        known = [index.name for index in self.scratch.catalog.indexes()]
        return frozenset(name for name in known for one in details if f" INDEX {name} " in f"{one} ")

    def switch(self, enabled: frozenset[Candidate]) -> None:
        """Let SQLite see these and no others."""
        wanted = enabled & self._rows.keys()
        if wanted == self._enabled:
            return
        execute = self.scratch.connection.execute
        execute("PRAGMA writable_schema = ON")
        execute("BEGIN")
        for one in self._enabled - wanted:
            execute("DELETE FROM sqlite_master WHERE type = 'index' AND name = ?", (self._rows[one][1],))
        for one in wanted - self._enabled:
            execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", self._rows[one])
        execute("COMMIT")
        execute("PRAGMA writable_schema = RESET")
        self._enabled = wanted

    def _details(self, reading: Statement, values: Sequence[Value]) -> list[str]:
        """The steps of EXPLAIN QUERY PLAN."""
        text = reading.template.rendered(lambda number: f":p{number}")
        named = {f"p{number}": value for number, value in enumerate(values)}
        try:
            return [row[3] for row in self.scratch.connection.execute(explaining(text), named).fetchall()]
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise PerfprofError(f"SQLite says: {error}", where=reading.fingerprint[:80]) from None


class SqliteWrites:
    """Implements perfprof.optimizer.indexes.what_if.Writing; WAL is not known, milliseconds are steps."""

    def __init__(self, what_if: SqliteWhatIf, queries: Iterable[Query], book: Dictionary) -> None:
        self.what_if = what_if
        self.book = book
        self.queries = [query for query in queries if not query.reads and query.reading.writes]

    def state(self, enabled: frozenset[Candidate]) -> dict[Query, Written]:
        """Each write with these indexes; those that cannot be run are missing."""
        self.what_if.switch(enabled)
        measured = {query: self._steps(query) for query in self.queries}
        return {query: Written(0.0, steps) for query, steps in measured.items() if steps is not None}

    def upkeep(self, one: Candidate, bare: dict[Query, Written]) -> float:
        """What an index alone adds to all writes of its table; where it helps to find the rows, nothing."""
        total = 0.0
        for query, before in bare.items():
            table = self.book.table(query.reading.writes)
            if table is not None and table.name == one.table:
                self.what_if.switch(frozenset([one]))
                total += query.calls * ENTRY * max(0.0, (self._steps(query) or 0.0) - before.milliseconds)
        return total

    def _steps(self, query: Query) -> float | None:
        """Of one execution; of putting one row back, if these rows cannot be inserted again."""
        try:
            reading, values = self.what_if.sets(query.texts[0])[0]
            return self.what_if.scratch.run(reading, values).cost
        except (PerfprofError, IndexError):
            table = self.book.table(query.reading.writes)
            inserts = query.reading.kind == "insert" and table is not None
            return self.what_if.scratch.insertion(table.name) if inserts and table is not None else None


def _indexes(details: Iterable[str]) -> Iterator[str]:
    """Names of indexes in a plan; ours have no spaces."""
    for one in details:
        found = _USED.search(one)
        if found is not None:
            yield found[1].split(" ")[0]
