r"""Ask whether there is a row, not how many there are.

`SELECT count(*) … WHERE …` visits every row that fits. Where the program only asks whether the number is zero, `EXISTS`
stops at the first one. The same for a list that is fetched to see whether it is empty: `LIMIT 1` fetches one row.

```sql schema
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, status TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders SELECT i, i * 7 % 400, 's' || (i % 3) FROM n;
```

```sql statement
-- asked: SQL.fetchone()[0] > 0
SELECT count(*) FROM orders WHERE status = ?
```

```sql rewritten
SELECT EXISTS (SELECT 1 FROM orders WHERE status = ?)
```

```sql statement
-- asked: "some" if SQL.fetchall() else "none"
SELECT id, customer_id FROM orders WHERE status = ?
```

```sql rewritten
SELECT id, customer_id FROM orders WHERE status = ? LIMIT 1
```

The list of the one number is never empty:

```sql unchanged only-asks-whether-any
-- asked: "some" if SQL.fetchall() else "none"
SELECT count(*) FROM orders WHERE status = ?
```

The count has a limit of its own:

```sql unchanged counts-rows
-- asked: SQL.fetchone()[0] > 0
SELECT count(*) FROM orders WHERE status = ? LIMIT 1
```

What an f-string takes from elsewhere is not cut into:

```sql unchanged text-is-in-one-place
-- with COUNT = count(*)
-- asked: SQL.fetchone()[0] > 0
SELECT {COUNT} FROM orders WHERE status <> 'A'
```

What is not on the copy cannot be tried there:

```sql unchanged rows-are-the-same
-- asked: SQL.fetchone()[0] > 0
SELECT count(*) FROM orders WHERE shown(status)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.obligations.reworded import Rewording
from perfprof.rules.reading.predicates import argument, kind_of
from perfprof.rules.rewording.answers import taken_alone
from perfprof.rules.rewording.asked_for import only_whether_any
from perfprof.rules.rewording.places import Place
from perfprof.rules.rewording.question import place, suspects, words
from perfprof.rules.rewording.scope import may_differ
from perfprof.rules.rewording.text import Change
from perfprof.rules.rule import Evidence

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.reading.predicates import Tree
    from perfprof.rules.rewording.text import Reworded, Worded
    from perfprof.rules.rule import Case, Proof, Suspect

_OTHERS = ("group", "having", "limit", "offset", "distinct", "windows", "locks", "laterals", "qualify", "with")


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """Statements of one count, and lists."""
    says = "rows are counted or fetched"
    yield from suspects("count-to-exists", says, executions, catalog, _looks)


def _looks(query: Worded) -> bool:
    return kind_of(query.tree) == "Select" and argument(query.tree, "from") is not None


def _counts(select: Tree) -> bool:
    """``SELECT count(*)`` or ``count(1)`` and nothing else."""
    terms = [one.this if kind_of(one) == "Alias" else one for one in select.expressions]
    return len(terms) == 1 and kind_of(terms[0]) == "Count" and kind_of(terms[0].this) in ("Star", "Literal")


def _wanted(case: Case) -> str:
    found = place(case)
    if not isinstance(found, Place) or not taken_alone(found, case.program):
        return ""
    assert found.call is not None
    assert found.function is not None
    return only_whether_any(found.call, found.function)


@obligation
def only_asks_whether_any(case: Case) -> Proof:
    """The program only asks whether there is a row."""
    wanted, counts = _wanted(case), _counts(words(case).tree)
    if wanted != ("number" if counts else "list"):
        return unproved("the program uses more of the answer than whether there is a row")
    return proved(f"of the {wanted} it only asks whether it is there")


@obligation
def counts_rows(case: Case) -> Proof:
    """It counts rows, not groups or values, or fetches them without locking them."""
    select = words(case).tree
    part = next((name for name in _OTHERS if argument(select, name)), "")
    if part and (_counts(select) or part in ("limit", "offset", "locks")):
        return unproved(f"it has {part.upper()}")
    if may_differ(select) or (any(kind_of(node) == "Window" for node in select.walk()) and not _counts(select)):
        return unproved("it calls a function that may do something for each row")
    return proved("it does")


def _wording(case: Case) -> Reworded:
    query = words(case)
    if not _counts(query.tree):
        return query.reworded([Change(query.end, query.end, " LIMIT 1")])
    start = query.tokens[1].start
    at = query.keyword("FROM")[0]
    return query.reworded([Change(start, at, "EXISTS (SELECT 1 "), Change(query.end, query.end, ")")])


def _probes(case: Case, old: str, new: str) -> tuple[str, str]:
    """What the program makes of the answers."""
    if not _counts(words(case).tree):
        old, new = (f"SELECT count(*) > 0 FROM (\n{text}\n) AS answer" for text in (old, new))  # noqa: S608
        return old, new
    return f"SELECT (\n{old}\n) > 0", f"SELECT (\n{new}\n)"


def _worth(case: Case) -> Evidence:
    """A number that is used as one, a list that is used as one, are nobody's business here."""
    return _SHARED.worth(case) if _wanted(case) else Evidence(False, "")


_SHARED = Rewording(_wording, why="The first row that fits is enough.", probes=_probes)
RULE = _SHARED.rule("count -> EXISTS", looks_for, only_asks_whether_any, counts_rows, worth=_worth)
