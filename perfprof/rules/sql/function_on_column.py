"""Compare the column, not a function of it.

`ts::date = ?`, `date_trunc('month', ts) = ?`, `extract(year from ts) = 2024` and `coalesce(n, 0) > 5` make PostgreSQL compute
for every row and use no index on the column. The same rows lie between two bounds of the column itself. For a `timestamp`
without time zone, and for whole numbers, the bounds say just the same and take the place of the comparison. The days of a
`timestamptz` depend on the session's time zone and may begin twice: there the bounds are a day wider and only added, so that
the index finds a few days and the comparison picks of these; so they are where the day is a parameter, which may be a moment the
next time. SQLite keeps dates as text of any form; there an index on
the expression is the way.

```sql schema
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, due TEXT, n INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders SELECT i, i * 7 % 400, date('2024-01-01', '+' || (i % 365) || ' days'), nullif(i % 300, 7) FROM n;
CREATE INDEX orders_due ON orders (due);
CREATE INDEX orders_n ON orders (n);
```

```sql statement
SELECT id FROM orders WHERE coalesce(n, 0) = 5 ORDER BY id
```

```sql rewritten
SELECT id FROM orders WHERE n = 5 ORDER BY id
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
from perfprof.rules.rewording import ranges
from perfprof.rules.rewording.question import question_of, scope, suspects, words
from perfprof.rules.rewording.ranges import Bounds
from perfprof.rules.rewording.scope import conditions
from perfprof.rules.rewording.text import Change

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.reading.predicates import Tree
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

# Exact types of a parameter that is a moment; a text may say `infinity`.
_DAY, _MOMENTS = "datetime.date", frozenset(["datetime.date", "datetime.datetime"])
_WHOLE = ("integer", "bigint", "int")
_VALUES = ("Placeholder", "Literal", "Cast")


@dataclass(frozen=True, eq=False, slots=True)
class _Compared:
    """One condition. how: what is done to the column ("day", "zone", "cut", "year", "sum", "instead"); with: its unit or number.

    function, column: the computed side and the column in it. compare: as if that side came first. value: the other side,
    high: the third of BETWEEN.
    """

    condition: Tree
    how: str
    given: str
    function: Tree
    column: Tree
    compare: str
    value: Tree
    high: Tree = None


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """A function of a column, compared with a value."""
    says = "it computes for every row"
    yield from suspects("function-on-column", says, executions, catalog, lambda query: bool(_found(query)))


def _found(query: Worded) -> list[_Compared]:
    parts = conditions(query.tree) if kind_of(query.tree) == "Select" else ()
    return [one for part in parts for one in [_compared(part)] if one is not None]


def _compared(part: Tree) -> _Compared | None:
    kind = kind_of(part)
    if kind == "Between":
        low, high = part.args["low"], part.args["high"]
        how, given, column = _wrapped(part.this)
        fits = how == "day" and kind_of(low) in _VALUES and kind_of(high) in _VALUES
        return _Compared(part, how, given, part.this, column, "BETWEEN", low, high) if fits else None
    if kind not in ranges.TURNED:
        return None
    for side, other, compare in (
        (part.this, part.expression, kind),
        (part.expression, part.this, ranges.TURNED[kind]),
    ):
        how, given, column = _wrapped(side)
        if how and kind_of(other) in _VALUES:
            return _Compared(part, how, given, side, column, compare, other)
    return None


def _wrapped(node: Tree) -> tuple[str, str, Tree]:
    """What is done to the column, with what, and the column; "" for nothing that is known."""
    node = _bare(node)
    inner: Tree = node.args.get("this")
    how = given = ""
    if kind_of(node) == "Extract":
        how, inner = ("year" if inner.name.upper() == "YEAR" else ""), node.expression
    elif kind_of(node) == "Add":
        how = "sum" if node.expression.sql() == "0" else ""
    elif kind_of(node) == "TimestampTrunc" and not node.args.get("zone"):
        how, given = "cut", node.args["unit"].name.lower()
    elif kind_of(node) == "Coalesce" and len(node.expressions) == 1:
        how, given = "instead", node.expressions[0].sql()
    elif _is_day(node):
        zoned = kind_of(_bare(inner)) == "AtTimeZone" and kind_of(_bare(inner).args["zone"]) == "Literal"
        how, inner = ("zone", _bare(inner).this) if zoned else ("day", inner)
    return (how, given, inner) if kind_of(inner) == "Column" else ("", "", None)


def _bare(node: Tree) -> Tree:
    while kind_of(node) == "Paren":
        node = node.this
    return node


def _is_day(node: Tree) -> bool:
    if kind_of(node) == "Cast":
        return bool(node.args["to"].sql().upper() == "DATE")
    return kind_of(node) in ("Date", "TsOrDsToDate") and not (node.args.get("expressions") or node.args.get("zone"))


@obligation
def type_makes_it_exact(case: Case) -> Proof:
    """The types of the column and of the value make the bounds say the same, or follow from it."""
    said = [_argued(case, one) for one in _found(words(case))]
    known = [why for bounds, why in said if bounds is not None]
    return proved("; ".join(known)) if known else unproved("; ".join(why for _, why in said) or "it compares none")


def _argued(case: Case, one: _Compared) -> tuple[Bounds | str | None, str]:
    """The bounds, or the words that take the function's place; None and the reason where there are none."""
    query = words(case)
    column = scope(case, query.tree).column(one.column)
    if column is None:
        return None, "whose column it is, is not sure"
    kind, said = column[1].kind, f"{column[0].table.name}.{column[1].name} is {column[1].kind or 'of no type'}"
    if one.how == "instead":
        return (query.piece(one.column), said) if kind in _WHOLE and _says_nothing(one) else (None, said)
    if query.dialect != "postgresql":
        return None, "SQLite's columns hold values of any form: an index on the expression would keep the meaning"
    if one.how == "sum":
        fits = kind in ("integer", "bigint") and one.compare == "EQ"
        return (query.piece(one.column), said) if fits else (None, said)
    if not kind.startswith("timestamp") or "(" in kind:
        return None, said
    found = _bounds(case, one, kind)
    return (None, found) if isinstance(found, str) else (found, said)


