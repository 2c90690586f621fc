"""Expressions over one column, as `Use.wrapped` tells them, in the words of a database."""

from __future__ import annotations

import re
from functools import lru_cache

from perfprof.rules.reading.statements import DIALECTS

# What changes from one call to the next may stand in no index.
_UNSTABLE = re.compile(r":p\d|\?|\bnow\b|current_|random|localtime", re.IGNORECASE)


@lru_cache(maxsize=1024)
def in_dialect(wrapped: str, dialect: str, *, bare: bool = False) -> str:
    """The expression as the database writes it, ``bare``: without the table's alias; "" if it cannot be read.

    JSON's operators come back as operators: as functions they would belong to another type.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(wrapped)
        for access in tree.find_all(exp.JSONExtract, exp.JSONExtractScalar):
            access.set("only_json_types", True)
        for column in tree.find_all(exp.Column) if bare else ():
            column.set("table", None)
        return str(tree.sql(dialect=DIALECTS[dialect]))
    except SqlglotError:
        return ""


def indexable(wrapped: str, dialect: str) -> str:
    """The expression for an index; "" if none may be made of it."""
    text = in_dialect(wrapped, dialect, bare=True)
    return "" if _UNSTABLE.search(text) else text
