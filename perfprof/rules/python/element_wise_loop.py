"""Compute with whole arrays, not element by element.

`out[i] = a[i] * b[i] + k` makes objects of two elements, computes with these and puts one back: 150 nanoseconds, where
NumPy needs one for an element among thousands.

Only what gives the very same is computed at once: `+ - * /` of floats, comparisons, `sqrt`, `abs`, `floor` and their
like, elements that others point at (`a[places[i]]`), and sums, which NumPy's `accumulate` adds up in the loop's own order. Left as
they are: whole numbers that may overflow, and turns that read what another turn stored. The new code asks for plain arrays of
these types that share no memory. It computes under `errstate(all="raise")`: where an error or a warning would come up, nothing has
been stored yet, and the loop runs as it stands. Where two NaN meet, which of them comes out (its sign) NumPy itself leaves open.

`**`, `exp`, `log`, `sin` and their like may differ in their last bits: they are rewritten only within a tolerance that the user
set (`--tolerance 1e-9`, or in `[tool.perfprof]`), relative to the value. Differences, comparisons and roundings of such values
stay, and a sum of them is tested when it runs: terms that cancel out are added one by one.

```python before
import numpy as np


def calibrated(raw, dark, gain):
    out = np.zeros(len(raw))
    total = 0.0
    for i in range(len(raw)):
        out[i] = (raw[i] - dark[i]) * gain
        total += out[i]
    return out, total
```

```python after
import numpy as np


def calibrated(raw, dark, gain):
    out = np.zeros(len(raw))
    total = 0.0
    # One by one, as before, unless these are plain arrays that share no memory, and no error is to be told.
    at_once = (
        type(raw) is type(dark) is type(out) is np.ndarray
        and raw.dtype == dark.dtype == out.dtype == float
        and raw.ndim == dark.ndim == out.ndim == 1
        and type(total) is float
        and type(gain) is float
        and len(raw) <= min(len(dark), len(out))
        and out.flags.carray
        and not (np.may_share_memory(out, raw) or np.may_share_memory(out, dark))
    )
    if at_once:
        try:
            with np.errstate(all="raise"):
                new_out = out[: len(raw)].copy()
                new_out[:] = (raw - dark[: len(raw)]) * gain
                total_by_turn = np.add.accumulate(np.concatenate(((total,), new_out)))
                new_total = total_by_turn[-1] if len(total_by_turn) > 1 else total
            out[: len(raw)] = new_out
            total = new_total
        except ArithmeticError:
            at_once = False
    if not at_once:
        for i in range(len(raw)):
            out[i] = (raw[i] - dark[i]) * gain
            total += out[i]
    return out, total
```

```python workload
import numpy
raw, dark = numpy.arange(2.0 * n), numpy.full(2 * n, 0.5)
[one.tolist() for one in calibrated(raw, dark, 1.25)]
```

```python before
import numpy as np


def above(image, limit):
    mask = np.zeros(image.shape, dtype=np.uint8)
    bright = 0
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            if image[y, x] > limit:
                mask[y, x] = 255
                bright += 1
    return bright, mask.tobytes()
```

```python after
import numpy as np


def above(image, limit):
    mask = np.zeros(image.shape, dtype=np.uint8)
    bright = 0
    # One by one, as before, unless these are plain arrays that share no memory, and no error is to be told.
    at_once = (
        type(image) is type(mask) is np.ndarray
        and image.dtype == "uint8"
        and mask.dtype in (float, "int64", "uint8")
        and image.ndim == mask.ndim == 2
        and type(bright) is int
        and type(limit) is int
        and abs(limit) <= 9007199254740992
        and len(image) <= len(mask)
        and image.shape[1] <= mask.shape[1]
        and mask.flags.carray
        and not np.may_share_memory(mask, image)
    )
    if at_once:
        try:
            with np.errstate(all="raise"):
                new_mask = mask[: len(image), : image.shape[1]].copy()
                new_bright = bright
                chosen = image > limit
                new_mask[chosen] = 255
                new_bright += int(np.count_nonzero(chosen))
            mask[: len(image), : image.shape[1]] = new_mask
            bright = new_bright
        except ArithmeticError:
            at_once = False
    if not at_once:
        for y in range(image.shape[0]):
            for x in range(image.shape[1]):
                if image[y, x] > limit:
                    mask[y, x] = 255
                    bright += 1
    return bright, mask.tobytes()
```

```python workload
import numpy
image = (numpy.arange(40 * n) % 251).astype("uint8").reshape(n, 40)
above(image, 128)
```

A turn reads what the one before it stored:

```python unchanged each-turn-has-its-own
import numpy as np


def smoothed(values, share):
    out = np.array(values)
    for i in range(1, len(out)):
        out[i] = out[i - 1] * share + values[i]
    return out.tolist()
```

```python workload
import numpy
smoothed(numpy.arange(3.0 * n), 0.5)
```

Powers of one element and of an array may differ by a bit:

```python unchanged steps-are-exact
import numpy as np


def energies(speeds, mass):
    out = np.zeros(len(speeds))
    for i in range(len(speeds)):
        out[i] = mass * speeds[i] ** 2 / 2
    return out.tolist()
```

```python workload
import numpy
energies(numpy.arange(3.0 * n), 2.5)
```

The counter is read after the loop:

```python unchanged names-unread-after
import numpy as np


def scaled(values, k):
    out = np.zeros(len(values) + 1)
    i = 0
    for i in range(len(values)):
        out[i] = values[i] * k
    return out.tolist(), i
```

```python workload
import numpy
scaled(numpy.arange(3.0 * n), 0.5)
```

An array of a class of its own may compute in another way:

```python unchanged arrays-are-plain
import numpy as np


def scaled(values, k):
    out = np.zeros(len(values))
    for i in range(len(values)):
        out[i] = values[i] * k
    return out.tolist()
```

```python workload
import numpy
scaled(numpy.ma.array(numpy.arange(3.0 * n)), 0.5)
```

A compiler reads the loop as it stands:

```python unchanged loop-runs-as-it-stands
import numpy as np


def compiled(function):
    return function


@compiled
def scaled(values, k):
    out = np.zeros(len(values))
    for i in range(len(values)):
        out[i] = values[i] * k
    return out.tolist()
```

```python workload
import numpy
scaled(numpy.arange(3.0 * n), 0.5)
```

`k` may have no value before the loop:

```python unchanged index-has-a-place
import numpy as np


def scaled(values, wanted):
    if wanted:
        k = 0.5
    out = np.zeros(len(values))
    for i in range(len(values)):
        out[i] = values[i] * k
    return out.tolist()
```

```python workload
import numpy
scaled(numpy.arange(3.0 * n), True)
```

`set` is another one here:

```python unchanged builtins-are-builtin
import numpy as np


def set(values, k):
    out = np.zeros(len(values))
    for i in range(len(values)):
        out[i] = values[i] * k
    return out.tolist()
```

```python workload
import numpy
set(numpy.arange(3.0 * n), 0.5)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.elementwise.arrays import arrays_at_once
from perfprof.rules.elementwise.evidence import suspect, worth_arrays_at_once
from perfprof.rules.elementwise.loops import element_loops
from perfprof.rules.obligations.elementwise import ELEMENTWISE
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Loops that compute with arrays element by element."""
    if not program.alone:  # only a run tells that they are arrays
        for found in element_loops(function):
            yield suspect("element-wise-loop", found)


RULE = Rule(
    title="elements one by one -> arrays at once",
    in_function=looks_for,
    worth=worth_arrays_at_once,
    safe_if=(*ELEMENTWISE, safe.index_has_a_place, safe.builtins_are_builtin),
    rewrite=arrays_at_once,
    promises=1.5,
    grows=False,
)
