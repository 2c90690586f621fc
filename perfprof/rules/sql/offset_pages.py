"""Go on behind the last row, not from the first one again.

`LIMIT 20 OFFSET 4000` reads 4,020 rows and throws 4,000 away: the further a reader turns the pages, the slower they come.
A page that begins behind the last key of the one before (`WHERE id > ? ORDER BY id LIMIT 20`) costs the same everywhere.
It is another interface: whoever asks must hand on a key instead of a number, and can no longer jump to page 200. So this
is a suggestion, and never written.

```sql schema
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders SELECT i, i * 7 % 400, 's' || (i % 3) FROM n;
```

```sql unchanged caller-hands-on-a-key
SELECT id, status FROM orders ORDER BY id LIMIT ? OFFSET ?
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.proofs import obligation, unproved
from perfprof.rules.reading.predicates import argument, identifier, kind_of
from perfprof.rules.rewording.question import question_of, suspects, words
from perfprof.rules.rule import Evidence, Rule, never_written

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.rewording.text import Worded
    from perfprof.rules.rule import Case, Proof, Suspect

MANY_ROWS = 1_000  # of the table
MANY_PAGES = 10  # that were asked for
LEAST_SHARE = 0.01  # of what all statements took: a rewrite is judged, a hint has only this to show that it matters


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """SELECT with OFFSET, the number of the page given from outside."""
    says = "each page reads all pages before it"
    yield from suspects("offset-pages", says, executions, catalog, _looks)


def _looks(query: Worded) -> bool:
    offset = argument(query.tree, "offset") if kind_of(query.tree) == "Select" else None
    return offset is not None and argument(query.tree, "order") is not None and offset.expression.sql() != "0"


def _worth(case: Case) -> Evidence:
    question = question_of(case)
    pages, seconds = question.asked.count, question.asked.seconds
    if seconds < LEAST_SHARE * sum(one.seconds for one in case.executions):
        return Evidence(False, "")
    if question.largest < MANY_ROWS or pages < MANY_PAGES:
        return Evidence(False, f"{pages:,} pages of at most {question.largest:,} rows")
    return Evidence(True, f"{pages:,} pages of {question.largest:,} rows, each from the first row on")


@obligation
def caller_hands_on_a_key(case: Case) -> Proof:
    """Whoever turns the pages hands on the last key that was seen."""
    order = argument(words(case).tree, "order")
    names = [identifier(term.this) for term in order.expressions if kind_of(term.this) == "Column"]
    by = ", ".join(names) or "its ORDER BY"
    return unproved(
        f"only its author can say so: ask for rows behind the last {by}, with a unique column at the end"
    )


RULE = Rule(
    title="OFFSET -> keyset pages",
    in_statements=looks_for,
    worth=_worth,
    safe_if=(caller_hands_on_a_key,),
    rewrite=never_written,
    promises=1.0,
)
