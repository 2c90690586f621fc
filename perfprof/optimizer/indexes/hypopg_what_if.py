"""What-if by HypoPG on the given server, for a database that cannot be cloned here: its tables need an extension we lack.

Hypothetical indexes live in the memory of our own connection, so this works where writing is forbidden. HypoPG's sizes
are 2.4 to 2.9 times too large, since it does not know that equal keys are stored once, so ours are forecast as for the
clone; its costs are 4 to 6 % optimistic, since it does not know the height of a tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from perfprof.optimizer.indexes.clone_what_if import explained
from perfprof.optimizer.indexes.sizes import PAGE, KeyPart, key_bytes, tree_pages
from perfprof.optimizer.indexes.what_if import Planned, index_names
from perfprof.optimizer.scratch.postgres_catalog import Connection
from perfprof.rules.schema.ddl import create_index, qualified
from perfprof.rules.schema.indexes import Candidate

_PRESENT = "SELECT 1 FROM pg_extension WHERE extname = 'hypopg'"
# Whether a type may be stored once for equal keys is told by support function 4 of its usual operator class.
_COLUMNS = """
SELECT a.attname, a.attlen, a.attalign::text, coalesce(s.avg_width, 8), coalesce(s.n_distinct, 200)::float,
       EXISTS (SELECT FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod AND m.amname = 'btree'
               JOIN pg_amproc p ON p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype AND p.amprocnum = 4
               WHERE o.opcdefault AND o.opcintype IN (a.atttypid, CASE a.atttypid WHEN 'varchar'::regtype THEN 'text'::regtype END))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""


def has_hypopg(connection: Connection) -> bool:
    """Whether the extension is there."""
    return connection.execute(_PRESENT).fetchone() is not None


@dataclass
class HypopgWhatIf:
    """Implements perfprof.optimizer.indexes.what_if.WhatIf on a connection that only reads."""

    connection: Connection
    explains: int = 0
    existing: frozenset[str] = frozenset()
    _known: set[Candidate] = field(default_factory=set)
    _made: dict[Candidate, tuple[int, str]] = field(default_factory=dict)  # number and name

    def add(self, candidates: Iterable[Candidate]) -> Mapping[Candidate, float]:
        """Those that HypoPG takes, which are b-trees on tables that are not partitioned."""
        import psycopg

        sizes = {}
        for one in candidates:
            if one.method == "btree":
                with suppress(psycopg.Error):
                    self._make(one)
                    self._drop(one)
                    sizes[one] = self._forecast(one)
                    self._known.add(one)
        return sizes

    def plan(self, text: str, parameters: bool, enabled: frozenset[Candidate]) -> Planned:
        """One EXPLAIN; what cannot be planned costs infinitely."""
        import psycopg

        wanted = enabled & self._known
        for one in list(self._made.keys() - wanted):
            self._drop(one)
        for one in wanted - self._made.keys():
            self._make(one)
        self.explains += 1
        try:
            plan = explained(self.connection, text, parameters)
        except psycopg.Error:
            return Planned(float("inf"), frozenset())
        names, mine = frozenset(index_names(plan)), {name: one for one, (_, name) in self._made.items()}
        self.existing |= names - mine.keys()
        return Planned(float(plan["Total Cost"]), frozenset(mine[name] for name in names & mine.keys()))

    def _make(self, one: Candidate) -> None:
        create = create_index(one, "perfprof", dialect="postgresql")
        number, name = self.connection.execute("SELECT * FROM hypopg_create_index(%s)", (create,)).fetchone()
        self._made[one] = (int(number), str(name))

    def _drop(self, one: Candidate) -> None:
        number, _ = self._made.pop(one)
        self.connection.execute("SELECT hypopg_drop_index(%s)", (number,))

    def _forecast(self, one: Candidate) -> float:
        """Bytes; of the rows that a condition leaves, the planner knows."""
        table = qualified(one.table, one.schema)
        query = f"SELECT 1 FROM {table}"  # noqa: S608 (quoted)
        total = float(explained(self.connection, query, False)["Plan Rows"])
        some = (
            float(explained(self.connection, f"{query} WHERE {one.where}", False)["Plan Rows"])
            if one.where
            else total
        )
        columns = {row[0]: row[1:] for row in self.connection.execute(_COLUMNS, (table,)).fetchall()}
        parts = [columns.get(name, (-1, "i", 16, -0.5, False)) for name in (*one.names, *one.include)]
        distinct = 1.0
        for _, _, _, different, _ in parts[: len(one.names)]:
            distinct *= -different * total if different < 0 else max(1.0, different)
        key = key_bytes([KeyPart(width, align, length) for length, align, width, _, _ in parts])
        merges = not one.include and all(equal for *_, equal in parts)
        return PAGE * float(tree_pages(some, min(some, distinct), key, merges=merges))
