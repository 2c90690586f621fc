"""Extend, the published algorithm that `perfprof advise` is measured against.

Schlosser, Kossmann, Boissier: Efficient scalable multi-attribute index selection using recursive strategies, ICDE 2019.
Width 2, least improvement 0.3 %; statements weigh by their calls. It plans on the same clone as perfprof and with the same
forecasts of sizes, so that the two differ in candidates and search alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from perfprof.optimizer.indexes.clone_what_if import CloneWhatIf
from perfprof.optimizer.scratch.postgres_catalog import PostgresCatalog
from perfprof.optimizer.scratch.postgres_clone import Clone
from perfprof.optimizer.statements.workload import Query, Workload
from perfprof.rules.catalog import Dictionary
from perfprof.rules.schema.indexes import Candidate, Key, candidate

LEAST = 1.003  # of the cost before by the cost after, for a step to be taken


class Extend:
    """Recursive selection: the step with the best gain per byte, a new index or one more column for a chosen one."""

    def __init__(self, clone: Clone, statements: Workload) -> None:
        self.what_if = CloneWhatIf(clone)
        self.queries = [query for query in statements.queries if query.reading.kind != "insert"]
        book = Dictionary(PostgresCatalog(clone.connection, "", partitioned=True).tables(), "postgresql")
        self.columns: dict[Query, set[tuple[str, str, str]]] = {query: set() for query in self.queries}
        for query in self.queries:
            for use, uses in query.reading.by_table(book.columns):
                table = book.table(use.name)
                names = [book.column(table, one.column.name) for one in uses] if table else []
                self.columns[query] |= {(table.schema, table.name, name) for name in names if table and name}
        self.sizes: dict[Candidate, float] = {}
        self.known: dict[tuple[Query, frozenset[Candidate]], float] = {}

    def chosen(self, budget: float) -> frozenset[Candidate]:
        """The indexes that it selects for this many bytes."""
        now: frozenset[Candidate] = frozenset()
        cost = self.total(now)
        while True:
            best, ratio = now, 0.0
            for step in self.steps(now):
                more = self.bytes_of(step) - self.bytes_of(now)
                if self.bytes_of(step) > budget:
                    continue
                gained = cost - self.total(step)
                if cost / max(cost - gained, 1.0) >= LEAST and gained / max(more, 1.0) > ratio:
                    best, ratio = step, gained / max(more, 1.0)
            if best == now:
                return now
            now, cost = best, self.total(best)

    def steps(self, now: frozenset[Candidate]) -> Iterator[frozenset[Candidate]]:
        """Every attribute alone, and behind every chosen index of one column that a statement uses with it."""
        together = {pair for names in self.columns.values() for pair in names}
        for schema, table, name in sorted(together):
            yield now | {candidate(table, (), (Key(name),), schema)}
        for one in now:
            mates = {
                pair
                for names in self.columns.values()
                if (one.schema, one.table, one.names[0]) in names
                for pair in names
            }
            for schema, table, name in sorted(mates):
                if (schema, table) == (one.schema, one.table) and len(one.names) == 1 and name != one.names[0]:
                    yield (now - {one}) | {candidate(table, (), (*one.columns, Key(name)), schema)}

    def bytes_of(self, some: frozenset[Candidate]) -> float:
        """Together, by the same forecast as ours."""
        new = [one for one in some if one not in self.sizes]
        self.sizes.update(self.what_if.add(new))
        return sum(self.sizes.get(one, float("inf")) for one in some)

    def total(self, some: frozenset[Candidate]) -> float:
        """The planner's cost of the workload; a statement is planned once for each set of indexes on its columns."""
        self.bytes_of(some)
        total = 0.0
        for query in self.queries:
            mine = frozenset(
                one for one in some if self.columns[query] & {(one.schema, one.table, name) for name in one.names}
            )
            if (query, mine) not in self.known:
                self.known[query, mine] = self.what_if.plan(query.texts[0], False, mine).cost
            total += query.calls * self.known[query, mine]
        return total
