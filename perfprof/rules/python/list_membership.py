"""Ask a set, not a list, when a loop asks the same list again and again.

A list answers `x in xs` by walking; a set answers in one step. Building the set once costs about as much as a few
walks, so the change pays from a handful of tests. A list that grows meanwhile (`if x not in seen: seen.append(x)`)
keeps its order and gets a set beside it. A function that does nothing but ask (`return word in self.words`) is read through.
Where a branch of the loop calls what may change the list (`if clean: player.forget(other)`), the set is given up before it.

Lists compare with `==`, sets hash first: the set is asked only where both are of types for which these agree. NaN,
`1 == 1.0 == True` and duplicates mean the same in both. Objects whose class has no `__eq__` of its own are equal to
themselves only: a set of their identities answers. Where the code shows what the elements are, nothing is tested.

```python before
def unknown(orders, customer_ids):
    missing = []
    for order in orders:
        if order["customer_id"] not in customer_ids:
            missing.append(order["number"])
    return missing
```

```python after
def unknown(orders, customer_ids):
    missing = []
    customer_ids_set = (
        set(customer_ids)
        if type(customer_ids) is list
        and type(orders) is list
        and len(orders) > 8
        and set(map(type, customer_ids)) <= {int}
        else customer_ids
    )
    for order in orders:
        customer_id = order["customer_id"]
        if type(customer_id) is not int:
            customer_ids_set = customer_ids
        if customer_id not in customer_ids_set:
            missing.append(order["number"])
    return missing
```

```python workload
unknown([{"number": i, "customer_id": i} for i in range(2 * n)], list(range(0, 2 * n, 2)))
```

```python before
def distinct(words):
    seen = []
    for word in words:
        if word not in seen:
            seen.append(word)
    return seen
```

```python after
def distinct(words):
    seen = []
    seen_set = set()
    for word in words:
        plain = word is None or type(word) is str or type(word) is int
        if word not in (seen_set if plain and len(seen_set) == len(seen) else seen):
            seen.append(word)
            if plain:
                seen_set.add(word)
    return seen
```

```python workload
distinct([str(i * 7 % (n + 1)) for i in range(3 * n)])
```

```python before
class Part:
    def __init__(self, *parts):
        self.parts = parts


def different(part):
    todo = [part]
    seen = []
    while todo:
        one = todo.pop()
        if one not in seen:
            seen.append(one)
            todo.extend(one.parts)
    return len(seen)
```

```python after
class Part:
    def __init__(self, *parts):
        self.parts = parts


def different(part):
    todo = [part]
    seen = []
    seen_ids = set()
    while todo:
        one = todo.pop()
        by_identity = type(one).__eq__ is object.__eq__
        if (
            id(one) not in seen_ids
            if by_identity and len(seen_ids) == len(seen)
            else one not in seen
        ):
            seen.append(one)
            if by_identity:
                seen_ids.add(id(one))
            todo.extend(one.parts)
    return len(seen)
```

```python workload
part = Part()
for _ in range(2 * n): part = Part(part, part)
different(part)
```

```python before
def different(numbers):
    seen = []
    for number in numbers:
        text = f"{number:.3f} m"
        if text not in seen:
            seen.append(text)
    return seen
```

```python after
def different(numbers):
    seen = []
    seen_set = set()
    for number in numbers:
        text = f"{number:.3f} m"
        if text not in seen_set:
            seen.append(text)
            seen_set.add(text)
    return seen
```

```python workload
different([i / 7 for i in range(3 * n)])
```

The loop removes from the list; a set made before it would go stale:

```python unchanged collection-unchanged
def unknown(orders, customer_ids):
    missing = []
    for order in orders:
        if order["customer_id"] in customer_ids:
            customer_ids.remove(order["customer_id"])
        else:
            missing.append(order["number"])
    return missing
```

Elements that cannot be hashed, or that have an equality of their own:

```python unchanged elements-hash-as-equal
def unknown(orders, customer_ids):
    missing = []
    keys = [[customer_id] for customer_id in customer_ids]
    for order in orders:
        if [order["customer_id"]] not in keys:
            missing.append(order["number"])
    return missing
```

Something else than a list is asked, with its own `in`:

```python unchanged is-a-list
def unknown(orders, customer_ids):
    missing = []
    ids = str(customer_ids)
    for order in orders:
        if str(order["customer_id"]) not in ids:
            missing.append(order["number"])
    return missing
```

The orders come from a generator, whose code runs in each turn:

```python unchanged loops-run-no-code
def unknown(orders, customer_ids):
    missing = []
    for order in orders:
        if order["customer_id"] not in customer_ids:
            missing.append(order["number"])
    return missing
```

```python workload
def late(customer_ids):
    for i in range(2 * n):
        customer_ids.append(2 * n - i)
        yield {"number": i, "customer_id": i}

ids = list(range(n))
unknown(late(ids), ids)
```

The list has no value before the loop:

```python unchanged index-has-a-place
def unknown(orders, customer_ids):
    missing = []
    if orders:
        known = list(customer_ids)
    for order in orders:
        if order["customer_id"] not in known:
            missing.append(order["number"])
    return missing
```

The class of what is asked has no name here, so no guard can test for it:

```python unchanged call-is-that-search
def known_ids(customer_ids):
    class Known:
        def __init__(self):
            self.ids = list(customer_ids)

        def has(self, customer_id):
            return customer_id in self.ids

    return Known()


def unknown(orders, known):
    return [order["number"] for order in orders if not known.has(order["customer_id"])]
```

```python workload
unknown([{"number": i, "customer_id": i} for i in range(2 * n)], known_ids(range(0, 2 * n, 2)))
```

`set` means something else in this file:

```python unchanged builtins-are-builtin
def set(values):
    return list(values)


def unknown(orders, customer_ids):
    missing = []
    for order in orders:
        if order["customer_id"] not in customer_ids:
            missing.append(order["number"])
    return set(missing)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.obligations.receiver import call_is_that_search
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import of_membership
from perfprof.rules.searching.asked_lists import memberships
from perfprof.rules.searching.asked_set import build_set
from perfprof.rules.searching.item_lists import item_lists
from perfprof.rules.searching.list_methods import tests_answered
from perfprof.rules.searching.listed_keys import listed_keys
from perfprof.rules.searching.membership import suspect
from perfprof.rules.searching.membership_calls import membership_calls
from perfprof.rules.worth import worth_a_set

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Membership tests of a list that a loop repeats."""
    answered = {*tests_answered(function, program), *(one.scan.node for one in listed_keys(function, program))}
    asked = (memberships, membership_calls, item_lists)
    for found in (one for each in asked for one in each(function, program)):
        left = [one for one in (found.scan, *found.twins) if one.node not in answered]
        if left:
            yield suspect("list-membership", replace(found, scan=left[0], twins=tuple(left[1:])))


RULE = Rule(
    title="list -> set",
    in_function=looks_for,
    scale=of_membership,
    worth=worth_a_set,
    safe_if=(
        safe.is_a_list,
        safe.elements_hash_as_equal,
        safe.collection_unchanged,
        safe.loops_run_no_code,
        safe.index_has_a_place,
        safe.builtins_are_builtin,
        call_is_that_search,
    ),
    rewrite=build_set,
    promises=1.2,
)
