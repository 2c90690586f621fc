"""Build the index that recorded statements lack.

A statement that compares a column without an index makes the database read the whole table and throw most of it away,
each time. An index finds the rows by searching a tree: from about a thousand rows on, reading a few pages instead of
all of them. It costs room, and each write has one more tree to keep.

Columns compared by equality come first, the most selective ahead, then one range or the columns of ORDER BY, three
at most. Indexes that are prefixes of one another become one. The migration has its way back. In a
Django project whose model is sure it is a file of Django's, with the index in `Meta.indexes` as well; with one head of
Alembic's it is a revision after that; else it is plain SQL.

```sql schema
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, due TEXT, status TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO orders SELECT i, i * 7 % 400, date('2024-01-01', '+' || (i % 365) || ' days'), 's' || (i % 3) FROM n;
```

```sql statement
SELECT id, due FROM orders WHERE customer_id = ?;
```

```sql up
CREATE INDEX "ix_orders_customer_id" ON "orders" ("customer_id");
```

```sql down
DROP INDEX IF EXISTS "ix_orders_customer_id";
```

Two statements, one index: the first one's column begins the second one's.

```sql statement
SELECT id, due FROM orders WHERE customer_id = ?;
SELECT id FROM orders WHERE customer_id = ? AND due >= ?;
```

```sql up
CREATE INDEX "ix_orders_customer_id_due" ON "orders" ("customer_id", "due");
```

```sql down
DROP INDEX IF EXISTS "ix_orders_customer_id_due";
```

The index is there, and the plan does not use it:

```sql unchanged no-index-covers-it
CREATE INDEX mine ON orders (customer_id);
SELECT id, due FROM orders NOT INDEXED WHERE customer_id = ?;
```

The statement forbids the use of any index:

```sql unchanged planner-picks-it
SELECT id, due FROM orders NOT INDEXED WHERE customer_id = ?;
```

Any ten rows will do, so another plan may well give another ten:

```sql unchanged results-stay-the-same
SELECT id FROM orders WHERE customer_id = ? LIMIT ?;
```

For each look-up there are thousands of inserts:

```sql unchanged writes-stay-cheap
-- 100000 times
INSERT INTO orders (customer_id, due, status) VALUES (?, ?, ?);
SELECT id, due FROM orders WHERE customer_id = ?;
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations import index as safe
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.schema import lacking

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog


def looks_for(executions: tuple[Execution, ...], catalog: Catalog) -> Iterator[Suspect]:
    """Indexes without which recorded statements read whole tables."""
    from perfprof.rules.schema.needs import needs

    for need in needs(executions, catalog):
        columns = ", ".join(need.candidate.names)
        message = f"{need.executions:,} executions scan {need.table.name} ({need.table.rows:,} rows)"
        yield Suspect(lacking.finding("missing-index", need, catalog, columns, message), need)


RULE = Rule(
    title="scan -> index",
    in_statements=looks_for,
    worth=safe.worth_an_index,
    safe_if=(
        safe.no_index_covers_it,
        safe.planner_picks_it,
        safe.results_stay_the_same,
        safe.writes_stay_cheap,
        safe.not_inside_a_transaction,
    ),
    rewrite=lacking.built,
    promises=2.0,
    counter="vm-steps",
)
