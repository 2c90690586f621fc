"""Leave out a table of which nothing is read.

`SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id` looks up a customer for each order and uses nothing of
him. Where a foreign key says that there is one, and a key that there is only one, each order comes out just once with or
without the join. PostgreSQL leaves out such LEFT JOINs by itself, but no inner ones. (SQLite does not enforce foreign keys
unless each connection asks for it, so that nothing is sure there.)

```sql schema
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), status TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders SELECT i, i * 7 % 400 + 1, 's' || (i % 3) FROM n;
INSERT INTO customers SELECT id, 'n' || id FROM orders WHERE id <= 400;
```

```sql unchanged each-row-has-one
SELECT o.id, o.status FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id
```

The order of rows may be another without the join:

```sql unchanged order-is-told
SELECT o.id, o.status FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.status
```

```sql unchanged text-is-in-one-place
-- assembled
SELECT o.id, o.status FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id
```

```sql unchanged rows-are-the-same
SELECT o.id, o.status FROM orders o JOIN customers c ON c.id = o.customer_id WHERE shown(o.status) ORDER BY o.id
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.obligations.reworded import Rewording, order_is_told
from perfprof.rules.reading.clauses import node_class
from perfprof.rules.reading.predicates import argument, identifier, kind_of
from perfprof.rules.rewording.question import scope, suspects, words
from perfprof.rules.rewording.scope import alike, may_differ
from perfprof.rules.rewording.text import Change

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.reading.predicates import Tree
    from perfprof.rules.rewording.scope import Scope
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

_WORDS = ("JOIN", "INNER JOIN", "INNER")


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """An inner join of a table whose columns stand only in its own condition."""
    says = "a table is joined of which nothing is read"
    yield from suspects("useless-join", says, executions, catalog, lambda query: bool(_unread(query)))


def _unread(query: Worded) -> list[Tree]:
    """Such joins, by the names that the statement writes."""
    tree = query.tree
    if (
        kind_of(tree) != "Select"
        or _hangs_on_order(tree)
        or any(kind_of(term) == "Star" for term in tree.expressions)
        or argument(tree, "locks")
        or any(may_differ(term) for term in tree.expressions)
        or any(join.args.get("using") or join.args.get("method") for join in tree.args.get("joins") or ())
    ):
        return []
    return [join for join in tree.args.get("joins") or () if _is_plain(join) and not _read_elsewhere(join, tree)]


def _hangs_on_order(tree: Tree) -> bool:
    """Whether rows that come another way may have other values: of a window, of a sum or of a list made of them."""
    return any(
        kind_of(node) == "Window" or (isinstance(node, node_class("AggFunc")) and kind_of(node) != "Count")
        for node in tree.walk()
    )


def _is_plain(join: Tree) -> bool:
    """``JOIN table ON column = column``, with both columns qualified."""
    on, kind = join.args.get("on"), str(join.args.get("kind") or "").upper()
    plain = kind in ("", "INNER") and not join.args.get("side") and not join.args.get("method")
    sides = (on.this, on.expression) if kind_of(on) == "EQ" else ()
    return plain and bool(sides) and all(kind_of(side) == "Column" and side.args.get("table") for side in sides)


def _read_elsewhere(join: Tree, tree: Tree) -> bool:
    name = _called(join)
    inside = {id(node) for node in join.walk()}
    return any(
        identifier(node, qualifier="table") in ("", name) or identifier(node) == name
        for node in tree.find_all(node_class("Column"))
        if id(node) not in inside
    )


def _called(join: Tree) -> str:
    alias = join.this.args.get("alias")
    return identifier(alias) if alias is not None else identifier(join.this)


@obligation
def each_row_has_one(case: Case) -> Proof:
    """A foreign key says that each row has a row in that table, and a key that it has no more than one."""
    query = words(case)
    known = scope(case, query.tree)
    for join in _unread(query):
        problem = _lonely(case, join, known)
        if problem:
            return unproved(problem)
    return proved("by the keys of the schema")


def _lonely(case: Case, join: Tree, known: Scope) -> str:
    """Why a row may have none, or several; "" if it has exactly one."""
    on = join.args["on"]
    for one, other in ((on.this, on.expression), (on.expression, on.this)):
        mine, theirs = known.column(one), known.column(other)
        if mine is None or theirs is None or theirs[0].alias != _called(join) or mine[0] is theirs[0]:
            continue
        if mine[1].nullable or mine[0].optional or not alike(mine[1], theirs[1]):
            return f"{mine[0].table.name}.{mine[1].name} may be NULL"
        if frozenset([theirs[1].name]) not in theirs[0].keys:
            return f"{theirs[0].table.name}.{theirs[1].name} is no key"
        assert case.copy is not None
        wanted = (mine[1].name, theirs[0].table.key, theirs[1].name)
        return (
            ""
            if wanted in case.copy.references(mine[0].table)
            else "no foreign key, checked at once, says that it has one"
        )
    return "whose columns it compares, is not sure"


def _wording(case: Case) -> Reworded:
    query, meant = words(case), words(case).tree.copy()
    gone = _unread(query)
    if not gone:
        raise ValueError("its source reads something of each table")
    joins = query.tree.args["joins"]
    meant.set(
        "joins", [new for new, old in zip(meant.args["joins"], joins, strict=True) if old not in gone] or None
    )
    return query.reworded([_without(query, join) for join in gone], meant)


def _without(query: Worded, join: Tree) -> Change:
    first = min(int(name.meta["start"]) for name in join.this.find_all(node_class("Identifier")))
    end = query.span(join.args["on"])[1]
    before = [at for at, token in enumerate(query.tokens) if token.start < first]
    at = len(before) - 1
    while at and query.tokens[at].text.upper() in _WORDS:
        at -= 1
    return Change(int(query.tokens[at].end) + 1, end, "")


_SHARED = Rewording(_wording, why="Each row has exactly one there, and nothing of it is read.")
RULE = _SHARED.rule("JOIN of which nothing is read -> none", looks_for, each_row_has_one, order_is_told)
