"""What the planner wants for a workload under a budget, whoever answers the question what if."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from perfprof.optimizer.indexes.asked import Asked
from perfprof.optimizer.indexes.candidates import Facts, candidates, widened
from perfprof.optimizer.indexes.choose import Choice
from perfprof.optimizer.indexes.proposals import Selected, templated
from perfprof.optimizer.indexes.relevance import may_use
from perfprof.optimizer.indexes.what_if import Evaluator, WhatIf
from perfprof.optimizer.scratch.postgres_catalog import Connection, PostgresCatalog
from perfprof.optimizer.statements.workload import Query, Workload
from perfprof.rules.catalog import Dictionary
from perfprof.rules.schema.indexes import Candidate, covering

UPKEEP = 0.6  # the planner's units for one new entry in one index: its pages and WAL
_TYPES = """
SELECT CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE n.nspname || '.' || c.relname END, a.attname,
       t.typname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND n.nspname NOT LIKE 'pg\\_%'
"""


_KINDS = """
SELECT DISTINCT CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE n.nspname || '.' || c.relname END, s.attname
FROM pg_stats s JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
WHERE n_distinct BETWEEN 1 AND 50 AND n.nspname NOT LIKE 'pg\\_%' AND NOT EXISTS (
  SELECT FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
  WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY(k.conkey))
"""
# A b-tree refuses rows of more than 2,700 bytes, those that come later as well. What was moved out of its row once was long.
_LONG = """
SELECT CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE n.nspname || '.' || c.relname END, a.attname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_class o ON o.oid = c.reltoastrelid
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
WHERE c.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND a.attlen = -1 AND n.nspname NOT LIKE 'pg\\_%' AND NOT
  CASE WHEN t.typname IN ('numeric', 'inet', 'cidr', 'bit') THEN true
       WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 0 THEN a.atttypmod < 300
       WHEN t.typcategory = 'S' THEN coalesce(s.avg_width, 0) <= 64 AND coalesce(o.relpages, 0) = 0
       ELSE t.typcategory = 'R' END
"""
_TRIGRAMS = """
SELECT CASE WHEN pg_opclass_is_visible(o.oid) THEN '' ELSE quote_ident(n.nspname) || '.' END || 'gin_trgm_ops'
FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE o.opcname = 'gin_trgm_ops'
"""


def selected(
    what_if: WhatIf, catalog: PostgresCatalog, workload: Workload, asked: Asked, budget: float
) -> Selected:
    """Let the planner choose. budget: bytes."""
    choice, sizes = _explored(what_if, catalog, workload, asked.most_explains)
    evaluator, readable = choice.evaluator, choice.weights
    best = choice.best(budget)
    others = sorted(evaluator.members(choice.also(best, budget)), key=repr) if asked.execute else []
    explains = what_if.explains
    chosen = evaluator.members(best)
    found = Selected(
        chosen=chosen,
        others=tuple(others),
        sizes=sizes,
        before={query: evaluator.cost(query, 0) for query in readable},
        after={},
        explains=explains,
        used=frozenset(),
        budget=budget,
        taken=frozenset(i.name for i in catalog.indexes()) | frozenset(t.name for t in catalog.tables()),
    )
    return replanned(what_if, found, chosen)


def replanned(what_if: WhatIf, picked: Selected, chosen: frozenset[Candidate]) -> Selected:
    """The same with the costs under another choice."""
    what_if.existing = frozenset()
    plan = what_if.plan
    after = {query: plan(query.texts[0], templated(query), chosen).cost for query in picked.before}
    return replace(picked, chosen=chosen, after=after, used=what_if.existing)


def _explored(
    what_if: WhatIf, catalog: PostgresCatalog, workload: Workload, most: int
) -> tuple[Choice, dict[Candidate, float]]:
    """The plans that statements may have, and the sizes of all that they use."""
    book = Dictionary(catalog.tables(), "postgresql")
    planned = tuple(query for query in workload.queries if query.reading.kind != "insert")
    sizes = dict(what_if.add(_new(candidates(planned, book, _facts(catalog.connection)), catalog)))
    evaluator = Evaluator(what_if, sizes, {query: may_use(query, book) for query in planned}, most)
    readable = {query: query.calls for query in planned if evaluator.cost(query, 0) < float("inf")}
    choice = Choice(evaluator, readable, sizes, _upkeep(workload, book))
    choice.explore()
    wide = what_if.add(widened(evaluator.members(choice.useful)))
    choice.widen(wide)
    return choice, {**sizes, **wide}


def _new(found: Iterable[Candidate], catalog: PostgresCatalog) -> Iterator[Candidate]:
    """Candidates that no index does the work of."""
    indexes, tables = catalog.indexes(), {(table.schema, table.name): table for table in catalog.tables()}
    for one in found:
        mine = [index for index in indexes if index.schema == one.schema]
        if not covering(one, mine, tables.get((one.schema, one.table))):
            yield one


def _upkeep(workload: Workload, book: Dictionary) -> _Upkeep:
    return _Upkeep(workload, book)


class _Upkeep:
    """What the writes of a workload pay for an index, in the planner's units."""

    def __init__(self, workload: Workload, book: Dictionary) -> None:
        self.writes: dict[tuple[str, str], list[tuple[Query, frozenset[str]]]] = {}
        for query in workload.queries:
            table = book.table(query.reading.writes) if query.reading.writes else None
            if table is not None:
                changes = frozenset(book.column(table, name) for name in query.reading.changes)
                self.writes.setdefault((table.schema, table.name), []).append((query, changes))

    def __call__(self, one: Candidate) -> float:
        """Every insert adds an entry; an update of one of its columns adds one, and takes HOT from the others."""
        total = 0.0
        for query, changes in self.writes.get((one.schema, one.table), ()):
            rows = query.calls * max(1.0, query.rows)
            if query.reading.kind == "insert":
                total += rows * UPKEEP
            elif query.reading.kind == "update" and changes & _mentioned(one):
                total += rows * UPKEEP * 3
        return total


def _mentioned(one: Candidate) -> frozenset[str]:
    """The columns whose change reaches the index."""
    text = " ".join([one.where, *(key.expression for key in one.columns)])
    return frozenset([*one.names, *one.include, *re.findall(r"\w+", text)])


def _facts(connection: Connection) -> Facts:
    rows = connection.execute(_TYPES).fetchall()
    (collation,) = connection.execute(
        "SELECT datcollate FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    trigrams = connection.execute(_TRIGRAMS).fetchone()
    return Facts(
        {(table, column): kind for table, column, kind in rows},
        frozenset((table, column) for table, column in connection.execute(_KINDS).fetchall()),
        frozenset((table, column) for table, column in connection.execute(_LONG).fetchall()),
        trigrams=trigrams[0] if trigrams else "",
        c_sorted=collation in ("C", "POSIX"),
    )
