"""Index one side of a nested loop that joins two collections on equal keys.

For each order the inner loop walks all customers to find those with the same id: n x m comparisons. A dict from key
to rows, built once before the loop, gives each order its customers directly: n + m steps.

All matches are kept, in the order of the collection: the loop walks its bucket with the test unchanged, so what it
does with a match, further conditions, `continue` and flags mean what they meant. Grouping by a filter
(`{k: [r for r in rows if r.k == k] for k in keys}`) is the same join.
Of a frozenset that is walked for one of its own elements, what it has in common with that one is walked: no dict.

```python before
def statement_lines(orders, customers):
    lines = []
    for order in orders:
        for customer in customers:
            if customer["id"] == order["customer_id"]:
                lines.append((order["number"], customer["name"]))
    return lines
```

```python after
def statement_lines(orders, customers):
    lines = []
    # Left empty, so that all of them are walked as before, unless every key is exactly int.
    customers_by_id = {}
    if (
        type(customers) is list
        and type(orders) is list
        and len(orders) > 8
        and all(
            type(customer) is dict and type(customer.get("id")) is int
            for customer in customers
        )
    ):
        for customer in customers:
            customers_by_id.setdefault(customer["id"], []).append(customer)
    for order in orders:
        for customer in (
            customers_by_id.get(order["customer_id"], ())
            if customers_by_id and type(order["customer_id"]) is int
            else customers
        ):
            if customer["id"] == order["customer_id"]:
                lines.append((order["number"], customer["name"]))
    return lines
```

```python workload
orders = [{"number": i, "customer_id": i * 7 % n} for i in range(n)]
customers = [{"id": i, "name": str(i)} for i in range(n)]
statement_lines(orders, customers)
```

A list that is made only to be asked is walked as well:

```python before
def unknown(wanted, customers):
    return [i for i in wanted if i not in [row["id"] for row in customers]]
```

```python after
def unknown(wanted, customers):
    # Left empty, so that all of them are walked as before, unless every key is exactly int.
    customers_by_id = {}
    if (
        type(customers) is list
        and type(wanted) is list
        and len(wanted) > 8
        and all(type(row) is dict and type(row.get("id")) is int for row in customers)
    ):
        for row in customers:
            customers_by_id.setdefault(row["id"], []).append(row)
    return [
        i
        for i in wanted
        if i
        not in [
            row["id"]
            for row in (
                customers_by_id.get(i, ())
                if customers_by_id and type(i) is int
                else customers
            )
        ]
    ]
```

```python workload
unknown(list(range(2 * n)), [{"id": i} for i in range(n)])
```

A loop that counts the other rows as well does something for each of them:

```python unchanged other-rows-idle
def statement_lines(orders, customers):
    lines, misses = [], 0
    for order in orders:
        for customer in customers:
            if customer["id"] == order["customer_id"]:
                lines.append((order["number"], customer["name"]))
            else:
                misses += 1
    return lines, misses
```

The loop puts customers before the others, which an index made before would not have:

```python unchanged collection-unchanged
def statement_lines(orders, customers):
    lines = []
    for order in orders:
        for customer in customers:
            if customer["id"] == order["customer_id"]:
                lines.append((order["number"], customer["name"]))
        if order["number"] % 50 == 3:
            customers.insert(0, {"id": order["number"], "name": "late"})
    return lines
```

Merging renumbers customers while they are joined:

```python unchanged keys-unchanged
def statement_lines(orders, customers):
    lines = []
    for order in orders:
        for customer in customers:
            if customer["id"] == order["customer_id"]:
                lines.append((order["number"], customer["name"]))
                customer["id"] = order["number"] // 2
    return lines
```

The key moves on while one walk lasts (following a chain of parents):

```python unchanged wanted-key-fixed
def statement_lines(orders, customers):
    lines = []
    for order in orders:
        wanted = order["customer_id"]
        for customer in customers:
            if customer["id"] == wanted:
                lines.append((order["number"], customer["name"]))
                wanted = customer["id"] + 1
    return lines
```

The variable of the inner loop is used after it, when it is the last customer whoever matched:

```python unchanged row-unread-after
def statement_lines(orders, customers):
    lines = []
    for order in orders:
        for customer in customers:
            if customer["id"] == order["customer_id"]:
                lines.append(order["number"])
        lines.append(customer["name"])
    return lines
```

A generator is walked once and then empty:

```python unchanged walked-again
def statement_lines(orders, customers):
    lines, known = [], (customer for customer in customers if customer["id"] >= 0)
    for order in orders:
        for customer in known:
            if customer["id"] == order["customer_id"]:
                lines.append((order["number"], customer["name"]))
    return lines
```

Keys of a class with an equality of its own (here: a list, which cannot be hashed) need the comparison:

```python unchanged keys-hash-as-equal
def statement_lines(orders, customers):
    lines = []
    wanted = [[order["customer_id"]] for order in orders]
    known = [{"id": [customer["id"]], "name": customer["name"]} for customer in customers]
    for key in wanted:
        for customer in known:
            if customer["id"] == key:
                lines.append(customer["name"])
    return lines
```

Reading the key has an effect, which would happen another number of times:

```python unchanged reads-are-plain
class Customer:
    reads = 0

    def __init__(self, row):
        self.row = row

    @property
    def id(self):
        Customer.reads += 1
        return self.row["id"]


def statement_lines(orders, customers):
    lines = []
    for order in orders:
        for customer in customers:
            if customer.id == order["customer_id"]:
                lines.append(order["number"])
    return lines, Customer.reads
```

```python workload
orders = [{"number": i, "customer_id": i * 7 % n} for i in range(n)]
customers = [Customer({"id": i}) for i in range(n)]
statement_lines(orders, customers)
```

The orders come from a generator, whose code runs between the turns and changes the customers:

```python unchanged loops-run-no-code
def statement_lines(orders, customers):
    lines = []
    for order in orders:
        for customer in customers:
            if customer["id"] == order["customer_id"]:
                lines.append(order["number"])
    return lines
```

```python workload
def late(customers):
    for i in range(n):
        customers.append({"id": n + i})
        yield {"number": i, "customer_id": n + i}

customers = [{"id": i} for i in range(n)]
statement_lines(late(customers), customers)
```

The collection gets its value only inside the loop:

```python unchanged index-has-a-place
def statement_lines(orders, customers):
    if orders:
        known = customers
    return [order["number"] for order in orders for one in known if one["id"] == order["customer_id"]]
```

`all` means something else in this file:

```python unchanged builtins-are-builtin
def all(values):
    return list(values)


def statement_lines(orders, customers):
    lines = []
    for order in all(orders):
        for customer in customers:
            if customer["id"] == order["customer_id"]:
                lines.append(order["number"])
    return lines
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import of_narrowing
from perfprof.rules.searching.narrowing import narrowings
from perfprof.rules.searching.observing import suspect
from perfprof.rules.searching.rows_in_sets import build_rows
from perfprof.rules.worth import worth_an_index

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Loops in loops that keep all rows with an equal key."""
    for found in narrowings(function, program):
        if not found.first:
            message = f"walks all of `{function.text(found.walked)}` in each turn to find equal keys"
            yield suspect("nested-loop-join", found, message)


RULE = Rule(
    title="nested loop -> dict index, all matches",
    in_function=looks_for,
    scale=of_narrowing,
    worth=worth_an_index,
    safe_if=safe.NARROWING,
    rewrite=build_rows,
    promises=1.2,
)
