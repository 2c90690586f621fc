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

The relation is filtered anew for each object, which a prefetch does not serve:

```python unchanged read-as-a-whole
def ledger():
    return [order.items.filter(id__gt=3).count() for order in Order.objects.order_by("id")]
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

from perfprof.rules.eager.argument import eager_rule
from perfprof.rules.eager.options import related

RULE = eager_rule("django", "N+1 -> select_related, prefetch_related", related)
