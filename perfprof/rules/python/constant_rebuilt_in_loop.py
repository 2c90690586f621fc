"""Make a table of constants once, not in each turn of the loop that reads it.

A dict or a set that is written out in a loop is made anew in each turn: CPython keeps no copy of it, unlike of a tuple
or of the set in `x in {"a", "b"}`. Looking one entry up in a dict of eight constants costs eight times less when the
dict is already there. Where the loop only reads it, one object does for all turns.

```python before
def seconds(amounts):
    total = 0
    for amount, unit in amounts:
        total += amount * {"s": 1, "min": 60, "h": 3600, "d": 86400}.get(unit, 0)
    return total
```

```python after
def seconds(amounts):
    total = 0
    table = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    for amount, unit in amounts:
        total += amount * table.get(unit, 0)
    return total
```

```python workload
seconds([(i, ["s", "min", "h", "d", "w"][i % 5]) for i in range(n)])
```

```python before
def words(texts):
    found = []
    for text in texts:
        stop = {"a", "an", "the"}
        found.extend(word for word in text.split() if word not in stop)
    return found
```

```python after
def words(texts):
    found = []
    stop = {"a", "an", "the"}
    for text in texts:
        found.extend(word for word in text.split() if word not in stop)
    return found
```

```python workload
words(["the line number " + str(i) for i in range(n)])
```

Each turn fills a table of its own:

```python unchanged result-only-read
def seconds(amounts):
    found = []
    for amount, unit in amounts:
        table = {"s": 0, "min": 0, "h": 0, "d": 0}
        table[unit] = amount
        found.append(table)
    return found
```

There is no line of its own for it:

```python unchanged index-has-a-place
def seconds(amounts):
    if amounts: return [{"s": 1, "min": 60}.get(unit) for amount, unit in amounts]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations import index_has_a_place
from perfprof.rules.obligations.repeated import result_only_read
from perfprof.rules.repeated.constants import make_before, rebuilt, suspect, worth_keeping
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Displays of constants that a loop makes in each turn."""
    for found in rebuilt(function, program):
        yield suspect("constant-rebuilt-in-loop", found)


RULE = Rule(
    title="constants made in each turn -> made once",
    in_function=looks_for,
    worth=worth_keeping,
    safe_if=(result_only_read, index_has_a_place),
    rewrite=make_before,
    promises=1.1,
    grows=False,
)
