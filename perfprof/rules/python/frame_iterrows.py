"""Walk a data frame by plain rows, not by a Series of each.

`frame.iterrows()` makes a Series of each row, with an index of its own, to answer `row["price"]`: 10 to 30
microseconds a row. The values themselves are those of `frame.values`; a dict of them answers the same in one.

The values must be the very ones: pandas looks again at a row of mixed values, and gives one of nothing but text and
`None`, or of nothing but times, another type. A number that is always there keeps it from that. So the new code tests
that a column holds whole numbers, or that all are NumPy's, and that the names are labels of one column each; else the
rows are walked as before. The row may be asked for values by the names of columns, and for nothing else. A column that
is missing raises a KeyError for `row.price`, too.

```python before
def revenue(orders):
    total = 0.0
    for _, row in orders.iterrows():
        if row["status"] == "paid":
            total += row["price"] * row.amount
    return total
```

```python after
def revenue(orders):
    total = 0.0
    # Walked as before, unless a column of numbers keeps pandas from giving values another type.
    rows = orders.iterrows()
    columns, kinds = list(orders.columns), set(map(str, orders.dtypes))
    if (
        len(kinds) > 1
        and "int64" in kinds
        and {"status", "price", "amount"} <= set(columns)
        and orders.columns.is_unique
    ):
        rows = zip(
            orders.index, (dict(zip(columns, values)) for values in orders.values)
        )
    for _, row in rows:
        if row["status"] == "paid":
            total += row["price"] * row["amount"]
    return total
```

```python workload
import pandas
orders = pandas.DataFrame({"status": ["paid", "open"] * n, "price": [1.5] * 2 * n, "amount": range(2 * n)})
revenue(orders)
```

```python before
def far(points, least):
    return [(label, row["x"]) for label, row in points.iterrows() if row["x"] * row["y"] > least]
```

```python after
def far(points, least):
    # Walked as before, unless a column of numbers keeps pandas from giving values another type.
    rows = points.iterrows()
    columns, kinds = list(points.columns), set(map(str, points.dtypes))
    if kinds <= {"float64", "int64"} and {"x", "y"} <= set(columns) and points.columns.is_unique:
        rows = zip(points.index, (dict(zip(columns, values)) for values in points.values))
    return [(label, row["x"]) for label, row in rows if row["x"] * row["y"] > least]
```

```python workload
import pandas
far(pandas.DataFrame({"x": [1.5, 2.5] * n, "y": [2.0, 3.0] * n}), 4.0)
```

What has `iterrows` is something else:

```python unchanged frame-is-plain
class Orders:
    def __init__(self, rows):
        self.rows = rows

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def iterrows(self):
        return enumerate(self.rows)


def revenue(orders):
    total = 0
    for _, row in orders.iterrows():
        total += row["price"]
    return total
```

```python workload
revenue(Orders([{"price": 1}] * 2 * n))
```

The row itself goes somewhere:

```python unchanged row-read-by-column
def bought(orders):
    found = []
    for _, row in orders.iterrows():
        if row["amount"] > 0:
            found.append(row)
    return found
```

```python workload
import pandas
bought(pandas.DataFrame({"status": ["paid", "open"] * n, "amount": range(2 * n)}))
```

The last row is asked after the loop:

```python unchanged row-unread-elsewhere
def last_status(orders):
    amount = 0
    for _, row in orders.iterrows():
        amount += row["amount"]
    return amount, row.sum()
```

```python workload
import pandas
last_status(pandas.DataFrame({"weight": [1] * 2 * n, "amount": range(2 * n)}))
```

A row of nothing but times has times of pandas; the frame itself has those of NumPy:

```python unchanged series-changes-no-value
def longest(stays):
    return max(row["until"] - row["since"] for _, row in stays.iterrows())
```

```python workload
import pandas
days = pandas.date_range("2026-01-01", periods=2 * n)
longest(pandas.DataFrame({"since": days, "until": days + pandas.Timedelta(days=3)}))
```

The loop writes into the frame, and what it reads next may be what it wrote:

```python unchanged frame-left-alone
def smoothed(points):
    total = 0.0
    for label, row in points.iterrows():
        points.at[label, "x"] = row["x"] * 0.5
        total += row["y"]
    return total
```

```python workload
import pandas
smoothed(pandas.DataFrame({"x": [1.5, 2.5] * n, "y": [2.0, 3.0] * n}))
```

The loop has no line before it:

```python unchanged index-has-a-place
def weight(orders):
    total = 0
    if len(orders): total = sum(row["amount"] for _, row in orders.iterrows())
    return total
```

```python workload
import pandas
weight(pandas.DataFrame({"status": ["paid", "open"] * n, "amount": range(2 * n)}))
```

`zip` means something else in this file:

```python unchanged builtins-are-builtin
def zip(orders):
    return orders


def weight(orders):
    total = 0
    for _, row in zip(orders).iterrows():
        total += row["amount"]
    return total
```

```python workload
import pandas
weight(pandas.DataFrame({"status": ["paid", "open"] * n, "amount": range(2 * n)}))
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.frames.rows import plain_rows, suspect, walks, worth_plain_rows
from perfprof.rules.obligations import frames
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Loops over `frame.iterrows()`."""
    for found in walks(function):
        yield suspect("frame-iterrows", found)


RULE = Rule(
    title="Series of each row -> dict of its values",
    in_function=looks_for,
    worth=worth_plain_rows,
    safe_if=(
        frames.frame_is_plain,
        frames.row_read_by_column,
        frames.row_unread_elsewhere,
        frames.series_changes_no_value,
        frames.frame_left_alone,
        safe.index_has_a_place,
        safe.builtins_are_builtin,
    ),
    rewrite=plain_rows,
    promises=1.5,
    grows=False,
)
