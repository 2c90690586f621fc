"""Keep a dict beside a list that an object searches by key.

`repository.find_by_id(x)` walks half of `self._items` on average, in each call. Its callers can rarely help: they do not
hold the list, and where each of them calls once there is no loop to build an index before. `x in self._items` is the same.

So the class keeps a dict of the rows by their key. It is caught up with when it is asked: rows that were added since are put
in, and a list that was made anew is indexed anew. A statement that takes from the list or moves what is in it empties the
dict. The search itself stays, over the rows that can match, in their order: the first match is the first as before, and a key
of another type is searched for as before. Where a match does something, which may change the list in its turn, the dict
holds positions, and the walk goes on from there over the list itself. For `self._items.index(x)` it holds the first position.

All of this holds only if nobody else changes the list or the keys of what is in it. What takes from the list must stand in
methods of the class, of what it inherits from or of what inherits from it (anybody may read it and add to its end), and no
file of the project may store the attribute again that is the key. Objects get one attribute more, so `fix` replays no
recorded call; it compares what the methods answer in the running workload.

```python before
class Products:
    def __init__(self):
        self._products = []

    def add(self, product):
        self._products.append(product)

    def remove(self, sku):
        self._products.remove(self.find(sku))

    def find(self, sku):
        for product in self._products:
            if product.sku == sku:
                return product
        return None


class Product:
    def __init__(self, sku, price):
        self.sku = sku
        self.price = price
```

```python after
class Products:
    def __init__(self):
        self._products = []

    def add(self, product):
        self._products.append(product)

    def remove(self, sku):
        self._products.remove(self.find(sku))
        self._products_by_sku = (None, {}, 0)

    def find(self, sku):
        for product in self._products_with_sku(sku):
            if product.sku == sku:
                return product
        return None

    def _products_with_sku(self, sku):
        # All of them, as before, where a key is not exactly str.
        products, index = self._products, self._products_by_sku
        if type(products) is not list or not (type(sku) is str):
            return products
        if products is not index[0]:
            self._products_by_sku = index = [products, {}, 0]
        _, known, count = index
        if count < len(products):
            for product in products[count:]:
                if not (type(getattr(product, "sku", None)) is str):
                    break
                known.setdefault(product.sku, []).append(product)
                count += 1
            index[2] = count
        return known.get(sku, ()) if count == len(products) else products

    # The list that is indexed, what it holds by its sku, and how many of them are in there.
    _products_by_sku = (None, {}, 0)


class Product:
    def __init__(self, sku, price):
        self.sku = sku
        self.price = price
```

```python workload
products = Products()
for number in range(2 * n):
    products.add(Product(str(number), number))
    if number == 2:
        products.remove("1")

[(products.find(str(i * 7 % (2 * n + 3))) or Product("", 0)).price for i in range(4 * n)]
```

Others change the list:

```python unchanged nobody-else-holds-it
class Words:
    def __init__(self, words):
        self.words = list(words)

    def knows(self, word):
        return any(one == word for one in self.words)


def unknown(text, words):
    words.words.reverse()
    return [word for word in text if not words.knows(word)]
```

```python workload
words = Words("w" + str(i) for i in range(n))
unknown(["w" + str(i * 7 % (n + 3)) for i in range(n)], words)
```

Whoever asks for all words gets the list itself:

```python unchanged every-change-in-sight
class Words:
    def __init__(self, words):
        self._words = list(words)

    def all(self):
        return self._words

    def knows(self, word):
        return any(one == word for one in self._words)
```

```python workload
words = Words("w" + str(i) for i in range(n))
words.all().reverse()
[words.knows("w" + str(i * 7 % (n + 3))) for i in range(n)]
```

Products are renamed:

```python unchanged keys-never-change
class Products:
    def __init__(self, products):
        self._products = list(products)

    def find(self, sku):
        return next((one for one in self._products if one.sku == sku), None)


class Product:
    def __init__(self, sku):
        self.sku = sku


def rename(sku, new, products):
    found = products.find(sku)
    if found:
        found.sku = new
    return found is not None
```

```python workload
products = Products(Product(str(i)) for i in range(n))
[rename(str(i * 7 % (n + 3)), str(i), products) for i in range(n)]
```

Keys that compare without case, so that equal ones hash differently:

```python unchanged keys-hash-as-equal
class Sku(str):
    def __eq__(self, other):
        return self.lower() == other.lower()

    __hash__ = str.__hash__


class Words:
    def __init__(self, words):
        self._words = list(words)

    def knows(self, word):
        return any(one == word for one in self._words)
```

```python workload
words = Words(Sku("w" + str(i)) for i in range(n))
[words.knows("W" + str(i * 7 % (n + 3))) for i in range(n)]
```

Reading the key counts:

```python unchanged reads-are-plain
class Products:
    def __init__(self, products):
        self._products = list(products)

    def find(self, sku):
        return next((one for one in self._products if one.sku == sku), None)


class Product:
    reads = 0

    def __init__(self, sku):
        self._sku = sku

    @property
    def sku(self):
        Product.reads += 1
        return self._sku
```

```python workload
products = Products(Product(str(i)) for i in range(n))
[products.find(str(i * 7 % (n + 3))) is None for i in range(n)]
```

`len` means something else in this file:

```python unchanged new-code-means-the-same
def len(words):
    return 7


class Words:
    def __init__(self, words):
        self._words = list(words)

    def knows(self, word):
        return any(one == word for one in self._words)
```

```python workload
words = Words("w" + str(i) for i in range(n))
[words.knows("w" + str(i * 7 % (n + 3))) for i in range(n)]
```

The last row is read after the loop:

```python unchanged row-unread-after
class Words:
    def __init__(self, words):
        self._words = list(words)

    def nearest(self, word):
        for one in self._words:
            if one == word:
                return one
        return one
```

```python workload
words = Words("w" + str(i) for i in range(n))
[words.nearest("w" + str(i * 7 % (n + 3))) for i in range(n)]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.kept_lists.attribute_searches import attribute_searches
from perfprof.rules.kept_lists.beside import keep_beside
from perfprof.rules.kept_lists.searched import suspect, worth_a_dict_beside
from perfprof.rules.obligations.attribute_keys import keys_never_change
from perfprof.rules.obligations.attribute_searches import (
    every_change_in_sight,
    keys_hash_as_equal,
    new_code_means_the_same,
    nobody_else_holds_it,
    reads_are_plain,
    row_unread_after,
)
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Methods that search a list of their object for the first row with an equal key."""
    for found in attribute_searches(function, program):
        yield suspect("search-on-attribute", found)


RULE = Rule(
    title="search in a list of an object -> dict beside it",
    in_function=looks_for,
    worth=worth_a_dict_beside,
    safe_if=(
        nobody_else_holds_it,
        every_change_in_sight,
        keys_never_change,
        keys_hash_as_equal,
        reads_are_plain,
        new_code_means_the_same,
        row_unread_after,
    ),
    rewrite=keep_beside,
    promises=1.2,
)
