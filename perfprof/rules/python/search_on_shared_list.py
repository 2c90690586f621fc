"""Keep a dict beside a list that functions share and search by key.

`find(name)` walks half of `COMMANDS` on average, in each call: a list of the module, or one that the function around them
makes. Its callers can rarely help, since they do not hold the list.

So a dict of the rows by their key is kept beside it, made where the list is made. It is caught up with when it is asked: rows
that were added since are put in, and a list that was made anew is indexed anew. A statement that takes from the list or moves
what is in it empties the dict. The search itself stays, over the rows that can match, in their order; a key of another type is
searched for as before. Where a match does something, the dict holds positions, and a walk whose list is changed meanwhile
goes on from there over the list itself.

All of this holds only if nobody else changes the list or the keys of what is in it: all that takes from it must be functions
that see it by its name (anybody may read it and add to its end), and no file of the project may store the attribute again that is
the key. What one call makes is for the next, so `fix` replays no recorded call; it compares what the functions answer in the
running workload.

```python before
COMMANDS = []


class Missing(Exception):
    pass


def register(name, run):
    COMMANDS.append((name, run))


def forget(name):
    COMMANDS.remove((name, find(name)))


def find(name):
    for known, run in COMMANDS:
        if known == name:
            return run
    raise Missing(name)
```

```python after
COMMANDS = []


def _commands_with_item_0(name):
    # All of them, as before, where a key is not exactly str.
    commands, index = COMMANDS, _commands_by_item_0[0]
    if type(commands) is not list or not (type(name) is str):
        return commands
    if commands is not index[0]:
        _commands_by_item_0[0] = index = [commands, {}, 0]
    _, known, count = index
    if count < len(commands):
        for row in commands[count:]:
            if not (type(row) is tuple and len(row) == 2 and type(row[0]) is str):
                break
            known.setdefault(row[0], []).append(row)
            count += 1
        index[2] = count
    return known.get(name, ()) if count == len(commands) else commands


# The list that is indexed, what it holds by its item_0, and how many of them are in there.
_commands_by_item_0 = [(None, {}, 0)]


class Missing(Exception):
    pass


def register(name, run):
    COMMANDS.append((name, run))


def forget(name):
    COMMANDS.remove((name, find(name)))
    _commands_by_item_0[0] = (None, {}, 0)


def find(name):
    for known, run in _commands_with_item_0(name):
        if known == name:
            return run
    raise Missing(name)
```

```python workload
for number in range(2 * n + 3):
    register(str(number), number)
forget("1")
[find(str(i * 7 % (2 * n + 1) + 2)) for i in range(4 * n)]
```

A list that is handed out:

```python unchanged every-change-of-it-in-sight
def book(words):
    known = list(words)

    def knows(word):
        return any(one == word for one in known)

    return knows, known
```

```python workload
knows, known = book("w" + str(i) for i in range(n))
known.reverse()
[knows("w" + str(i * 7 % (n + 3))) for i in range(n)]
```

A class changes it, where nobody sees which:

```python unchanged nobody-else-has-the-list
WORDS = []


def knows(word):
    return any(one == word for one in WORDS)


class Change:
    turn = lambda: WORDS.reverse()
```

```python workload
WORDS.extend("w" + str(i) for i in range(n))
Change.turn()
[knows("w" + str(i * 7 % (n + 3))) for i in range(n)]
```

Products are renamed:

```python unchanged keys-never-change
PRODUCTS = []


class Product:
    def __init__(self, sku):
        self.sku = sku


def add(sku):
    PRODUCTS.append(Product(sku))


def rename(sku, new):
    found = next((one for one in PRODUCTS if one.sku == sku), None)
    if found:
        found.sku = new
    return found is not None
```

```python workload
for number in range(n):
    add(str(number))
[rename(str(i * 7 % (n + 3)), str(i)) for i in range(n)]
```

Keys that compare without case, so that equal ones hash differently:

```python unchanged keys-hash-as-equal
WORDS = []


class Sku(str):
    def __eq__(self, other):
        return self.lower() == other.lower()

    __hash__ = str.__hash__


def add(word):
    WORDS.append(Sku(word))


def knows(word):
    return any(one == word for one in WORDS)
```

```python workload
for number in range(n):
    add("w" + str(number))
[knows("W" + str(i * 7 % (n + 3))) for i in range(n)]
```

Reading the key counts:

```python unchanged reads-are-plain
PRODUCTS = []


class Product:
    reads = 0

    def __init__(self, sku):
        self._sku = sku

    @property
    def sku(self):
        Product.reads += 1
        return self._sku


def add(sku):
    PRODUCTS.append(Product(sku))


def find(sku):
    return next((one for one in PRODUCTS if one.sku == sku), None)
```

```python workload
for number in range(n):
    add(str(number))
[find(str(i * 7 % (n + 3))) is None for i in range(n)]
```

`len` means something else in this file:

```python unchanged new-names-mean-the-same
WORDS = []


def len(words):
    return 7


def knows(word):
    return any(one == word for one in WORDS)
```

```python workload
WORDS.extend("w" + str(i) for i in range(n))
[knows("w" + str(i * 7 % (n + 3))) for i in range(n)]
```

The last row is read after the loop:

```python unchanged row-unread-after
WORDS = []


def nearest(word):
    for one in WORDS:
        if one == word:
            return one
    return one
```

```python workload
WORDS.extend("w" + str(i) for i in range(n))
[nearest("w" + str(i * 7 % (n + 3))) for i in range(n)]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.kept_lists.beside import keep_beside
from perfprof.rules.kept_lists.searched import suspect, worth_a_dict_beside
from perfprof.rules.kept_lists.shared_lists import shared_searches
from perfprof.rules.obligations.attribute_keys import keys_never_change
from perfprof.rules.obligations.attribute_searches import keys_hash_as_equal, reads_are_plain, row_unread_after
from perfprof.rules.obligations.shared_lists import (
    every_change_of_it_in_sight,
    new_names_mean_the_same,
    nobody_else_has_the_list,
)
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Functions that search a list which others share for the first row with an equal key."""
    for found in shared_searches(function, program):
        yield suspect("search-on-shared-list", found)


RULE = Rule(
    title="search in a shared list -> dict beside it",
    in_function=looks_for,
    worth=worth_a_dict_beside,
    safe_if=(
        nobody_else_has_the_list,
        every_change_of_it_in_sight,
        keys_never_change,
        keys_hash_as_equal,
        reads_are_plain,
        new_names_mean_the_same,
        row_unread_after,
    ),
    rewrite=keep_beside,
    promises=1.2,
)
