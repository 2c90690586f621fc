"""Ask for one row that matches, not for the list of all that could.

`x NOT IN (SELECT y …)` makes the database build the whole list, and where y may be NULL it must keep in mind that one
NULL makes the answer empty; PostgreSQL then walks the list for each row once it outgrows work_mem. `NOT EXISTS` stops at
the first match and can use an index. They mean the same only if neither side can be NULL, as the schema says. `x IN
(SELECT y …)` and `EXISTS` always select the same rows in a WHERE; which one is cheaper, a copy of the database tells.

```sql schema
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, parent_id INTEGER, status TEXT);
CREATE TABLE returns (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, reason TEXT, swapped_id INTEGER);
CREATE INDEX returns_order_id ON returns (order_id);
CREATE INDEX orders_customer_id ON orders (customer_id);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO orders SELECT i, i * 7 % 400, nullif(i % 5, 0), 's' || (i % 3) FROM n;
INSERT INTO returns SELECT id, id * 3, CASE id % 9 WHEN 0 THEN 'late' END, nullif(id % 7, 0) FROM orders;
```

```sql statement
SELECT id FROM orders WHERE customer_id = ? AND id NOT IN (SELECT order_id FROM returns WHERE reason IS NULL) ORDER BY id
```

```sql rewritten
SELECT id FROM orders WHERE customer_id = ? AND NOT EXISTS (SELECT 1 FROM returns WHERE reason IS NULL AND orders.id = order_id) ORDER BY id
```

```sql statement
SELECT o.id FROM orders o WHERE o.customer_id = ? AND o.id IN (SELECT r.order_id FROM returns r WHERE r.reason = 'late' OR r.id < 9) ORDER BY o.id
```

```sql rewritten
SELECT o.id FROM orders o WHERE o.customer_id = ? AND EXISTS (SELECT 1 FROM returns r WHERE (r.reason = 'late' OR r.id < 9) AND o.id = r.order_id) ORDER BY o.id
```

A single NULL among the ids makes `NOT IN` select nothing at all, which `NOT EXISTS` does not (and few mean):

```sql unchanged never-null
SELECT id FROM orders WHERE customer_id = ? AND id NOT IN (SELECT swapped_id FROM returns) ORDER BY id
```

An order without a parent is not selected by `NOT IN`:

```sql unchanged never-null
SELECT id FROM orders WHERE customer_id = ? AND parent_id NOT IN (SELECT order_id FROM returns) ORDER BY id
```

The list is the first ten, which EXISTS would not know:

```sql unchanged list-is-plain
SELECT id FROM orders WHERE customer_id = ? AND id IN (SELECT order_id FROM returns ORDER BY order_id LIMIT 10) ORDER BY id
```

Inside of the list the table's name means the list's own rows:

```sql unchanged list-is-plain
SELECT id FROM orders WHERE customer_id = ? AND id NOT IN (SELECT customer_id FROM orders WHERE status = 's1') ORDER BY id
```

```sql unchanged text-is-in-one-place
-- assembled
SELECT id FROM orders WHERE customer_id = ? AND id NOT IN (SELECT order_id FROM returns WHERE reason IS NULL) ORDER BY id
```

```sql unchanged rows-are-the-same
SELECT id FROM orders WHERE shown(status) AND id NOT IN (SELECT order_id FROM returns) ORDER BY id
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.obligations.reworded import Rewording
from perfprof.rules.reading.predicates import argument, kind_of
from perfprof.rules.rewording.question import scope, suspects, words
from perfprof.rules.rewording.scope import conditions, may_differ
from perfprof.rules.rewording.text import Change

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog, Column
    from perfprof.rules.reading.predicates import Tree
    from perfprof.rules.rewording.scope import Source
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

_PLAIN = ("group", "order", "having", "limit", "offset", "with", "distinct", "windows", "locks", "laterals")


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """`[NOT] IN (SELECT …)` among the conditions of WHERE."""
    says = "a list is built to look into it"
    yield from suspects("membership-query", says, executions, catalog, lambda query: _member(query) is not None)


def _member(query: Worded) -> tuple[Tree, Tree] | None:
    """The first such condition, and the IN in it."""
    for part in conditions(query.tree) if kind_of(query.tree) == "Select" else ():
        inner = part.this if kind_of(part) == "Not" else part
        if kind_of(inner) == "In" and inner.args.get("query") is not None:
            return part, inner
    return None


def _sides(case: Case) -> tuple[tuple[Source, Column], tuple[Source, Column], Tree]:
    """The column before IN, that of the list, and the list. ValueError if it is none of columns."""
    query = words(case)
    found = _member(query)
    listed: Tree = found[1].args["query"].this if found is not None else None
    if found is None or kind_of(listed) != "Select" or len(listed.expressions) != 1:
        raise ValueError("the list is no plain SELECT of one column")
    inner, outer = scope(case, listed), scope(case, query.tree)
    mine, theirs = outer.column(found[1].this), inner.column(listed.expressions[0])
    if mine is None or theirs is None:
        raise ValueError("it does not compare two columns that are sure")
    if mine[0].alias in {source.alias for source in inner.sources}:
        raise ValueError(f"inside of the list {mine[0].alias} means another row")
    return mine, theirs, listed


@obligation
def list_is_plain(case: Case) -> Proof:
    """The list is a plain SELECT of one column, and can name the row outside."""
    try:
        _, _, listed = _sides(case)
    except ValueError as error:
        return unproved(str(error))
    part = next((name for name in _PLAIN if argument(listed, name)), "")
    if part or any(kind_of(node) in ("Count", "Max", "Min", "Sum", "Avg", "Window") for node in listed.walk()):
        return unproved(f"the list has {part.upper() or 'an aggregate'}")
    if may_differ(listed):
        return unproved("the list is made once, and a function in it may answer otherwise for each row")
    return proved("it is one")


@obligation
def never_null(case: Case) -> Proof:
    """With NOT, neither side can be NULL."""
    found = _member(words(case))
    if found is not None and kind_of(found[0]) != "Not":
        return proved("in a WHERE, no answer and a false one are the same")
    try:
        mine, theirs, _ = _sides(case)
    except ValueError as error:
        return unproved(str(error))
    for source, column in (theirs, mine):
        if column.nullable or source.optional:
            what = f"{source.table.name}.{column.name} may be NULL"
            return unproved(f"{what}: with one NULL in the list NOT IN selects nothing, which may not be meant")
    return proved("both are NOT NULL in the schema")


def _wording(case: Case) -> Reworded:
    query = words(case)
    mine, _, listed = _sides(case)
    found = _member(query)
    assert found is not None, "the sides were found in it"
    start, end = query.span(found[0])
    left, right = query.piece(found[1].this), query.piece(listed.expressions[0])
    if not found[1].this.args.get("table"):
        left = f"{mine[0].alias}.{left}"
    begin = query.keyword("FROM", query.span(listed.expressions[0])[1])[0]
    inside = query.shown[begin : query.shown.rindex(")", begin, end)].rstrip()
    where = listed.args.get("where")
    if where is None:
        inside += f" WHERE {left} = {right}"
    elif kind_of(where.this) == "Or":
        at = query.keyword("WHERE", begin)[1] - begin
        inside = f"{inside[:at]} ({inside[at:].strip()}) AND {left} = {right}"
    else:
        inside += f" AND {left} = {right}"
    word = "NOT EXISTS" if kind_of(found[0]) == "Not" else "EXISTS"
    return query.reworded([Change(start, end, f"{word} (SELECT 1 {inside})")])


_WHY = "EXISTS stops at the first match, and can look it up in an index."
_SHARED = Rewording(_wording, why=_WHY, told=True)
RULE = _SHARED.rule("IN (SELECT …) -> EXISTS", looks_for, list_is_plain, never_null)
