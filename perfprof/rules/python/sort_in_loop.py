"""Put what is new into its place instead of sorting the list again.

`xs.append(x); xs.sort()` compares all of the list in each turn, though all but one element are in order. `insort` looks
for the place of that one. A stable sort puts an added element after its equals, and so does `insort`; so the list is
the same after each turn, whoever reads it.

That holds where `<` is a total order without effects: for numbers that are not NaN, text, bytes, and tuples of these
with the same sort of value at each place. Each new element is tested for it; from the first other one on, the list is
sorted as before.

```python before
def medians(values):
    ranked = []
    found = []
    for value in values:
        ranked.append(value)
        ranked.sort()
        found.append(ranked[len(ranked) // 2])
    return found
```

```python after
from bisect import insort

def medians(values):
    ranked = []
    ranked_plain = True
    found = []
    for value in values:
        ranked.append(value)
        ranked_plain = ranked_plain and type(value) is int
        if ranked_plain:
            insort(ranked, ranked.pop())
        else:
            ranked.sort()
        found.append(ranked[len(ranked) // 2])
    return found
```

```python workload
medians([i * 7919 % 10007 for i in range(8 * n)])
```

```python before
def distances(edges, start):
    found = {}
    waiting = [(0, start)]
    while waiting:
        waiting.sort()
        far, node = waiting.pop(0)
        if node in found:
            continue
        found[node] = far
        for other, length in edges[node]:
            if other not in found:
                waiting.append((far + length, other))
    return found
```

```python after
from bisect import insort

def distances(edges, start):
    found = {}
    waiting = [(0, start)]
    waiting_sorted, waiting_plain = 0, True
    while waiting:
        waiting_new = waiting[waiting_sorted:]
        waiting_plain = waiting_plain and all(
            type(item) is tuple
            and len(item) == 2
            and type(item[0]) is int
            and type(item[1]) is int
            for item in waiting_new
        )
        if waiting_plain and len(waiting_new) < 8:
            del waiting[waiting_sorted:]
            for item in waiting_new:
                insort(waiting, item)
        else:
            waiting.sort()
        far, node = waiting.pop(0)
        waiting_sorted = len(waiting)
        if node in found:
            continue
        found[node] = far
        for other, length in edges[node]:
            if other not in found:
                waiting.append((far + length, other))
    return found
```

```python workload
size = 16 * n + 1
edges = {i: [((i * 5 + k * k) % size, (i * 31 + k * 17) % 101 + 1) for k in range(1, 5)] for i in range(size)}
distances(edges, 0)
```

The list is the caller's, who may have it in any order:

```python unchanged sorted-list-made-here
def medians(values, ranked=()):
    found = []
    ranked = list(ranked)
    for value in values:
        ranked.append(value)
        ranked.sort()
        found.append(ranked[len(ranked) // 2])
    return found
```

```python workload
medians([i * 7919 % 10007 for i in range(8 * n)])
```

Other additions wait for the sort:

```python unchanged stays-sorted
def medians(values):
    ranked = []
    found = []
    for value in values:
        if value % 3:
            ranked.insert(0, value)
            continue
        ranked.append(value)
        ranked.sort()
        found.append(ranked[len(ranked) // 2])
    return found
```

Sets, which `<` puts into no order:

```python unchanged elements-are-ordered
def medians(values):
    ranked = []
    found = []
    for value in values:
        ranked.append(value)
        ranked.sort()
        found.append(ranked[len(ranked) // 2])
    return found
```

```python workload
medians([{i * 7 % 11, i % 3} for i in range(8 * n)])
```

`insort` means something else in this file:

```python unchanged insort-is-free
def insort(values):
    return values


def medians(values):
    ranked = []
    found = []
    for value in values:
        ranked.append(value)
        ranked.sort()
        found.append(ranked[len(ranked) // 2])
    return insort(found)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.sorting import (
    elements_are_ordered,
    insort_is_free,
    sorted_list_made_here,
    stays_sorted,
)
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import of_sorting
from perfprof.rules.sequences.sorting import insort_instead, resorted, suspect, worth_insorting

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Lists that a loop sorts again and again."""
    for found in resorted(function):
        yield suspect("sort-in-loop", found)


RULE = Rule(
    title="sorted in each turn -> bisect.insort",
    in_function=looks_for,
    scale=of_sorting,
    worth=worth_insorting,
    safe_if=(sorted_list_made_here, stays_sorted, elements_are_ordered, insort_is_free),
    rewrite=insort_instead,
    promises=1.2,
)