def _says_nothing(one: _Compared) -> bool:
    """Whether what stands for NULL would not be selected either."""
    value = one.value.sql()
    numbers = value.lstrip("-").isdigit() and one.given.lstrip("-").isdigit() and kind_of(one.value) == "Literal"
    return numbers and not ranges.holds(int(one.given), one.compare, int(value))


def _bounds(case: Case, one: _Compared, kind: str) -> Bounds | str:
    """Of a column that is a moment; or why they are not known."""
    query, zoned = words(case), kind.endswith("with time zone")
    if one.how == "year":
        return _bounds_of_year(one, zoned=zoned)
    sorts = _sorts(case, one.value) | (_sorts(case, one.high) if one.high is not None else set())
    if not sorts <= _MOMENTS:
        return f"the value was of type {', '.join(sorted(sorts))}"
    low, *high = query.others(one.condition, one.function)
    if one.how == "cut":
        return _bounds_of_cut(one, low, kind, zoned=zoned)
    given = any(kind_of(value) == "Placeholder" for value in (one.value, one.high))  # may be a moment next time
    pad = 2 if one.how == "zone" or sorts - {_DAY} else 1 if zoned or given else 0
    days = [
        text if kind_of(_is_cast(one, at)) == "Cast" else f"CAST({text} AS date)"
        for at, text in enumerate((low, *high))
    ]
    return ranges.of_days(one.compare, days[0], days[-1], pad)


def _bounds_of_year(one: _Compared, *, zoned: bool) -> Bounds | str:
    text = one.value.sql() if kind_of(one.value) == "Literal" else ""
    if not text.isdigit() or int(text) not in ranges.YEARS:
        return "which year it is"
    return ranges.of_year(one.compare, int(text), zoned=zoned)


def _bounds_of_cut(one: _Compared, low: str, kind: str, *, zoned: bool) -> Bounds | str:
    """Of ``date_trunc``; exact where a literal says at which moment the unit begins."""
    literal = None if zoned or kind_of(one.value) != "Literal" else datetime.date.fromisoformat(one.value.name)
    exact = ranges.of_cut_at(literal, one.given) if literal is not None and one.compare == "EQ" else None
    if exact:
        return exact
    return ranges.of_cut(one.compare, low, one.given, kind) if one.given in ranges.UNITS else "which unit"


def _is_cast(one: _Compared, at: int) -> Tree:
    return one.high if at else one.value


def _sorts(case: Case, value: Tree) -> set[str]:
    """The types of Python's that the value had."""
    if kind_of(value) == "Literal":
        return {_DAY} if _a_day(value.name) else {"a literal"}
    if kind_of(value) == "Cast" and not _is_day(value):
        return {value.args["to"].sql()}
    number = parameter_of(value)
    if number is None:
        return _sorts(case, value.this) if kind_of(value.this) == "Literal" else {"an expression"}
    text = question_of(case).asked.text
    return {_sort(one.sorts, number) for one in case.executions if one.statement.text == text}


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
    changes = []
    for one in _found(query):
        found, _ = _argued(case, one)
        start, end = query.span(one.condition)
        if isinstance(found, str):
            changes.append(Change(*query.span(one.function), found))
        elif found is not None:
            changes.append(Change(start, end, found.worded(query.piece(one.column), query.shown[start:end])))
    if not changes:
        raise ValueError("its source does not compare a function of a column")
    return query.reworded(changes)


_SHARED = Rewording(_wording, why="An index on the column finds what lies between two bounds.")
RULE = _SHARED.rule("function of a column -> range", looks_for, type_makes_it_exact)
