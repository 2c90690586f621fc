"""Collect the pieces, and put them together when the loop is over.

Text, bytes and tuples cannot grow: `data += chunk` makes a new object and copies all that was there. CPython grows a local
text in place where it can, but not what it adds to at the front, nor in two steps, nor through an f-string, nor
bytes, nor tuples: there n turns copy n * n / 2 characters.

The pieces go to a list, in the order in which they come, and make the whole after the loop. So the loop must not read the
whole, and no error may lead from the loop to code that does. What is no text (or bytes, or tuple) may add itself in
another way: it is tested, and from the first such piece on all is added as before.

```python before
def received(chunks):
    data = b""
    for chunk in chunks:
        data += chunk
    return data
```

```python after
def received(chunks):
    data = b""
    data_pieces = [data]
    for chunk in chunks:
        if type(chunk) is bytes and data_pieces is not None:
            data_pieces.append(chunk)
        else:
            if data_pieces is not None:
                data = b"".join(data_pieces)
                data_pieces = None
            data += chunk
    if data_pieces is not None:
        data = b"".join(data_pieces)
    return data
```

```python workload
received([b"some bytes " * 4] * (16 * n))
```

```python before
def report(names):
    text = ""
    for name in names:
        if name:
            text = f"{text}{name}, "
    return text
```

```python after
def report(names):
    text = ""
    text_pieces = [text]
    for name in names:
        if name:
            text_pieces.append(f"{name}, ")
    text = "".join(text_pieces)
    return text
```

```python workload
report(["somebody"] * (16 * n))
```

```python before
def squares(numbers):
    row = ()
    for number in numbers:
        row += (number * number,)
    return row
```

```python after
def squares(numbers):
    row = ()
    row_pieces = list(row)
    for number in numbers:
        row_pieces.append(number * number)
    row = tuple(row_pieces)
    return row
```

```python workload
squares(list(range(2 * n)))
```

```python before
def way_back(parents, node):
    way = ""
    while node is not None:
        way = "/" + str(node) + way
        node = parents[node]
    return way
```

```python after
def way_back(parents, node):
    way = ""
    way_pieces = [way]
    while node is not None:
        piece = str(node)
        if type(piece) is str and way_pieces is not None:
            way_pieces += (piece, "/")
        else:
            if way_pieces is not None:
                way = "".join(reversed(way_pieces))
                way_pieces = None
            way = "/" + piece + way
        node = parents[node]
    if way_pieces is not None:
        way = "".join(reversed(way_pieces))
    return way
```

```python workload
way_back([None, *range(16 * n)], 16 * n)
```

Another function reads it while the loop runs:

```python unchanged seen-by-nobody-else
def received(chunks):
    data = b""

    def size():
        return len(data)

    for chunk in chunks:
        data += chunk
    return data, size()
```

What had come is wanted when the connection breaks:

```python unchanged ends-are-in-sight
def received(chunks):
    data = b""
    try:
        for chunk in chunks:
            data += chunk
    except OSError:
        pass
    return data
```

What is added is no bytes, which adds itself in another way:

```python unchanged pieces-are-alike
def received(chunks):
    data = b""
    for chunk in chunks:
        data += bytearray(chunk)
    return data
```

The statement shares its line:

```python unchanged additions-have-lines
def received(chunks):
    data = b""
    for chunk in chunks: data += chunk
    return data
```

`type` means something else in this file:

```python unchanged builtins-are-builtin
def type(chunk):
    return chunk[:1]


def received(chunks):
    data = b""
    for chunk in chunks:
        data += type(chunk)
    return data
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.containers.collecting import collect_pieces
from perfprof.rules.containers.pieces import buildings, suspect, worth_collecting
from perfprof.rules.obligations.pieces import (
    additions_have_lines,
    ends_are_in_sight,
    pieces_are_alike,
    seen_by_nobody_else,
)
from perfprof.rules.rule import Rule, Suspect
from perfprof.rules.scale import of_building

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Local text, bytes and tuples that a loop adds to."""
    for found in buildings(function):
        yield suspect("immutable-concatenation", found)


RULE = Rule(
    title="copy and add -> collect and join",
    in_function=looks_for,
    scale=of_building,
    worth=worth_collecting,
    safe_if=(
        seen_by_nobody_else,
        ends_are_in_sight,
        pieces_are_alike,
        additions_have_lines,
        safe.builtins_are_builtin,
    ),
    rewrite=collect_pieces,
    promises=1.2,
)
