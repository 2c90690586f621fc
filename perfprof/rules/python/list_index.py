"""Keep the first positions in a dict instead of searching a list for each position.

`xs.index(x)` walks the list until it meets an equal element. In a loop that is a walk for each turn; a dict from
element to its first position, made once, answers in one step. It is made from the end to the beginning, so that of
equal elements the first one wins, as it does in `index`.

What the dict does not have is still searched in the list, so that the `ValueError` for a missing element, the
`except` around it, and elements of other types mean what they meant. Where runs showed that a handler often takes that
error, an empty list raises it, in its words. Beside a list that grows the dict grows too. A test in the same loop
(`name in header`) asks the same dict. Where a loop walks the very list, no element needs a test of its own, and what
keeps each first one is `dict.fromkeys`; `enumerate` would be another number for duplicates. A function that does
nothing but give a place (`if name in names: return names.index(name)`, `return -1`) is read through.

```python before
def placed(finishers, names):
    places = {}
    for name in names:
        places[name] = finishers.index(name) + 1
    return places
```

```python after
def placed(finishers, names):
    places = {}
    finishers_positions = (
        dict(zip(reversed(finishers), reversed(range(len(finishers)))))
        if type(finishers) is list
        and type(names) is list
        and len(names) > 16
        and set(map(type, finishers)) <= {str}
        else {}
    )
    for name in names:
        places[name] = (
            finishers_positions[name]
            if type(name) is str and name in finishers_positions
            else finishers.index(name)
        ) + 1
    return places
```

```python workload
finishers = [str(i % (2 * n)) for i in range(3 * n)]
placed(finishers, [str(i * 7 % n) for i in range(n)])
```

```python before
def edges(rows, nodes):
    return [(nodes.index(row["start"]), nodes.index(row["end"])) for row in rows]
```

```python after
def edges(rows, nodes):
    nodes_positions = (
        dict(zip(reversed(nodes), reversed(range(len(nodes)))))
        if type(nodes) is tuple
        and type(rows) is list
        and len(rows) > 16
        and set(map(type, nodes)) <= {str}
        else {}
    )
    return [
        (
            (
                nodes.index(row["start"])
                if not nodes_positions
                else (
                    nodes_positions[start]
                    if type(start := row["start"]) is str and start in nodes_positions
                    else nodes.index(start)
                )
            ),
            (
                nodes.index(row["end"])
                if not nodes_positions
                else (
                    nodes_positions[end]
                    if type(end := row["end"]) is str and end in nodes_positions
                    else nodes.index(end)
                )
            ),
        )
        for row in rows
    ]
```

```python workload
nodes = tuple(map(str, range(3 * n)))
edges([{"start": str(i), "end": str(3 * i)} for i in range(n)], nodes)
```

```python before
def picked(rows, header, names):
    wanted = []
    for row in rows:
        wanted.append([row[header.index(name)] if name in header else None for name in names])
    return wanted
```

```python after
def picked(rows, header, names):
    wanted = []
    header_positions = (
        dict(zip(reversed(header), reversed(range(len(header)))))
        if type(header) is list and type(rows) is list and set(map(type, header)) <= {str}
        else {}
    )
    for row in rows:
        wanted.append(
            [
                (
                    (row[header_positions[name]] if name in header_positions else None)
                    if type(name) is str and header_positions
                    else (row[header.index(name)] if name in header else None)
                )
                for name in names
            ]
        )
    return wanted
```

```python workload
names = [str(i) for i in range(5 * n)]
picked([names] * 3, names[::2] * 2, names[: n // 2])
```

```python before
def first_ones(words):
    return [word for place, word in enumerate(words) if words.index(word) == place]
```

```python after
def first_ones(words):
    return (
        list(dict.fromkeys(words))
        if type(words) is list and set(map(type, words)) <= {str}
        else [word for place, word in enumerate(words) if words.index(word) == place]
    )
```

```python workload
first_ones([str(i * 7 % (2 * n + 1)) for i in range(3 * n)])
```

Positions shift when the loop removes or inserts:

```python unchanged collection-unchanged
def placed(finishers, names):
    places = {}
    for name in names:
        place = finishers.index(name)
        places[name] = place + len(places)
        finishers.pop(place)
    return places
```

```python workload
placed([str(i) for i in range(2 * n)], [str(i) for i in range(n)])
```

Elements with an equality of their own:

```python unchanged elements-hash-as-equal
def placed(finishers, names):
    finishers = [[name] for name in finishers]
    places = {}
    for name in names:
        places[name] = finishers.index([name])
    return places
```

A text has `index` too, and finds parts:

```python unchanged is-a-list
def placed(finishers, names):
    line = str(finishers)
    places = {}
    for name in names:
        places[name] = line.index(name)
    return places
```

The names come from a generator, whose code changes the list between the turns:

```python unchanged loops-run-no-code
def placed(finishers, names):
    places = {}
    for name in names:
        places[name] = finishers.index(name)
    return places
```

```python workload
def arriving(finishers):
    for i in range(n):
        finishers.insert(0, "n" + str(i))
        yield "n" + str(i)

finishers = [str(i) for i in range(3 * n)]
placed(finishers, arriving(finishers))
```

The list has no value before the loop:

```python unchanged index-has-a-place
def placed(finishers, names):
    places = {}
    if names:
        arrived = finishers
    for name in names:
        places[name] = arrived.index(name)
    return places
```

The class that is asked has no name here, so no guard can test for it:

```python unchanged call-is-that-search
def of(names):
    class Line:
        def __init__(self):
            self.names = names
        def place(self, name):
            return self.names.index(name)

    return Line()


def placed(line, names):
    return {name: line.place(name) for name in names}
```

```python workload
placed(of([str(i) for i in range(3 * n)]), [str(i) for i in range(n)])
```

`zip` means something else in this file:

```python unchanged builtins-are-builtin
def zip(names, places):
    return {name: place for name, place in __builtins__["zip"](names, places)}


def placed(finishers, names):
    places = []
    for name in names:
        places.append(finishers.index(name))
    return zip(names, places)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.hoisting import watch
from perfprof.rules.obligations.receiver import call_is_that_search
from perfprof.rules.rule import Case, Rewrite, Rule, Suspect
from perfprof.rules.scale import of_membership
from perfprof.rules.searching import list_methods
from perfprof.rules.searching.index_calls import build_places, index_calls
from perfprof.rules.searching.membership import suspect
from perfprof.rules.searching.positions import build_positions, handlers
from perfprof.rules.worth import worth_positions

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Calls of `index` on the same list that a loop repeats."""
    for found in list_methods.asked(function, program, "index"):
        message = f"searches `{function.text(found.scan.subject)}` in each turn for a position"
        one = suspect("list-index", found, message)
        watches = (
            watch(f"{one.finding.id}:missed{number}", handler.body[0], function, "entry")
            for number, handler in enumerate(handlers(found))
        )
        yield replace(one, watches=(*one.watches, *watches))
    for found in index_calls(function, program):
        message = f"searches `{function.text(found.scan.subject)}` in each turn for a position, by a call"
        yield suspect("list-index", found, message)


def placed(case: Case) -> Rewrite:
    """What a dict of positions answers, in the place of the list's method or of a call that asks it."""
    return build_positions(case) if case.suspect.reading.inlined is None else build_places(case)


RULE = Rule(
    title="list.index -> dict of first positions",
    in_function=looks_for,
    scale=of_membership,
    worth=worth_positions,
    safe_if=(*safe.ASKING, call_is_that_search),
    rewrite=placed,
    promises=1.2,
)
