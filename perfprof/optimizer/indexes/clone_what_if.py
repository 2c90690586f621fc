"""What-if on a clone without data: candidates are built on empty tables, made as long as they will be, and switched.

An index that is not valid is not planned with, so one UPDATE of pg_index switches any number of them. Size and height
come from `sizes`, and whether equal keys are stored once from the index itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from perfprof.optimizer.indexes.expressions import attempt, inform
from perfprof.optimizer.indexes.inverted import entry_bytes
from perfprof.optimizer.indexes.shapes import shape
from perfprof.optimizer.indexes.sizes import PAGE, KeyPart, height_of, key_bytes, tree_pages
from perfprof.optimizer.indexes.what_if import Planned, index_names
from perfprof.optimizer.scratch.postgres_catalog import Connection
from perfprof.optimizer.scratch.postgres_clone import Clone
from perfprof.optimizer.scratch.postgres_scratch import bound
from perfprof.optimizer.scratch.scratch import Value
from perfprof.optimizer.scratch.sparse import RelationFile
from perfprof.rules.reading.statements import Statement, read
from perfprof.rules.schema.ddl import create_index, qualified
from perfprof.rules.schema.indexes import Candidate

# ANALYZE cuts the mean width down to a whole number; what varies by a byte or two needs the rest of it.
_ATTRIBUTES = """
SELECT a.attlen, a.attalign::text,
    coalesce(e.avg_width, s.avg_width) + CASE WHEN a.atttypid = 'numeric'::regtype THEN 0.5 ELSE 0 END::float,
    coalesce(e.n_distinct, s.n_distinct), a.attnum <= i.indnkeyatts
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indexrelid JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum = coalesce(nullif(i.indkey[a.attnum - 1], 0),
    (SELECT min(d.refobjsubid) FROM pg_depend d WHERE d.objid = i.indexrelid AND d.refobjid = t.oid AND d.refobjsubid > 0))
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = t.relname AND s.attname = b.attname
LEFT JOIN pg_stats e ON e.schemaname = n.nspname AND e.tablename = x.relname AND e.attname = a.attname
WHERE i.indexrelid = %s ORDER BY a.attnum
"""
# The index itself, or those of the partitions: only they have files.
_LEAVES = """
SELECT c.oid, c.relname, n.nspname, t.relname
FROM (SELECT relid FROM pg_partition_tree(%(index)s) WHERE isleaf UNION SELECT oid FROM pg_class WHERE oid = %(index)s) p
JOIN pg_class c ON c.oid = p.relid AND c.relkind = 'i' JOIN pg_index i ON i.indexrelid = c.oid
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
"""


@dataclass
class CloneWhatIf:
    """Implements perfprof.optimizer.indexes.what_if.WhatIf."""

    clone: Clone
    explains: int = 0
    existing: frozenset[str] = frozenset()  # indexes of the original that plans used
    _names: dict[str, Candidate] = field(default_factory=dict)  # of what has a file
    _leaves: dict[Candidate, list[tuple[int, str]]] = field(default_factory=dict)  # oid and table
    _enabled: frozenset[Candidate] = frozenset()
    _rows: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, candidates: Iterable[Candidate]) -> Mapping[Candidate, float]:
        """Build them empty, measure, switch off."""
        import psycopg

        new = [one for one in candidates if one not in self._leaves]
        with self.clone.emptied():
            for one in new:
                with suppress(psycopg.Error):  # not immutable, no such operator class
                    self._leaves[one] = self._built(one)
        sizes = {}
        for one in (one for one in new if one in self._leaves):
            with suppress(psycopg.Error):  # an expression that fails on a row of the original
                sizes[one] = float(sum(self._sized(one, *leaf) for leaf in self._leaves[one]) * PAGE)
        return sizes

    def plan(self, text: str, parameters: bool, enabled: frozenset[Candidate]) -> Planned:
        """One EXPLAIN; what cannot be planned costs infinitely."""
        import psycopg

        self._switch(enabled & self._leaves.keys())
        self.explains += 1
        try:
            plan = explained(self.clone.connection, text, parameters)
        except psycopg.Error:
            return Planned(float("inf"), frozenset())
        names = frozenset(index_names(plan))
        self.existing |= names - self._names.keys()
        used = frozenset(self._names[name] for name in names & self._names.keys())
        return Planned(float(plan["Total Cost"]), used)

    def planned(
        self, reading: Statement, values: Sequence[Value], enabled: frozenset[Candidate]
    ) -> tuple[str, frozenset[Candidate]]:
        """The shape of the plan for these values, and the candidates in it; ("", none) if it cannot be planned."""
        import psycopg

        self._switch(enabled & self._leaves.keys())
        text, given = bound(reading, values)
        try:
            row = (
                psycopg.RawCursor(self.clone.connection).execute(f"EXPLAIN (FORMAT JSON) {text}", given).fetchone()
            )
        except psycopg.Error:
            return "", frozenset()
        plan = row[0][0]["Plan"] if row else {}
        used = frozenset(self._names[name] for name in index_names(plan) if name in self._names)
        return shape(plan, self._names), used

    def _built(self, one: Candidate) -> list[tuple[int, str]]:
        name = f"perfprof_what_if_{len(self._names)}"
        execute = self.clone.connection.execute
        execute(create_index(one, name, dialect="postgresql"))
        (oid,) = execute("SELECT %s::regclass::oid", (qualified(name, one.schema),)).fetchone()
        leaves = execute(_LEAVES, {"index": oid}).fetchall()
        self._names.update((leaf, one) for _, leaf, _, _ in leaves)
        self._names.setdefault(name, one)
        numbers = [number for number, _, _, _ in leaves]
        execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = ANY(%s)", ([oid, *numbers],))
        return [(number, qualified(table, schema)) for number, _, schema, table in leaves]

    def _sized(self, one: Candidate, oid: int, table: str) -> int:
        """Pages; the file and pg_class are made to say the same."""
        execute = self.clone.connection.execute
        total = self._table_rows(table, "")
        rows = max(1.0, min(total, self._table_rows(table, one.where)))  # a condition may leave none
        if any(key.expression for key in one.columns):
            (inform if one.method == "btree" else attempt)(self.clone, oid, table, total)
        attributes = execute(_ATTRIBUTES, (oid,)).fetchall()
        (path,) = execute("SELECT pg_relation_filepath(%s)", (oid,)).fetchone()
        plain = not one.columns[0].expression  # of an expression no row holds the ends
        file = RelationFile(self.clone.folder / str(path))
        if one.method == "btree":
            parts = [KeyPart(width or 8, align, length) for length, align, width, *_ in attributes]
            key, inner = key_bytes(parts), key_bytes(
                [part for part, one in zip(parts, attributes, strict=True) if one[4]]
            )
            distinct = _distinct(attributes, total)
            pages = tree_pages(rows, min(rows, distinct), key, merges=file.merges_equal_keys())
            file.grow_tree(pages, height_of(pages, inner), ends=plain)
        else:
            width = sum(float(width or 32) for _, _, width, *_ in attributes)
            pages = 3 + int(rows * entry_bytes(one, width) / PAGE)
            file.resize(pages)
        execute("UPDATE pg_class SET relpages = %s, reltuples = %s WHERE oid = %s", (pages, rows, oid))
        return pages

    def _table_rows(self, table: str, where: str) -> float:
        """Rows of the table, or those that a condition leaves: sampled, else as the planner believes."""
        if (table, where) not in self._rows:
            share = self.clone.share(table, where) if where else None
            if share is not None:
                self._rows[table, where] = share * self._table_rows(table, "")
            else:
                query = f"SELECT 1 FROM ONLY {table}" + (f" WHERE {where}" if where else "")  # noqa: S608 (quoted)
                self.explains += 1
                self._rows[table, where] = float(explained(self.clone.connection, query, False)["Plan Rows"])
        return self._rows[table, where]

    def _switch(self, wanted: frozenset[Candidate]) -> None:
        changed = wanted ^ self._enabled
        if changed:
            on = [oid for one in changed & wanted for oid, _ in self._leaves[one]]
            off = [oid for one in changed - wanted for oid, _ in self._leaves[one]]
            switch(self.clone.connection, on, off)
            self._enabled = wanted


def switch(connection: Connection, on: list[int], off: list[int]) -> None:
    """Let the planner see some indexes and not others, on a server of our own."""
    query = "UPDATE pg_index SET indisvalid = (indexrelid = ANY(%s)) WHERE indexrelid = ANY(%s)"
    connection.execute(query, (on, on + off))


def explained(connection: Connection, text: str, parameters: bool, options: str = "") -> Mapping[str, Any]:
    """The plan as PostgreSQL tells it. parameters: the statement is a template, planned for any values."""
    if parameters:
        text = read(text, "postgresql").template.rendered(lambda number: f"${number + 1}")
        options += ", GENERIC_PLAN"
    # never prepared, as psycopg would do the sixth time: then $1 would want a value
    row = connection.execute(f"EXPLAIN (FORMAT JSON{options}) {text}", prepare=False).fetchone()
    plan: Mapping[str, Any] = row[0][0]["Plan"]
    return plan


def _distinct(attributes: list[tuple[Any, ...]], rows: float) -> float:
    """Different keys, the columns taken as independent."""
    product = 1.0
    for _, _, _, distinct, is_key in attributes:
        if is_key:
            known = 200.0 if distinct is None else float(distinct)
            product *= -known * rows if known < 0 else max(1.0, known)
    return min(product, rows)
