"""Count for all at once, not for each row anew.

`SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c` runs the inner statement once
for each customer: without an index it reads all orders each time, and with one it still goes down the tree each time. The
same numbers come out of one pass, grouped and joined. Whom no row belongs to has no group: there a count is 0 and a maximum
NULL, as before. Where only a few rows are wanted, the old wording is the better one; a copy of the database tells.

```sql schema
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT, cents INTEGER, rate REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders SELECT i, nullif(i * 7 % 300, 9), 's' || (i % 3), i % 50, i / 7.0 FROM n;
INSERT INTO customers SELECT id, 'n' || id FROM orders WHERE id <= 400;
```

```sql statement
SELECT c.id, c.name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.status = 's1') AS n
FROM customers c WHERE c.name > 'n1' ORDER BY c.id
```

```sql rewritten
SELECT c.id, c.name, coalesce(per_o.v, 0) AS n
FROM customers c LEFT JOIN (SELECT o.customer_id AS k, count(*) AS v FROM orders o WHERE o.status = 's1' GROUP BY o.customer_id) AS per_o ON per_o.k = c.id WHERE c.name > 'n1' ORDER BY c.id
```

```sql statement
SELECT name, (SELECT max(cents) FROM orders WHERE customer_id = customers.id) AS most FROM customers ORDER BY customers.id
```

```sql rewritten
SELECT name, per_orders.v AS most FROM customers LEFT JOIN (SELECT customer_id AS k, max(cents) AS v FROM orders GROUP BY customer_id) AS per_orders ON per_orders.k = customers.id ORDER BY customers.id
```

Numbers with a fraction have another sum in another order:

```sql unchanged one-value-for-each-key
SELECT c.id, (SELECT sum(rate) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c ORDER BY c.id
```

Not by a key:

```sql unchanged one-value-for-each-key
SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id <= c.id) AS n FROM customers c ORDER BY c.id
```

The column has no name of its own, and would be called otherwise:

```sql unchanged rows-are-selected
SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) FROM customers c ORDER BY c.id
```

Nothing says in which order customers of one name come:

```sql unchanged order-is-told
SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c ORDER BY c.name
```

```sql unchanged text-is-in-one-place
-- assembled
SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c ORDER BY c.id
```

```sql unchanged rows-are-the-same
SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c WHERE shown(c.name) ORDER BY c.id
```
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.obligations.reworded import Rewording, order_is_told
from perfprof.rules.reading.clauses import node_class
from perfprof.rules.reading.predicates import argument, identifier, kind_of
from perfprof.rules.rewording.question import scope, suspects, words
from perfprof.rules.rewording.scope import alike, conditions
from perfprof.rules.rewording.text import Change

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.reading.predicates import Tree
    from perfprof.rules.rewording.scope import Scope
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

_OTHERS = "group having distinct windows locks laterals qualify with".split()
_INSIDE = [*_OTHERS, "limit", "offset", "order"]
_AGGREGATES = ("Count", "Min", "Max", "Sum")
_NUMBERS = ("int", "bigint", "smallint")  # of SQLite; an interval of PostgreSQL has several spellings
_INTEGERS = ("integer", "bigint", "smallint")
_MOMENTS = ("date", "timestamp")
# What may stand in the conditions of a group: nothing that may fail for rows that were never looked at.
_HARMLESS = frozenset(
    "EQ NEQ GT GTE LT LTE Is In Like ILike Between And Or Not Paren Column Identifier Literal Placeholder Null Boolean "
    "Neg Tuple".split()
)
_TAIL = ("WHERE", "ORDER BY", "LIMIT", "OFFSET")


@dataclass(frozen=True, eq=False, slots=True)
class _Grouped:
    """One such subquery. key: the inner column; owner: the one outside. rest: the other conditions."""

    subquery: Tree
    aggregate: Tree
    key: Tree
    owner: Tree
    rest: tuple[Tree, ...]


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """A subquery of one aggregate in the list or in WHERE."""
    says = "a statement runs for each row of another"
    yield from suspects("correlated-aggregate", says, executions, catalog, lambda query: bool(_subqueries(query)))


def _subqueries(query: Worded) -> list[Tree]:
    tree = query.tree
    if kind_of(tree) != "Select" or argument(tree, "from") is None:
        return []
    where = tree.args.get("where")
    inside = [*tree.expressions, *([where] if where is not None else [])]
    found = [node for part in inside for node in part.find_all(node_class("Subquery"))]
    return [one for one in found if _is_aggregate(one, tree)]


def _is_aggregate(subquery: Tree, tree: Tree) -> bool:
    inner = subquery.this
    if kind_of(inner) != "Select" or len(inner.expressions) != 1 or inner.args.get("where") is None:
        return False
    mine = subquery.find_ancestor(node_class("Select")) is tree and kind_of(subquery.parent) not in (
        "In",
        "From",
        "Join",
    )
    return mine and kind_of(inner.expressions[0]) in _AGGREGATES


def _grouped(case: Case, subquery: Tree) -> _Grouped:
    """ValueError with the reason if it is none."""
    query, inner = words(case), subquery.this
    part = next((name for name in _INSIDE if argument(inner, name)), "")
    if part or argument(inner, "from") is None:
        raise ValueError(f"the inner statement has {part.upper() or 'no table'}")
    inside, outside = scope(case, inner), scope(case, query.tree)
    tie, key, owner = _tie(inner, inside, outside)
    rest = tuple(one for one in conditions(inner) if one is not tie)
    joined = [join.args["on"] for join in inner.args.get("joins") or () if join.args.get("on")]
    for condition in (*rest, *joined):
        if any(kind_of(node) not in _HARMLESS for node in condition.walk()):
            raise ValueError("one of its conditions computes something")
    others = [node for node in inner.find_all(node_class("Column")) if node is not owner]
    if any(inside.column(node) is None for node in others):
        raise ValueError("it names other columns of the outer row")
    _same_in_any_order(inner.expressions[0], inside, query.dialect)
    return _Grouped(subquery, inner.expressions[0], key, owner, rest)


def _tie(inner: Tree, inside: Scope, outside: Scope) -> tuple[Tree, Tree, Tree]:
    """The one equality with the outer row: (condition, the column inside, the one outside). ValueError if there is none."""
    ties = []
    for condition in conditions(inner):
        if kind_of(condition) == "EQ":
            sides = [(condition.this, condition.expression), (condition.expression, condition.this)]
            ties += [(condition, *pair) for pair in sides if _tied(*pair, inside, outside)][:1]
    if len(ties) != 1:
        raise ValueError("it is not tied to the outer row by the equality of one pair of whole numbers")
    return ties[0]


def _tied(one: Tree, other: Tree, inside: Scope, outside: Scope) -> bool:
    """Whether the first is a column inside, the second one outside, and both mean the same by equal."""
    mine, theirs = inside.column(one), outside.column(other)
    hidden = inside.column(other) is not None
    return mine is not None and theirs is not None and not hidden and alike(mine[1], theirs[1])


def _same_in_any_order(aggregate: Tree, inside: Scope, dialect: str) -> None:
    """ValueError unless its rows may come in any order."""
    value = aggregate.this
    if kind_of(value) == "Distinct":
        value = value.expressions[0] if len(value.expressions) == 1 else None
    if kind_of(aggregate) == "Count" and (kind_of(value) in ("Star", "Literal") or kind_of(value) == "Column"):
        return
    column = inside.column(value) if kind_of(value) == "Column" else None
    kind = column[1].kind if column is not None else ""
    if kind_of(aggregate) == "Sum":
        fits = dialect == "postgresql" and kind in ("integer", "smallint")
    else:
        fits = kind in _INTEGERS or kind.startswith(_MOMENTS if dialect == "postgresql" else _NUMBERS)
    if not fits:
        raise ValueError(f"{aggregate.sql()} may have another value when its rows come in another order")


@obligation
def rows_are_selected(case: Case) -> Proof:
    """The outer statement selects rows of joined tables as they are, by columns that are named."""
    select = words(case).tree
    part = next((name for name in _OTHERS if argument(select, name)), "")
    joins = select.args.get("joins") or ()
    if part or any(not (join.args.get("on") or join.args.get("using")) for join in joins):
        return unproved(f"it has {part.upper() or 'tables that nothing joins'}")
    if any(kind_of(term) == "Star" for term in select.expressions):
        return unproved("its star would take in the columns of the groups")
    if _aggregates(select):
        return unproved("it has an aggregate of its own")
    bare = [term for term in select.expressions if kind_of(term) != "Alias"]
    inside = {id(node) for term in bare for node in term.walk()}
    if any(id(one) in inside for one in _subqueries(words(case))):
        return unproved("the column is called after the aggregate")
    return proved("it does")


def _aggregates(select: Tree) -> bool:
    """Whether it has an aggregate or a window beside those of its subqueries."""
    found = select.find_all(node_class("AggFunc"))
    own = any(node.find_ancestor(node_class("Select")) is select for node in found)
    return own or any(kind_of(node) == "Window" for node in select.walk())


@obligation
def one_value_for_each_key(case: Case) -> Proof:
    """The inner statement's value depends on one key of the outer row alone, and not on the order of its rows."""
    try:
        found = [_grouped(case, one) for one in _subqueries(words(case))]
    except ValueError as error:
        return unproved(str(error))
    return proved(", ".join(f"by {one.key.sql()}" for one in found)) if found else unproved("there is none")


