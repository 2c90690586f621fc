"""Keep the results of a function that computes the same again from the same arguments.

A distance of two words, whether a number is a prime, a name in its normal form: such a function walks its argument, has no
effects, and programs often ask it the same question again. When its results are kept, each is computed once.

That is done only where a run showed that half of the calls come with arguments that came before, and that it takes a part of
the run worth a cache. The body must compute from its arguments, from constants and functions of the project that do the same
and to which no file gives another value, and from functions of the standard library that compute. Of functions that call one
another, the one whose arguments come again most is told: the time of the others is its time.

`functools.lru_cache` keeps the results, up to a bound. It is asked only with arguments of exactly the types that were seen, ints, texts, bytes,
flags or None: others could not be hashed, or would be equal without being alike (`1 == 1.0`, `0.0 == -0.0`, a text that compares in its own way). Then the
body runs as before, and so it does where a result is of a type that others could change, or NaN, which is equal to nothing, unless the
code shows that results are texts, whole numbers or flags. No errors are kept.
What one call keeps is for the next, so `fix` compares and times the running workload, not single calls.

```python before
def distance(left, right):
    # by Wagner and Fischer
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def nearest(words, known):
    return [min(known, key=lambda one: distance(word, one)) for word in words]
```

```python after
import functools

def distance(left, right):
    if type(left) is str and type(right) is str:
        result = _distance_cached(left, right)
        if type(result) is int:
            return result
    return _distance_cached.__wrapped__(left, right)


@functools.lru_cache(maxsize=1024)
def _distance_cached(left, right):
    # by Wagner and Fischer
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def nearest(words, known):
    return [min(known, key=lambda one: distance(word, one)) for word in words]
```

```python workload
known = ["alpha", "gamma", "delta", "omega"]
nearest(["alpah", "delat", "omgea", "gmama"] * (n // 2), known)
```

```python before
import re

WORDS = re.compile(r"[a-z0-9]+")
JOINT = "-"


def split(text):
    return WORDS.findall(text.lower())


def slug(title):
    return JOINT.join(split(title))


def slugs(titles):
    return [slug(one) for one in titles]
```

```python after
import functools
import re

WORDS = re.compile(r"[a-z0-9]+")
JOINT = "-"


def split(text):
    return WORDS.findall(text.lower())


def slug(title):
    if type(title) is str:
        return _slug_cached(title)
    return _slug_cached.__wrapped__(title)


@functools.lru_cache(maxsize=1024)
def _slug_cached(title):
    return JOINT.join(split(title))


def slugs(titles):
    return [slug(one) for one in titles]
```

```python workload
titles = [f"The {one}th day of a very long month, and a few words more: {one * 7}" for one in range(20)]
slugs(titles * n)
```

The time is no argument:

```python unchanged computes-from-arguments-alone
import time


def older(day):
    return sum(one < time.time() for one in range(day))


def checked(numbers):
    return [older(number % 7) for number in numbers]
```

```python workload
checked(range(8 * n))
```

A setting that may change between calls:

```python unchanged computes-from-arguments-alone
BASE = 10


def set_base(number):
    global BASE
    BASE = number


def digits(number):
    return sum(int(one) % BASE for one in str(number))


def checked(numbers):
    return [digits(number % 7) for number in numbers]
```

```python workload
checked(range(8 * n))
```

Floats, of which `0.0` and `-0.0` would be one key:

```python unchanged arguments-tell-apart
def shown(number):
    return "".join(one for one in str(number) if one != ".")


def checked(numbers):
    return [shown(number % 7 / 2) for number in numbers]
```

```python workload
checked(range(8 * n))
```

A list, which its callers may change:

```python unchanged results-cannot-change
def digits(number):
    return [int(one) for one in str(number)]


def checked(numbers):
    found = [digits(number % 7) for number in numbers]
    found[0].append(1)
    return found
```

```python workload
checked(range(8 * n))
```

The name means another function when it is called:

```python unchanged name-means-this-function
def digits(number):
    return sum(int(one) for one in str(number))


plain_digits = digits


def digits(number):
    return plain_digits(number) % 9


def checked(numbers):
    return [digits(number % 7) for number in numbers]
```

```python workload
checked(range(8 * n))
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from perfprof.rules.obligations.memoizing import (
    arguments_tell_apart,
    computes_from_arguments_alone,
    name_means_this_function,
    results_cannot_change,
)
from perfprof.rules.repeated.caching import keep_results
from perfprof.rules.repeated.chains import left_to_others
from perfprof.rules.repeated.memoizing import repeated_functions, suspect, worth_keeping
from perfprof.rules.rule import Case, Level, Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Functions of a module that walk something and may be asked the same again."""
    for found in repeated_functions(function, program):
        yield suspect("memoize", found)


SAFE_IF = (
    results_cannot_change,
    arguments_tell_apart,
    computes_from_arguments_alone,
    name_means_this_function,
)


def told_once(cases: Sequence[Case]) -> dict[str, str]:
    """Why functions are left to others that they call, or that call them."""
    return left_to_others(cases, lambda case: all(one.check(case).level is not Level.OPEN for one in SAFE_IF))


RULE = Rule(
    title="same arguments again -> results kept",
    in_function=looks_for,
    worth=worth_keeping,
    together=told_once,
    safe_if=SAFE_IF,
    rewrite=keep_results,
    promises=1.3,
    grows=False,
)
