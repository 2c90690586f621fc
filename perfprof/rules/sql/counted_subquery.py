"""Ask whether there is a row, where SQL itself only compares their number with zero.

`(SELECT count(*) FROM returns r WHERE r.order_id = o.id) > 0` visits every row that fits, for each row outside; `EXISTS`
stops at the first one. A count is never NULL, so both are true, or false, for the same rows, in WHERE, CASE or the list.

```sql schema
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, status TEXT);
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, note TEXT);
CREATE INDEX orders_customer_id ON orders (customer_id);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO orders SELECT i, i % 40, nullif('s' || (i % 3), 's2') FROM n;
INSERT INTO customers SELECT id, 'n' || id, nullif('x' || (id % 2), 'x1') FROM orders WHERE id <= 60;
```

```sql statement
SELECT c.id FROM customers c
WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id /* any */) > 0 AND c.id < ? ORDER BY c.id
```

```sql rewritten
SELECT c.id FROM customers c
WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id /* any */) AND c.id < ? ORDER BY c.id
```

```sql statement
SELECT c.id, CASE WHEN 0 = (SELECT count(o.id) FROM orders o WHERE o.customer_id = c.id) THEN 'new' END AS age FROM customers c ORDER BY c.id
```

```sql rewritten
SELECT c.id, CASE WHEN NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) THEN 'new' END AS age FROM customers c ORDER BY c.id
```

```sql statement
-- asked: SQL.fetchone()[0]
SELECT count(*) > 0 FROM orders WHERE customer_id < 39
```

```sql rewritten
SELECT EXISTS (SELECT 1 FROM orders WHERE customer_id < 39)
```

A status may be NULL, and is not counted then:

```sql unchanged counts-rows
SELECT c.id FROM customers c WHERE (SELECT count(o.status) FROM orders o WHERE o.customer_id = c.id) > 0 ORDER BY c.id
```

The count has a limit of its own, which EXISTS would have to take another way:

```sql unchanged counts-rows
SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id LIMIT 1) > 0 ORDER BY c.id
```

The column is called after the expression, and the row may be asked by that name:

```sql unchanged column-keeps-its-name
SELECT count(*) > 0 FROM orders WHERE customer_id < 39
```

```sql unchanged text-is-in-one-place
-- assembled
SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0 ORDER BY c.id
```

```sql unchanged rows-are-the-same
SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 0 AND shown(c.name) ORDER BY c.id
```
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.obligations.reworded import Rewording
from perfprof.rules.reading.clauses import node_class
from perfprof.rules.reading.predicates import argument, kind_of
from perfprof.rules.rewording.answers import taken_alone
from perfprof.rules.rewording.asked_for import only_the_first
from perfprof.rules.rewording.places import Place
from perfprof.rules.rewording.question import place, scope, suspects, words
from perfprof.rules.rewording.scope import may_differ
from perfprof.rules.rewording.text import Change

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.reading.predicates import Tree
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

# Comparisons of a count with a number that cannot tell one from more: whether they say that there is a row.
_SAYS = {("GT", "0"): True, ("GTE", "1"): True, ("NEQ", "0"): True}
_SAYS |= {("EQ", "0"): False, ("LT", "1"): False, ("LTE", "0"): False}
_TURNED = {"GT": "LT", "LT": "GT", "GTE": "LTE", "LTE": "GTE", "EQ": "EQ", "NEQ": "NEQ"}
_OTHERS = "group having limit offset distinct windows locks laterals qualify with order".split()


@dataclass(frozen=True, eq=False, slots=True)
class _Counted:
    """One comparison. count: the call, in the list of ``select``. there: whether it says that there is a row.

    whole: the select is the statement itself.
    """

    comparison: Tree
    select: Tree
    count: Tree
    there: bool
    whole: bool


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """A count that is compared with zero."""
    says = "rows are counted to see whether there is one"
    yield from suspects("counted-subquery", says, executions, catalog, lambda query: bool(_found(query)))


def _found(query: Worded) -> list[_Counted]:
    tree = query.tree
    found = [one for node in tree.walk() for one in [_compared(node)] if one is not None]
    terms = [one.this if kind_of(one) == "Alias" else one for one in tree.expressions]
    if kind_of(tree) == "Select" and len(terms) == 1 and argument(tree, "from") is not None:
        one = _compared(terms[0], tree)
        found += [one] if one is not None else []
    return found


def _compared(node: Tree, whole: Tree | None = None) -> _Counted | None:
    """A comparison with zero, of a subquery that counts; or of the count of the ``whole`` statement."""
    if kind_of(node) not in _TURNED:
        return None
    for side, other, kind in (
        (node.this, node.expression, kind_of(node)),
        (node.expression, node.this, _TURNED[kind_of(node)]),
    ):
        says = _SAYS.get((kind, other.sql())) if kind_of(other) == "Literal" and not other.is_string else None
        if says is None:
            continue
        if whole is not None and kind_of(side) == "Count":
            return _Counted(node, whole, side, says, True)
        inner: Tree = side.this if kind_of(side) == "Subquery" else None
        if kind_of(inner) == "Select" and [kind_of(one) for one in inner.expressions] == ["Count"]:
            return _Counted(node, inner, inner.expressions[0], says, False)
    return None


@obligation
def counts_rows(case: Case) -> Proof:
    """It counts rows, not values, and all of them at once."""
    for one in _found(words(case)):
        part = next((name for name in _OTHERS if argument(one.select, name)), "")
        if part or argument(one.select, "from") is None:
            return unproved(f"it has {part.upper() or 'no table'}")
        if not one.there and _is_compared_on(one.comparison):
            return unproved("what comes of it is compared again")
        if may_differ(one.select):
            return unproved("it calls a function that may do something for each row")
        counted = one.count.this
        if kind_of(counted) in ("Star", "Literal"):
            continue
        column = scope(case, one.select).column(counted)
        if column is None or column[1].nullable or column[0].optional:
            return unproved("what it counts may be NULL")
    return proved("it does")


@obligation
def column_keeps_its_name(case: Case) -> Proof:
    """No column of the answer is named after the expression, or nobody can ask for it by that name."""
    for one in _found(words(case)):
        if _names_a_column(one.comparison) and not (one.whole and _taken_by_place(case)):
            return unproved("its column is called after the expression")
    return proved("it has a name of its own, or is taken by its place")


def _names_a_column(node: Tree) -> bool:
    """Whether it stands in a list, in what has no name of its own: that is called after its words, or what it calls."""
    while node.parent is not None:
        above = node.parent
        listed = kind_of(above) == "Select" and any(node is column for column in above.expressions)
        if listed and kind_of(node) != "Alias":
            return True
        node = above
    return False


def _is_compared_on(comparison: Tree) -> bool:
    """Whether its outcome is compared in turn: there NOT would take in the rest."""
    above = comparison.parent
    while kind_of(above) == "Paren":
        above = above.parent
    return isinstance(above, (node_class("Predicate"), node_class("Binary"))) and kind_of(above) not in (
        "And",
        "Or",
    )


def _taken_by_place(case: Case) -> bool:
    found = place(case)
    if not isinstance(found, Place) or not taken_alone(found, case.program):
        return False
    assert found.call is not None
    assert found.function is not None
    return only_the_first(found.call, found.function)


def _wording(case: Case) -> Reworded:
    query = words(case)
    changes = [change for one in _found(query) for change in _changes(query, one)]
    if not changes:
        raise ValueError("its source does not compare a count with zero")
    return query.reworded(changes)


def _changes(query: Worded, one: _Counted) -> Iterator[Change]:
    word = ("" if one.there else "NOT ") + "EXISTS (SELECT 1 "
    if one.whole:
        first = query.tokens[1].start
        at = query.keyword("FROM", first)[0]
        alias = (
            query.tree.expressions[0].args.get("alias") if kind_of(query.tree.expressions[0]) == "Alias" else None
        )
        yield Change(first, at, word)
        yield Change(
            query.end,
            query.end,
            ")" if alias is None else f") AS {query.shown[alias.meta['start']:alias.meta['end'] + 1]}",
        )
        return
    start, end = query.span(one.comparison)
    opened = query.shown.index("(", start)
    at = query.keyword("FROM", opened + 1)[0]
    closed = query.closing(opened)
    yield Change(start, at, word)
    if end > closed:
        yield Change(closed, end, "")


_SHARED = Rewording(_wording, why="The first row that fits is enough.")
RULE = _SHARED.rule("count compared with zero -> EXISTS", looks_for, counts_rows, column_keeps_its_name)
