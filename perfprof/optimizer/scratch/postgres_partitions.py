"""What lies below a partitioned table."""

from __future__ import annotations

from perfprof.optimizer.scratch.postgres_catalog import Connection
from perfprof.rules.schema.ddl import qualified
from perfprof.rules.schema.partitions import Part

# Foreign tables have no indexes of ours.
_PARTS = """
SELECT n.nspname, c.relname, m.nspname, p.relname, t.level, c.relkind = 'r'
FROM pg_partition_tree(%(root)s::regclass) t
JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = t.parentrelid JOIN pg_namespace m ON m.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p') ORDER BY t.level, n.nspname, c.relname
"""


def parts_of(connection: Connection, table: str, schema: str) -> tuple[Part, ...] | None:
    """The partitions at every level, parents first; None if the table is not partitioned."""
    root = qualified(table, schema)
    row = connection.execute("SELECT relkind::text FROM pg_class WHERE oid = %s::regclass", (root,)).fetchone()
    if row is None or row[0] != "p":
        return None
    rows = connection.execute(_PARTS, {"root": root}).fetchall()
    return tuple(
        Part(space, name, ("", "") if level == 1 else (above, parent), leaf)
        for space, name, above, parent, level, leaf in rows
    )
