"""A loop that sends the same statement in each turn, by a mapper, a helper or a driver.

Found by the recording, whatever the code looks like: `Customer.objects.get(id=order.customer_id)` in a loop, `save()` and
`get_or_create` for each row, a helper that reads one setting a call, the same query with the same parameters. What
takes its place depends on what the code means: missing rows, signals, `save()` of a class, errors of one row. So this is
told with the numbers and the way to go, and never applied. Relations of a mapper and look-ups by a driver are the other
N+1 rules' business; a single turn, or few of them, is nobody's.

One object a turn:

```python unchanged one-statement-answers
def ledger():
    return [Customer.objects.get(id=order.customer_id).name for order in Order.objects.order_by("id")]
```

The same answer each turn:

```python unchanged one-statement-answers
def ledger():
    lines = []
    for order in Order.objects.order_by("id"):
        lines.append((order.id, Customer.objects.filter(id__gt=2).count()))
    return lines
```

One row made a turn:

```python unchanged one-statement-answers
def ledger():
    for order in Order.objects.order_by("id"):
        Item.objects.create(order=order)
    return Item.objects.count()
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from perfprof.rules.findings import finding
from perfprof.rules.lookups.repeated import repeated
from perfprof.rules.lookups.ways import way_of
from perfprof.rules.obligations.once import one_statement_answers, worth_one_statement
from perfprof.rules.rule import Case, Rewrite, Rule, Suspect

if TYPE_CHECKING:
    from perfprof.profilers.parts.loads import Load
    from perfprof.profilers.recording import Execution
    from perfprof.rules.reading.program import Program


def looks_for(executions: Sequence[Execution], loads: Sequence[Load], program: Program) -> Iterator[Suspect]:
    """Statements that a loop repeats and no other rule takes."""
    for found in repeated(executions, loads, program):
        through = f" through {found.helper}" if found.helper else ""
        deep = " in a loop within a loop" if found.depth > 1 else ""
        message = f"one {found.verb.upper()} of {found.table} for each turn{through}{deep}"
        what = finding("n-plus-one-repeated", found.function, found.node, f"{found.verb} {found.table}", message)
        yield Suspect(what, found, function=found.function)


def rewrite(case: Case) -> Rewrite:
    """Nothing is written: the obligation stays open."""
    return Rewrite(why=way_of(case.suspect.reading))


RULE = Rule(
    title="a statement each turn -> one statement",
    in_runs=looks_for,
    worth=worth_one_statement,
    safe_if=(one_statement_answers,),
    rewrite=rewrite,
    promises=1.0,
    counter="queries",
)