def _wording(case: Case) -> Reworded:
    query = words(case)
    taken = {str(node.name).lower() for node in query.tree.find_all(node_class("Identifier"))}
    taken |= {column.name.lower() for source in scope(case, query.tree).sources for column in source.columns}
    key, value = _free("k", taken), _free("v", taken)
    changes, joins = [], ""
    for subquery in _subqueries(query):
        one = _grouped(case, subquery)
        alias = _free(f"per_{_called(one.subquery.this)}", taken)
        start, end = query.span(subquery)
        new = f"coalesce({alias}.{value}, 0)" if kind_of(one.aggregate) == "Count" else f"{alias}.{value}"
        changes.append(Change(start, end, new))
        joins += f" LEFT JOIN ({_groups(query, one, start, key, value)}) AS {alias} ON {alias}.{key} = {query.piece(one.owner)}"
    first = query.keyword("FROM", query.tokens[1].start)[1]
    tail = min((at for word in _TAIL for at in [query.found(word, first)] if at is not None), default=query.end)
    place = max(token.end + 1 for token in query.tokens if token.end < tail)
    return query.reworded([*changes, Change(place, place, joins)])


def _groups(query: Worded, one: _Grouped, start: int, key: str, value: str) -> str:
    """The SELECT of one row for each key."""
    begin = query.shown.index("(", start) + 1
    select, begin = query.keyword("SELECT", begin)[1], query.keyword("FROM", begin)[0]
    aggregate = query.shown[select:begin].strip()
    source = query.shown[begin : query.keyword("WHERE", begin)[0]].rstrip()
    where = f" WHERE {' AND '.join(query.operand(part) for part in one.rest)}" if one.rest else ""
    column = query.piece(one.key)
    return f"SELECT {column} AS {key}, {aggregate} AS {value} {source}{where} GROUP BY {column}"


def _called(select: Tree) -> str:
    table = argument(select, "from").this
    alias = table.args.get("alias")
    name = identifier(alias) if alias is not None else identifier(table)
    return name if name.isidentifier() and name.isascii() else "one"


def _free(name: str, taken: set[str]) -> str:
    """The name, or one like it that the statement does not have yet; it is taken then."""
    names = (name, *(f"{name}{number}" for number in range(2, 99)))
    free = next(one for one in names if one.lower() not in taken)
    taken.add(free.lower())
    return free


_SHARED = Rewording(_wording, why="One pass makes the groups, instead of one look for each row.")
RULE = _SHARED.rule(
    "aggregate for each row -> groups, joined", looks_for, rows_are_selected, one_value_for_each_key, order_is_told
)
