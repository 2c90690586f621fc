"""The catalog of a PostgreSQL database: pg_catalog for tables and indexes, EXPLAIN for plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from perfprof.rules.catalog import Index, Scan, Table
from perfprof.rules.reading.statements import Statement, read
from perfprof.rules.schema.ddl import qualified, quoted

# A psycopg.Connection. Its own types accept literal strings only; ours are made of names that `ddl` has quoted.
Connection: TypeAlias = Any

_OURS = "n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'"
# Partitions are left out, and partitioned tables unless asked for: an index on them is not built in one step.
_TABLES = f"""
SELECT n.nspname, c.relname, pg_table_is_visible(c.oid), greatest(c.reltuples, 0)::bigint,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       ARRAY(SELECT a.attname::text FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(number, place)
             JOIN pg_attribute a ON a.attnum = k.number
             WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid ORDER BY k.place)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND {_OURS}
  AND (c.relkind = 'r' OR %s)
ORDER BY n.nspname, c.relname
"""  # noqa: S608 (constant)
_INDEXES = f"""
SELECT n.nspname, t.relname, pg_table_is_visible(t.oid), x.relname, i.indisunique, i.indisvalid, m.amname,
       coalesce(pg_get_expr(i.indpred, i.indrelid, true), ''),
       ARRAY(SELECT coalesce(a.attname::text, '(' || pg_get_indexdef(x.oid, k.place::int, true) || ')')
             FROM unnest(i.indkey) WITH ORDINALITY AS k(number, place)
             LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number AND k.number <> 0
             WHERE k.place <= i.indnkeyatts ORDER BY k.place),
       ARRAY(SELECT (o.option & 1) = 1 FROM unnest(i.indoption) WITH ORDINALITY AS o(option, place) ORDER BY o.place)
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_am m ON m.oid = x.relam JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition AND {_OURS} AND (t.relkind = 'r' OR %s)
ORDER BY n.nspname, t.relname, x.relname
"""  # noqa: S608 (constant)
_JOINS = frozenset(["Hash Join", "Merge Join", "Nested Loop"])
_BELOW_JOINS = frozenset(["Hash", "Sort", "Materialize", "Gather"])
_KEPT_BY_JOIN = 0.3  # a join that keeps less of a scan's rows throws most of them away


@dataclass
class PostgresCatalog:
    """Implements perfprof.rules.catalog.Catalog on an autocommit connection of a scratch server."""

    connection: Connection
    database: str
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)  # rows of the original, by schema and table
    dialect: str = "postgresql"
    partitioned: bool = False
    _tables: tuple[Table, ...] | None = None
    _distinct: dict[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)

    def tables(self) -> tuple[Table, ...]:
        """Ordinary tables with the row counts of the original."""
        if self._tables is None:
            rows = self.connection.execute(_TABLES, (self.partitioned,)).fetchall()
            self._tables = tuple(
                Table(
                    name,
                    tuple(columns),
                    self.counts.get((schema, name), count),
                    tuple(key),
                    "" if visible else schema,
                )
                for schema, name, visible, count, columns, key in rows
            )
        return self._tables

    def indexes(self) -> tuple[Index, ...]:
        """All indexes; those that are no b-tree stand with their columns as expressions, for they serve other queries."""
        found = []
        for (
            schema,
            table,
            visible,
            name,
            unique,
            valid,
            method,
            where,
            columns,
            descending,
        ) in self.connection.execute(_INDEXES, (self.partitioned,)).fetchall():
            keys = tuple(columns) if method == "btree" else tuple(f"({method} {column})" for column in columns)
            home = "" if visible else schema
            found.append(Index(name, table, keys, unique, where, tuple(descending)[: len(keys)], valid, home))
        return tuple(found)

    def plan(self, statement: str) -> tuple[Scan, ...]:
        """The generic plan, made for any value of the parameters; empty if it cannot be planned."""
        import psycopg

        reading = read(statement, self.dialect)
        if reading.kind == "other":
            return ()
        try:
            with self.connection.transaction(force_rollback=True):
                tree = self._explained(reading)
        except psycopg.Error:
            return ()
        keys = {table.key for table in self.tables()}
        return tuple(replace(step, table=self._key(step.table, keys)) for step in _steps(tree, None))

    def distinct(self, table: str, columns: tuple[str, ...]) -> int:
        """Counted on the copy; what looks like a key in a sample is taken to grow with the table."""
        key = (table, tuple(sorted(columns)))
        if key not in self._distinct:
            found = next(one for one in self.tables() if one.key == table)
            names = ", ".join(quoted(column) for column in columns)
            source = qualified(found.name, found.schema)
            query = f"SELECT count(*), count(DISTINCT ({names})) FROM {source}"  # noqa: S608 (quoted)
            rows, different = self.connection.execute(query).fetchone() or (0, 0)
            growth = found.rows / rows if rows and different > rows / 10 else 1.0
            self._distinct[key] = max(1, round(different * growth))
        return self._distinct[key]

    def what_if(self, creates: tuple[str, ...], statements: tuple[str, ...]) -> tuple[tuple[Scan, ...], ...]:
        """Build the indexes for real, plan, and roll back: exact, and possible because the copy is ours."""
        with self.connection.transaction(force_rollback=True):
            for create in creates:
                self.connection.execute(create)
            return tuple(self.plan(statement) for statement in statements)

    def _key(self, table: str, keys: set[str]) -> str:
        """``schema.table`` of a plan as `Table.key`: without the schema if names find the table without it."""
        return table if table in keys else table.partition(".")[2]

    def _explained(self, reading: Statement) -> Mapping[str, Any]:
        text = reading.template.rendered(lambda number: f"${number + 1}")
        if not reading.template.parameters:
            return self._tree(f"EXPLAIN (FORMAT JSON, VERBOSE) {text}")
        if self.connection.info.server_version >= 160000:
            return self._tree(f"EXPLAIN (FORMAT JSON, VERBOSE, GENERIC_PLAN) {text}")
        self.connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        with self._prepared(text):
            nothing = ", ".join(["NULL"] * reading.template.parameters)
            return self._tree(f"EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE perfprof_plan ({nothing})")

    @contextmanager
    def _prepared(self, text: str) -> Iterator[None]:
        self.connection.execute(f"PREPARE perfprof_plan AS {text}")
        try:
            yield
        finally:
            self.connection.execute("DEALLOCATE ALL")

    def _tree(self, explain: str) -> Mapping[str, Any]:
        row = self.connection.execute(explain).fetchone()
        assert row is not None
        plan: Mapping[str, Any] = row[0][0]["Plan"]
        return plan


def _steps(node: Mapping[str, Any], parent: Mapping[str, Any] | None, inner: bool = False) -> Iterator[Scan]:
    """The accesses and sorts of a plan, outermost first."""
    kind = node["Node Type"]
    if "Relation Name" in node and kind.endswith("Scan"):
        yield _access(node, parent, inner)
    elif kind in ("Sort", "Incremental Sort"):
        yield Scan("", "", False, int(node["Plan Rows"]), kind, step="sort")
    around = node if kind in _JOINS else parent if kind in _BELOW_JOINS else None
    for child in node.get("Plans", ()):
        yield from _steps(child, around, inner or _repeated(kind, child))


def _repeated(kind: str, child: Mapping[str, Any]) -> bool:
    """Whether a node runs its child once for each row of another one."""
    relation = child.get("Parent Relationship")
    return relation == "SubPlan" or (kind == "Nested Loop" and relation == "Inner")


def _access(node: Mapping[str, Any], parent: Mapping[str, Any] | None, inner: bool) -> Scan:
    index = node.get("Index Name") or _bitmap_index(node)
    dropped = "Filter" in node or _dropped_by(parent, node)
    name, rows = f"{node['Schema']}.{node['Relation Name']}", int(node["Plan Rows"])
    return Scan(name, index, dropped, rows, _shown(node), inner, whole=_is_whole(node))


def _is_whole(node: Mapping[str, Any]) -> bool:
    """Without a condition an index is read for its order, from one end to the other."""
    return "Index Cond" not in node and "Recheck Cond" not in node


def _bitmap_index(node: Mapping[str, Any]) -> str:
    """The index below a bitmap heap scan; of several the first."""
    for child in node.get("Plans", ()):
        name = str(child.get("Index Name") or _bitmap_index(child))
        if name:
            return name
    return ""


def _dropped_by(join: Mapping[str, Any] | None, node: Mapping[str, Any]) -> bool:
    return join is not None and join["Plan Rows"] < _KEPT_BY_JOIN * node["Plan Rows"]


def _shown(node: Mapping[str, Any]) -> str:
    """The step in words, without the values that conditions may hold."""
    index = node.get("Index Name")
    return f"{node['Node Type']} on {node['Relation Name']}" + (f" using {index}" if index else "")
