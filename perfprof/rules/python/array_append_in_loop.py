"""Put the parts of an array together once, after the loop.

`array = np.append(array, part)` makes a new array of all that is there already, in each turn: ten thousand parts are
copied fifty million times. A list of the parts costs next to nothing, and one `concatenate` copies each once.

NumPy finds one type for both, step by step. So the new code tests that all parts have one type, and else adds them one
by one as before. Each part is copied when it is added, since a later turn might change it. An error about types that do
not go together comes after the loop.

```python before
import numpy as np

def peaks(signal, least):
    found = np.array([])
    for number, value in enumerate(signal):
        if value > least:
            found = np.append(found, number)
    return found.tolist()
```

```python after
import numpy as np

def peaks(signal, least):
    found = np.array([])
    parts = []
    for number, value in enumerate(signal):
        if value > least:
            parts.append(np.array(number))
    if len({part.dtype for part in parts}) == 1:
        found = np.concatenate([found.ravel(), *(part.ravel() for part in parts)])
    else:  # several types become one type step by step
        for part in parts:
            found = np.append(found, part)
    return found.tolist()
```

```python workload
peaks([1, 5, 7] * n, 3)
```

What grows is of a class of its own, which the parts would not be:

```python unchanged array-from-the-start
import numpy as np

def peaks(signal, found):
    for value in signal:
        if value > 3:
            found = np.append(found, value)
    return found.tolist()
```

```python workload
import numpy
peaks([1, 5, 7] * n, numpy.ma.array([1.5]))
```

The loop asks how far it has come:

```python unchanged unseen-half-grown
import numpy as np

def peaks(signal, most):
    found = np.array([])
    for value in signal:
        found = np.append(found, value)
        if found.size > most:
            break
    return found.tolist()
```

```python workload
peaks([1, 5, 7] * n, n)
```

The statement shares its line:

```python unchanged steps-have-lines
import numpy as np

def peaks(signal):
    found = np.array([])
    for value in signal: found = np.append(found, value)
    return found.tolist()
```

```python workload
peaks([1, 5, 7] * n)
```

`len` means something else in this file:

```python unchanged builtins-are-builtin
import numpy as np

def len(signal):
    found = np.array([])
    for value in signal:
        found = np.append(found, value)
    return found.tolist()
```

```python workload
len([1, 5, 7] * n)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.frames.stacking import append_once, grown_arrays, suspect, worth_one_concat
from perfprof.rules.obligations import stacking
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Arrays that a loop grows."""
    for found in grown_arrays(function):
        yield suspect("array-append-in-loop", found)


RULE = Rule(
    title="append in each turn -> one concatenate",
    in_function=looks_for,
    worth=worth_one_concat,
    safe_if=(
        stacking.array_from_the_start,
        stacking.unseen_half_grown,
        stacking.steps_have_lines,
        safe.builtins_are_builtin,
    ),
    rewrite=append_once,
    promises=1.2,
)
