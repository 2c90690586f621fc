"""Leave out ORDER BY where nobody sees the order.

A count of an ordered subquery, or `IN (SELECT … ORDER BY …)`, sorts rows whose order is forgotten at once; PostgreSQL does
it all the same. And behind the columns of a key no two rows are left to put in order: `ORDER BY id, name` makes it sort
although the rows come out of the index of `id` in that very order. (SQLite sees through all of these by itself.)

```sql schema
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, status TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders SELECT i, i * 7 % 400, 's' || (i % 3) FROM n;
```

The first ten are others in another order:

```sql unchanged order-is-not-seen
SELECT count(*) FROM (SELECT id FROM orders WHERE shown(status) ORDER BY status LIMIT 10)
```

Customers have many orders, which are put in order among themselves:

```sql unchanged order-is-not-seen
SELECT id FROM orders WHERE shown(status) ORDER BY customer_id, id
```

```sql unchanged text-is-in-one-place
-- assembled
SELECT id FROM orders WHERE shown(status) ORDER BY id, status
```

```sql unchanged rows-are-the-same
SELECT id FROM orders WHERE shown(status) ORDER BY id, status
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.obligations.reworded import Rewording
from perfprof.rules.reading.predicates import argument, kind_of
from perfprof.rules.rewording.question import scope, suspects, words
from perfprof.rules.rewording.scope import may_differ
from perfprof.rules.rewording.text import Change
from perfprof.rules.rule import Evidence, Level

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.reading.predicates import Tree
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

_BOUND = "limit offset distinct locks fetch".split()  # with these the order says which rows there are
_GROUPS = "group having distinct windows locks laterals qualify with".split()
_BEHIND = ("LIMIT", "OFFSET", "FETCH", "FOR")


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """ORDER BY inside of a count or a list, or by more than one column."""
    says = "rows are sorted that are in order, or whose order is forgotten"
    yield from suspects("useless-order", says, executions, catalog, _looks)


def _looks(query: Worded) -> bool:
    return kind_of(query.tree) == "Select" and (bool(_inner(query.tree)) or len(_terms(query.tree)) > 1)


def _terms(select: Tree) -> list[Tree]:
    order = argument(select, "order")
    return list(order.expressions) if order is not None else []


def _inner(tree: Tree) -> list[Tree]:
    """The ordered subqueries of counts and of lists."""
    found = []
    for node in tree.walk():
        inner = (
            node.args.get("query").this if kind_of(node) == "In" and node.args.get("query") is not None else None
        )
        if kind_of(node) == "Select" and argument(node, "from") is not None and _only_counts(node):
            inner = argument(node, "from").this.this
        if kind_of(inner) == "Select" and _terms(inner):
            found.append(inner)
    return found


def _only_counts(select: Tree) -> bool:
    """Whether it only counts the rows of one source."""
    terms = [one.this if kind_of(one) == "Alias" else one for one in select.expressions]
    source = argument(select, "from").this
    counts = [kind_of(one) == "Count" and kind_of(one.this) in ("Star", "Column", "Literal") for one in terms]
    plain = not select.args.get("joins") and argument(select, "group") is None  # groups come as their rows do
    return kind_of(source) == "Subquery" and all(counts) and plain


@obligation
def order_is_not_seen(case: Case) -> Proof:
    """The order is forgotten, or a key in ORDER BY leaves nothing to be put in order behind it."""
    try:
        _changes(case)
    except ValueError as error:
        return unproved(str(error))
    return proved("nothing depends on it")


def _changes(case: Case) -> tuple[list[Change], Tree]:
    """What goes, and the tree without it. ValueError with the reason if nothing does."""
    query = words(case)
    meant = query.tree.copy()
    changes = []
    for old, new in zip(_inner(query.tree), _inner(meant), strict=True):
        part = next((name for name in _BOUND if argument(old, name)), "")
        if part or may_differ(argument(old, "order")):
            raise ValueError(f"the order tells which rows there are: it has {part.upper() or 'a function'}")
        opened = (
            query.shown.rindex("(", 0, query.span(old)[0] + 1)
            if query.shown[query.span(old)[0]] != "("
            else query.span(old)[0]
        )
        end = query.closing(opened) - 1
        changes.append(Change(_before(query, query.keyword("ORDER BY", opened + 1)[0]), _before(query, end), ""))
        new.set("order", None)
    terms = _terms(query.tree)
    kept = _kept(case, query.tree, terms) if len(terms) > 1 else len(terms)
    if kept < len(terms):
        changes.append(_rest(query, kept))
        argument(meant, "order").set("expressions", argument(meant, "order").expressions[:kept])
    if not changes:
        raise ValueError("no key of what it reads stands in ORDER BY before other columns")
    return changes, meant


def _kept(case: Case, select: Tree, terms: list[Tree]) -> int:
    """How many terms of ORDER BY it takes to tell all rows apart."""
    windows = any(kind_of(node) == "Window" for node in select.walk())
    if windows or any(argument(select, part) for part in _GROUPS) or any(may_differ(one) for one in terms):
        return len(terms)
    known, named = scope(case, select), []
    for number, term in enumerate(terms, 1):
        column = known.ordered(term)
        if column is None:
            return len(terms)
        named.append(column)
        if not known.unique(named):
            return number
    return len(terms)


def _rest(query: Worded, kept: int) -> Change:
    """From the comma behind the last term that is kept to the end of the clause."""
    start = query.keyword("ORDER BY")[1]
    ends = [at for word in _BEHIND for at in [query.found(word, start)] if at is not None]
    end = min(ends, default=query.end)
    commas = query.commas(start, end)
    return Change(_before(query, commas[kept - 1]), _before(query, end), "")


def _before(query: Worded, place: int) -> int:
    """Behind the token before this place, so that no blank is left over."""
    return max(int(token.end) + 1 for token in query.tokens if token.end < place)


def _wording(case: Case) -> Reworded:
    return words(case).reworded(*_changes(case))


def _worth(case: Case) -> Evidence:
    """Nothing is said of an order that is wanted, as most are that go by several columns."""
    return _SHARED.worth(case) if order_is_not_seen.check(case).level is Level.PROVED else Evidence(False, "")


_SHARED = Rewording(_wording, why="The order is forgotten, or complete already.")
RULE = _SHARED.rule("ORDER BY that nobody sees -> none", looks_for, order_is_not_seen, worth=_worth)
