"""A statement that speaks of the rows of one key as a whole, asked for each key inside the database, word by word as it was.

PostgreSQL: ``FROM unnest(%s) AS wanted (key) CROSS JOIN LATERAL (SELECT … WHERE k = wanted.key ORDER BY … LIMIT 3)``.
SQLite knows no LATERAL: what gives one value stands in the select list, ``(SELECT count(*) … WHERE k = wanted.column2)``;
of the newest rows of a table the rowid is asked, and the rows are read by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfprof.rules.lookups.batch import WANTED, Batch, Mode
from perfprof.rules.lookups.keys import Keys, keys
from perfprof.rules.lookups.literals import pieces, written
from perfprof.rules.reading.placeholders import Mark, template, word_at
from perfprof.rules.reading.statements import read

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup
    from perfprof.rules.reading.statements import Statement

_AGGREGATE = "it has an aggregate"
_LIMIT = "it has LIMIT"
_ASKED = frozenset([_AGGREGATE, _LIMIT, "it has OFFSET", "it has DISTINCT", "it has GROUP BY", "it has HAVING"])
_ASKED |= {"it has a subquery", "it has a window", "it has a window function", ""}
_SOURCE = re.compile(r"\s*(?P<table>[\w$.\"`]+)(?:\s+(?:as\s+)?(?P<alias>[\w$]+))?\s*", re.IGNORECASE)
_FOUND = "found"


def asked(lookup: Lookup, mode: Mode, column: str, mark: Mark, array: str) -> Batch | str:
    """The statement around the statement, or why there is none. column: what the key is compared with, as written."""
    query = lookup.query
    statement = query.statement
    unread = _unread_around(statement)
    if unread:
        return unread
    table = keys(lookup, mode, column, query.text[mark.start : mark.end], array)
    if isinstance(table, str):
        return table
    if query.dialect == "postgresql":
        return _lateral(lookup, mode, mark, table)
    ways = {_AGGREGATE: _scalar, _LIMIT: _by_rowid}
    if statement.complex not in ways:
        return f"{statement.complex}, which SQLite cannot ask for many keys at once"
    return ways[statement.complex](lookup, mode, mark, table)


def _unread_around(statement: Statement) -> str:
    """Why nothing may be put around the statement; empty if it may."""
    text = statement.template.text
    if "--" in text or ";" in text or statement.complex not in _ASKED:
        return statement.complex or "it has a comment, or more than one statement"
    named = [name.lower() for name in statement.selected]
    return f"there is something called `{WANTED}` already" if WANTED in named else ""


def _batch(lookup: Lookup, mode: Mode, parts: tuple[str, ...], why: str) -> Batch:
    return Batch(mode, parts, WANTED, True, -1, (), (), why=why)


def _numbers(lookup: Lookup, mark: Mark) -> tuple[int, ...]:
    """Of the parameters beside the key."""
    query = lookup.query
    return tuple(one.number for one in template(query.text, query.dialect).marks if one is not mark)


def _lateral(lookup: Lookup, mode: Mode, mark: Mark, table: Keys) -> Batch:
    head = f"SELECT {_FOUND}.*, {table.back} AS {WANTED}", f" FROM {table.table} CROSS JOIN LATERAL ("
    inner = pieces(lookup, [(mark.start, mark.end, table.key)])
    tail = f") AS {_FOUND}{table.only}"
    why = "PostgreSQL runs the statement as it was for each of the keys"
    found = _batch(lookup, mode, (*(written(one, '"') for one in head), *inner, written(tail, '"')), why)
    return replace(found, after=_numbers(lookup, mark), always=lookup.query.statement.complex == _AGGREGATE)


def _scalar(lookup: Lookup, mode: Mode, mark: Mark, table: Keys) -> Batch | str:
    """One value a key, whatever the rows are: none of them counts as well."""
    names = lookup.query.statement.selected
    if len(names) != 1:
        return "it gives several aggregates, which SQLite cannot ask for many keys at once"
    named = f" AS {names[0]}" if names[0] else ""
    inner = pieces(lookup, [(mark.start, mark.end, table.key)])
    tail = f"){named}, {table.back} AS {WANTED} FROM {table.table}"
    why = "SQLite evaluates the statement as it was for each of the keys"
    found = _batch(lookup, mode, (written("SELECT (", '"'), *inner, written(tail, '"')), why)
    return replace(found, before=_numbers(lookup, mark), always=True)


def _by_rowid(lookup: Lookup, mode: Mode, mark: Mark, table: Keys) -> Batch | str:
    """The rows whose rowid the statement gives."""
    text = lookup.query.text
    clauses = _Clauses.of(text)
    problem = _unread(lookup, clauses)
    source = _SOURCE.fullmatch(text[clauses.start + len("from") : clauses.where])
    if problem or source is None:
        return problem or "it has LIMIT and reads more than a table"
    name = source["alias"] or source["table"]
    chosen = text[: clauses.start].strip()[len("select") :].strip()
    again = text[clauses.order : clauses.limit].rstrip() if clauses.order >= 0 else ""
    columns = f"{name}.*" if chosen == "*" else chosen
    head = f"SELECT {columns}, {table.back} AS {WANTED}"
    rows = f" FROM {table.table} CROSS JOIN {source[0].strip()}"
    of = f" WHERE {name}.rowid IN (SELECT {name}.rowid FROM"
    inner = pieces(lookup, [(0, clauses.start + len("from"), ""), (mark.start, mark.end, table.key)])
    said = [one for one in inner if one.strip("\"'")]
    parts = (*(written(one, '"') for one in (head, rows, of)), *said, written(f") {again}".rstrip(), '"'))
    why = "SQLite evaluates the statement as it was, for the rowids of each of the keys"
    return replace(_batch(lookup, mode, parts, why), after=_numbers(lookup, mark))


@dataclass(frozen=True, slots=True)
class _Clauses:
    """Where FROM, WHERE, ORDER and LIMIT stand; -1 if they do not."""

    start: int
    where: int
    order: int
    limit: int

    @classmethod
    def of(cls, text: str) -> _Clauses:
        return cls(*(word_at(text, "sqlite", word) for word in ("from", "where", "order", "limit")))


def _unread(lookup: Lookup, clauses: _Clauses) -> str:
    """Why the rows of a statement with LIMIT cannot be asked for by their rowid."""
    text = lookup.query.text
    marks = template(text, "sqlite").marks
    if read(text[: clauses.limit], "sqlite").complex or len(lookup.query.statement.tables) != 1:
        return "it has LIMIT, and more than columns of one table"
    if clauses.where < 0 or any(one.start < clauses.where for one in marks):
        return "it has LIMIT, and parameters among its columns"
    if clauses.order >= 0 and any(clauses.order <= one.start < clauses.limit for one in marks):
        return "it has LIMIT, and parameters in its order"
    if _ordered_by_alias(lookup.query.statement):
        return "it has LIMIT, and its order goes by a name that its list gives to something else"
    return ""


def _ordered_by_alias(statement: Statement) -> bool:
    """Whether ORDER BY means what the list calls so: the list is not there where the rowids are chosen."""
    listed = zip(statement.selected, statement.columns, strict=True)
    aliases = {name.lower() for name, column in listed if column is None and name not in ("", "*")}
    ordered = (use.column for use in statement.uses if use.how == "order")
    return any(not column.table and column.name.lower() in aliases for column in ordered)
