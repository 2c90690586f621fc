"""Compare the column, not a function of it.

`ts::date = ?`, `date(ts) = ?`, `extract(year from ts) = 2024` and `id + 0 = ?` make PostgreSQL compute for every row and
use no index on the column. The same rows lie between two bounds of the column itself. Only where the type makes that
exact: a `timestamp` without time zone, or a whole number. A `timestamptz` depends on the session's zone, whose days may
begin twice; SQLite keeps dates as text of any form. There an index on the expression is the way.

```sql schema
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, due TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders SELECT i, i * 7 % 400, date('2024-01-01', '+' || (i % 365) || ' days') FROM n;
CREATE INDEX orders_due ON orders (due);
```

SQLite would find the same rows today; the first one with an hour and a time zone is lost:

```sql unchanged type-makes-it-exact
SELECT id FROM orders WHERE date(due) = ? ORDER BY id
```

```sql unchanged text-is-in-one-place
-- assembled
SELECT id FROM orders WHERE date(due) = ? ORDER BY id
```

```sql unchanged rows-are-the-same
SELECT id FROM orders WHERE date(due) = ? AND shown(id) ORDER BY id
```
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.obligations.reworded import Rewording
from perfprof.rules.reading.predicates import kind_of, parameter_of
from perfprof.rules.rewording.question import question_of, scope, suspects, words
from perfprof.rules.rewording.scope import conditions
from perfprof.rules.rewording.text import Change

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.reading.predicates import Tree
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

_DAYS = frozenset(["datetime.date"])  # exact types of a parameter that is a day; a text may say `infinity`
_YEARS = range(1, 9998)


@dataclass(frozen=True, eq=False, slots=True)
class _Compared:
    """One condition. how: "day", "year" or "sum"; column, value: its sides."""

    condition: Tree
    how: str
    column: Tree
    value: Tree


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """A function of a column, compared by equality."""
    says = "it computes for every row"
    yield from suspects("function-on-column", says, executions, catalog, lambda query: _found(query) is not None)


def _found(query: Worded) -> _Compared | None:
    for part in conditions(query.tree) if kind_of(query.tree) == "Select" else ():
        if kind_of(part) == "EQ":
            how, column = _wrapped(part.this)
            if how and kind_of(part.expression) in ("Placeholder", "Literal", "Cast"):
                return _Compared(part, how, column, part.expression)
    return None


def _wrapped(node: Tree) -> tuple[str, Tree]:
    """What is done to the column; "" for nothing that is known."""
    while kind_of(node) == "Paren":
        node = node.this
    inner: Tree = node.args.get("this")
    how = ""
    if kind_of(node) == "Extract":
        how, inner = ("year" if inner.name.upper() == "YEAR" else ""), node.expression
    elif kind_of(node) == "Add":
        how = "sum" if node.expression.sql() == "0" else ""
    elif _is_day(node):
        how = "day"
    return (how, inner) if kind_of(inner) == "Column" else ("", None)


def _is_day(node: Tree) -> bool:
    if kind_of(node) == "Cast":
        return bool(node.args["to"].sql().upper() == "DATE")
    return kind_of(node) in ("Date", "TsOrDsToDate") and not (node.args.get("expressions") or node.args.get("zone"))


@obligation
def type_makes_it_exact(case: Case) -> Proof:
    """The types of the column and of the value make the bounds say the same."""
    query = words(case)
    found = _found(query)
    assert case.catalog is not None
    if found is None or case.catalog.dialect != "postgresql":
        return unproved(
            "SQLite's columns hold values of any form: an index on the expression would keep the meaning"
        )
    column = scope(case, query.tree).column(found.column)
    if column is None:
        return unproved("whose column it is, is not sure")
    kind = column[1].kind
    if found.how == "sum":
        fits = kind in ("integer", "bigint")
    else:
        fits = kind.startswith("timestamp") and kind.endswith("without time zone") and "(" not in kind
    if not fits:
        return unproved(f"{column[0].table.name}.{column[1].name} is {kind}")
    return _value(case, found, kind)


def _value(case: Case, found: _Compared, kind: str) -> Proof:
    value = found.value.this if _is_day(found.value) else found.value
    number = parameter_of(value)
    if found.how == "year":
        text = found.value.sql() if kind_of(found.value) == "Literal" else ""
        return (
            proved(f"{kind}, year {text}")
            if text.isdigit() and int(text) in _YEARS
            else unproved("which year it is")
        )
    if found.how == "sum":
        return proved(kind)
    if number is None or kind_of(value) != "Placeholder":
        known = kind_of(value) == "Literal" and _a_day(value.name)
        return proved(f"{kind} and a day") if known else unproved("which day it is")
    text = question_of(case).asked.text
    sorts = {_sort(one.sorts, number) for one in case.executions if one.statement.text == text}
    if sorts <= _DAYS:
        return proved(f"{kind} and a day")
    return unproved(f"the value was of type {', '.join(sorted(sorts))}")


def _a_day(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text) < datetime.date.max and len(text) == len("2024-02-29")
    except ValueError:
        return False


def _sort(sorts: str, number: int) -> str:
    known = sorts.split(",")
    return known[number] if number < len(known) else "?"


def _wording(case: Case) -> Reworded:
    query = words(case)
    found = _found(query)
    if found is None:
        raise ValueError("its source does not compare a function of a column")
    start, end = query.span(found.condition)
    column = query.piece(found.column)
    if found.how == "sum":
        return query.reworded([Change(*query.span(found.condition.this), column)])
    if found.how == "year":
        year = int(found.value.sql()) if found.value.sql().isdigit() else 0
        bounds = f"'{year:04d}-01-01'", f"'{year + 1:04d}-01-01'"
    else:
        equals = query.shown.rindex("=", query.span(found.condition.this)[1], end)
        value = query.shown[equals + 1 : end].strip()
        if query.dialect == "sqlite":
            bounds = value, f"date({value}, '+1 day')"
            return query.reworded([Change(start, end, f"{column} >= {bounds[0]} AND {column} < {bounds[1]}")])
        day = value if kind_of(found.value) == "Cast" else f"CAST({value} AS date)"
        bounds = day, f"{day} + 1"
    return query.reworded([Change(start, end, f"{column} >= {bounds[0]} AND {column} < {bounds[1]}")])


_SHARED = Rewording(_wording, why="An index on the column finds what lies between two bounds.")
RULE = _SHARED.rule("function of a column -> range", looks_for, type_makes_it_exact)
