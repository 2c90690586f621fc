"""Put the parts of a data frame together once, after the loop.

`frame = pd.concat([frame, part])` copies all rows that are there already, in each turn: a thousand parts are copied
half a million times. A list of the parts costs nothing, and one `concat` copies each once.

pandas finds one type for the values of a column, and finds it step by step: whole numbers that meet a float and then
a text are floats by then. So the new code tests that all parts have the same columns of the same types (and row labels
of one type, where they are kept), and else adds them one by one as before. Each part is copied when it is added, since a
later turn might change it. An error of `concat` itself comes after the loop.

```python before
import pandas as pd

def collected(batches):
    found = pd.DataFrame()
    for batch in batches:
        if batch:
            found = pd.concat([found, pd.DataFrame({"name": batch, "size": 1})], ignore_index=True)
    return found.to_dict("list")
```

```python after
import pandas as pd

def collected(batches):
    found = pd.DataFrame()
    parts = []
    for batch in batches:
        if batch:
            parts.append(pd.DataFrame({"name": batch, "size": 1}).copy())
    if len({tuple(zip(part.columns, part.dtypes)) for part in parts}) == 1:
        found = pd.concat([found, *parts], ignore_index=True)
    else:  # columns of several types become one type step by step
        for part in parts:
            found = pd.concat([found, part], ignore_index=True)
    return found.to_dict("list")
```

```python workload
collected([["a", "b"], [], ["c"]] * n)
```

The frame is the caller's, and its columns have types of their own:

```python unchanged frame-begins-empty
import pandas as pd

def collected(batches, found):
    for batch in batches:
        found = pd.concat([found, pd.DataFrame({"name": batch})], ignore_index=True)
    return found
```

```python workload
import pandas
collected([["a", "b"], ["c"]] * n, pandas.DataFrame({"name": [1.5]}))
```

The loop asks how far it has come:

```python unchanged unseen-half-grown
import pandas as pd

def collected(batches, most):
    found = pd.DataFrame()
    for batch in batches:
        found = pd.concat([found, pd.DataFrame({"name": batch})], ignore_index=True)
        if len(found) > most:
            break
    return found
```

```python workload
collected([["a", "b"], ["c"]] * n, n)
```

What was added before an error is wanted:

```python unchanged unseen-half-grown
import pandas as pd

def collected(batches):
    try:
        found = pd.DataFrame()
        for batch in batches:
            found = pd.concat([found, pd.DataFrame({"name": [int(one) for one in batch]})], ignore_index=True)
    except ValueError:
        pass
    return found
```

```python workload
collected([["1", "2"], ["3"]] * n + ["x"])
```

What is added is a Series:

```python unchanged parts-are-frames
import pandas as pd

def collected(batches):
    found = pd.DataFrame()
    for batch in batches:
        found = pd.concat([found, pd.Series(batch)])
    return found
```

```python workload
collected([["a", "b"], ["c"]] * n)
```

Two statements share a line:

```python unchanged steps-have-lines
import pandas as pd

def collected(batches):
    found = pd.DataFrame()
    for batch in batches:
        part = pd.DataFrame({"name": batch}); found = pd.concat([found, part], ignore_index=True)
    return found
```

```python workload
collected([["a", "b"], ["c"]] * n)
```

`zip` means something else in this file:

```python unchanged builtins-are-builtin
import pandas as pd

def zip(batches):
    found = pd.DataFrame()
    for batch in batches:
        found = pd.concat([found, pd.DataFrame({"name": batch})], ignore_index=True)
    return found
```

```python workload
zip([["a", "b"], ["c"]] * n)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.frames.stacking import concat_once, grown_frames, suspect, worth_one_concat
from perfprof.rules.obligations import stacking
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Data frames that a loop grows."""
    for found in grown_frames(function):
        yield suspect("frame-concat-in-loop", found)


RULE = Rule(
    title="concat in each turn -> one concat",
    in_function=looks_for,
    worth=worth_one_concat,
    safe_if=(
        stacking.frame_begins_empty,
        stacking.unseen_half_grown,
        stacking.parts_are_frames,
        stacking.steps_have_lines,
        safe.builtins_are_builtin,
    ),
    rewrite=concat_once,
    promises=1.2,
)
