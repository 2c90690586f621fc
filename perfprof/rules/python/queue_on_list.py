"""Use a deque where a list is a queue.

`queue.pop(0)` and `queue.insert(0, x)` move all other elements by one: with a few thousand waiting, moving them is
what the program does. A deque reaches both ends in one step.

A deque is no list: no slices, another `==`, another text, and no changes while it is walked. So the queue must be made
here, and every use of it be in sight and be one that both do alike. What is returned is made a list again. The error
for an empty queue has another text, so nothing may be taken unless a test or an addition came before.

```python before
def reachable(children, root):
    order, seen = [], {root}
    queue = [root]
    while queue:
        node = queue.pop(0)
        order.append(node)
        for child in children[node]:
            if child not in seen:
                seen.add(child)
                queue.append(child)
    return order
```

```python after
from collections import deque

def reachable(children, root):
    order, seen = [], {root}
    queue = deque([root])
    while queue:
        node = queue.popleft()
        order.append(node)
        for child in children[node]:
            if child not in seen:
                seen.add(child)
                queue.append(child)
    return order
```

```python workload
size = 32 * n + 1
children = {i: [j for j in (8 * i + k for k in range(1, 9)) if j < size] for i in range(size)}
reachable(children, 0)
```

```python before
def way_back(parents, node):
    way: list[int] = []
    while node is not None:
        way.insert(0, node)
        node = parents[node]
    return way, len(way)
```

```python after
from collections import deque

def way_back(parents, node):
    way: deque[int] = deque()
    while node is not None:
        way.appendleft(node)
        node = parents[node]
    return list(way), len(way)
```

```python workload
way_back([None, *range(32 * n)], 32 * n)
```

The list is the caller's, who sees it shrink and may slice it:

```python unchanged queue-made-here
def drained(jobs):
    done = []
    queue = []
    if jobs:
        queue = jobs
    while queue:
        done.append(queue.pop(0))
    return done
```

```python workload
drained(list(range(32 * n)))
```

The middle of a deque is far away, and it has no slices:

```python unchanged every-use-in-sight
def drained(jobs):
    queue = list(jobs)
    done = []
    while queue:
        done.append((queue.pop(0), queue[:2]))
    return done
```

```python workload
drained(range(32 * n))
```

The text of the error for an empty queue reaches somebody:

```python unchanged never-taken-when-empty
def drained(jobs):
    queue = list(jobs)
    done = []
    try:
        while True:
            done.append(queue.pop(0))
    except IndexError as error:
        done.append(str(error))
    return done
```

```python workload
drained(range(32 * n))
```

`deque` means something else in this file:

```python unchanged deque-is-free
def deque(jobs):
    return jobs[::-1]


def drained(jobs):
    queue = list(jobs)
    done = []
    while queue:
        done.append(queue.pop(0))
    return deque(done)
```

```python workload
drained(range(32 * n))
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.containers.queues import make_deque, queues, suspect
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import of_queue
from perfprof.rules.worth import worth_a_deque

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Local lists that loops take from, or add to, at their beginning."""
    for found in queues(function, program.alone):
        yield suspect("queue-on-list", found)


RULE = Rule(
    title="list as queue -> deque",
    in_function=looks_for,
    scale=of_queue,
    worth=worth_a_deque,
    safe_if=(safe.queue_made_here, safe.every_use_in_sight, safe.never_taken_when_empty, safe.deque_is_free),
    rewrite=make_deque,
    promises=1.2,
)
