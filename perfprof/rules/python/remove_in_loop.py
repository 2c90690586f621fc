"""Keep what stays in one pass instead of taking elements out one by one.

`xs.remove(x)` walks to the first equal element and moves all that stand behind it. A loop over a copy that removes
what meets a condition is quadratic; one pass that keeps the others is not. The list stays the same object.

Of equal elements `remove` takes the first, which may be another one than the loop asked about (`1` and `True`). Where
all are of one exact type, equal elements are alike, so the condition takes all of them or none.

```python before
def without_comments(lines):
    for line in lines[:]:
        if line.startswith("#"):
            lines.remove(line)
    return lines
```

```python after
def without_comments(lines):
    if type(lines) is list and set(map(type, lines)) <= {str}:
        lines[:] = [line for line in lines if not line.startswith("#")]
    else:
        for line in lines[:]:
            if line.startswith("#"):
                lines.remove(line)
    return lines
```

```python workload
without_comments(["#" * (i % 2) + str(i) for i in range(8 * n)])
```

```python before
def allowed(names, banned):
    for name in list(names):
        if name in banned:
            names.remove(name)
    return names
```

```python after
def allowed(names, banned):
    if (
        type(names) is list
        and set(map(type, names)) <= {str}
        and banned is not names
        and type(banned) is set
        and set(map(type, banned)) <= {str}
    ):
        names[:] = [name for name in names if name not in banned]
    else:
        for name in list(names):
            if name in banned:
                names.remove(name)
    return names
```

```python workload
allowed([str(i) for i in range(8 * n)], {str(3 * i) for i in range(8 * n)})
```

Elements that another collection names are counted off in one pass:

```python before
def without(stock, sold):
    for item in sold:
        if item in stock:
            stock.remove(item)
    return stock
```

```python after
def without(stock, sold):
    if (
        type(stock) is list
        and set(map(type, stock)) <= {str}
        and sold is not stock
        and type(sold) is list
        and set(map(type, sold)) <= {str}
    ):
        to_remove = {}  # how many of each
        for item in sold:
            to_remove[item] = to_remove.get(item, 0) + 1
        stock_kept = []
        for each in stock:
            if to_remove.get(each):
                to_remove[each] -= 1
            else:
                stock_kept.append(each)
        stock[:] = stock_kept
    else:
        for item in sold:
            if item in stock:
                stock.remove(item)
    return stock
```

```python workload
without([str(i % 99) for i in range(8 * n)], [str(i % 150) for i in range(4 * n)])
```

Equal elements differ in what is asked, and the first of them is taken:

```python unchanged equal-elements-alike
def without_ints(values):
    for value in values[:]:
        if value == 1:
            values.remove(value)
    return values
```

```python workload
without_ints([1 if i % 2 else 1.0 for i in range(8 * n)])
```

The condition fails for an element, when some are gone already:

```python unchanged condition-is-plain
def exact(values):
    for value in values[:]:
        if 100 % value:
            values.remove(value)
    return values
```

```python workload
exact([i + 1 for i in range(8 * n)])
```

The last element is read after the loop:

```python unchanged element-unread-after
def without_comments(lines):
    line = ""
    for line in lines[:]:
        if line.startswith("#"):
            lines.remove(line)
    return lines, line
```

```python workload
without_comments(["#" * (i % 2) + str(i) for i in range(8 * n)])
```

A comment would be lost:

```python unchanged loop-has-lines
def without_comments(lines):
    for line in lines[:]:
        if line.startswith("#"):  # as in shells
            lines.remove(line)
    return lines
```

```python workload
without_comments(["#" * (i % 2) + str(i) for i in range(8 * n)])
```

`set` means something else in this file:

```python unchanged builtins-are-builtin
def without_comments(lines, set):
    for line in lines[:]:
        if line.startswith("#"):
            lines.remove(line)
    return lines
```

```python workload
without_comments(["#" * (i % 2) + str(i) for i in range(8 * n)], 1)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.containers.removals import keep_the_others, removals, suspect, worth_one_pass
from perfprof.rules.obligations import removals as removing
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import of_removals

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Loops over a copy that take elements out of the list."""
    for found in removals(function):
        if not program.alone or found.gives is not None:
            yield suspect("remove-in-loop", found)


RULE = Rule(
    title="remove one by one -> one pass",
    in_function=looks_for,
    scale=of_removals,
    worth=worth_one_pass,
    safe_if=(
        removing.condition_is_plain,
        removing.equal_elements_alike,
        removing.element_unread_after,
        removing.loop_has_lines,
        safe.builtins_are_builtin,
    ),
    rewrite=keep_the_others,
    promises=1.2,
)
