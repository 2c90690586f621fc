"""Let the statement bring what its objects are asked for.

`order.customer` in a loop sends one query for each order (each new customer), unless the statement that gave the orders
brought the customers along. `selectinload` does, by one query more for 500 objects; the statement itself, its order,
limit and locks stay as they are, which a join would not promise. The option goes to what is executed, in `session.execute`,
`session.scalars` or a legacy query, sync or async; if a function executes its parameter, to its caller's statement.

```python before
def ledger(session):
    orders = session.scalars(select(Order).order_by(Order.id)).all()
    return [(order.id, order.customer.country.name, len(order.items)) for order in orders]
```

```python after
from sqlalchemy.orm import selectinload


def ledger(session):
    orders = session.scalars(
        select(Order)
        .order_by(Order.id)
        .options(selectinload(Order.items), selectinload(Order.customer).selectinload(Customer.country))
    ).all()
    return [(order.id, order.customer.country.name, len(order.items)) for order in orders]
```

A legacy query is made elsewhere:

```python before
def orders_of(session):
    return session.query(Order).filter(Order.id > 0)


def ledger(session):
    return [order.customer.name for order in orders_of(session).order_by(Order.id)]
```

```python after
from sqlalchemy.orm import selectinload


def orders_of(session):
    return session.query(Order).filter(Order.id > 0)


def ledger(session):
    return [
        order.customer.name
        for order in orders_of(session).order_by(Order.id).options(selectinload(Order.customer))
    ]
```

A commit makes all objects be read again, one by one:

```python unchanged read-as-a-whole
def ledger(session):
    orders = session.scalars(select(Order).order_by(Order.id)).all()
    session.commit()
    return [order.customer_id for order in orders]
```

Rows come in parts:

```python unchanged query-takes-it
def ledger(session):
    orders = session.scalars(select(Order).order_by(Order.id).execution_options(yield_per=4))
    return [order.customer.name for order in orders]
```

The loop changes what later turns read:

```python unchanged written-by-nobody
def ledger(session):
    names = []
    for order in session.scalars(select(Order).order_by(Order.id)).all():
        names.append(order.customer.name)
        session.execute(update(Customer).where(Customer.id == order.customer_id).values(name="seen"))
    return names
```

Few of the objects are asked for it:

```python unchanged asked-for-afterwards
def ledger(session):
    orders = session.scalars(select(Order).order_by(Order.id)).all()
    return [len(order.items) for order in orders if order.id % 6 == 1]
```
"""

from __future__ import annotations

from perfprof.rules.eager.argument import eager_rule
from perfprof.rules.eager.options import selected
from perfprof.rules.obligations.eager import classes_are_named

RULE = eager_rule("sqlalchemy", "N+1 -> selectinload", selected, classes_are_named)
