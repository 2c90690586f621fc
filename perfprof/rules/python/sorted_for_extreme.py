"""Take the smallest or largest without sorting everything.

`sorted(prices)[0]` puts all prices in order for one of them; `min(prices)` walks them once. For the first few, `heapq.nsmallest`
does.

Which of equal elements comes first differs from one way to the other, so they must be of one exact type whose equals cannot be
told apart: ints, texts or bytes, and no floats, for NaN and `-0.0`. For an empty list, and for anything else, the old code runs.

A list that is in order already is sorted in no time: then this loses (0.2x). So nothing is said without a run that showed lists in
no order, and `fix` keeps the change only where it wins on them.

```python before
def cheapest(shops):
    return [sorted(prices)[0] for prices in shops]
```

```python after
def cheapest(shops):
    return [
        (
            min(prices)
            if type(prices) is list and set(map(type, prices)) == {int}
            else sorted(prices)[0]
        )
        for prices in shops
    ]
```

```python workload
cheapest([[i * i * 7919 % 10007 for i in range(32 * n + 1)] for _ in range(3)] if n else [])
```

```python before
def best(scores):
    return sorted(scores, reverse=True)[:3]
```

```python after
from heapq import nlargest

def best(scores):
    return (
        nlargest(3, scores)
        if type(scores) is list and set(map(type, scores)) == {int}
        else sorted(scores, reverse=True)[:3]
    )
```

```python workload
best([i * i * 7919 % 10007 for i in range(32 * n)])
```

Floats, among which NaN may be:

```python unchanged elements-of-one-type
def cheapest(shops):
    return [sorted(prices)[0] for prices in shops]
```

```python workload
cheapest([[float(i * 7919 % 10007) for i in range(8 * n)]])
```

A generator, which can be walked only once:

```python unchanged can-be-walked-twice
def cheapest(prices):
    return sorted(prices)[0]
```

```python workload
cheapest(i * 7919 % 10007 for i in range(8 * n))
```

`min` means something else in this file:

```python unchanged names-are-free
def min(prices):
    return prices[0]


def cheapest(prices):
    return sorted(prices)[0]
```

```python workload
cheapest([i * 7919 % 10007 for i in range(8 * n)])
```
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from perfprof.rules.joined import joining, told_together
from perfprof.rules.obligations.extremes import can_be_walked_twice, elements_of_one_type, names_are_free
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.sequences.extremes import extremes, places, suspect, take_extreme, worth_no_sort

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Lists that are sorted for one or a few of their elements."""
    return told_together(extremes(function, program), places, partial(suspect, "sorted-for-extreme"))


RULE = joining(
    Rule(
        title="sorted for one element -> min, max, nsmallest",
        in_function=looks_for,
        worth=worth_no_sort,
        safe_if=(elements_of_one_type, can_be_walked_twice, names_are_free),
        rewrite=take_extreme,
        promises=1.3,
        grows=False,
    )
)
