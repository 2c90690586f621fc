"""What CREATE TABLE statements say of columns, as far as a recorded run showed them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import lru_cache


def declared_type(definitions: Iterable[str], table: str, column: str) -> str:
    """The type that the last definition of a table declares for a column, in capitals; "" if none was seen."""
    found = ""
    for text in definitions:
        found = _columns(text).get((table.lower(), column.lower()), found)
    return found


def holds_text(declared: str) -> bool:
    """SQLite's rule: a column of such a type turns the numbers it is compared with into text."""
    return "INT" not in declared and any(word in declared for word in ("CHAR", "CLOB", "TEXT"))


def gives_numbers(declared: str) -> bool:
    """SQLite's rule: a column of such a type turns text that looks like a number into one. "" is a type not known."""
    return bool(declared) and not holds_text(declared) and "BLOB" not in declared


@lru_cache(maxsize=512)
def _columns(text: str) -> Mapping[tuple[str, str], str]:
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(text, dialect="sqlite")
    except (SqlglotError, RecursionError, ValueError):
        return {}
    table = tree.find(exp.Table) if isinstance(tree, exp.Create) else None
    if table is None:
        return {}
    parts = [(one.name.lower(), one.args.get("kind")) for one in tree.find_all(exp.ColumnDef)]
    return {(table.name.lower(), name): str(kind.sql("sqlite")).upper() for name, kind in parts if kind is not None}
