"""Keep the results of a function that computes the same again from the same arguments.

A distance of two words, whether a number is a prime, a name in its normal form: such a function walks its argument, has no
effects, and programs often ask it the same question again. When its results are kept, each is computed once.

That is done only where a run showed that half of the calls come with arguments that came before. The body must compute from its
arguments, and from constants and functions of the module that do the same; since a test may give such a name another value, the new
code asks each time whether it still stands for the same object. Tables that may change, and names bound twice, are left. Keys are ints, texts,
bytes, flags or None of exactly the types that were seen, for `1 == 1.0 == True` and `0.0 == -0.0`; with others the body runs as
before. Kept are only results that nobody can change, no errors, no NaN (which equals nothing, but is itself), and no more than a bound says.
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
def _distance_anew(left, right):
    # by Wagner and Fischer
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


_known_distance = {}


def distance(left, right):
    key = (left, right) if type(left) is str and type(right) is str else None
    known = _known_distance.get(key)
    if known is not None:
        return known
    result = _distance_anew(left, right)
    if key is not None and type(result) is int:
        if len(_known_distance) >= 1024:
            _known_distance.clear()  # so that it does not grow for ever
        _known_distance[key] = result
    return result


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
import re

WORDS = re.compile(r"[a-z0-9]+")
JOINT = "-"


def split(text):
    return WORDS.findall(text.lower())


def _slug_anew(title):
    return JOINT.join(split(title))


_known_slug = {}
_needed_by_slug = (JOINT, split, WORDS)  # results are kept while these are the same


def slug(title):
    key = (
        (title,)
        if type(title) is str
        and JOINT is _needed_by_slug[0]
        and split is _needed_by_slug[1]
        and WORDS is _needed_by_slug[2]
        else None
    )
    known = _known_slug.get(key)
    if known is not None:
        return known
    result = _slug_anew(title)
    if key is not None and type(result) is str:
        if len(_known_slug) >= 1024:
            _known_slug.clear()  # so that it does not grow for ever
        _known_slug[key] = result
    return result


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

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations.memoizing import (
    arguments_tell_apart,
    computes_from_arguments_alone,
    name_means_this_function,
    results_cannot_change,
)
from perfprof.rules.repeated.memoizing import keep_results, repeated_functions, suspect, worth_keeping
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Functions of a module that walk something and may be asked the same again."""
    for found in repeated_functions(function, program):
        yield suspect("memoize", found)


RULE = Rule(
    title="same arguments again -> results kept",
    in_function=looks_for,
    worth=worth_keeping,
    safe_if=(
        results_cannot_change,
        arguments_tell_apart,
        computes_from_arguments_alone,
        name_means_this_function,
    ),
    rewrite=keep_results,
    promises=1.3,
    grows=False,
)
