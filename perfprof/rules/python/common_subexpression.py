"""Compute once what statements after one another compute from the same values.

`sorted(xs)` for the smallest and again for the largest, `distance(left, right)` in a condition and again in its branch: each
walks the same data again. One result serves all places, if nothing in between changes what it is made of.

An expression of builtins is computed before the first of the statements, where a test shows that its operands are plain
data: then computing it runs no code of the program and cannot fail. A call of a function of the project is kept where it
stands first; the function must compute from its arguments alone, and those must be text, numbers or flags. Lists and
sets that are made must be only read at all places. Where the test fails, each place computes its own, as before.

```python before
def spread(values):
    low = sorted(values)[len(values) // 10]
    high = sorted(values)[-1 - len(values) // 10]
    return high - low


def spreads(groups):
    return [spread(group) for group in groups]
```

```python after
def spread(values):
    sorted_values = (
        sorted(values)
        if type(values) is list and set(map(type, values)) <= {int}
        else None
    )
    low = (sorted_values if sorted_values is not None else sorted(values))[
        len(values) // 10
    ]
    high = (sorted_values if sorted_values is not None else sorted(values))[
        -1 - len(values) // 10
    ]
    return high - low


def spreads(groups):
    return [spread(group) for group in groups]
```

```python workload
groups = [[pow(3, i, 10007) for i in range(8 * n)] for _ in range(3)]
spreads(groups)
```

```python before
def distance(left, right):
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def near(word, other):
    if distance(word, other) < len(word):
        return word, distance(word, other)
    return None


def all_near(words):
    return [near(word, other) for word, other in zip(words, words[1:])]
```

```python after
def distance(left, right):
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def near(word, other):
    distance_result = distance(word, other)
    if distance_result < len(word):
        return word, (
            distance_result
            if type(word) is str and type(other) is str and type(distance_result) is int
            else distance(word, other)
        )
    return None


def all_near(words):
    return [near(word, other) for word, other in zip(words, words[1:])]
```

```python workload
words = ["alphabet" + "abc"[i % 3] + str(i) for i in range(n)]
all_near(words)
```

The prices add themselves, and count it:

```python unchanged computing-again-gives-the-same
class Price:
    added = 0

    def __init__(self, value):
        self.value = value

    def __radd__(self, other):
        Price.added += 1
        return other + self.value


def total(prices):
    whole = sum(price for price in prices if price)
    return whole, sum(price for price in prices if price), Price.added
```

```python workload
total([Price(i) for i in range(8 * n)])
```

The values are changed in between:

```python unchanged operands-unchanged
def spread(values):
    low = sorted(values)[0]
    values.append(low)
    high = sorted(values)[-1]
    return high - low


def spreads(groups):
    return [spread(group) for group in groups]
```

Each of the lists is a list of its own:

```python unchanged result-may-be-shared
def spread(values):
    once = sorted(values)
    again = sorted(values)
    once.append(0)
    return again[0] - once[0]


def spreads(groups):
    return [spread(group) for group in groups]
```

The values have no value before the statement:

```python unchanged index-has-a-place
def spread(groups):
    for values in groups:
        pass
    return sorted(values)[0], sorted(values)[-1]


def spreads(groups):
    return spread(groups)
```

`set` means something else in this file:

```python unchanged builtins-are-builtin
def set(values):
    return list(values)


def spread(values):
    return sorted(values)[0], sorted(values)[-1]


def spreads(groups):
    return [spread(group) for group in groups]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.obligations.sharing import (
    computing_again_gives_the_same,
    operands_unchanged,
    result_may_be_shared,
)
from perfprof.rules.repeated.computed_once import share
from perfprof.rules.repeated.sharing import shared_expressions, suspect, worth_sharing
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Expressions that walk something and are computed again from the same values."""
    for found in shared_expressions(function, program):
        yield suspect("common-subexpression", found)


RULE = Rule(
    title="computed again from the same values -> once",
    in_function=looks_for,
    worth=worth_sharing,
    safe_if=(
        computing_again_gives_the_same,
        result_may_be_shared,
        operands_unchanged,
        safe.index_has_a_place,
        safe.builtins_are_builtin,
    ),
    rewrite=share,
    promises=1.2,
    grows=False,
)
