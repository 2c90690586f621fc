"""Build the index over what is compared, where that is not the column itself.

`lower(email) = ?` or `date(due) = ?` reads every row: an index on the column knows nothing of the function's values. An
index on the expression does, and the statement stays as it is. Only functions that have an answer for every value
may stand in one: any other would make an INSERT fail that the table took before. (In SQLite a date function fails for
the text `now`, and for nothing else.)

```sql schema
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, due TEXT, doc TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO users SELECT i, 'E' || i || '@x.org', date('2024-01-01', '+' || (i % 365) || ' days'), '{"a": ' || i || '}' FROM n;
CREATE INDEX users_email ON users (email);
```

```sql statement
SELECT id FROM users WHERE lower(email) = ?;
```

```sql up
CREATE INDEX "ix_users_lower_email_49814714" ON "users" ((LOWER(email)));
```

```sql down
DROP INDEX IF EXISTS "ix_users_lower_email_49814714";
```

A document that is none would make the index, and with it the INSERT, fail:

```sql unchanged function-has-an-answer-for-all
SELECT id FROM users WHERE json_extract(doc, '$.a') = ?;
```

The statement forbids the use of any index:

```sql unchanged planner-picks-it
SELECT id FROM users NOT INDEXED WHERE lower(email) = ?;
```

For each look-up there are thousands of inserts:

```sql unchanged writes-stay-cheap
-- 100000 times
INSERT INTO users (email, due) VALUES (?, ?);
SELECT id FROM users WHERE lower(email) = ?;
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.errors import PerfprofError
from perfprof.rules.catalog import Dictionary
from perfprof.rules.obligations import index as safe
from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.reading.predicates import kind_of
from perfprof.rules.rewording.own_functions import redefined
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.schema import lacking
from perfprof.rules.schema.ddl import create_index, index_name
from perfprof.rules.schema.expressions import indexable
from perfprof.rules.schema.indexes import Candidate, Key
from perfprof.rules.schema.needs import SMALLEST_TABLE, Need, Served, writes
from perfprof.rules.schema.workload import Asked, asked

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog, Table
    from perfprof.rules.reading.predicates import Use
    from perfprof.rules.rule import Case, Proof

_TOTAL = frozenset(["Lower", "Upper", "Trim", "Length", "Coalesce", "Column", "Identifier", "Literal"])
_DATES = frozenset(
    ["Date", "TsOrDsToDate", "TimeToStr"]
)  # of SQLite; PostgreSQL's depend on the session's time zone


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """Functions of a column, compared with a value, for which the table is read."""
    workload = asked(executions, catalog.dialect)
    found: dict[Candidate, list[Served]] = {}
    tables: dict[Candidate, Table] = {}
    for one, table, use in _compared(workload, catalog):
        text = indexable(use.wrapped, catalog.dialect)
        key = Key(f"{use.wrapped.split('(')[0].lower()}_{use.column.name}", expression=text)
        new = Candidate(table.name, (frozenset([key]),), (key,), table.schema)
        left = table.rows / catalog.distinct(
            table.key, (Dictionary([table], catalog.dialect).column(table, use.column.name),)
        )
        if text and _can_be_built(new, catalog):
            found.setdefault(new, []).append(
                Served(one, float(table.rows), left if use.how != "range" else table.rows / 3)
            )
            tables[new] = table
    taken = {index.name for index in catalog.indexes()} | {table.name for table in catalog.tables()}
    for new, served in found.items():
        name = index_name(new, taken)
        taken.add(name)
        need = Need(new, name, tables[new], tuple(served), *writes(workload, new, catalog))
        text = new.columns[0].expression
        message = f"{need.executions:,} executions compute {text} for {need.table.rows:,} rows"
        yield Suspect(lacking.finding("expression-index", need, catalog, text, message), need)


def _compared(workload: tuple[Asked, ...], catalog: Catalog) -> Iterator[tuple[Asked, Table, Use]]:
    """LIMIT without ORDER BY is left out: which rows come would be up to the index."""
    book = Dictionary(catalog.tables(), catalog.dialect)
    for one in workload:
        ordered = {use.block for use in one.reading.uses if use.how == "order"}
        if one.reading.limited - ordered or not any(use.wrapped for use in one.reading.uses):
            continue
        read = _read_in_vain(one, catalog)
        for called, uses in one.reading.by_table(book.columns):
            table = book.table(called.name)
            if table is not None and table.rows >= SMALLEST_TABLE and table.key in read:
                yield from ((one, table, use) for use in uses if _with_a_value(use))


def _read_in_vain(one: Asked, catalog: Catalog) -> set[str]:
    """The tables of which its plan drops rows, not going by an index on an expression already."""
    ours = {index.name for index in catalog.indexes() if any("(" in column for column in index.columns)}
    return {step.table for step in catalog.plan(one.text) if step.filtered and step.index not in ours}


def _with_a_value(use: Use) -> bool:
    """An expression over a column, compared with a value by every row that is wanted. A cast is no function of ours."""
    constant = use.parameter is not None or use.constant
    return (
        bool(use.wrapped)
        and not use.wrapped.startswith("CAST(")
        and use.how in ("equality", "in", "range")
        and constant
        and not use.optional
    )


def _can_be_built(new: Candidate, catalog: Catalog) -> bool:
    """Whether the database takes it at all: what depends on a session's settings, PostgreSQL refuses."""
    try:
        catalog.what_if((create_index(new, "perfprof_candidate", dialect=catalog.dialect),), ())
    except _errors(catalog.dialect):
        return False
    return True


def _errors(dialect: str) -> tuple[type[Exception], ...]:
    if dialect == "sqlite":
        import sqlite3

        return PerfprofError, sqlite3.Error
    import psycopg

    return PerfprofError, psycopg.Error


@obligation
def function_has_an_answer_for_all(case: Case) -> Proof:
    """Its functions answer for every value, so that no write fails because of it, and mean the same to everybody."""
    import sqlglot

    need: Need = case.suspect.reading
    text = need.candidate.columns[0].expression
    assert case.catalog is not None
    allowed = _TOTAL | _DATES if case.catalog.dialect == "sqlite" else _TOTAL
    for node in sqlglot.parse_one(
        text, dialect="sqlite" if case.catalog.dialect == "sqlite" else "postgres"
    ).walk():
        if kind_of(node) not in allowed:
            return unproved(f"{text} may fail for a value that the table takes today")
    other = redefined(case.program, text) if case.catalog.dialect == "sqlite" else ""
    if other:
        return unproved(f"{other}: an index that another connection fills would hold other values")
    return proved(f"{text} has a value for every row" + (" but the text `now`" if "date" in text.lower() else ""))


RULE = Rule(
    title="function of a column -> index on it",
    in_statements=looks_for,
    worth=safe.worth_an_index,
    safe_if=(
        function_has_an_answer_for_all,
        safe.planner_picks_it,
        safe.writes_stay_cheap,
        safe.not_inside_a_transaction,
    ),
    rewrite=lacking.built,
    promises=2.0,
    counter="vm-steps",
)
