"""Compute once before the loop what every turn computes from the same values.

`sum(prices)`, `sorted(names)`, `set(wanted)` or `[w for w in words if w.isupper()]` walk a whole collection. In a loop
that does not change it, they give the same in each turn: n turns over m elements become n + m steps.

It is computed early only under a test that its operands are plain containers of plain values: then computing it runs no
code of the program and cannot fail, so that a loop of no turns, or an exception, mean what they meant. Otherwise each
turn computes its own, as before. A list or a set must be one that the turns only read.
Where the loop writes its rows into texts (`f"has {word}"`), whose classes might do anything then, the test asks that these are plain, too.

```python before
def shares(amounts, prices):
    result = []
    for amount in amounts:
        result.append(amount / sum(prices))
    return result
```

```python after
def shares(amounts, prices):
    result = []
    prices_sum = (
        sum(prices)
        if type(amounts) is list
        and type(prices) is list
        and set(map(type, prices)) <= {int}
        else None
    )
    for amount in amounts:
        result.append(amount / (prices_sum if prices_sum is not None else sum(prices)))
    return result
```

```python workload
shares(list(range(n)), list(range(1, n + 2)))
```

```python before
def capitals(texts, words):
    return [text for text in texts if text in set(w.title() for w in words)]
```

```python after
def capitals(texts, words):
    words_set = (
        set(w.title() for w in words)
        if type(texts) is list
        and type(words) is list
        and set(map(type, words)) <= {str}
        else None
    )
    return [
        text
        for text in texts
        if text
        in (words_set if words_set is not None else set(w.title() for w in words))
    ]
```

```python workload
capitals(["T" + str(i) for i in range(n)], ["T" + str(i * 3) for i in range(n)])
```

So is a copy that each turn makes and only reads:

```python before
def above(marks, limits):
    found = []
    for limit in limits:
        now = marks[:]
        found.append(now[0] > limit)
    return found
```

```python after
def above(marks, limits):
    found = []
    marks_copy = (
        marks[:]
        if type(limits) is list
        and type(marks) is list
        and set(map(type, marks)) <= {int}
        else None
    )
    for limit in limits:
        now = marks_copy if marks_copy is not None else marks[:]
        found.append(now[0] > limit)
    return found
```

```python workload
above(list(range(8 * n)), list(range(n)))
```

The loop changes the prices:

```python unchanged collection-unchanged
def shares(amounts, prices):
    result = []
    for amount in amounts:
        result.append(amount / sum(prices))
        prices.append(amount)
    return result
```

Prices with an addition of their own, which counts:

```python unchanged operands-are-plain
class Price:
    added = 0

    def __init__(self, value):
        self.value = value

    def __radd__(self, other):
        Price.added += 1
        return other + self.value


def shares(amounts, prices):
    result = []
    for amount in amounts:
        result.append(amount / sum(prices))
    return result, Price.added
```

```python workload
shares(list(range(n)), [Price(i + 1) for i in range(n + 1)])
```

Each turn takes from a sorted list of its own:

```python unchanged result-only-read
def shares(amounts, prices):
    result = []
    for amount in amounts:
        left = sorted(prices)
        left.remove(amount + 1)
        result.append(left)
    return result
```

The amounts come from a generator, whose code changes the prices:

```python unchanged loops-run-no-code
def shares(amounts, prices):
    result = []
    for amount in amounts:
        result.append(amount / sum(prices))
    return result
```

```python workload
def late(prices):
    for i in range(n):
        prices.append(i)
        yield i

prices = list(range(1, n + 2))
shares(late(prices), prices)
```

The prices have no value before the loop:

```python unchanged index-has-a-place
def shares(amounts, prices):
    result = []
    if amounts:
        known = prices
    for amount in amounts:
        result.append(amount / sum(known))
    return result
```

`set` means something else in this file:

```python unchanged builtins-are-builtin
def set(values):
    return list(values)


def shares(amounts, prices):
    result = []
    for amount in amounts:
        result.append(amount / sum(prices))
    return result
```
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.joined import joining, told_together
from perfprof.rules.obligations.repeated import operands_are_plain, result_only_read
from perfprof.rules.repeated.hoisted import compute_before
from perfprof.rules.repeated.invariants import invariants, places, suspect, worth_computing_once
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import of_invariant

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Expressions that walk a collection and give the same in each turn."""
    return told_together(invariants(function, program), places, partial(suspect, "loop-invariant-call"))


RULE = joining(
    Rule(
        title="computed in each turn -> once before the loop",
        in_function=looks_for,
        scale=of_invariant,
        worth=worth_computing_once,
        safe_if=(
            safe.collection_unchanged,
            operands_are_plain,
            result_only_read,
            safe.loops_run_no_code,
            safe.index_has_a_place,
            safe.builtins_are_builtin,
        ),
        rewrite=compute_before,
        promises=1.2,
    )
)
