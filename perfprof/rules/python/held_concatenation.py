r"""Collect what a loop adds to text that an object, a dict or a closure holds, and add it once.

CPython grows a local text in place, but not one that is held elsewhere: in `self.text += line`, `page["body"] += line`, or
`text += line` with a `nonlocal` or `global` text, and with bytes in all of these, n turns copy n * n / 2 characters.

Whoever has the object can look at it while the loop runs, so nothing may run but code that is known: the new code tests the
exact types of all that the loop reads. Text, bytes and numbers run nothing of the program; where the test fails, all is
added as before. An error half-way leaves what had come by then.

```python before
class Page:
    def __init__(self):
        self.text = ""

    def write(self, lines):
        for line in lines:
            if line:
                self.text += line + "\n"


def written(lines):
    page = Page()
    page.write(lines)
    return page.text
```

```python after
class Page:
    def __init__(self):
        self.text = ""

    def write(self, lines):
        text_pieces = (
            []
            if type(self) is Page
            and type(getattr(self, "text", None)) is str
            and type(lines) is list
            and set(map(type, lines)) <= {str}
            else None
        )
        try:
            for line in lines:
                if line:
                    if text_pieces is not None:
                        text_pieces.append(line + "\n")
                    else:
                        self.text += line + "\n"
        finally:
            if text_pieces:
                self.text += "".join(text_pieces)


def written(lines):
    page = Page()
    page.write(lines)
    return page.text
```

```python workload
written(["somebody said something"] * (8 * n))
```

```python before
def packed(numbers):
    message = {"head": b"", "body": b""}
    for number in numbers:
        message["body"] += str(number).encode() + b";"
    return message
```

```python after
def packed(numbers):
    message = {"head": b"", "body": b""}
    body_pieces = (
        []
        if type(message) is dict
        and type(message.get("body")) is bytes
        and type(numbers) is list
        and numbers is not message
        and set(map(type, numbers)) <= {int}
        else None
    )
    try:
        for number in numbers:
            if body_pieces is not None:
                body_pieces.append(str(number).encode() + b";")
            else:
                message["body"] += str(number).encode() + b";"
    finally:
        if body_pieces:
            message["body"] += b"".join(body_pieces)
    return message
```

```python workload
packed(list(range(16 * n)))
```

```python before
def collector():
    text = ""

    def add(names):
        nonlocal text
        for number, name in enumerate(names):
            text = f"{number}: {name}\n" + text
        return text

    return add


def added(names):
    return collector()(names)
```

```python after
def collector():
    text = ""

    def add(names):
        nonlocal text
        text_pieces = (
            []
            if type(text) is str
            and type(names) is list
            and set(map(type, names)) <= {str}
            else None
        )
        try:
            for number, name in enumerate(names):
                if text_pieces is not None:
                    text_pieces.append(f"{number}: {name}\n")
                else:
                    text = f"{number}: {name}\n" + text
        finally:
            if text_pieces:
                text = "".join(reversed(text_pieces)) + text
        return text

    return add


def added(names):
    return collector()(names)
```

```python workload
added(["somebody, somewhere"] * (8 * n))
```

A method is called, which may look at it:

```python unchanged loop-runs-nothing-else
class Page:
    def __init__(self):
        self.text = ""
        self.longest = 0

    def note(self):
        self.longest = len(self.text)
        return "."

    def write(self, lines):
        for line in lines:
            self.text += self.note()


def written(lines):
    page = Page()
    page.write(lines)
    return page.text, page.longest
```

Each store is counted:

```python unchanged place-is-plain
class Page:
    stores = 0

    def __init__(self):
        self.text = ""

    def __setattr__(self, name, value):
        Page.stores += 1
        object.__setattr__(self, name, value)

    def write(self, lines):
        for line in lines:
            self.text += line


def written(lines):
    page = Page()
    page.write(lines)
    return page.text, Page.stores
```

A thread shows how far it is:

```python unchanged nobody-looks-meanwhile
import threading


class Page:
    def __init__(self):
        self.text = ""

    def write(self, lines):
        for line in lines:
            self.text += line


def written(lines):
    page = Page()
    page.write(lines)
    return page.text
```

It shares its line:

```python unchanged loop-can-be-wrapped
class Page:
    def __init__(self):
        self.text = ""

    def write(self, lines):
        for line in lines: self.text += line


def written(lines):
    page = Page()
    page.write(lines)
    return page.text
```

`type` means something else in this file:

```python unchanged builtins-are-builtin
def type(line):
    return line[:1]


class Page:
    def __init__(self):
        self.text = ""

    def write(self, lines):
        for line in lines:
            self.text += line


def written(lines):
    page = Page()
    page.write(lines)
    return page.text
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.containers.collecting import collect_held
from perfprof.rules.containers.held import held_texts, suspect_held, worth_holding
from perfprof.rules.obligations.held import (
    loop_can_be_wrapped,
    loop_runs_nothing_else,
    nobody_looks_meanwhile,
    place_is_plain,
)
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Text and bytes in attributes, items and shared names that a loop adds to."""
    for found in held_texts(function) if not program.alone else ():
        yield suspect_held("held-concatenation", found)


RULE = Rule(
    title="add to held text in each turn -> collect and add once",
    in_function=looks_for,
    worth=worth_holding,
    safe_if=(
        loop_runs_nothing_else,
        place_is_plain,
        nobody_looks_meanwhile,
        loop_can_be_wrapped,
        safe.builtins_are_builtin,
    ),
    rewrite=collect_held,
    promises=1.3,
)
