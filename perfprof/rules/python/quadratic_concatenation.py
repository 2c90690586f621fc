"""Add to a list or dict instead of copying it for each addition.

`found = found + [row]` copies the whole list to add one element: n turns copy n * n / 2 elements. So do
`known = {**known, **more}` and `sum(lists, [])`, which adds the lists one by one. Adding in place copies nothing.

In place means that everybody who holds the container sees it grow. So the name must be the only way to it: a local
that begins as a new list or dict here and is then only asked, walked (not while it grows), or returned. Text,
bytes and tuples are another rule's (`immutable-concatenation`). What is no list may have an `__radd__` that keeps the list or
answers with one of its own, so from the first such addition on all is added as before.

```python before
def rising(values):
    found = []
    for value in values:
        if not found or value > found[-1]:
            found = found + [value]
    return found
```

```python after
def rising(values):
    found = []
    for value in values:
        if not found or value > found[-1]:
            found.append(value)
    return found
```

```python workload
rising(list(range(2 * n)))
```

```python before
def all_words(lines):
    words = []
    for line in lines:
        words = words + line.split()
    return words
```

```python after
def all_words(lines):
    words = []
    own_words = True
    for line in lines:
        more = line.split()
        if type(more) is list and own_words:
            words += more
        else:
            own_words = False
            words = words + more
    return words
```

```python workload
all_words(["one two three"] * (2 * n))
```

```python before
def active(nodes):
    return [node for node in nodes if node]


def next_level(nodes):
    found = []
    for node in nodes:
        found = found + active(node)
    return found
```

```python after
def active(nodes):
    return [node for node in nodes if node]


def next_level(nodes):
    found = []
    for node in nodes:
        found += active(node)
    return found
```

```python workload
next_level([[i, -i] for i in range(3 * n)])
```

```python before
def merged(settings):
    known = {}
    for one in settings:
        known = {**known, **one, "number": len(known)}
    return known
```

```python after
def merged(settings):
    known = {}
    for one in settings:
        known.update({**one, "number": len(known)})
    return known
```

```python workload
merged([{str(i % (2 * n)): i} for i in range(3 * n)])
```

```python before
def members(groups):
    return sum([group["members"] for group in groups], [])
```

```python after
def members(groups):
    parts = [group["members"] for group in groups]
    return (
        [item for part in parts for item in part]
        if set(map(type, parts)) <= {list}
        else sum(parts, [])
    )
```

```python workload
members([{"members": [i, -i]} for i in range(3 * n)])
```

```python before
def members(groups):
    for group in groups:
        group.append(len(group))
    return sum(groups, start=[])
```

```python after
def members(groups):
    for group in groups:
        group.append(len(group))
    return (
        [item for part in groups for item in part]
        if type(groups) is list and set(map(type, groups)) <= {list}
        else sum(groups, [])
    )
```

```python workload
members([[i, -i] for i in range(3 * n)])
```

Each prefix is wanted, so each needs to be a list of its own:

```python unchanged copies-unwanted
def rising(values):
    found = []
    prefixes = []
    for value in values:
        prefixes.append(found)
        found = found + [value]
    return prefixes
```

What grows belongs to the caller, who would see it grow if it is a list, or it is an array:

```python unchanged made-here
def rising(values):
    first = values[:1]
    found = first
    for value in values:
        found = found + [value]
    return first, found
```

What is added up are tuples or numbers, so that `+` means something else or fails:

```python unchanged parts-are-lists
def rising(values):
    return sum((group for group in [values, values]), [])
```

The statement shares its line:

```python unchanged statement-has-lines
def rising(values):
    found = []
    for value in values: found = found + [value]
    return found
```

`type` means something else in this file:

```python unchanged builtins-are-builtin
def type(value):
    return "number"


def rising(values):
    found = []
    for value in values:
        found = found + [type(value)]
    return found
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.containers.growth import grow_in_place, growths, suspect
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import of_growth
from perfprof.rules.worth import worth_growing_in_place

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Statements and sums that copy a container to add to it."""
    for found in growths(function):
        yield suspect("quadratic-concatenation", found)


RULE = Rule(
    title="copy and add -> add in place",
    in_function=looks_for,
    scale=of_growth,
    worth=worth_growing_in_place,
    safe_if=(
        safe.copies_unwanted,
        safe.made_here,
        safe.parts_are_lists,
        safe.statement_has_lines,
        safe.builtins_are_builtin,
    ),
    rewrite=grow_in_place,
    promises=1.2,
)
