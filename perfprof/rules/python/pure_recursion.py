"""Keep the results of a recursion while its outermost call runs.

`ways(n - 1) + ways(n - 2)` comes to the same `n` on ever more ways: the number of calls doubles with each step. When
results are kept, each is computed once.

They are kept in a dict that belongs to the outermost call: nothing lives on after it, nothing is shared by callers. An
argument that each call hands on as it is (a list, say, that could not be a key) is no part of the key. Keys are of one
exact type, for `1 == 1.0 == True`; results are kept only if nobody can change them; an exception goes its way. The stack
is one call deeper in all.

```python before
def ways(steps):
    if steps < 2:
        return 1
    return ways(steps - 1) + ways(steps - 2)
```

```python after
def ways(steps):
    known = {}

    def ways_of(steps):
        key = steps if type(steps) is int else None
        if key in known:
            return known[key]
        if steps < 2:
            return 1
        result = ways_of(steps - 1) + ways_of(steps - 2)
        if key is not None and type(result) is int:
            known[key] = result
        return result

    return ways_of(steps)
```

```python workload
ways(12 + n % 5)
```

```python before
def distance(left, right, i, j):
    # edits that make one of the other
    if i == len(left) or j == len(right):
        return len(left) - i + len(right) - j
    if left[i] == right[j]:
        return distance(left, right, i + 1, j + 1)
    return 1 + min(
        distance(left, right, i + 1, j),  # leave out
        distance(left, right, i, j + 1),
        distance(left, right, i + 1, j + 1),
    )
```

```python after
def distance(left, right, i, j):
    known = {}
    plain = (
        type(left) is list
        and set(map(type, left)) <= {str}
        and type(right) is list
        and set(map(type, right)) <= {str}
    )

    def distance_of(i, j):
        key = (i, j) if plain and type(i) is int and type(j) is int else None
        if key in known:
            return known[key]
        # edits that make one of the other
        if i == len(left) or j == len(right):
            return len(left) - i + len(right) - j
        if left[i] == right[j]:
            result = distance_of(i + 1, j + 1)
            if key is not None and type(result) is int:
                known[key] = result
            return result
        result = 1 + min(
            distance_of(i + 1, j),  # leave out
            distance_of(i, j + 1),
            distance_of(i + 1, j + 1),
        )
        if key is not None and type(result) is int:
            known[key] = result
        return result

    return distance_of(i, j)
```

```python workload
distance(list("rules"), list("faster"[: n % 3 + 4]), 0, 0)
```

Each call is written down:

```python unchanged computes-only
def ways(steps, called):
    called.append(steps)
    if steps < 2:
        return 1
    return ways(steps - 1, called) + ways(steps - 2, called)
```

```python workload
ways(12 + n % 5, [])
```

Floats, of which `0.0` and `-0.0` would be one key:

```python unchanged arguments-are-plain
def ways(steps):
    if steps < 2:
        return 1
    return ways(steps - 1) + ways(steps - 2)
```

```python workload
ways(12.0 + n % 5)
```

Lists, which the callers may change:

```python unchanged results-are-plain
def paths(steps):
    if steps < 1:
        return sorted(range(1))
    return paths(steps - 1) + paths(steps - 2)
```

```python workload
paths(8 + n % 5)
```

The name means another function when it is called:

```python unchanged name-means-itself
def ways(steps):
    if steps < 2:
        return 1
    return ways(steps - 1) + ways(steps - 2)


plain_ways = ways


def ways(steps):
    return plain_ways(min(steps, 12))
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.recursion import (
    arguments_are_plain,
    computes_only,
    name_means_itself,
    results_are_plain,
)
from perfprof.rules.repeated.recursion import recursions, suspect, worth_remembering
from perfprof.rules.repeated.remembering import remember
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import grows_by_itself

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Functions that call themselves more than once, a step away each time."""
    for found in recursions(function, program):
        yield suspect("pure-recursion", found)


RULE = Rule(
    title="recursion that repeats itself -> results kept",
    in_function=looks_for,
    scale=grows_by_itself,
    worth=worth_remembering,
    safe_if=(computes_only, arguments_are_plain, results_are_plain, name_means_itself),
    rewrite=remember,
    promises=1.5,
)
