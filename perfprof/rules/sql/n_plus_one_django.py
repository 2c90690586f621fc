"""Let the query set bring what its objects are asked for.

`order.customer` in a loop, a template or a serializer sends one query for each order, unless the query set that gave
the orders brought the customers along: `select_related` joins what is one object, `prefetch_related` fetches many by
one query more. The option goes to the expression that makes the query set, wherever that stands: in the view, in
another function, in the caller of a manager's method.

Every load is recorded with the objects that were fetched together with its owner, so a single object is never
taken for a row of a loop. Objects of one fetch that ask for the same row get one object each by `select_related`, as
before, and share the list that `prefetch_related` brought.

```python before
def ledger():
    orders = Order.objects.order_by("id")
    return [(order.id, order.customer.name, len(order.items.all())) for order in orders]
```

```python after
def ledger():
    orders = Order.objects.order_by("id").select_related("customer").prefetch_related("items")
    return [(order.id, order.customer.name, len(order.items.all())) for order in orders]
```

The customers' country is one step further:

```python before
def ledger():
    return [order.customer.country.name for order in Order.objects.order_by("id")[:20]]
```

```python after
def ledger():
    return [
        order.customer.country.name
        for order in Order.objects.order_by("id").select_related("customer__country")[:20]
    ]
```

Rows of a relation that each turn filters alike are prefetched beside, what is counted is counted along:

```python before
def ledger():
    lines = []
    for order in Order.objects.order_by("id"):
        late = [item.id for item in order.items.filter(id__gt=9)]
        lines.append((order.id, late))
    return lines
```

```python after
from django.db.models import Prefetch


def ledger():
    lines = []
    for order in Order.objects.order_by("id").prefetch_related(
        Prefetch("items", queryset=Item.objects.filter(id__gt=9), to_attr="matching_items")
    ):
        late = [item.id for item in order.matching_items]
        lines.append((order.id, late))
    return lines
```

```python before
def ledger():
    return [(order.id, order.items.filter(id__gt=3).count()) for order in Order.objects.order_by("id")]
```

```python after
from django.db.models import Count, Q


def ledger():
    return [
        (order.id, order.items_count)
        for order in Order.objects.order_by("id").annotate(
            items_count=Count("items", filter=Q(items__id__gt=3))
        )
    ]
```

The relation is ordered and cut anew for each object, which no one query does:

```python unchanged read-as-a-whole
def ledger():
    return [[item.id for item in order.items.order_by("-id")[:2]] for order in Order.objects.order_by("id")]
```

A union takes no related objects:

```python unchanged query-takes-it
def ledger():
    orders = Order.objects.filter(id__lt=9).union(Order.objects.filter(id__gt=3))
    return [order.customer.name for order in orders]
```

The loop changes what later turns read:

```python unchanged written-by-nobody
def ledger():
    names = []
    for order in Order.objects.order_by("id"):
        names.append(order.customer.name)
        Customer.objects.filter(id=order.customer_id).update(name="seen")
    return names
```

Few of the objects are asked for it:

```python unchanged asked-for-afterwards
def ledger():
    return [order.customer.name for order in Order.objects.order_by("id") if order.id % 6 == 1]
```
"""

from __future__ import annotations

from perfprof.rules.eager.along import brought
from perfprof.rules.eager.argument import eager_rule

RULE = eager_rule("django", "N+1 -> select_related, prefetch_related", brought)
