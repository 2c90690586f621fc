'''Ask once for all keys, not once for each row.

A loop that runs `SELECT … WHERE id = ?` for each of its rows sends one statement a row (with the query for the rows
themselves: N + 1). One statement for all keys and a dict do the same work in one round trip; with a network between
program and database that is most of the time. A query that sits in a helper or a repository gets a sibling for many
keys beside it, and the loop asks that one.

Whole numbers are looked up with `IN (…)`, 500 at a time (`= ANY(…)` with psycopg's `%s`). Text compares as the column's
collation wants, so there each row brings back the key that it was found by. Keys without rows give None or `[]` as
before. All rows are read in one snapshot; what others commit meanwhile is no longer seen by later turns.

```python before
def ledger(conn):
    orders = conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall()
    lines = []
    for order in orders:
        customer = conn.execute(
            "SELECT name, country FROM customers WHERE id = ?", (order["customer_id"],)
        ).fetchone()
        lines.append((order["id"], customer["name"] if customer else "?"))
    return lines
```

```python after
def ledger(conn):
    orders = conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall()
    lines = []
    customer_ids = list(dict.fromkeys(order["customer_id"] for order in orders))
    customers_by_id = {}
    for start in range(0, len(customer_ids), 500):
        part = customer_ids[start : start + 500]
        marks = ", ".join("?" * len(part))
        for customer in conn.execute(
            f"SELECT name, country, id FROM customers WHERE id IN ({marks})", part
        ):
            customers_by_id.setdefault(customer["id"], customer)
    for order in orders:
        customer = customers_by_id.get(order["customer_id"])
        lines.append((order["id"], customer["name"] if customer else "?"))
    return lines
```

```python workload
import sqlite3

conn = sqlite3.connect(":memory:")
conn.row_factory = sqlite3.Row
conn.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, country TEXT)")
conn.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, code TEXT)")
conn.executemany("INSERT INTO customers VALUES (?, ?, 'NL')", [(i, f"Name {i}") for i in range(0, n, 2)])
conn.executemany("INSERT INTO orders VALUES (?, ?, ?)", [(i, i * 3 % (n + 1), f"name {i}") for i in range(n)])
ledger(conn)
```

The usual shape in layers: the query is in a repository, the loop in a service.

```python before
class Customers:
    def __init__(self, conn):
        self.conn = conn

    def name_of(self, customer_id: int) -> str | None:
        """The customer's name, in capitals."""
        row = self.conn.execute("SELECT name FROM customers WHERE id = ?", (customer_id,)).fetchone()
        if row is None:
            return None
        return row["name"].upper()


def ledger(conn):
    customers = Customers(conn)
    orders = conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall()
    return [(order["id"], customers.name_of(order["customer_id"])) for order in orders]
```

```python after
class Customers:
    def __init__(self, conn):
        self.conn = conn

    def name_of(self, customer_id: int) -> str | None:
        """The customer's name, in capitals."""
        row = self.conn.execute("SELECT name FROM customers WHERE id = ?", (customer_id,)).fetchone()
        if row is None:
            return None
        return row["name"].upper()

    def name_of_many(self, customer_ids: list[int]) -> dict[int, str | None]:
        """What `name_of` gives for each of these, by customer_id."""
        wanted = list(dict.fromkeys(customer_ids))
        rows = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ", ".join("?" * len(part))
            for row in self.conn.execute(
                f"SELECT name, id FROM customers WHERE id IN ({marks})", part
            ):
                rows.setdefault(row["id"], row)
        found = {}
        for customer_id in wanted:
            row = rows.get(customer_id)
            if row is None:
                found[customer_id] = None
                continue
            found[customer_id] = row["name"].upper()
        return found


def ledger(conn):
    customers = Customers(conn)
    orders = conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall()
    name_ofs_by_customer_id = customers.name_of_many([order["customer_id"] for order in orders])
    return [(order["id"], name_ofs_by_customer_id[order["customer_id"]]) for order in orders]
```

The statement counts, so its one row speaks of all rows of a key:

```python unchanged plain-look-up
def ledger(conn):
    lines = []
    for order in conn.execute("SELECT id FROM customers ORDER BY id").fetchall():
        row = conn.execute("SELECT count(*) AS n FROM orders WHERE customer_id = ?", (order["id"],)).fetchone()
        lines.append((order["id"], row["n"]))
    return lines
```

The newest order of each customer: LIMIT would count the rows of all customers together:

```python unchanged no-limit-per-key
def ledger(conn):
    lines = []
    for customer in conn.execute("SELECT id FROM customers ORDER BY id").fetchall():
        row = conn.execute(
            "SELECT id FROM orders WHERE customer_id = ? ORDER BY id DESC LIMIT 1", (customer["id"],)
        ).fetchone()
        lines.append((customer["id"], row["id"] if row else None))
    return lines
```

Keys that SQL compares in a way of its own:

```python unchanged keys-compare-alike
def ledger(conn):
    lines = []
    for order in conn.execute("SELECT id, customer_id + 0.5 AS k FROM orders ORDER BY id").fetchall():
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order["k"],)).fetchone()
        lines.append((order["id"], row["name"] if row else None))
    return lines
```

The row is given on as a whole, and it would have one more column:

```python unchanged rows-keep-their-shape
def ledger(conn):
    lines = []
    for order in conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall():
        row = conn.execute("SELECT name, country FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        lines.append(dict(row) if row else None)
    return lines
```

A turn changes what a later turn reads:

```python unchanged loop-writes-nothing-it-reads
def ledger(conn):
    lines = []
    for order in conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall():
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        conn.execute("UPDATE customers SET name = 'seen' WHERE id = ?", (order["customer_id"],))
        lines.append(row["name"] if row else None)
    return lines
```

Each turn asks whatever connection is current:

```python unchanged same-connection
class Shop:
    def __init__(self, conn):
        self.conn = conn


def ledger(conn):
    shop = Shop(conn)
    lines = []
    for order in conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall():
        row = shop.conn.execute("SELECT name FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        lines.append(row["name"] if row else None)
        shop.conn = conn
    return lines
```

The keys themselves are changed on the way:

```python unchanged key-unchanged
def ledger(conn):
    orders = [{"customer_id": row[0]} for row in conn.execute("SELECT customer_id FROM orders ORDER BY id")]
    lines = []
    for order in orders:
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        lines.append(row["name"] if row else None)
        order["customer_id"] = 0
    return lines
```

What was looked up is changed by the caller, and turns with the same key would share it:

```python unchanged answers-not-shared
class Customers:
    def __init__(self, conn):
        self.conn = conn

    def find(self, customer_id):
        row = self.conn.execute("SELECT name FROM customers WHERE id = ?", (customer_id,)).fetchone()
        return [row["name"]] if row else []


def ledger(conn):
    customers = Customers(conn)
    lines = []
    for order in conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall():
        names = customers.find(order["customer_id"])
        names.append(str(order["id"]))
        lines.append(names)
    return lines
```

The loop stops at the first hit, so most keys would be looked up in vain:

```python unchanged loop-runs-through
def ledger(conn):
    orders = conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall()
    for order in orders * 9:
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        if order["id"] >= 9:
            return row["name"] if row else None
    return None
```

An error of one key is answered in its turn:

```python unchanged errors-not-caught
import sqlite3


def ledger(conn):
    lines = []
    for order in conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall():
        try:
            row = conn.execute("SELECT name FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        except sqlite3.Error:
            row = None
        lines.append(row["name"] if row else None)
    return lines
```

The loop finds more to do while it runs:

```python unchanged walked-unchanged
def ledger(conn):
    wanted = [row[0] for row in conn.execute("SELECT customer_id FROM orders ORDER BY id")]
    lines = []
    for customer_id in wanted:
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (customer_id,)).fetchone()
        lines.append(row["name"] if row else None)
        if customer_id > 1:
            wanted.append(customer_id // 2)
    return lines
```

The helper does more than look up:

```python unchanged helper-only-reads
asked = []


def find(conn, customer_id):
    asked.append(customer_id)
    row = conn.execute("SELECT name FROM customers WHERE id = ?", (customer_id,)).fetchone()
    return row["name"] if row else None


def ledger(conn):
    orders = conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall()
    return [find(conn, order["customer_id"]) for order in orders]
```
'''

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.findings import finding
from perfprof.rules.lookups.evidence import watches, worth_a_batch
from perfprof.rules.lookups.model import Lookup, lookups
from perfprof.rules.lookups.rewrite import batched
from perfprof.rules.obligations import looked_up as rows
from perfprof.rules.obligations import looping as loops
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Queries that a loop runs once for each of its rows."""
    for found in lookups(function, program):
        what = finding("n-plus-one", function, found.call, _subject(found), _message(found))
        yield Suspect(what, found, tuple(watches(found, what.id)), function)


def _subject(found: Lookup) -> str:
    table = found.query.statement.tables[0].name
    return f"{table} by {found.use.column.name}"


def _message(found: Lookup) -> str:
    through = f" through {found.reader.qualname}" if found.parameter else ""
    return f"one query for each row{through}"


RULE = Rule(
    title="N+1 -> one query",
    in_function=looks_for,
    worth=worth_a_batch,
    safe_if=(
        rows.plain_look_up,
        rows.no_limit_per_key,
        rows.keys_compare_alike,
        rows.rows_keep_their_shape,
        rows.answers_not_shared,
        loops.loop_writes_nothing_it_reads,
        loops.same_connection,
        loops.key_unchanged,
        loops.loop_runs_through,
        loops.errors_not_caught,
        loops.walked_unchanged,
        loops.helper_only_reads,
    ),
    rewrite=batched,
    promises=1.0,
    counter="queries",
)
