"""Which candidates a statement may have a use for, so that the planner is not asked about the others."""

from __future__ import annotations

import re
from collections.abc import Callable

from perfprof.optimizer.statements.workload import Query
from perfprof.rules.catalog import Dictionary
from perfprof.rules.schema.indexes import Candidate

_WORD = re.compile(r"\w+")
_TEXT = re.compile(r"'(?:[^']|'')*'")  # a literal may read like a column: ``state = 'active'``


def may_use(query: Query, book: Dictionary) -> Callable[[Candidate], bool]:
    """Whether a statement compares, joins, orders or groups by what the index begins with and its condition names."""
    used: dict[tuple[str, str], set[str]] = {}
    columns: dict[tuple[str, str], frozenset[str]] = {}
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    for use, uses in query.reading.by_table(book.columns):
        table = book.table(use.name)
        if table is not None:
            key = (table.schema, table.name)
            columns[key], rows[key] = frozenset(table.columns), table.primary_key
            used.setdefault(key, set()).update(book.column(table, one.column.name) for one in uses)

    def may(one: Candidate) -> bool:
        mine = used.get((one.schema, one.table), set())
        first = one.columns[0]
        begins = _WORD.findall(first.expression) if first.expression else [first.name]
        where = set(_WORD.findall(_TEXT.sub("", one.where))) & columns.get((one.schema, one.table), frozenset())
        listed = bool(where) and tuple(begins) == rows.get((one.schema, one.table))  # a list of the rows that count
        folded = {name.lower() for name in mine}  # as SQLite's expressions name columns
        return (listed or not folded.isdisjoint(map(str.lower, begins))) and where <= mine

    return may
