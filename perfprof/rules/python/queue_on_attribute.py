"""Use a deque where an object holds a list as a queue.

`self._waiting.pop(0)` moves all other elements by one, in whichever method it stands and however often that is called.

A deque is no list, so the whole class is read: what its methods do with the attribute must be what both do alike
(make it, add to it, take from it, ask it for its length or for an element), and nobody else may have it. The
name must begin with an underscore, and nothing else in the project may use it. The error for an empty queue has
another text: where nothing shows that something is in it, a test goes before that raises the list's own. Objects that were pickled before the change hold a list.
So `fix` replays no recorded call; it compares what the methods answer in the running workload.

```python before
class Desk:
    def __init__(self, jobs):
        self._waiting = list(jobs)
        self.done = []

    def add(self, job):
        self._waiting.append(job)

    def work(self):
        while self._waiting:
            self.done.append(self._waiting.pop(0))
        return self.done


def all_of_them(jobs):
    return Desk(jobs).work()
```

```python after
from collections import deque

class Desk:
    def __init__(self, jobs):
        self._waiting = deque(jobs)
        self.done = []

    def add(self, job):
        self._waiting.append(job)

    def work(self):
        while self._waiting:
            self.done.append(self._waiting.popleft())
        return self.done


def all_of_them(jobs):
    return Desk(jobs).work()
```

```python workload
all_of_them(list(range(32 * n)))
```

Where a method takes one without asking, the error stays what it was:

```python before
class Desk:
    def __init__(self):
        self._waiting = []

    def add(self, job):
        self._waiting.insert(0, job)

    def next(self):
        return self._waiting.pop()


def all_of_them(jobs):
    desk = Desk()
    for job in jobs:
        desk.add(job)
    try:
        return [desk.next() for _ in range(len(jobs) + 1)]
    except IndexError as error:
        return str(error)
```

```python after
from collections import deque

class Desk:
    def __init__(self):
        self._waiting = deque()

    def add(self, job):
        self._waiting.appendleft(job)

    def next(self):
        if not self._waiting:
            raise IndexError("pop from empty list")
        return self._waiting.pop()


def all_of_them(jobs):
    desk = Desk()
    for job in jobs:
        desk.add(job)
    try:
        return [desk.next() for _ in range(len(jobs) + 1)]
    except IndexError as error:
        return str(error)
```

Others may slice what has a public name:

```python unchanged nobody-else-has-it
class Desk:
    def __init__(self, jobs):
        self.waiting = list(jobs)
        self.done = []

    def work(self):
        while self.waiting:
            self.done.append(self.waiting.pop(0))
        return self.done


def all_of_them(jobs):
    return Desk(jobs).work()
```

Another method hands the list to the caller:

```python unchanged every-use-of-it-alike
class Desk:
    def __init__(self, jobs):
        self._waiting = list(jobs)
        self.done = []

    def left(self):
        return self._waiting

    def work(self):
        while self._waiting:
            self.done.append(self._waiting.pop(0))
        return self.done, self.left()


def all_of_them(jobs):
    return Desk(jobs).work()
```

What runs after the test may take the last one:

```python unchanged asked-before-it-is-taken-from
class Desk:
    def __init__(self, jobs):
        self._waiting = list(jobs)
        self.done = []

    def skip(self):
        if len(self.done) == 5:
            self._waiting.clear()

    def work(self):
        while self._waiting:
            self.skip()
            self.done.append(self._waiting.pop(0))
        return self.done


def all_of_them(jobs):
    try:
        return Desk(jobs).work()
    except IndexError as error:
        return str(error)
```

`deque` means something else in this file:

```python unchanged deque-is-free-in-the-class
class Desk:
    def __init__(self, jobs):
        self._waiting = list(jobs)
        self.done = []

    def work(self):
        while self._waiting:
            self.done.append(self._waiting.pop(0))
        return deque(self.done)


def deque(jobs):
    return jobs[::-1]


def all_of_them(jobs):
    return Desk(jobs).work()
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.kept_lists.attribute_queues import attribute_queues, make_attribute_deque, suspect
from perfprof.rules.obligations.attribute_queues import (
    asked_before_it_is_taken_from,
    deque_is_free_in_the_class,
    every_use_of_it_alike,
    nobody_else_has_it,
)
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.worth import worth_a_deque

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Lists that an object holds and whose beginning its methods take from, or add to."""
    for found in attribute_queues(function, program.alone):
        yield suspect("queue-on-attribute", found)


RULE = Rule(
    title="list as queue of an object -> deque",
    in_function=looks_for,
    worth=worth_a_deque,
    safe_if=(
        nobody_else_has_it,
        every_use_of_it_alike,
        asked_before_it_is_taken_from,
        deque_is_free_in_the_class,
    ),
    rewrite=make_attribute_deque,
    promises=1.2,
)
