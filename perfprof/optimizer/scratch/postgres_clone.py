"""A PostgreSQL database without its data that is planned like the original: schema, statistics and empty files.

``pg_dump --statistics-only`` (PostgreSQL 18) reads the statistics, which hold values of the user's rows: the dump is
0600, and deleted as soon as it has been read back. The ends of indexed columns come from the original as well (see
`postgres_ends`). A database of a gigabyte takes a second and no room.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.sizes import height_of
from perfprof.optimizer.scratch.postgres import Server
from perfprof.optimizer.scratch.postgres_catalog import Connection
from perfprof.optimizer.scratch.postgres_copy import created, dumped, facts, restored, told_settings
from perfprof.optimizer.scratch.postgres_ends import told_the_ends
from perfprof.optimizer.scratch.sources import Source
from perfprof.optimizer.scratch.sparse import RelationFile
from perfprof.rules.schema.ddl import qualified

SAMPLED = 1000  # pages, to see how many rows a condition leaves
_FILES = """
SELECT n.nspname, c.relname, c.relkind::text, pg_relation_size(c.oid) / 8192, c.relpages, c.reltuples,
       c.relallvisible, coalesce(m.amname, ''),
       coalesce((SELECT sum(greatest(s.avg_width, 4)) FROM pg_attribute a JOIN pg_index i ON i.indexrelid = c.oid
                 JOIN pg_class t ON t.oid = i.indrelid JOIN pg_attribute b ON b.attrelid = t.oid
                 JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = t.relname AND s.attname = b.attname
                 WHERE a.attrelid = c.oid AND a.attnum <= i.indnkeyatts
                   AND b.attnum = i.indkey[a.attnum - 1]), 8)::int,
       EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = c.oid AND i.indkey[0] <> 0)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am m ON m.oid = c.relam
WHERE c.relkind IN ('r', 'm', 'i') AND c.relpersistence <> 't'
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""
_MOVED_OUT = """
SELECT n.nspname, c.relname, pg_relation_size(c.reltoastrelid) / 8192
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.reltoastrelid <> 0 AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""
# Checking a foreign key has brought the first page of an index into the server's memory, where it would not see ours.
# So does building that of an exclusion constraint, which `postgres_ends` knows.
_LOOKED_AT = """
SELECT DISTINCT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_constraint k ON k.contype = 'f' AND i.indrelid IN (k.conrelid, k.confrelid)
WHERE x.relkind = 'i' AND NOT i.indisexclusion
"""


@dataclass
class Clone:
    """A database of ``server`` that holds no rows but the ends. Never run a statement on it, nor ANALYZE."""

    connection: Connection
    source: Source
    version: str  # of the original
    folder: Path  # of the server's data
    files: dict[str, tuple[RelationFile, int]] = field(default_factory=dict)  # tables by quoted name, with pages
    missing: tuple[str, ...] = ()  # relations of the original that could not be made here
    filled: frozenset[str] = frozenset()  # tables whose first page holds the ends, by quoted name
    original: Connection = None  # for reading

    def share(self, table: str, condition: str) -> float | None:
        """The share of rows that a condition leaves, from a sample of the original's pages; None if it cannot be read."""
        import psycopg

        sample = f"{table} TABLESAMPLE SYSTEM ({self.percent(table):.4f}) REPEATABLE (1)"
        query = f"SELECT count(*), count(*) FILTER (WHERE {condition}) FROM {sample}"  # noqa: S608 (quoted)
        with suppress(psycopg.Error):
            rows, found = self.original.execute(query).fetchone()
            return found / rows if rows else None
        return None

    def percent(self, table: str) -> float:
        """Of the pages of a table that are a sample of it."""
        _, pages = self.files.get(table, (None, 0))
        return min(100.0, 100.0 * SAMPLED / max(pages, 1))

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """Tables of the ends' page alone, so that building an index on them takes no time."""
        for table, (file, _) in self.files.items():
            file.resize(int(table in self.filled))
        try:
            yield
        finally:
            for file, pages in self.files.values():
                file.resize(pages)

    def file_of(self, relation: str) -> RelationFile:
        """The file of a relation; its name is quoted."""
        row = self.connection.execute("SELECT pg_relation_filepath(%s::regclass)", (relation,)).fetchone()
        return RelationFile(self.folder / str(row[0]))


@contextmanager
def cloned(source: Source, server: Server, folder: Path) -> Iterator[Clone]:
    """Clone ``source``, which is only read, onto ``server``; PerfprofError if it cannot be read.

    folder: private, for two dumps that are deleted again.
    """
    import psycopg

    if int(server.version.split(".")[0]) < 18:
        raise PerfprofError("a clone without data needs PostgreSQL 18", todo="pip install 'perfprof[postgres]'")
    with source.connected() as original:
        collation, path, version = facts(original)
        name = created(server, collation)
        with dumped(source, server, folder) as dump:
            restored(server, name, dump, "pre-data")
            restored(server, name, dump, "post-data")
        with dumped(source, server, folder, "statistics-only") as dump:
            restored(server, name, dump, "")
        with psycopg.connect(server.dsn_of(name), autocommit=True) as connection:
            clone = Clone(connection, source, version, server.socket.parent / "data", original=original)
            clone.filled = told_the_ends(original, connection)
            _lengthened(clone, original.execute(_FILES).fetchall())
            _told_what_is_moved_out(original, connection)
            told_settings(original, connection)
            connection.execute("SELECT set_config('search_path', %s, false)", (path,))
            yield clone


def _told_what_is_moved_out(original: Connection, clone: Connection) -> None:
    """How many pages each table's long values take, which no dump of statistics holds."""
    told = "UPDATE pg_class SET relpages = %s WHERE oid = (SELECT reltoastrelid FROM pg_class WHERE oid = to_regclass(%s))"
    for schema, table, pages in original.execute(_MOVED_OUT).fetchall():
        clone.execute(told, (pages, qualified(table, schema)))


def _lengthened(clone: Clone, relations: list[tuple[Any, ...]]) -> None:
    """Give every file the length of the original's."""
    import psycopg

    missing = []
    for (relation,) in clone.connection.execute(_LOOKED_AT).fetchall():
        clone.connection.execute(f"REINDEX INDEX {relation}")
    for schema, name, kind, size, pages, rows, visible, method, width, plain in relations:
        relation = qualified(name, schema)
        try:
            file = clone.file_of(relation)
        except psycopg.Error:
            missing.append(relation)
            continue
        if kind == "i" and method == "btree":
            file.grow_tree(int(size), height_of(int(size), int(width)), ends=plain)
        else:
            file.resize(int(size))
        if kind != "i":
            clone.files[relation] = (file, int(size))
        clone.connection.execute(
            "UPDATE pg_class SET relpages = %s, reltuples = %s, relallvisible = %s WHERE oid = %s::regclass",
            (pages, rows, visible, relation),
        )
    clone.missing = tuple(missing)
