"""The keys as a table of their own inside a statement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.lookups.batch import WANTED, Mode
from perfprof.rules.lookups.literals import MARKS
from perfprof.rules.reading.names import fresh

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*(?:\.[a-z_][a-z0-9_$]*)?")


@dataclass(frozen=True, slots=True)
class Keys:
    """table: for FROM. key: what the column is compared with. back: what a row tells of its key. only: which rows count."""

    table: str
    key: str
    back: str
    only: str = ""


def keys(lookup: Lookup, mode: Mode, column: str, mark: str, array: str) -> Keys | str:
    """The table, or why there is none. column, mark: as written in the statement. array: type of the keys.

    SQLite compares each key as it was given, and as the column's affinity wants, whatever the other keys are.
    """
    named = (name.lower() for use in lookup.query.statement.tables for name in (use.name, use.alias))
    if mode != "in" and WANTED in named:
        return f"there is something called `{WANTED}` already"
    if mode == "any":
        return Keys(f"unnest({mark}::{array}[]) AS {WANTED} (key)", f"{WANTED}.key", f"{WANTED}.key")
    words = frozenset(re.findall(r"\w+", lookup.query.text.lower()))
    return _of_sqlite(words) if lookup.query.dialect == "sqlite" else _of_postgres(lookup, column, words)


def _of_sqlite(words: frozenset[str]) -> Keys | str:
    taken = sorted(words & {"column1", "column2"})
    if taken:
        return f"there is something called `{taken[0]}` already"
    return Keys(f"(VALUES {MARKS}) AS {WANTED}", f"{WANTED}.column2", f"{WANTED}.column1")


def _of_postgres(lookup: Lookup, column: str, words: frozenset[str]) -> Keys | str:
    owner = _owner(lookup)
    if not owner:
        return "of which table the key's column is cannot be told"
    alike = f"(SELECT {column.rpartition('.')[2]} FROM {owner} WHERE false)"  # noqa: S608  # text for the program
    place, key = (fresh(word, words) for word in ("place", "key"))  # columns of its tables may be called so
    table = f"(VALUES (-1, {alike}), {MARKS}) AS {WANTED} ({place}, {key})"
    return Keys(table, f"{WANTED}.{key}", f"{WANTED}.{place}", f" WHERE {WANTED}.{place} >= 0")


def _owner(lookup: Lookup) -> str:
    """The table whose column the key is compared with, as it may be written; "" if that is not sure."""
    own = [one for one in lookup.query.statement.tables if one.block == lookup.use.block]
    wanted = lookup.use.column.table
    found = [one.name for one in own if wanted in (one.alias, one.name)] if wanted else [one.name for one in own]
    return found[0] if len(found) == 1 and _PLAIN.fullmatch(found[0]) else ""
