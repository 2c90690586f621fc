"""What an interrupted build left under an index's name, taken away before it is built again.

A process that is killed leaves its server building: the index is INVALID if that failed, and whole if it did not, while
nobody noted the migration as applied. In the frameworks' migrations, which run only while they are not applied, both go.
"""

from __future__ import annotations

import re

from perfprof.rules.rule import Migration
from perfprof.rules.schema.ddl import literal, qualified

_DIGEST = re.compile(r"_[0-9a-f]{8}$")  # of what makes an index, at the end of its name


def without_remains(
    statements: tuple[str, ...], migration: Migration, columns: tuple[tuple[str, bool], ...], name: str
) -> tuple[str, ...]:
    """The statements before a build, with the one that drops an INVALID namesake dropping a whole one of ours as well.

    columns: (name, descending) of an index of plain columns, else (). name: of the index in this project.
    """
    known = [one for one in statements if one.startswith("DO ") and "indisvalid" in one]
    if len(known) != 1 or (not columns and not _DIGEST.search(name)):
        return statements
    return tuple(_dropped(migration, columns, name) if one == known[0] else one for one in statements)


def _dropped(migration: Migration, columns: tuple[tuple[str, bool], ...], name: str) -> str:
    schema = f"n.nspname = {literal(migration.schema)}" if migration.schema else "pg_table_is_visible(c.oid)"
    table = f"t.relname = {literal(migration.table)}"
    same = "true" if not columns else f"pg_get_indexdef(c.oid) = {_definition(migration, columns, name)}"
    body = (
        "BEGIN IF EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relname = {literal(name)} AND {schema} AND (NOT i.indisvalid OR {table} AND {same})) "
        f"THEN EXECUTE {literal(f'DROP INDEX {qualified(name, migration.schema)}')}; END IF; END"
    )
    return "DO " + literal(body)


def _definition(migration: Migration, columns: tuple[tuple[str, bool], ...], name: str) -> str:
    """The text by which PostgreSQL tells a b-tree index of these columns."""
    parts = " || ', ' || ".join(
        f"quote_ident({literal(column)}){_descending(descending)}" for column, descending in columns
    )
    return (
        f"'CREATE INDEX ' || quote_ident({literal(name)}) || ' ON ' || quote_ident(n.nspname) || '.' || "
        f"quote_ident({literal(migration.table)}) || ' USING btree (' || {parts} || ')'"
    )


def _descending(descending: bool) -> str:
    return " || ' DESC'" if descending else ""
