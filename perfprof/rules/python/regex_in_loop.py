"""Compile a regular expression once before the loop that uses it.

`re.match(pattern, text)` finds the compiled pattern in a cache, by its text and flags, in each call. That look-up
costs more than matching a short text: the method of the pattern object itself is about twice as fast from some ten
calls on. Only constant patterns move, which raise nothing and warn of nothing when they are compiled early.

```python before
import re


def errors(lines):
    found = []
    for line in lines:
        match = re.match("([A-Z]+): (.*)", line)
        if match is not None and match[1] == "ERROR":
            found.append(match[2])
    return found
```

```python after
import re


def errors(lines):
    found = []
    pattern = re.compile("([A-Z]+): (.*)")
    for line in lines:
        match = pattern.match(line)
        if match is not None and match[1] == "ERROR":
            found.append(match[2])
    return found
```

```python workload
errors(["ERROR: " + str(i) if i % 3 else "it went well" for i in range(n)])
```

```python before
import re

DIGITS = r"[0-9]+"


def hidden(lines):
    return [re.sub(DIGITS, "#", line, flags=re.ASCII) for line in lines]
```

```python after
import re

DIGITS = r"[0-9]+"


def hidden(lines):
    digits = re.compile(DIGITS, re.ASCII)
    return [digits.sub("#", line) for line in lines]
```

```python workload
hidden(["call " + str(i) for i in range(n)])
```

Each turn has its own pattern:

```python unchanged pattern-is-constant
import re


def errors(lines):
    found, pattern = [], "E"
    for line in lines:
        if re.match(pattern, line) is not None:
            found.append(line)
            pattern = "ERR"
    return found
```

A pattern that is wrong, which nobody learns while there are no lines:

```python unchanged pattern-compiles
import re


def errors(lines):
    found = []
    for line in lines:
        try:
            found.append(re.match("(ERROR", line))
        except re.error:
            found.append(line)
    return found
```

Another module is called `re`:

```python unchanged re-is-the-module
import re as expressions


class re:
    calls = 0

    @classmethod
    def match(cls, pattern, line):
        cls.calls += 1
        return expressions.match(pattern, line)


def errors(lines):
    found = []
    for line in lines:
        if re.match("ERROR", line) is not None:
            found.append(line)
    return found, re.calls
```

There is no line of its own for it:

```python unchanged index-has-a-place
import re


def errors(lines):
    first = lines[:1]; found = [line for line in lines if re.match("ERROR", line)]
    return first, found
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.obligations import index_has_a_place
from perfprof.rules.obligations.patterns import pattern_compiles, pattern_is_constant, re_is_the_module
from perfprof.rules.repeated.patterns import compile_before, matchings, suspect, worth_compiling
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Calls of `re` with a pattern as text, repeated by a loop."""
    for found in matchings(function, program):
        yield suspect("regex-in-loop", found)


RULE = Rule(
    title="regular expression -> compiled once",
    in_function=looks_for,
    worth=worth_compiling,
    safe_if=(pattern_is_constant, pattern_compiles, re_is_the_module, index_has_a_place),
    rewrite=compile_before,
    promises=1.1,
    grows=False,
)
