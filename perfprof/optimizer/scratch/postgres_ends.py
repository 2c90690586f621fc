"""The ends of indexed columns on a clone without data: the planner looks them up, in the histogram and in the index.

Where a range or a merge join asks for the share of rows before some value, PostgreSQL takes the ends that it finds in an
index as exact, and those of the histogram as a guess. So the clone's tables get two rows: one of all the least values, one
of all the greatest. Other columns are NULL in them: no constraint, trigger, rule or partition bound holds. A table that
takes no such rows gets the ends into its histograms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from perfprof.optimizer.scratch.postgres_catalog import Connection
from perfprof.rules.schema.ddl import qualified, quoted

Ends = Mapping[str, tuple[str, str]]  # by column: the least and the greatest value, as text

_LEADING = """
SELECT n.nspname, t.relname, a.attname
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_am m ON m.oid = x.relam JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
WHERE m.amname = 'btree' AND i.indpred IS NULL AND i.indisvalid AND t.relkind IN ('r', 'm')
  AND n.nspname NOT LIKE 'pg\\_%' AND has_table_privilege(t.oid, 'SELECT')
GROUP BY 1, 2, 3
"""
_PATCH = """
SELECT pg_restore_attribute_stats('schemaname', schemaname::text, 'relname', tablename::text, 'attname', attname::text,
    'inherited', inherited, 'null_frac', null_frac, 'avg_width', avg_width, 'n_distinct', n_distinct,
    'most_common_vals', most_common_vals::text, 'most_common_freqs', most_common_freqs,
    'histogram_bounds', (ARRAY[%(low)s::text] || b[2:array_length(b, 1) - 1] || ARRAY[%(high)s::text])::text,
    'correlation', correlation)
FROM (SELECT *, histogram_bounds::text::text[] AS b FROM pg_stats) s
WHERE schemaname = %(schema)s AND tablename = %(table)s AND attname = %(column)s AND array_length(b, 1) > 1
  AND NOT inherited
"""
_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated <> 'v' ORDER BY attnum
"""
# A stored generated column would be made of the ends of others, and be no end itself. An exclusion constraint is checked
# when its index is built, which brings pages into the server's memory.
_LOOSENED = (
    "UPDATE pg_attribute SET attnotnull = false, attgenerated = CASE attgenerated WHEN 's' THEN '' ELSE attgenerated END "
    "WHERE attrelid = %(table)s::regclass AND attnum > 0",
    "UPDATE pg_class SET relkind = 'r', relchecks = 0, relhastriggers = false, relhasrules = false, relispartition = false "
    "WHERE oid = %(table)s::regclass",
    "UPDATE pg_index SET indisexclusion = false WHERE indrelid = %(table)s::regclass",
)
_KEPT = (
    "SELECT attnotnull, attgenerated, attrelid, attnum FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
    "SELECT relkind, relchecks, relhastriggers, relhasrules, relispartition, oid FROM pg_class WHERE oid = %s::regclass",
    "SELECT indisexclusion, indexrelid FROM pg_index WHERE indrelid = %s::regclass",
)
_RESTORED = (
    "UPDATE pg_attribute SET attnotnull = %s, attgenerated = %s WHERE attrelid = %s AND attnum = %s",
    "UPDATE pg_class SET relkind = %s, relchecks = %s, relhastriggers = %s, relhasrules = %s, relispartition = %s WHERE oid = %s",
    "UPDATE pg_index SET indisexclusion = %s WHERE indexrelid = %s",
)


def told_the_ends(original: Connection, clone: Connection) -> frozenset[str]:
    """Bring the ends into the clone. The answer: the tables, by quoted name, that hold two rows (one if both are the same)."""
    import psycopg

    filled = set()
    for (schema, table), ends in _ends(original).items():
        name = qualified(table, schema)
        try:
            with clone.transaction():
                if _filled(clone, name, ends):
                    filled.add(name)
        except psycopg.Error:  # an index over a function that fails on such a row
            clone.execute(f"REINDEX TABLE {name}")
        for column, (low, high) in ends.items() if name not in filled else ():
            values = {"low": low, "high": high, "schema": schema, "table": table, "column": column}
            with suppress(psycopg.Error):  # a column without statistics
                clone.execute(_PATCH, values)
    return frozenset(filled)


def _ends(original: Connection) -> Mapping[tuple[str, str], Ends]:
    """By schema and table."""
    import psycopg

    found: defaultdict[tuple[str, str], dict[str, tuple[str, str]]] = defaultdict(dict)
    for schema, table, column in original.execute(_LEADING).fetchall():
        name = f"t.{quoted(column)}"
        known = f"SELECT {name}::text FROM ONLY {qualified(table, schema)} t WHERE {name} IS NOT NULL"  # noqa: S608 (quoted)
        query = f"SELECT ({known} ORDER BY {name} LIMIT 1), ({known} ORDER BY {name} DESC LIMIT 1)"
        with suppress(psycopg.Error):  # no right to this one, or too slow
            row = original.execute(query).fetchone()
            if row is not None and row[0] is not None:
                found[schema, table][column] = (row[0], row[1])
    return found


def _filled(clone: Connection, table: str, ends: Ends) -> bool:
    """Put the rows of the ends in, and build the table's indexes anew, so that the server has no page of them in memory."""
    columns = [name for (name,) in clone.execute(_COLUMNS, (table,)).fetchall()]
    listed = ", ".join(map(quoted, columns)).replace("%", "%%")
    places = ", ".join(["%s"] * len(columns))
    into = table.replace("%", "%%")
    query = f"INSERT INTO {into} ({listed}) OVERRIDING SYSTEM VALUE VALUES ({places})"  # noqa: S608 (quoted)
    rows = {tuple(ends[name][side] if name in ends else None for name in columns) for side in (0, 1)}
    with _unconstrained(clone, table):
        for row in rows:
            clone.execute(query, row)
        clone.execute(f"REINDEX TABLE {table}")
    return bool(columns)


@contextmanager
def _unconstrained(clone: Connection, table: str) -> Iterator[None]:
    """Nothing that the schema says of the table's rows holds; it is as before when the transaction goes on."""
    before = [clone.execute(query, (table,)).fetchall() for query in _KEPT]
    clone.execute("SET LOCAL session_replication_role = replica")
    for query in _LOOSENED:
        clone.execute(query, {"table": table})
    yield
    for query, rows in zip(_RESTORED, before, strict=True):
        for row in rows:
            clone.execute(query, row)
