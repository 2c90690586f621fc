"""Say where the rest begins instead of copying it in each turn.

`data = data[4:]` copies all that is left. A loop that takes a few elements in each turn copies the whole again and again: n
turns over n elements are n * n / 2 copied elements. An offset says the same, and copies nothing.

Texts, bytes and tuples cannot change while the loop runs; a list could, so it must be one that this function made and that
nobody else has. Each use in the loop must be one that an offset can tell: an item, a part, the length, whether something is
left, `find`, `index`, `startswith`, `endswith`. Bounds that might be negative, or no ints, go through a `range`, which takes
the same slices and fails in the same words. If what is left is read after the loop, it is cut off once.

```python before
def fields(data: bytes):
    found = []
    while data:
        found.append((data[0], data[1:4]))
        data = data[4:]
    return found
```

```python after
def fields(data: bytes):
    found = []
    start = 0
    while data and start < len(data):
        found.append((data[start], data[start + 1 : start + 4]))
        start += 4
    return found
```

```python workload
fields(bytes(512 * n))
```

```python before
def lines(text):
    text = "".join(text)
    found = []
    while True:
        end = text.find(";")
        if end < 0:
            break
        found.append(text[:end])
        text = text[end + 1 :]
    return found, text
```

```python after
def lines(text):
    text = "".join(text)
    found = []
    start = 0
    while True:
        end = max(text.find(";", start) - start, -1)
        if end < 0:
            break
        found.append(text[start : start + end])
        start = min(start + end + 1, len(text))
    if start:
        text = text[start:]
    return found, text
```

```python workload
lines("ab;" * 300 * n + "c")
```

```python before
def pairs(values):
    rest = list(values)
    found = []
    while len(rest) > 1:
        first, rest = rest[0], rest[1:]
        found.append((first, rest[0]))
    return found
```

```python after
def pairs(values):
    rest = list(values)
    found = []
    start = 0
    while len(rest) - start > 1:
        first, start = rest[start], min(start + 1, len(rest))
        found.append((first, rest[start]))
    return found
```

```python workload
pairs(range(16 * n))
```

```python before
def chunks(text: str, size):
    found = []
    while text:
        found.append(text[:size])
        text = text[size:]
    return found
```

```python after
def chunks(text: str, size):
    found = []
    start = 0
    while text and start < len(text):
        found.append(text[start : range(start, len(text))[:size].stop])
        start = range(start, len(text))[size:].start
    return found
```

```python workload
chunks("ab" * 1024 * n, 64)
```

A list that somebody else may change:

```python unchanged nobody-changes-it
def drained(jobs):
    done = []
    while jobs:
        done.append(jobs[0])
        jobs = jobs[1:]
    return done
```

```python workload
drained(list(range(32 * n)))
```

All that is left is needed in each turn:

```python unchanged every-use-by-offset
def suffixes(text):
    found = 0
    while text:
        found += hash(text) % 7
        text = text[1:]
    return found
```

```python workload
suffixes("a" * 64 * n)
```

What is left is read after an exception:

```python unchanged rest-kept-right
def numbers(text):
    total = 0
    try:
        while text:
            total += int(text[:2])
            text = text[2:]
    except ValueError:
        return total, text
    return total, text
```

```python workload
numbers("12" * 32 * n + "x")
```

`len` means something else in this file:

```python unchanged offsets-are-plain
def len(data):
    return 1


def fields(data):
    found = []
    while data:
        found.append(data[0])
        data = data[1:]
    return found
```

```python workload
fields(b"a" * 64 * n)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.slices import (
    every_use_by_offset,
    nobody_changes_it,
    offsets_are_plain,
    rest_kept_right,
)
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.sequences.offsets import read_by_offset, worth_an_offset
from perfprof.rules.sequences.slices import slices, suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Loops that bind a name to what is left of it."""
    for found in slices(function, program):
        yield suspect("repeated-slice", found)


RULE = Rule(
    title="rest copied in each turn -> an offset",
    in_function=looks_for,
    worth=worth_an_offset,
    safe_if=(nobody_changes_it, every_use_by_offset, rest_kept_right, offsets_are_plain),
    rewrite=read_by_offset,
    promises=1.3,
)
