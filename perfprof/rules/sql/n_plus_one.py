'''Ask once for all keys, not once for each row.

A loop that runs `SELECT … WHERE id = ?` for each of its rows sends one statement a row (with the query for the rows
themselves: N + 1). One statement for all keys and a dict do the same work in one round trip. A query that sits in a helper
or a repository gets a sibling for many keys beside it, and the loop asks that one.

Keys are joined in, 500 at a time, and each row brings back the place of its key, so that SQL alone compares (`= ANY(…)` for
whole numbers with psycopg). Keys that might be equal in Python only, such as `1` and `1.0` in a column of text, are told
apart by their type: one of a type that the run did not have is asked for alone, as before. Counts and first rows of a key
are asked inside the database by a subquery that stays word by word (`LATERAL` in PostgreSQL). All rows are read in one
snapshot; what others commit meanwhile is no longer seen by later turns.

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
        marks = ", ".join(f"({place}, ?)" for place in range(len(part)))
        for customer in conn.execute(
            f"SELECT name, country, wanted.column1 AS wanted FROM (VALUES {marks}) AS wanted CROSS JOIN customers WHERE id = wanted.column2",
            part,
        ):
            customers_by_id.setdefault(part[customer["wanted"]], customer)
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

    def name(self, key: int) -> str | None:
        row = self.conn.execute("SELECT name FROM customers WHERE id = ?", (key,)).fetchone()
        return row["name"].upper() if row else None


def ledger(conn):
    customers = Customers(conn)
    orders = conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall()
    return [(order["id"], customers.name(order["customer_id"])) for order in orders]
```

```python after
class Customers:
    def __init__(self, conn):
        self.conn = conn

    def name(self, key: int) -> str | None:
        row = self.conn.execute("SELECT name FROM customers WHERE id = ?", (key,)).fetchone()
        return row["name"].upper() if row else None

    def name_many(self, keys: list[int]) -> dict[int, str | None]:
        """What `name` gives for each of these, by key."""
        wanted = list(dict.fromkeys(keys))
        rows = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ", ".join(f"({place}, ?)" for place in range(len(part)))
            for row in self.conn.execute(
                f"SELECT name, wanted.column1 AS wanted FROM (VALUES {marks}) AS wanted CROSS JOIN customers WHERE id = wanted.column2",
                part,
            ):
                rows.setdefault(part[row["wanted"]], row)
        found = {}
        for key in wanted:
            row = rows.get(key)
            found[key] = row["name"].upper() if row else None
        return found


def ledger(conn):
    customers = Customers(conn)
    orders = conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall()
    names_by_customer_id = customers.name_many([order["customer_id"] for order in orders])
    return [(order["id"], names_by_customer_id[order["customer_id"]]) for order in orders]
```

Groups, and the first rows of a join, SQLite cannot ask for many keys at once (PostgreSQL can):

```python unchanged plain-look-up
def ledger(conn):
    count = "SELECT count(*) AS n FROM orders WHERE customer_id = ? GROUP BY code"
    customers = conn.execute("SELECT id FROM customers").fetchall()
    return [row["n"] for customer in customers for row in conn.execute(count, (customer["id"],))]
```

```python unchanged no-limit-per-key
def ledger(conn):
    newest = (
        "SELECT o.id FROM orders AS o JOIN customers AS c ON c.id = o.customer_id"
        " WHERE o.customer_id = ? ORDER BY o.id DESC LIMIT 1"
    )
    customers = conn.execute("SELECT id FROM customers")
    return [row["id"] for customer in customers for row in conn.execute(newest, (customer["id"],))]
```

Keys that SQL compares in a way of its own:

```python unchanged keys-compare-alike
def ledger(conn):
    find = "SELECT name FROM customers WHERE id = ?"
    orders = conn.execute("SELECT customer_id + 0.5 AS half FROM orders").fetchall()
    return [row["name"] for order in orders for row in conn.execute(find, (order["half"],))]
```

The row is given on as a whole, and it would have one more column:

```python unchanged rows-keep-their-shape
def ledger(conn):
    find = "SELECT name, country FROM customers WHERE id = ?"
    orders = conn.execute("SELECT customer_id FROM orders").fetchall()
    return [dict(row) for order in orders for row in conn.execute(find, (order["customer_id"],)).fetchall()]
```

A turn changes what a later turn reads:

```python unchanged loop-writes-nothing-it-reads
def ledger(conn):
    names = []
    for order in conn.execute("SELECT customer_id FROM orders").fetchall():
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        conn.execute("UPDATE customers SET name = 'seen' WHERE id = ?", (order["customer_id"],))
        names.append(row["name"] if row else None)
    return names
```

Each turn asks for a connection:

```python unchanged same-connection
def ledger(conn):
    idle, names = [conn], []
    for order in conn.execute("SELECT customer_id FROM orders").fetchall():
        row = idle.pop().execute("SELECT name FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        idle.append(conn)
        names.append(row["name"] if row else None)
    return names
```

The keys themselves are changed on the way:

```python unchanged key-unchanged
def ledger(conn):
    orders = [dict(row) for row in conn.execute("SELECT customer_id FROM orders")]
    names = []
    for order in orders:
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        order["customer_id"] = row["name"] if row else None
        names.append(order)
    return names
```

Whoever gets the lists may change one, and orders of the same customer would share it:

```python unchanged answers-not-shared
def names_of(conn, key):
    return [row["name"] for row in conn.execute("SELECT name FROM customers WHERE id = ?", (key,))]


def ledger(conn):
    orders = conn.execute("SELECT customer_id FROM orders").fetchall()
    return [names_of(conn, order["customer_id"]) for order in orders]
```

The loop stops at the first hit, so most keys would be looked up in vain:

```python unchanged loop-runs-through
def ledger(conn):
    for order in conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall() * 9:
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        if order["id"] >= 9:
            return row["name"] if row else None
    return None
```

An error of one key is answered in its turn:

```python unchanged errors-not-caught
def ledger(conn):
    for order in conn.execute("SELECT customer_id FROM orders").fetchall():
        try:
            print(conn.execute("SELECT name FROM customers WHERE id = ?", (order["customer_id"],)).fetchone() is None)
        except Exception:
            print("?")
```

The loop finds more to do while it runs:

```python unchanged walked-unchanged
def ledger(conn):
    wanted = [row[0] for row in conn.execute("SELECT customer_id FROM orders")]
    for customer_id in wanted:
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (customer_id,)).fetchone()
        wanted += [customer_id // 2] if row and customer_id > 1 else []
    return wanted
```

Not every turn has a key:

```python unchanged keys-known-before
def ledger(conn):
    find = "SELECT name FROM customers WHERE id = ?"
    orders = [*conn.execute("SELECT customer_id FROM orders"), ()]
    return [row["name"] for order in orders if order for row in conn.execute(find, (order[0],))]
```

The helper does more:

```python unchanged helper-only-reads
def find(conn, customer_id, asked=[]):
    asked.append(customer_id)
    return conn.execute("SELECT name FROM customers WHERE id = ?", (customer_id,)).fetchone() is None


def ledger(conn):
    orders = conn.execute("SELECT customer_id FROM orders").fetchall()
    return [find(conn, order["customer_id"]) for order in orders]
```
'''

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.findings import finding
from perfprof.rules.lookups.evidence import watches, worth_a_batch
from perfprof.rules.lookups.model import lookups
from perfprof.rules.lookups.rewrite import batched
from perfprof.rules.obligations import looked_up as rows
from perfprof.rules.obligations import looping as loops
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import of_queries

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Queries that a loop runs once for each of its rows.

    Without a run to come, only files that speak of executing are read: whether a helper in another file asks a
    database is worth looking for only where a loop was seen to be hot.
    """
    if program.alone and not ("execute" in function.module.source or ".fetch" in function.module.source):
        return
    for found in lookups(function, program):
        message = f"one query for each row{f' through {found.reader.qualname}' if found.parameter else ''}"
        what = finding("n-plus-one", function, found.call, found.subject, message)
        yield Suspect(what, found, tuple(watches(found, what.id)), function)


RULE = Rule(
    title="N+1 -> one query",
    in_function=looks_for,
    scale=of_queries,
    worth=worth_a_batch,
    safe_if=(
        rows.plain_look_up,
        rows.no_limit_per_key,
        rows.keys_compare_alike,
        rows.rows_keep_their_shape,
        rows.answers_not_shared,
        *loops.BEFORE_THE_LOOP,
    ),
    rewrite=batched,
    promises=1.0,
    counter="queries",
)
