"""Statements as pg_stat_statements counted them; values stand as $1, $2."""

from __future__ import annotations

from collections.abc import Iterator

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch.postgres_catalog import Connection
from perfprof.optimizer.statements.workload import Seen

_PLACE = """
SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'pg_stat_statements'
"""
_STATEMENTS = """
SELECT query, calls, total_exec_time / 1000, rows::float / greatest(calls, 1) FROM {place}.pg_stat_statements s
JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database() AND s.toplevel
  AND query <> '<insufficient privilege>' ORDER BY total_exec_time DESC LIMIT 1000
"""


def read(connection: Connection) -> Iterator[Seen]:
    """The thousand that took longest; PerfprofError if the server does not count."""
    import psycopg

    from perfprof.rules.schema.ddl import quoted

    todo = "CREATE EXTENSION pg_stat_statements, with the library in shared_preload_libraries"
    found = connection.execute(_PLACE).fetchone()
    if found is None:
        raise PerfprofError("the database has no pg_stat_statements", todo=todo)
    try:
        rows = connection.execute(_STATEMENTS.format(place=quoted(found[0]))).fetchall()
    except psycopg.Error as error:
        raise PerfprofError(f"pg_stat_statements cannot be read: {type(error).__name__}", todo=todo) from None
    yield from (Seen(text, float(calls), float(seconds), float(many)) for text, calls, seconds, many in rows)
