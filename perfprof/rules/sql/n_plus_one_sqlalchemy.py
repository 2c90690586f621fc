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

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from perfprof.rules.eager.findings import suspect_of
from perfprof.rules.eager.model import eager_loads
from perfprof.rules.eager.options import selected
from perfprof.rules.obligations import eager as safe
from perfprof.rules.rule import Rule, Suspect

if TYPE_CHECKING:
    from perfprof.profilers.parts.loads import Load
    from perfprof.rules.reading.program import Program


def looks_for(loads: Sequence[Load], program: Program) -> Iterator[Suspect]:
    """Loads of SQLAlchemy's mapper, by the statements that gave their objects."""
    for found in eager_loads(loads, "sqlalchemy", program):
        yield suspect_of("n-plus-one-sqlalchemy", found, program)


RULE = Rule(
    title="N+1 -> selectinload",
    in_loads=looks_for,
    worth=safe.worth_an_option,
    safe_if=(
        safe.read_as_a_whole,
        safe.query_is_ours,
        safe.query_takes_it,
        safe.written_by_nobody,
        safe.asked_for_afterwards,
        safe.classes_are_named,
    ),
    rewrite=selected,
    promises=1.0,
    counter="queries",
)
