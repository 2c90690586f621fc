"""What the planner knows of an expression index: the original is asked, since ANALYZE of empty tables tells nothing.

Without it an equality is thought to keep one row in 200, and the size of the index is anybody's guess. A sample of the
original's pages is grouped there, in a transaction that reads; what comes back goes where ANALYZE would put it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from perfprof.optimizer.scratch.postgres_catalog import Connection
from perfprof.optimizer.scratch.postgres_clone import Clone

COMMON = 20  # of the most common values
BOUNDS = 50  # of the histogram
_EXPRESSIONS = """
SELECT n.nspname, x.relname, a.attname, pg_get_indexdef(x.oid, a.attnum, false)
FROM pg_class x JOIN pg_namespace n ON n.oid = x.relnamespace JOIN pg_index i ON i.indexrelid = x.oid
JOIN pg_attribute a ON a.attrelid = x.oid
WHERE x.oid = %s AND a.attnum <= i.indnkeyatts AND i.indkey[a.attnum - 1] = 0
"""
_SAMPLED = """
WITH s AS (SELECT ({expression}) AS e, ctid AS at FROM {table} TABLESAMPLE SYSTEM ({percent:.4f}) REPEATABLE (1)),
g AS (SELECT e, count(*) AS c FROM s WHERE e IS NOT NULL GROUP BY e),
m AS (SELECT e, c FROM g WHERE c > 1 ORDER BY c DESC LIMIT {common}),
h AS (SELECT percentile_disc(array(SELECT i / {bounds}.0 FROM generate_series(0, {bounds}) i)) WITHIN GROUP (ORDER BY e) AS b
      FROM s WHERE e IS NOT NULL AND e NOT IN (SELECT e FROM m))
SELECT (SELECT count(*) FROM s), (SELECT count(*) FROM s WHERE e IS NULL), (SELECT avg(pg_column_size(e)) FROM s)::int,
       (SELECT count(*) FROM g), (SELECT count(*) FROM g WHERE c = 1), (SELECT array_agg(e ORDER BY c DESC) FROM m)::text,
       (SELECT array_agg(c ORDER BY c DESC) FROM m), (SELECT array(SELECT DISTINCT unnest(b) ORDER BY 1) FROM h)::text,
       (SELECT corr(o, r) FROM (SELECT row_number() OVER (ORDER BY e, at) AS o, row_number() OVER (ORDER BY at) AS r
                                FROM s WHERE e IS NOT NULL) AS both_orders)
"""
_TOLD = """
SELECT pg_restore_attribute_stats('schemaname', %(schema)s::text, 'relname', %(index)s::text, 'attname', %(column)s::text, 'inherited', false,
    'null_frac', %(nulls)s::real, 'avg_width', %(width)s::int, 'n_distinct', %(distinct)s::real,
    'correlation', %(correlation)s::real {more})
"""


def inform(clone: Clone, index: int, table: str, rows: float) -> None:
    """Give the planner of the clone statistics of an index's expressions. index: its oid. rows: of the table.

    What may not be read or has no order stays unknown. An error of the expression itself comes through, for the server would
    meet it when it builds the index: a text that is no number in one row.
    """
    import psycopg
    from psycopg.errors import DataError, RaiseException

    for schema, name, column, expression in clone.connection.execute(_EXPRESSIONS, (index,)).fetchall():
        query = _SAMPLED.format(
            expression=expression, table=table, percent=clone.percent(table), common=COMMON, bounds=BOUNDS
        )
        try:
            found = clone.original.execute(query).fetchone()
        except (DataError, RaiseException):
            raise
        except psycopg.Error:
            continue
        if found is not None and found[0]:
            with suppress(psycopg.Error):
                _tell(clone.connection, {"schema": schema, "index": name, "column": column}, found, rows)


def attempt(clone: Clone, index: int, table: str, _rows: float) -> None:
    """Work out an index's expressions on a sample of the original, for an error that building it would meet."""
    import psycopg
    from psycopg.errors import DataError, RaiseException

    for _, _, _, expression in clone.connection.execute(_EXPRESSIONS, (index,)).fetchall():
        sample = f"{table} TABLESAMPLE SYSTEM ({clone.percent(table):.4f}) REPEATABLE (1)"
        try:
            clone.original.execute(f"SELECT count({expression}) FROM {sample}")  # noqa: S608 (of the catalog)
        except (DataError, RaiseException):
            raise
        except psycopg.Error:
            continue


def _tell(connection: Connection, where: dict[str, str], found: tuple[Any, ...], rows: float) -> None:
    seen, nulls, width, kinds, once, common, counts, bounds, correlation = found
    values = {
        **where,
        "nulls": nulls / seen,
        "width": width or 8,
        "distinct": distinct_of(seen - nulls, kinds, once, rows * (1 - nulls / seen)),
        "common": common,
        "counts": [count / seen for count in counts or ()],
        "bounds": bounds,
        "correlation": correlation or 0.0,
    }
    more = ", 'most_common_vals', %(common)s::text, 'most_common_freqs', %(counts)s::real[]" if common else ""
    more += ", 'histogram_bounds', %(bounds)s::text" if bounds and "," in bounds else ""
    connection.execute(_TOLD.format(more=more), values)


def distinct_of(seen: int, kinds: int, once: int, rows: float) -> float:
    """As pg_statistic has it: below zero for a share of the rows. The estimator of ANALYZE (Haas and Stokes, 1998)."""
    if not seen:
        return 0.0
    found = seen * kinds / max(1.0, seen - once + once * seen / max(rows, seen))
    found = min(max(found, kinds), rows)
    return -found / rows if found > 0.1 * rows else found
