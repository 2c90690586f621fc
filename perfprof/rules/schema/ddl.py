"""Data definition as text: quoting of names, names of new indexes, CREATE and DROP for both dialects.

A name that comes from a catalog or a log is data: it may hold quotes, newlines or a reserved word, so all are quoted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

from perfprof.errors import PerfprofError
from perfprof.rules.rule import Migration
from perfprof.rules.schema.indexes import Candidate, Key

LONGEST_NAME = 63  # bytes; PostgreSQL cuts longer names silently
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def quoted(name: str) -> str:
    """A name in double quotes, whatever it holds; a schema is kept apart with `qualified`."""
    if not name or "\0" in name:
        raise PerfprofError("a name in the database is empty or holds a NUL character, which no SQL can express")
    return '"' + name.replace('"', '""') + '"'


def qualified(name: str, schema: str = "") -> str:
    """A quoted name with its schema."""
    return f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)


def literal(text: str) -> str:
    """A string constant for SQL with standard-conforming strings."""
    if "\0" in text:
        raise PerfprofError("a text for SQL holds a NUL character, which no SQL can express")
    return "'" + text.replace("'", "''") + "'"


def index_name(candidate: Candidate, taken: Collection[str] = ()) -> str:
    """A stable name of at most 63 bytes: readable if the parts are plain, with a hash if anything had to give.

    taken: names in use by other indexes and tables (both share one name space), compared without case.
    """
    parts = [candidate.table, *(column.name for column in candidate.columns)]
    readable = "ix_" + "_".join(re.sub(r"\W+", "_", part, flags=re.ASCII).strip("_").lower() for part in parts)
    digest = hashlib.sha256(_identity(candidate).encode()).hexdigest()[:8]
    special = any(key.descending or key.expression or key.opclass or key.nulls for key in candidate.columns)
    exact = all(_PLAIN.fullmatch(part) for part in parts) and candidate.plain and not special
    used = {name.lower() for name in taken}
    if exact and len(readable) <= LONGEST_NAME and readable not in used:
        return readable
    return readable[: LONGEST_NAME - 9].rstrip("_") + "_" + digest


def _identity(candidate: Candidate) -> str:
    """What tells two indexes apart; of what most indexes lack, nothing, so that their names stay."""
    extra = [repr(part) for part in (candidate.method, candidate.where, candidate.include) if not candidate.plain]
    keys = [
        (key.name, key.descending, *filter(None, (key.expression, key.opclass, key.nulls)))
        for key in candidate.columns
    ]
    return repr((candidate.schema, candidate.table, keys, *extra))


def _part(key: Key) -> str:
    """One column of CREATE INDEX."""
    what = f"({key.expression})" if key.expression else quoted(key.name)
    direction = (" DESC" if key.descending else "") + (f" NULLS {key.nulls.upper()}" if key.nulls else "")
    return what + (f" {key.opclass}" if key.opclass else "") + direction


def create_index(
    candidate: Candidate,
    name: str,
    *,
    dialect: str,
    concurrently: bool = False,
    only: bool = False,
    resumed: bool = False,
) -> str:
    """``CREATE INDEX`` without the semicolon. only: not on partitions.

    It does not say IF NOT EXISTS unless ``resumed``, for that would take an invalid or different index of this name for
    the wanted one.
    """
    columns = ", ".join(_part(key) for key in candidate.columns)
    how = " CONCURRENTLY" if concurrently and dialect == "postgresql" else ""
    table = qualified(candidate.table, candidate.schema)
    using = f" USING {candidate.method}" if candidate.method != "btree" else ""
    rest = f" INCLUDE ({', '.join(quoted(one) for one in candidate.include)})" if candidate.include else ""
    rest += f" WHERE {candidate.where}" if candidate.where else ""
    how += " IF NOT EXISTS" if resumed else ""
    on = f"ONLY {table}" if only else table
    return f"CREATE INDEX{how} {quoted(name)} ON {on}{using} ({columns}){rest}"


def drop_index(candidate: Candidate, name: str, *, dialect: str, concurrently: bool = False) -> str:
    """``DROP INDEX``; in PostgreSQL an index lives in the schema of its table."""
    how = " CONCURRENTLY" if concurrently and dialect == "postgresql" else ""
    schema = candidate.schema if dialect == "postgresql" else ""
    return f"DROP INDEX{how} IF EXISTS {qualified(name, schema)}"


def drop_invalid(candidate: Candidate, name: str) -> str:
    """PostgreSQL: remove what a concurrent build that failed left behind under this name, and nothing else."""
    inside = f"DROP INDEX {qualified(name, candidate.schema)}"
    schema = f"n.nspname = {literal(candidate.schema)}" if candidate.schema else "pg_table_is_visible(c.oid)"
    body = (
        "BEGIN IF EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = {literal(name)} AND {schema} "
        f"AND NOT i.indisvalid) THEN EXECUTE {literal(inside)}; END IF; END"
    )
    return "DO " + literal(body)


def index_migration(candidate: Candidate, name: str, dialect: str, database: str) -> Migration:
    """Build the index and take it away again.

    PostgreSQL: CONCURRENTLY, so that writers go on, and hence outside of a transaction. A build waits for older
    transactions, so a short lock_timeout would end it and leave an invalid index: the timeout is short only while the
    remains of such a build are removed. statement_timeout must not end it either.
    """
    create = create_index(candidate, name, dialect=dialect, concurrently=True)
    drop = drop_index(candidate, name, dialect=dialect, concurrently=True)
    if dialect == "postgresql":
        up = [SHORT, drop_invalid(candidate, name), *PATIENT, create, *AS_BEFORE]
        down = [*PATIENT, drop, *AS_BEFORE]
    else:
        up, down = [create], [drop]
    return Migration(
        name, dialect, database, candidate.table, candidate.names, script(up), script(down), candidate.schema
    )


SHORT = "SET lock_timeout = '5s'"
PATIENT = ("SET lock_timeout = 0", "SET statement_timeout = 0")
AS_BEFORE = ("RESET statement_timeout", "RESET lock_timeout")


def script(statements: list[str]) -> str:
    """One statement a line."""
    return "".join(f"{statement};\n" for statement in statements)
