"""Write UNION ALL where no two rows can be equal.

UNION compares every row with every other to drop the second of two equal ones. Where each half names itself by another
constant, and the keys of its tables keep its own rows apart, there are none to drop. (SQLite merges two sorted halves either way.)

```sql schema
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT);
CREATE TABLE returns (id INTEGER PRIMARY KEY, order_id INTEGER, reason TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders SELECT i, i * 7 % 400, 's' || (i % 3) FROM n;
INSERT INTO returns SELECT id, id * 2, status FROM orders WHERE id <= 900;
```

Orders of one status may be many:

```sql unchanged halves-have-keys
SELECT 'order' AS kind, status FROM orders UNION SELECT 'return', reason FROM returns WHERE shown(reason) ORDER BY 1, 2
```

An order and a return may have the same number:

```sql unchanged halves-differ
SELECT 1 AS kind, id FROM orders WHERE shown(status) UNION SELECT 1.0, id FROM returns ORDER BY 1, 2
```

Nothing says which of two rows with one text comes first:

```sql unchanged order-tells-rows-apart
SELECT 'order' AS kind, id, status FROM orders UNION SELECT 'return', id, reason FROM returns WHERE shown(reason) ORDER BY 3
```

```sql unchanged text-is-in-one-place
-- assembled
SELECT 'order' AS kind, id FROM orders UNION SELECT 'return', id FROM returns WHERE shown(reason) ORDER BY kind, id
```

```sql unchanged rows-are-the-same
SELECT 'order' AS kind, id FROM orders UNION SELECT 'return', id FROM returns WHERE shown(reason) ORDER BY kind, id
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.obligations.reworded import Rewording
from perfprof.rules.reading.predicates import argument, identifier, kind_of
from perfprof.rules.rewording.question import scope, suspects, words
from perfprof.rules.rewording.scope import may_differ
from perfprof.rules.rewording.text import Change

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.reading.predicates import Tree
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

_WHOLE = ("integer", "int", "bigint", "smallint", "uuid")
_OTHERS = "group having windows laterals qualify with locks order limit offset".split()


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """The UNION of two SELECTs."""
    yield from suspects(
        "useless-union", "UNION compares all rows", executions, catalog, lambda query: bool(_halves(query))
    )


def _halves(query: Worded) -> list[Tree]:
    tree = query.tree
    if kind_of(tree) != "Union" or not tree.args.get("distinct") or argument(tree, "with"):
        return []
    halves = [tree.this, tree.expression]
    plain = all(kind_of(one) == "Select" for one in halves)
    return halves if plain and len(halves[0].expressions) == len(halves[1].expressions) else []


def _bare(term: Tree) -> Tree:
    return term.this if kind_of(term) == "Alias" else term


def _apart(query: Worded) -> list[int]:
    """The places at which the halves have different constants."""
    pairs = zip(*(half.expressions for half in _halves(query)), strict=True)
    return [at for at, (one, other) in enumerate(pairs) if _different(_bare(one), _bare(other))]


def _different(one: Tree, other: Tree) -> bool:
    if kind_of(one) != "Literal" or kind_of(other) != "Literal" or one.is_string != other.is_string:
        return False
    return bool(one.name != other.name if one.is_string else Decimal(one.name) != Decimal(other.name))


@obligation
def halves_differ(case: Case) -> Proof:
    """A constant that is another one in each half keeps the rows of one apart from those of the other."""
    return proved("it does") if _apart(words(case)) else unproved("both halves may have the same row")


def _told_apart(case: Case, half: Tree, places: Iterable[int]) -> str:
    """Why its rows may be alike in these columns; only whole numbers count.

    Text beside text of another collation, a number beside a fraction, or a moment beside one of another type is compared
    otherwise by UNION than by the key.
    """
    known = scope(case, half)
    halves = _halves(words(case))
    whole = [at for at in places if all(_is_whole(case, one, at) for one in halves)]
    named = [known.column(_bare(half.expressions[at])) for at in whole]
    return known.unique([one for one in named if one is not None])


def _is_whole(case: Case, half: Tree, at: int) -> bool:
    term = _bare(half.expressions[at])
    column = scope(case, half).column(term)
    return kind_of(term) == "Literal" or (column is not None and column[1].kind in _WHOLE)


@obligation
def halves_have_keys(case: Case) -> Proof:
    """Each half selects a key of every table that it reads, or drops what is there twice by itself."""
    for half in _halves(words(case)):
        part = next((name for name in _OTHERS if argument(half, name)), "")
        if part or may_differ(half):
            return unproved(f"a half has {part.upper() or 'a function that is not known'}")
        if any(kind_of(_bare(term)) not in ("Column", "Literal") for term in half.expressions):
            return unproved("a half computes something, which may give several rows")
        problem = _told_apart(case, half, range(len(half.expressions)))
        if problem:
            return unproved(problem)
    return proved("by the keys of the schema")


@obligation
def order_tells_rows_apart(case: Case) -> Proof:
    """ORDER BY goes by that constant and by those keys, so that rows cannot come in another order."""
    query = words(case)
    order, halves = argument(query.tree, "order"), _halves(query)
    names = [identifier(one, qualifier="alias") or identifier(_bare(one)) for one in halves[0].expressions]
    places = {_place(term.this, names) for term in (order.expressions if order is not None else ())}
    if not places & set(_apart(query)):
        return unproved("ORDER BY does not go by the constant")
    for half in halves:
        problem = _told_apart(case, half, [at for at in sorted(places) if at >= 0])
        if problem:
            return unproved(f"rows may come in another order: {problem}")
    return proved("it does")


def _place(term: Tree, names: list[str]) -> int:
    """Of a column, by its number or its name; -1 if that is not sure."""
    if kind_of(term) == "Literal" and not term.is_string and term.name.isdigit():
        return int(term.name) - 1 if 0 < int(term.name) <= len(names) else -1
    named = kind_of(term) == "Column" and not term.args.get("table") and names.count(identifier(term)) == 1
    return names.index(identifier(term)) if named else -1


def _wording(case: Case) -> Reworded:
    query = words(case)
    meant = query.tree.copy()
    meant.set("distinct", False)
    end = query.keyword("UNION")[1]
    return query.reworded([Change(end, end, " ALL")], meant)


_SHARED = Rewording(_wording, why="No row can be there twice.")
RULE = _SHARED.rule(
    "UNION of keys -> UNION ALL", looks_for, halves_differ, halves_have_keys, order_tells_rows_apart
)
