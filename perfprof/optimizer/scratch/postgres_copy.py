"""The schema and the data of a PostgreSQL database on a server of our own; the original is only read.

Above ``MOST_BYTES`` every large table is sampled by pages; the catalog then still tells the original's row counts.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from perfprof.errors import PerfprofError
from perfprof.optimizer.scratch.postgres import Server
from perfprof.optimizer.scratch.postgres_catalog import Connection
from perfprof.optimizer.scratch.postgres_scratch import RUNNER, PostgresScratch
from perfprof.optimizer.scratch.sources import Source
from perfprof.rules.schema.ddl import literal, qualified, quoted

MOST_BYTES = 512 * 2**20
_WHOLE = 4 * 2**20  # tables smaller than this are never sampled
_ASSUMED = 8e6  # bytes a second that are copied, until some were
_KNOWN = 16e6  # bytes after which the rate is measured
_LEAST_SECONDS = 60.0  # for a table
_PATIENCE = 4.0  # times as long as the rate foretells
_LEFT_OUT = ("owner", "privileges", "publications", "subscriptions", "security-labels", "tablespaces", "comments")
_SIZES = """
SELECT n.nspname, c.relname, pg_table_size(c.oid), greatest(c.reltuples, 0)::bigint,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 3, 1, 2
"""
# pg_dump locks every table that it writes down, and gives up where it may not.
_UNREADABLE = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
"""
# What the planner of the original was told to believe; not how many workers happen to be free.
_SETTINGS = """
SELECT name, setting FROM pg_settings
WHERE category LIKE 'Query Tuning%' AND name NOT IN ('plan_cache_mode', 'seed') OR name IN
  ('work_mem', 'hash_mem_multiplier', 'max_parallel_workers_per_gather', 'search_path', 'effective_io_concurrency')
"""


@dataclass
class Pace:
    """How fast tables come, and so how long one may take: a busy machine is waited for, a table of no end is not."""

    bytes: float = 0.0
    seconds: float = 0.0

    def add(self, size: float, seconds: float) -> None:
        """A table came."""
        self.bytes += size
        self.seconds += seconds

    def seconds_for(self, size: float) -> float:
        """What a table of so many bytes may take."""
        rate = self.bytes / self.seconds if self.bytes >= _KNOWN and self.seconds else _ASSUMED
        return max(_LEAST_SECONDS, _PATIENCE * size / rate)


@contextmanager
def copied(
    source: Source, server: Server, folder: Path, *, most_bytes: int = MOST_BYTES, like_original: bool = False
) -> Iterator[PostgresScratch]:
    """Copy ``source`` into a new database of ``server``; PerfprofError if it cannot be read.

    folder: private, for dumps, which are deleted again. like_original: a whole copy is planned with the statistics and the
    settings of the original, not with fresh ones.
    """
    import psycopg

    with source.connected() as original:
        collation, path, version = facts(original)
        name = created(server, collation)
        with dumped(source, server, folder) as dump, psycopg.connect(server.dsn_of(name), autocommit=True) as copy:
            restored(server, name, dump, "pre-data")
            sampled, counts = _filled(original, copy, most_bytes)
            restored(server, name, dump, "post-data")
            _prepared(copy, path)
            if like_original:
                told_settings(original, copy)
                copy.execute(
                    "SET max_parallel_workers = 0"
                )  # planned, but one process does all, so that it is measured
            if like_original and not sampled and int(server.version.split(".")[0]) >= 18:
                with dumped(source, server, folder, "statistics-only") as statistics:
                    restored(server, name, statistics, "")
            size = _number(copy, "SELECT pg_database_size(current_database())") / 1e6
            note = (
                f"a {'sample' if sampled else 'copy'} of {source.name}, {size:.1f} MB; the original runs {version}"
            )
            yield PostgresScratch(copy, source.name, True, note, server.version, counts if sampled else {})


def facts(original: Connection) -> tuple[str, str, str]:
    """Collation, search path and version of the original."""
    query = (
        "SELECT datcollate, current_setting('search_path'), current_setting('server_version') "
        "FROM pg_database WHERE datname = current_database()"
    )
    row = original.execute(query).fetchone()
    assert row is not None
    return str(row[0] or "C"), str(row[1]), str(row[2]).split()[0]


def created(server: Server, collation: str) -> str:
    """A database that sorts text as the original does, where the system knows that collation."""
    import psycopg

    with psycopg.connect(server.dsn, autocommit=True) as connection:
        number = _number(connection, "SELECT count(*) FROM pg_database")
        name = f"scratch_{number}"
        create = f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
        try:
            connection.execute(f"{create} LOCALE {literal(collation)}")
        except psycopg.Error:
            connection.execute(create)
    return name


