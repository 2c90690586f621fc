"""Ask a dict, not a list of its keys or values.

`key in list(d)` and `key in list(d.keys())` copy all keys and walk them; `key in d` is one look-up, and needs nothing
to be made before. `value in d.values()` walks the values; if a loop asks again and again, and the dict stays as it
is, a set of the values made before the loop answers.

The dict is asked only for keys of the types that it was seen to have: for those `==` and `hash` agree, and what
cannot be hashed is still compared with each key.

```python before
def grouped(pairs):
    groups = {}
    for key, value in pairs:
        if key in list(groups.keys()):
            groups[key].append(value)
        else:
            groups[key] = [value]
    return groups
```

```python after
def grouped(pairs):
    groups = {}
    for key, value in pairs:
        if key in (groups if type(key) is str else list(groups.keys())):
            groups[key].append(value)
        else:
            groups[key] = [value]
    return groups
```

```python workload
grouped([(str(i * 7 % (n + 1)), i) for i in range(3 * n)])
```

```python before
def unused(names, chosen):
    return [name for name in names if name.lower() not in chosen.values()]
```

```python after
def unused(names, chosen):
    chosen_values = (
        set(chosen.values())
        if type(chosen) is dict
        and type(names) is list
        and len(names) > 8
        and set(map(type, chosen.values())) <= {str}
        else set()
    )
    return [
        name
        for name in names
        if (wanted := name.lower())
        not in (
            chosen_values
            if chosen_values and type(wanted) is str
            else chosen_values.clear() or chosen.values()
        )
    ]
```

```python workload
unused(["n" + str(i) for i in range(2 * n)], {i: "n" + str(i * 3) for i in range(n)})
```

A class of its own may answer `in` as it likes:

```python unchanged is-a-dict
class Names(dict):
    def __contains__(self, name):
        return True


def unused(names, chosen):
    chosen = Names(chosen)
    return [name for name in names if name not in list(chosen)]
```

```python workload
unused(["n" + str(i) for i in range(2 * n)], {"n" + str(i * 3): i for i in range(n)})
```

Values that cannot be hashed:

```python unchanged members-hash-as-equal
def unused(names, chosen):
    chosen = {key: [value] for key, value in chosen.items()}
    return [name for name in names if [name] not in chosen.values()]
```

```python workload
unused(["n" + str(i) for i in range(2 * n)], {i: "n" + str(i * 3) for i in range(n)})
```

Values that come in the loop:

```python unchanged collection-unchanged
def unused(names, chosen):
    found = []
    for name in names:
        if name not in chosen.values():
            found.append(name)
            chosen[name] = name
    return found
```

```python workload
unused(["n" + str(i % n) for i in range(2 * n)], {i: "n" + str(i * 3) for i in range(n)})
```

The names come from a generator, whose code runs in each turn:

```python unchanged loops-run-no-code
def unused(names, chosen):
    return [name for name in names if name not in chosen.values()]
```

```python workload
def late(chosen):
    for i in range(2 * n):
        chosen[i] = "n" + str(i)
        yield "n" + str(i + i % 2)

chosen = {i: "n" + str(i * 3) for i in range(n)}
unused(late(chosen), chosen)
```

The dict has no value before the loop:

```python unchanged index-has-a-place
def unused(names, chosen):
    found = []
    if names:
        taken = chosen
    for name in names:
        if name not in taken.values():
            found.append(name)
    return found
```

```python workload
unused(["n" + str(i) for i in range(2 * n)], {i: "n" + str(i * 3) for i in range(n)})
```

`type` means something else in this file:

```python unchanged builtins-are-builtin
def type(names):
    return "names"


def unused(names, chosen):
    return type(names), [name for name in names if name not in chosen.values()]
```

```python workload
unused(["n" + str(i) for i in range(2 * n)], {i: "n" + str(i * 3) for i in range(n)})
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import of_dict_scan
from perfprof.rules.searching.dict_scans import dict_scans, dict_suspect, look_up
from perfprof.rules.worth import worth_asking_a_dict

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Questions to the keys or values of a dict that a loop repeats."""
    for found in dict_scans(function, program):
        yield dict_suspect("dict-keys-scan", found)


RULE = Rule(
    title="keys or values of a dict -> look-up",
    in_function=looks_for,
    scale=of_dict_scan,
    worth=worth_asking_a_dict,
    safe_if=(*safe.DICT_SCAN, safe.builtins_are_builtin),
    rewrite=look_up,
    promises=1.2,
)
