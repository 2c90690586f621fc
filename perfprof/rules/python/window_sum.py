"""Take a window's sum as the difference of two prefix sums.

`sum(amounts[i : i + size])` for each `i` adds `size` elements up in each turn. The sums of all beginnings of the list
take one pass, and each window is the difference of two of them.

Only exact ints are added up in another order: floats would give other last digits. The list is tested for them before
the loop, and the bounds of each sum for lying inside of it; otherwise the stretch is added up as before.

```python before
def averages(amounts, size):
    return [sum(amounts[i : i + size]) // size for i in range(len(amounts) - size + 1)]
```

```python after
import itertools

def averages(amounts, size):
    amounts_sums = (
        list(itertools.accumulate(amounts, initial=0))
        if type(amounts) is list and set(map(type, amounts)) <= {int}
        else ()
    )
    return [
        (
            amounts_sums[i + size] - amounts_sums[i]
            if type(size) is int and 0 <= i <= i + size < len(amounts_sums)
            else sum(amounts[i : i + size])
        )
        // size
        for i in range(len(amounts) - size + 1)
    ]
```

```python workload
averages([i * 7 % 31 for i in range(8 * n)], n + 1)
```

The loop writes into the list:

```python unchanged collection-unchanged
def averages(amounts, size):
    found = []
    for i in range(len(amounts) - size + 1):
        found.append(sum(amounts[i : i + size]) // size)
        amounts[i] = 0
    return found
```

Floats, whose sums depend on the order:

```python unchanged elements-are-ints
def averages(amounts, size):
    return [sum(amounts[i : i + size]) // size for i in range(len(amounts) - size + 1)]
```

```python workload
averages([i / 10 for i in range(8 * n)], n + 1)
```

The loop walks a generator, whose code changes the list:

```python unchanged loops-run-no-code
def averages(amounts, size, places):
    return [sum(amounts[i : i + size]) // size for i in places]
```

```python workload
def late(amounts):
    for i in range(n):
        amounts[i] += 1
        yield i

amounts = [i * 7 % 31 for i in range(8 * n)]
averages(amounts, n + 1, late(amounts))
```

The list has no value before the loop:

```python unchanged index-has-a-place
def averages(amounts, size):
    if amounts:
        known = amounts
    return [sum(known[i : i + size]) // size for i in range(len(amounts) - size + 1)]
```

`list` means something else in this file:

```python unchanged builtins-are-builtin
def list(values):
    return tuple(values)


def averages(amounts, size):
    return [sum(amounts[i : i + size]) // size for i in range(len(amounts) - size + 1)]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.obligations.repeated import elements_are_ints
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import of_stretch
from perfprof.rules.sequences.sums import stretches, sum_beginnings, suspect, worth_prefix_sums

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Sums of a window of a list, repeated by a loop."""
    for found in stretches(function, program):
        if found.window:
            yield suspect("window-sum", found)


RULE = Rule(
    title="sum of a window in each turn -> prefix sums",
    in_function=looks_for,
    scale=of_stretch,
    worth=worth_prefix_sums,
    safe_if=(
        elements_are_ints,
        safe.collection_unchanged,
        safe.loops_run_no_code,
        safe.index_has_a_place,
        safe.builtins_are_builtin,
    ),
    rewrite=sum_beginnings,
    promises=1.2,
)
