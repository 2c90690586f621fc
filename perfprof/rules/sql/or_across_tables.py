"""Ask twice where one OR spans two tables.

`WHERE a.x = ? OR b.y = ?` over a join can use neither index: a row may come in through either table, so all joined rows
are made and most thrown away. Two SELECTs, one for each side, use an index each. Rows that fit both sides are asked for
once: the second SELECT leaves out what the first has found (`IS NOT TRUE`, since a comparison with NULL is neither).

```sql schema
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, code TEXT, status TEXT);
CREATE INDEX customers_email ON customers (email);
CREATE INDEX orders_code ON orders (code);
CREATE INDEX orders_customer_id ON orders (customer_id);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO orders SELECT i, i * 7 % 400 + 1, CASE WHEN i % 11 THEN 'c' || (i % 900) END, 's' || (i % 3) FROM n;
INSERT INTO customers SELECT id, CASE WHEN id % 7 THEN 'e' || (id % 300) END, 'n' || id FROM orders WHERE id <= 400;
```

```sql statement
SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE (o.code = ? OR c.email = ?) ORDER BY o.id
```

```sql rewritten
SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE (o.code = ?)
UNION ALL
SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE (c.email = ? AND (o.code = ?) IS NOT TRUE) ORDER BY 1
-- values: p0, p1, p0
```

DISTINCT would speak of each half for itself:

```sql unchanged rows-are-selected
SELECT DISTINCT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE (o.code = ? OR c.email = ?) ORDER BY o.id
```

Which ten come first is told by what is not selected:

```sql unchanged ordered-by-what-is-selected
SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE (o.code = ? OR c.email = ?) ORDER BY c.name LIMIT 10
```

Nothing says in which order the rows come, and from two SELECTs they come in another:

```sql unchanged rows-are-the-same
SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE (o.code = ? OR c.email = ?)
```

```sql unchanged text-is-in-one-place
-- assembled
SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE (o.code = ? OR c.email = ?) ORDER BY o.id
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.obligations.reworded import Rewording
from perfprof.rules.reading.predicates import argument, identifier, kind_of
from perfprof.rules.rewording.question import scope, suspects, words
from perfprof.rules.rewording.scope import conditions, may_differ
from perfprof.rules.rewording.text import Change

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.reading.predicates import Tree
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

_OTHERS = ("group", "having", "distinct", "windows", "locks", "with", "laterals", "offset", "qualify")
_TAIL = ("ORDER BY", "LIMIT")


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """A condition of WHERE whose two sides name different tables."""
    says = "OR across tables keeps indexes from use"
    yield from suspects("or-across-tables", says, executions, catalog, lambda query: _either(query) is not None)


def _either(query: Worded) -> Tree | None:
    """The OR of exactly two sides, each of which speaks of one table, and not both of the same."""
    for part in conditions(query.tree) if kind_of(query.tree) == "Select" else ():
        inner = part.this if kind_of(part) == "Paren" else part
        sides = list(inner.flatten()) if kind_of(inner) == "Or" else []
        named = [{identifier(one, qualifier="table") for one in side.find_all(_column())} for side in sides]
        if len(named) == 2 and all(len(one) == 1 for one in named) and named[0] != named[1] and {""} not in named:
            return inner
    return None


def _column() -> type:
    from perfprof.rules.reading.clauses import node_class

    return node_class("Column")


@obligation
def rows_are_selected(case: Case) -> Proof:
    """It selects rows as they are: no groups, no aggregates, no DISTINCT, no function that may answer differently twice."""
    from perfprof.rules.reading.clauses import node_class

    select = words(case).tree
    part = next((name for name in _OTHERS if argument(select, name)), "")
    if part:
        return unproved(f"it has {part.upper()}")
    if any(isinstance(node, node_class("AggFunc")) or kind_of(node) == "Window" for node in select.walk()):
        return unproved("it has an aggregate")
    if may_differ(select) or any(kind_of(node) == "Select" for node in select.walk() if node is not select):
        return unproved("it has a subquery, or calls a function that is not known")
    return proved("it does")


@obligation
def ordered_by_what_is_selected(case: Case) -> Proof:
    """ORDER BY names selected columns only, for a union knows no others, and they tell all rows apart."""
    query = words(case)
    try:
        _ordering(query)
    except ValueError as error:
        return unproved(str(error))
    known, order = scope(case, query.tree), argument(query.tree, "order")
    named = [known.column(term.this) for term in (order.expressions if order is not None else ())]
    problem = known.unique([one for one in named if one is not None])
    return unproved(f"rows may come in another order: {problem}") if problem else proved("it does")


def _ordering(query: Worded) -> list[Change]:
    """Each term as the number of its column, which is how every database lets a union be ordered."""
    order = argument(query.tree, "order")
    if order is None:
        return []
    if any(_is_star(term) for term in query.tree.expressions):
        raise ValueError("ORDER BY goes by a column of a star, which has no number to be seen")
    columns = [one.this if kind_of(one) == "Alias" else one for one in query.tree.expressions]
    names = [
        identifier(one, qualifier="alias") if kind_of(one) == "Alias" else "" for one in query.tree.expressions
    ]
    changes = []
    for term in order.expressions:
        named = (
            kind_of(term.this) == "Column" and not term.this.args.get("table") and identifier(term.this) in names
        )
        selected = term.this in columns and not named
        place = columns.index(term.this) if selected else _named(term.this, names)
        start, end = query.span(term.this)
        if start < query.keyword("ORDER BY")[1]:
            raise ValueError("the text of ORDER BY was not found")
        changes.append(Change(start, end, str(place + 1)))
    return changes


def _named(term: Tree, names: list[str]) -> int:
    plain = kind_of(term) == "Column" and not term.args.get("table")
    if not plain or names.count(identifier(term)) != 1:
        raise ValueError("ORDER BY goes by something that is not selected")
    return names.index(identifier(term))


def _is_star(term: Tree) -> bool:
    return kind_of(term) == "Star" or (kind_of(term) == "Column" and kind_of(term.this) == "Star")


def _wording(case: Case) -> Reworded:
    query = words(case)
    either = _either(query)
    if either is None:
        raise ValueError("its source has no such OR")
    first, second = either.flatten()
    start, end = query.span(either)
    one = query.piece(first)
    tail = min((at for word in _TAIL for at in [query.found(word)] if at is not None), default=query.end)
    body = query.shown[:tail].rstrip()
    again = f"{body[:start]}{query.operand(second)} AND ({one}) IS NOT TRUE{body[end:]}"
    changes = [Change(start, end, one), Change(len(body), len(body), f"\nUNION ALL\n{again.strip()}")]
    return query.reworded([*changes, *_ordering(query)])


_SHARED = Rewording(_wording, why="Each side of the OR can use an index of its own table.")
RULE = _SHARED.rule("OR across tables -> UNION ALL", looks_for, rows_are_selected, ordered_by_what_is_selected)
