"""Keep the sums of all beginnings of a list instead of adding each one up again.

`sum(amounts[: i + 1])` in a loop over `i` copies and adds up half of the list in each turn. The sums of all beginnings
take one pass, and answer each turn, and each sum of an end (`sum(amounts[i:])`), in one step.

Only exact ints are added up in another order: floats would give other last digits. The list is tested for them before
the loop, and the bounds of each sum for lying inside of it; otherwise the stretch is added up as before.

```python before
def balances(amounts):
    found = []
    for i in range(len(amounts)):
        found.append(sum(amounts[: i + 1]))
    return found
```

```python after
import itertools

def balances(amounts):
    found = []
    amounts_sums = (
        list(itertools.accumulate(amounts, initial=0))
        if type(amounts) is list and set(map(type, amounts)) <= {int}
        else ()
    )
    for i in range(len(amounts)):
        found.append(
            amounts_sums[i + 1]
            if 0 <= i + 1 < len(amounts_sums)
            else sum(amounts[: i + 1])
        )
    return found
```

```python workload
balances([i * 7 % 31 for i in range(n)])
```

The loop writes into the list:

```python unchanged collection-unchanged
def balances(amounts):
    found = []
    for i in range(len(amounts)):
        found.append(sum(amounts[: i + 1]))
        amounts[i] = 0
    return found
```

Floats, whose sums depend on the order:

```python unchanged elements-are-ints
def balances(amounts):
    found = []
    for i in range(len(amounts)):
        found.append(sum(amounts[: i + 1]))
    return found
```

```python workload
balances([i / 10 for i in range(n)])
```

The loop walks a generator, whose code changes the list:

```python unchanged loops-run-no-code
def balances(amounts, places):
    found = []
    for i in places:
        found.append(sum(amounts[: i + 1]))
    return found
```

```python workload
def late(amounts):
    for i in range(n):
        amounts[i] += 1
        yield i

amounts = [i * 7 % 31 for i in range(n)]
balances(amounts, late(amounts))
```

The list has no value before the loop:

```python unchanged index-has-a-place
def balances(amounts):
    found = []
    if amounts:
        known = amounts
    for i in range(len(amounts)):
        found.append(sum(known[: i + 1]))
    return found
```

`list` means something else in this file:

```python unchanged builtins-are-builtin
def list(values):
    return tuple(values)


def balances(amounts):
    found = []
    for i in range(len(amounts)):
        found.append(sum(amounts[: i + 1]))
    return found
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
    """Sums of a beginning or an end of a list, repeated by a loop."""
    for found in stretches(function, program):
        if not found.window:
            yield suspect("prefix-sum", found)


RULE = Rule(
    title="sum of a beginning in each turn -> prefix sums",
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
