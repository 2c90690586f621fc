"""Look the row up in an index instead of searching the whole collection in each turn of a loop.

A search that ends at its first match (a loop with `break` or `return`, `next(... for ... if ...)`, `any`, or a
helper function that does one of these) walks half of the collection on average. Called in a loop, it is a nested
loop in disguise. A dict from key to rows, built once before the loop, leaves the search only the rows that can match:
in the order of the collection, so that the first match stays the first, and with the search's own test unchanged.

```python before
def priced(lines, products):
    total = 0
    for line in lines:
        product = next((p for p in products if p["sku"] == line["sku"]), None)
        if product is not None:
            total += product["price"] * line["quantity"]
    return total
```

```python after
def priced(lines, products):
    total = 0
    # Left empty, so that all of them are walked as before, unless every key is exactly str.
    products_by_sku = {}
    if (
        type(products) is list
        and type(lines) is list
        and len(lines) > 8
        and all(type(p) is dict and type(p.get("sku")) is str for p in products)
    ):
        for p in products:
            products_by_sku.setdefault(p["sku"], []).append(p)
    for line in lines:
        product = next(
            (
                p
                for p in (
                    products_by_sku.get(line["sku"], ())
                    if products_by_sku and type(line["sku"]) is str
                    else products
                )
                if p["sku"] == line["sku"]
            ),
            None,
        )
        if product is not None:
            total += product["price"] * line["quantity"]
    return total
```

```python workload
products = [{"sku": str(i % n), "price": i} for i in range(2 * n)]
priced([{"sku": str(i * 7 % (n + 3)), "quantity": 2} for i in range(n)], products)
```

```python before
def find(products, sku):
    return next((one for one in products if one["sku"] == sku), None)


def priced(lines, products):
    return [find(products, line["sku"]) for line in lines]
```

```python after
def find(products, sku):
    return next((one for one in products if one["sku"] == sku), None)


def priced(lines, products):
    # Left empty, so that all of them are walked as before, unless every key is exactly str.
    products_by_sku = {}
    if (
        type(products) is list
        and type(lines) is list
        and len(lines) > 8
        and all(type(one) is dict and type(one.get("sku")) is str for one in products)
    ):
        for one in products:
            products_by_sku.setdefault(one["sku"], []).append(one)
    return [
        find(
            (
                products_by_sku.get(line["sku"], [])
                if products_by_sku and type(line["sku"]) is str
                else products
            ),
            line["sku"],
        )
        for line in lines
    ]
```

A method or property that searches what its object holds is not given the rows, so the caller evaluates what the call
stands for, over the rows that can match. That is so only for the class that was read, which a guard tests; for
everything else the call stays. A function that lists keys anew only to be asked (`if name in team.names():`) gives
way to a set of these keys in the same manner.

```python before
class Catalog:
    def __init__(self, products):
        self._products = list(products)

    def find(self, sku):
        for one in self._products:
            if one["sku"] == sku:
                return one
        raise LookupError(sku)


def priced(lines, catalog):
    return [catalog.find(line["sku"]) for line in lines]
```

```python after
class Catalog:
    def __init__(self, products):
        self._products = list(products)

    def find(self, sku):
        for one in self._products:
            if one["sku"] == sku:
                return one
        raise LookupError(sku)


def priced(lines, catalog):
    # Left empty, so that all of them are walked as before, unless every key is exactly str.
    products_by_sku = {}
    if (
        type(catalog) is Catalog
        and type(getattr(catalog, "_products", None)) is list
        and type(lines) is list
        and len(lines) > 8
        and all(
            type(one) is dict and type(one.get("sku")) is str
            for one in catalog._products
        )
    ):
        for one in catalog._products:
            products_by_sku.setdefault(one["sku"], []).append(one)
    return [
        (
            next(
                (
                    one
                    for one in products_by_sku.get(line["sku"], ())
                    if one["sku"] == line["sku"]
                ),
                None,
            )
            if products_by_sku
            and type(line["sku"]) is str
            and line["sku"] in products_by_sku
            else catalog.find(line["sku"])
        )
        for line in lines
    ]
```

```python workload
catalog = Catalog({"sku": str(i % n), "price": i} for i in range(2 * n))
priced([{"sku": str(i * 7 % (n + (n == 1))), "quantity": 2} for i in range(n)], catalog)
```

A search that counts how far it went does something for each row:

```python unchanged other-rows-idle
def priced(lines, products):
    total = steps = 0
    for line in lines:
        for product in products:
            steps += 1
            if product["sku"] == line["sku"]:
                total += product["price"]
                break
    return total, steps
```

A product that is not there is put before all others, and found from then on:

```python unchanged collection-unchanged
def priced(lines, products):
    for line in lines:
        if not any(product["sku"] == line["sku"] for product in products):
            products.insert(0, {"sku": line["sku"], "price": 1})
    return len(products)
```

The key of the product that was found changes:

```python unchanged keys-unchanged
def priced(lines, products):
    total = 0
    for line in lines:
        for product in products:
            if product["sku"] == line["sku"]:
                total += product["price"]
                product["sku"] = str(total)
                break
    return total
```

The search goes on from what it found, until nothing replaces it any more:

```python unchanged wanted-key-fixed
def priced(lines, products):
    total = 0
    for line in lines:
        sku = line["sku"]
        for product in products:
            if product["sku"] == sku:
                sku = str(product["price"])
                total += 1
                if total % 3 == 0:
                    break
    return total
```

Without a match the loop leaves its last row behind, and that is used:

```python unchanged row-unread-after
def priced(lines, products):
    total = 0
    for line in lines:
        for product in products:
            if product["sku"] == line["sku"]:
                break
        total += product["price"]
    return total
```

An iterator is used up by the first search:

```python unchanged walked-again
def priced(lines, products):
    left = iter(products)
    return [next((one["price"] for one in left if one["sku"] == line["sku"]), 0) for line in lines]
```

Keys with an equality of their own:

```python unchanged keys-hash-as-equal
class Sku:
    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return self.text.lower() == other.text.lower()


def priced(lines, products):
    wanted = [Sku(line["sku"]) for line in lines]
    return [next((one["price"] for one in products if one["sku"] == sku), 0) for sku in wanted]
```

```python workload
products = [{"sku": Sku("a" + str(i % n)), "price": i} for i in range(2 * n)]
priced([{"sku": "A" + str(i * 7 % (n + 3)), "quantity": 2} for i in range(n)], products)
```

Reading the key counts:

```python unchanged reads-are-plain
class Product:
    reads = 0

    def __init__(self, sku, price):
        self._sku, self.price = sku, price

    @property
    def sku(self):
        Product.reads += 1
        return self._sku


def priced(lines, products):
    found = [next((one.price for one in products if one.sku == line["sku"]), 0) for line in lines]
    return found, Product.reads
```

```python workload
products = [Product(str(i % n), i) for i in range(2 * n)]
priced([{"sku": str(i * 7 % (n + 3)), "quantity": 2} for i in range(n)], products)
```

The lines come from a generator, whose code runs between the searches:

```python unchanged loops-run-no-code
def priced(lines, products):
    return [any(product["sku"] == line["sku"] for product in products) for line in lines]
```

```python workload
def arriving(products):
    for i in range(n):
        products.append({"sku": str(n + i), "price": i})
        yield {"sku": str(n + i), "quantity": 1}

products = [{"sku": str(i % n), "price": i} for i in range(2 * n)]
priced(arriving(products), products)
```

The products get their value only if there are lines:

```python unchanged index-has-a-place
def priced(lines, products):
    if lines:
        known = products
    return [any(product["sku"] == line["sku"] for product in known) for line in lines]
```

The class has no name where the search is called, so no guard can test for it:

```python unchanged call-is-that-search
def catalog_of(products):
    class Catalog:
        def __init__(self):
            self._products = list(products)

        def find(self, sku):
            return next((one for one in self._products if one["sku"] == sku), None)

    return Catalog()


def priced(lines, catalog):
    return [catalog.find(line["sku"]) for line in lines]
```

```python workload
catalog = catalog_of({"sku": str(i % n), "price": i} for i in range(2 * n))
priced([{"sku": str(i * 7 % (n + 3)), "quantity": 2} for i in range(n)], catalog)
```

`getattr` means something else in this file:

```python unchanged builtins-are-builtin
def getattr(row, name):
    return row[name]


def priced(lines, products):
    return [any(product["sku"] == line["sku"] for product in products) for line in lines]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules import obligations as safe
from perfprof.rules.obligations.receiver import call_is_that_search
from perfprof.rules.rule import Case, Rewrite, Rule, Suspect
from perfprof.rules.scale import of_narrowing
from perfprof.rules.searching.inlining import inlined
from perfprof.rules.searching.listed_keys import build_keys, listed_keys
from perfprof.rules.searching.narrowing import Narrowing, narrowings
from perfprof.rules.searching.observing import suspect
from perfprof.rules.searching.rows_in_sets import build_rows
from perfprof.rules.worth import worth_an_index

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


def looks_for(function: Function, program: Program) -> Iterator[Suspect]:
    """Searches for the first row with an equal key, repeated by a loop."""
    for found in (*narrowings(function, program), *inlined(function, program), *listed_keys(function, program)):
        if found.first:
            searched = f" through `{found.helper.qualname}`" if found.helper is not None else ""
            message = f"searches `{function.text(found.walked)}`{searched} in each turn for an equal key"
            yield suspect("linear-search", found, message)


def ask_instead(case: Case) -> Rewrite:
    """An index of the rows, or a set of their keys where these are only asked."""
    found: Narrowing = case.suspect.reading
    return build_keys(case) if found.inlined is not None and found.inlined.asked else build_rows(case)


RULE = Rule(
    title="linear search -> dict index, first match",
    in_function=looks_for,
    scale=of_narrowing,
    worth=worth_an_index,
    safe_if=(*safe.NARROWING, call_is_that_search),
    rewrite=ask_instead,
    promises=1.2,
)
