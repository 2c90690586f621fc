"""What writes cost with some indexes and without: WAL, and whether updates stay HOT."""

from __future__ import annotations

from collections.abc import Iterable

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.executed import RUNS, ExecutedWhatIf
from perfprof.optimizer.scratch.postgres_writes import Written
from perfprof.optimizer.statements.workload import Query
from perfprof.rules.catalog import Dictionary
from perfprof.rules.schema.indexes import Candidate

WAL_SPEED = 50_000.0  # bytes a millisecond of a disk


def cost_of(one: Written) -> float:
    """Milliseconds, with the disk that our server does not wait for."""
    return one.milliseconds + one.wal / WAL_SPEED


class Writes:
    """The writes of a workload, tried on the copy and rolled back."""

    def __init__(self, what_if: ExecutedWhatIf, queries: Iterable[Query], book: Dictionary) -> None:
        self.what_if = what_if
        self.book = book
        self.queries = [query for query in queries if not query.reads and query.reading.writes]

    def state(self, enabled: frozenset[Candidate]) -> dict[Query, Written]:
        """Each write with these indexes; those that cannot be run are missing."""
        self.what_if.switch(enabled)
        measured = {query: self._written(query) for query in self.queries}
        return {query: one for query, one in measured.items() if one is not None}

    def upkeep(self, one: Candidate, bare: dict[Query, Written]) -> float:
        """What an index alone adds to all writes of its table, in milliseconds."""
        total = 0.0
        for query, before in bare.items():
            table = self.book.table(query.reading.writes)
            if table is not None and (table.schema, table.name) == (one.schema, one.table):
                self.what_if.switch(frozenset([one]))
                now = self._written(query)
                # A few more bytes are no measurement of time, so what a clock adds is believed only beside them.
                if now is not None and now.wal > before.wal:
                    total += query.calls * max(0.0, cost_of(now) - cost_of(before))
        return total

    def _written(self, query: Query) -> Written | None:
        try:
            reading, values = self.what_if.sets(query.texts[0])[0]
            runs = [self.what_if.scratch.written(reading, values) for _ in range(RUNS)]
        except (PerfprofError, IndexError) as error:
            if isinstance(error, PerfprofError):
                self.what_if.refused[query.name] = error.what
            return None
        last = runs[-1]  # the first ones open pages of the catalog
        return Written(last.wal, min(run.milliseconds for run in runs), last.updated, last.hot)


def wal_of(state: dict[Query, Written]) -> float:
    """Bytes of the whole workload."""
    return sum(query.calls * one.wal for query, one in state.items())


def hot_of(state: dict[Query, Written]) -> float:
    """The share of updated rows that stay in their page without touching an index; -1 if none is updated."""
    updated = sum(query.calls * one.updated for query, one in state.items())
    return sum(query.calls * one.hot for query, one in state.items()) / updated if updated else -1.0
