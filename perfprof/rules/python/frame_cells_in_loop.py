"""Read cells of a data frame from its columns' arrays, not one by one through pandas.

`orders["price"].iloc[i]` looks for the column, makes an indexer and boxes the place: 8 to 13 microseconds for each cell.
The array of a column of numbers, truth values or objects gives the very same value in a twentieth of one. Columns of
times, of categories and of pandas' own types give others and are read as before; a test of the types says so at run
time. A label must be the row's number: the new code asks the index before it relies on it.

Cells of other columns may be written meanwhile (`orders.at[i, "sum"] = …`), in rows that are there.

```python before
def revenue(orders):
    total = 0.0
    for i in range(len(orders)):
        if orders["status"].iloc[i] == "paid":
            total += orders["price"].iloc[i] * orders["amount"].iloc[i]
    return total
```

```python after
def revenue(orders):
    total = 0.0
    # Read as before, unless arrays hold the very values of these columns.
    cells, names = {}, ("status", "price", "amount")
    if (
        set(names) <= set(getattr(orders, "columns", ()))
        and orders.columns.is_unique
        and {str(orders[name].dtype) for name in names}
        <= {"bool", "float64", "int64", "object", "str"}
    ):
        cells = {name: orders[name].to_numpy() for name in names}
    for i in range(len(orders)):
        if (cells["status"][i] if cells else orders["status"].iloc[i]) == "paid":
            total += (cells["price"][i] if cells else orders["price"].iloc[i]) * (
                cells["amount"][i] if cells else orders["amount"].iloc[i]
            )
    return total
```

```python workload
import pandas
orders = pandas.DataFrame({"status": ["paid", "open"] * n, "price": [1.5] * 2 * n, "amount": range(2 * n)})
revenue(orders)
```

```python before
def balances(book):
    for i in range(1, len(book)):
        book.at[i, "change"] = book.at[i, "close"] - book.at[i - 1, "close"]
    return book["change"].tolist()
```

```python after
def balances(book):
    # Read as before, unless arrays hold the very values of these columns.
    cells, names = {}, ("close",)
    if (
        set(names) <= set(getattr(book, "columns", ()))
        and book.columns.is_unique
        and {str(book[name].dtype) for name in names}
        <= {"bool", "float64", "int64", "object", "str"}
        and str(book.index.dtype) == "int64"
        and list(book.index) == list(range(len(book)))
    ):
        cells = {name: book[name].to_numpy() for name in names}
    for i in range(1, len(book)):
        book.at[i, "change"] = (cells["close"][i] if cells else book.at[i, "close"]) - (
            cells["close"][i - 1] if cells else book.at[i - 1, "close"]
        )
    return book["change"].tolist()
```

```python workload
import pandas
balances(pandas.DataFrame({"close": [1.5, 2.5] * n, "change": [0.0] * 2 * n}))
```

A cell of a column of times is a Timestamp of pandas; its array holds those of NumPy:

```python unchanged cells-are-plain
def hours(stays):
    return [stays["until"].iloc[i].hour for i in range(len(stays))]
```

```python workload
import pandas
hours(pandas.DataFrame({"until": pandas.date_range("2026-01-01", periods=2 * n)}))
```

A label need not be a row's number, and this one may be none at all:

```python unchanged cells-are-plain
def following(book):
    found = []
    for i in range(len(book)):
        if i + 1 in book.index:
            found.append(book.loc[i + 1, "close"])
    return found
```

```python workload
import pandas
following(pandas.DataFrame({"close": [1, 2] * n}))
```

Each turn reads what the last one wrote:

```python unchanged columns-stay
def running(book):
    for i in range(1, len(book)):
        book.at[i, "sum"] = book.at[i - 1, "sum"] + book.at[i, "close"]
    return book["sum"].tolist()
```

```python workload
import pandas
running(pandas.DataFrame({"close": [1, 2] * n, "sum": [0] * 2 * n}))
```

What is called may write into the frame:

```python unchanged columns-stay
def settle(book, i):
    book.loc[i:, "close"] -= 1


def settled(book):
    found = []
    for i in range(len(book)):
        settle(book, i)
        found.append(book["close"].iloc[i])
    return found
```

```python workload
import pandas
settled(pandas.DataFrame({"close": [10 * n] * 2 * n}))
```

The loop has no line before it:

```python unchanged index-has-a-place
def total(book):
    if len(book): return sum(book["close"].iloc[i] for i in range(len(book)))
    return 0
```

```python workload
import pandas
total(pandas.DataFrame({"close": [1, 2] * n}))
```

`set` means something else in this file:

```python unchanged builtins-are-builtin
def set(book):
    total = 0
    for i in range(len(book)):
        total += book["close"].iloc[i]
    return total
```

```python workload
import pandas
set(pandas.DataFrame({"close": [1, 2] * n}))
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.frames.cell_arrays import arrays, suspect, worth_arrays
from perfprof.rules.frames.cells import cells
from perfprof.rules.obligations import cells as cell_obligations
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Loops over a range that read cells of a frame."""
    for found in cells(function):
        yield suspect("frame-cells-in-loop", found)


RULE = Rule(
    title="cells one by one -> arrays of the columns",
    in_function=looks_for,
    worth=worth_arrays,
    safe_if=(
        cell_obligations.cells_are_plain,
        cell_obligations.columns_stay,
        safe.index_has_a_place,
        safe.builtins_are_builtin,
    ),
    rewrite=arrays,
    promises=1.5,
    grows=False,
)