def told_settings(original: Connection, copy: Connection) -> None:
    """Let the planner of a copy believe what that of the original does."""
    import psycopg

    for setting, value in original.execute(_SETTINGS).fetchall():
        with suppress(psycopg.Error):  # of a version that knows other ones
            copy.execute("SELECT set_config(%s, %s, false)", (setting, value))


@contextmanager
def dumped(source: Source, server: Server, folder: Path, what: str = "schema-only") -> Iterator[Path]:
    """A dump of ``what`` that pg_dump has an option for, readable by us alone and deleted at the end.

    Tables that may not be read are not in it.
    """
    dump = folder / f"{what}-{os.getpid()}.dump"
    os.close(os.open(dump, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    options = [f"--no-{name}" for name in _LEFT_OUT] + [
        "--lock-wait-timeout=1s",
        "--format=custom",
        f"--{what}",
    ]
    with source.connected() as original:
        options += [f"--exclude-table={name}" for (name,) in original.execute(_UNREADABLE).fetchall()]
    try:
        environment = {**server.environment("postgres"), **source.environment()}
        if "PGPASSWORD" not in source.environment():
            environment.pop("PGPASSWORD", None)
        done = _program([server.binaries["pg_dump"], *options, f"--file={dump}"], environment)
        if done.returncode:
            words = source.without_secrets(done.stderr.strip()[-400:])
            raise PerfprofError(f"the {what.partition('-')[0]} cannot be read: {words}", where=source.name)
        yield dump
    finally:
        dump.unlink(missing_ok=True)


def restored(server: Server, name: str, dump: Path, section: str) -> None:
    """What cannot be restored (an extension we lack, a foreign key into a sample) is left out."""
    options = ["--no-owner", "--no-privileges", f"--dbname={name}"]
    options += [f"--section={section}"] if section else []
    _program([server.binaries["pg_restore"], *options, str(dump)], server.environment(name))


def _program(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _filled(original: Connection, copy: Connection, most: int) -> tuple[bool, dict[tuple[str, str], int]]:
    """Copy the rows; whether any table was sampled, and how many rows the original has."""
    tables = original.execute(_SIZES).fetchall()
    total = sum(size for _, _, size, _, _ in tables)
    share = min(1.0, most / total) if total else 1.0
    copy.execute("SET session_replication_role = replica")
    sampled, counts, pace = False, {}, Pace()
    for schema, name, size, rows, columns in tables:
        counts[schema, name] = int(rows)
        wanted = share if size > _WHOLE else 1.0
        original.execute(f"SET statement_timeout = {1000 * pace.seconds_for(size * wanted):.0f}")
        start = time.monotonic()
        came = _streamed(original, copy, qualified(name, schema), columns, wanted)
        pace.add(came * size, time.monotonic() - start)
        sampled |= came < 1
    copy.execute("SET session_replication_role = DEFAULT")
    return sampled, counts


def _streamed(original: Connection, copy: Connection, table: str, columns: list[str], share: float) -> float:
    """One table; the share of it that came. One that takes too long is sampled; PerfprofError if that does not help.

    A table that the copy lacks is left out, as is one that may not be read.
    """
    import psycopg

    names = ", ".join(quoted(column) for column in columns)
    into = f"COPY {table} ({names}) FROM STDIN"
    for part in (share, share / 10, share / 100):
        sample = f" TABLESAMPLE SYSTEM ({part * 100:.4f}) REPEATABLE (1)" if part < 1 else ""
        query = f"COPY (SELECT {names} FROM ONLY {table}{sample}) TO STDOUT"  # noqa: S608 (quoted)
        try:
            with original.cursor().copy(query) as rows, copy.cursor().copy(into) as target:
                for block in rows:
                    target.write(block)
        except psycopg.errors.QueryCanceled:
            continue
        except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
            pass
        return part
    raise PerfprofError(f"not even a hundredth of what is wanted of {table} can be copied in good time")


def _prepared(copy: Connection, path: str) -> None:
    """Statistics, and a role for the recorded statements that may do anything with the rows and nothing else."""
    copy.execute("SET synchronous_commit = on")  # a row is known to be visible once its commit is on disk
    copy.execute("CHECKPOINT")
    copy.execute("VACUUM")  # without it no index is read alone
    copy.execute("ANALYZE")
    copy.execute("SELECT set_config('search_path', %s, false)", (path,))
    if not copy.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (RUNNER,)).fetchone():
        copy.execute(f"CREATE ROLE {RUNNER} NOLOGIN BYPASSRLS")
    rows = copy.execute("SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'").fetchall()
    for (schema,) in rows:
        copy.execute(f"GRANT ALL ON SCHEMA {quoted(schema)} TO {RUNNER}")
        for kind in ("TABLES", "SEQUENCES"):
            copy.execute(f"GRANT ALL ON ALL {kind} IN SCHEMA {quoted(schema)} TO {RUNNER}")


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
