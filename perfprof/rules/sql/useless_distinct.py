"""Leave DISTINCT out where keys make all rows different anyway.

DISTINCT sorts or hashes every row of the answer. Where the selected columns hold a key of each table that is read, no
two rows can be equal, and the work is for nothing: that a key is one, the schema says, not the data.

```sql schema
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, email TEXT UNIQUE, code TEXT UNIQUE NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, status TEXT);
CREATE TABLE profiles (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders SELECT i, i * 7 % 400, 's' || (i % 3) FROM n;
INSERT INTO customers SELECT id, 'name' || id % 300, 'e' || id, 'c' || id FROM orders WHERE id <= 700;
INSERT INTO profiles SELECT id, id FROM orders WHERE id <= 700;
```

A join, with a key of each of its tables (SQLite knows it by itself where there is only one):

```sql statement
SELECT /* who */ DISTINCT o.id, c.name, c.code
FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE o.id > ? ORDER BY o.id
```

```sql rewritten
SELECT /* who */ o.id, c.name, c.code
FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE o.id > ? ORDER BY o.id
```

Today each customer has one profile, but nothing in the schema says so:

```sql unchanged list-holds-keys
SELECT DISTINCT c.id, c.name FROM customers c JOIN profiles p ON p.customer_id = c.id ORDER BY c.id
```

UNIQUE lets any number of rows have no e-mail at all:

```sql unchanged list-holds-keys
SELECT DISTINCT email FROM customers ORDER BY email
```

Nothing says which ten: without DISTINCT they may be others.

```sql unchanged order-is-told
SELECT DISTINCT o.id, c.id FROM orders o JOIN customers c ON c.id = o.customer_id LIMIT 10
```

The statement is put together when it runs, so that there is no text to change:

```sql unchanged text-is-in-one-place
-- assembled
SELECT DISTINCT o.id, c.id FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id
```

The copy does not know a function of the application's, so nothing can be tried:

```sql unchanged rows-are-the-same
SELECT DISTINCT o.id, c.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE shown(o.status) ORDER BY o.id
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.obligations.reworded import Rewording, order_is_told
from perfprof.rules.reading.predicates import argument, kind_of
from perfprof.rules.rewording.question import scope, suspects, words
from perfprof.rules.rewording.text import Change

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.reading.predicates import Tree
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

# Functions that give one value for each row; others may give many rows (unnest, generate_series).
_ONE_VALUE = ("Lower", "Upper", "Coalesce", "Cast", "Length", "Case", "If", "Trim", "Abs", "Round", "And", "Or")


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """SELECT DISTINCT."""
    yield from suspects("useless-distinct", "DISTINCT sorts every row", executions, catalog, _looks)


def _looks(query: Worded) -> bool:
    distinct = query.tree.args.get("distinct") if kind_of(query.tree) == "Select" else None
    return distinct is not None and distinct.args.get("on") is None


@obligation
def list_holds_keys(case: Case) -> Proof:
    """The selected columns hold a key of every table, so that no two rows are equal."""
    select = words(case).tree
    if argument(select, "group") is not None or argument(select, "laterals"):
        return unproved("its rows are groups")
    for term in select.expressions:
        other = next((one for one in term.walk() if _may_give_rows(one)), None)
        if other is not None:
            return unproved("a function in its list may give several rows")
    known = scope(case, select)
    problem = known.unique(known.selected())
    return unproved(problem) if problem else proved("by the keys of the schema")


def _may_give_rows(node: Tree) -> bool:
    from perfprof.rules.reading.clauses import node_class

    return isinstance(node, node_class("Func")) and kind_of(node) not in _ONE_VALUE


def _wording(case: Case) -> Reworded:
    query = words(case)
    word = next(at for at, token in enumerate(query.tokens) if token.text.upper() == "DISTINCT")
    meant = query.tree.copy()
    meant.set("distinct", None)
    change = Change(query.tokens[word].start, query.tokens[word + 1].start, "")
    return query.reworded([change], meant)


_SHARED = Rewording(_wording, why="The keys of the schema keep its rows apart already.")
RULE = _SHARED.rule("DISTINCT of keys -> plain SELECT", looks_for, list_holds_keys, order_is_told)
