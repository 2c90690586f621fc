"""SQLite's indexes that need not be there: nothing uses them, or another one, old or new, does their work."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from perfprof.optimizer.indexes.advice import Removal
from perfprof.optimizer.indexes.sqlite_candidates import empty_copy
from perfprof.optimizer.scratch.sqlite import SqliteScratch
from perfprof.rules.rule import Migration
from perfprof.rules.schema.ddl import create_index, quoted
from perfprof.rules.schema.indexes import Candidate

_ALL = """
SELECT name, tbl_name, coalesce(sql, '') FROM sqlite_master
WHERE type = 'index' AND name NOT LIKE 'perfprof\\_built\\_%' ESCAPE '\\' ORDER BY rowid
"""
_WRITTEN = "SELECT sql FROM sqlite_master WHERE type IN ('view', 'trigger')"
_INDEXED_BY = re.compile(r"indexed\s+by\s+[\"`\[]?([^\s\"`\],;()]+)", re.IGNORECASE)
_REFERRING = "SELECT lower(m.name), lower(f.\"from\") FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"


@dataclass(frozen=True, slots=True)
class _Known:
    """keys: (column, whether it descends, how it is compared); an expression has no column. text: its definition."""

    name: str
    table: str
    keys: tuple[tuple[str | None, bool, str], ...]
    where: str
    unique: bool
    text: str
    new: bool

    @property
    def free(self) -> bool:
        """Whether it may go at all: it is old, and no constraint."""
        return not self.new and not self.unique and bool(self.text)

    @property
    def leads(self) -> tuple[str, str]:
        """Its table and first column, in lower case as foreign keys are compared."""
        return self.table.lower(), (self.keys[0][0] or "").lower()


def removals(
    copy: SqliteScratch,
    chosen: Mapping[str, Candidate],
    used: Collection[str],
    database: str,
    *,
    complete: bool,
    texts: Iterable[str] = (),
) -> Iterator[Removal]:
    """What may go. chosen: the new ones by name. used: old ones in plans. complete: there are no other statements.

    texts: of all statements; one that says INDEXED BY fails without that index, and so does a view or a trigger.
    """
    asked = _demanded(copy, texts)
    referring = set(copy.rows(_REFERRING))  # checks of foreign keys, which no plan shows
    with closing(empty_copy(copy)) as connection:
        for name, new in chosen.items():
            connection.execute(create_index(new, name, dialect="sqlite"))
        known = list(_known(connection, chosen))
    free = [one for one in known if one.free and one.name.lower() not in asked]
    gone: set[str] = set()
    by_age = sorted(known, key=lambda one: not one.new)  # of two that do its work, the new one will stay
    for one in free if complete else ():
        if one.name not in used and one.leads not in referring:
            gone.add(one.name)
            yield _removal(one, "unused", "", database)
    for one in (one for one in free if one.name not in gone):
        others = [other for other in by_age if other is not one and other.name not in gone]
        instead = _instead(one, others, used)
        if instead is not None:
            gone.add(one.name)
            reason = "duplicate" if instead.keys == one.keys else "prefix"
            yield _removal(one, reason, instead.name, database)


def _demanded(copy: SqliteScratch, texts: Iterable[str]) -> set[str]:
    """The indexes that statements, views and triggers name, in lower case."""
    written = (str(text) for (text,) in copy.rows(_WRITTEN))
    return {name.lower() for text in (*texts, *written) for name in _INDEXED_BY.findall(text)}


def _instead(one: _Known, others: list[_Known], used: Collection[str]) -> _Known | None:
    """The first that does its work."""
    return next((other for other in others if _does_both(other, one, used)), None)


def _known(connection: sqlite3.Connection, new: Collection[str]) -> Iterator[_Known]:
    for name, table, text in connection.execute(_ALL).fetchall():
        parts = connection.execute(f"PRAGMA index_xinfo({quoted(name)})").fetchall()
        keys = tuple((part[2], bool(part[3]), str(part[4]).upper()) for part in parts if part[5])
        flags = {
            row[1]: (row[2], row[4]) for row in connection.execute(f"PRAGMA index_list({quoted(table)})").fetchall()
        }
        unique, partial = flags[name]
        where = text[text.upper().rindex(" WHERE ") + 7 :] if partial and " WHERE " in text.upper() else ""
        yield _Known(name, table, keys, where or ("?" if partial else ""), bool(unique), text, name in new)


def _does_both(other: _Known, one: _Known, used: Collection[str]) -> bool:
    """Whether an index begins with all of another. A new one does not replace what plans still prefer to it."""
    if other.table != one.table or any(column is None for column, _, _ in one.keys) or other.where != one.where:
        return False
    return other.keys[: len(one.keys)] == one.keys and not (other.new and one.name in used)


def _removal(one: _Known, reason: str, instead: str, database: str) -> Removal:
    up, down = f"DROP INDEX IF EXISTS {quoted(one.name)};\n", f"{one.text};\n"
    migration = Migration(one.name, "sqlite", database, one.table, ("drop", one.name), up, down)
    return Removal(one.name, one.table, reason, instead, 0, migration)
