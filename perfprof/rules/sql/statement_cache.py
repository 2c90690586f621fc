"""Let the driver remember statements that it prepares again and again.

A driver or mapper keeps statements that it has prepared: `cached_statements` of sqlite3, `query_cache_size` of
SQLAlchemy, `statement_cache_size` of asyncpg, `prepare_threshold` of psycopg. Where the program turns that off, or gives
fewer places than the statements that ran, each execution prepares its statement anew. What is asked stays the same.

With PostgreSQL it is often turned off for a pooler in transaction mode, where a prepared statement may meet another
connection. No recording shows whether production has one, so that is told and never written.

```python before
connection = sqlite3.connect("orders.db", cached_statements=0)
```

```python after
connection = sqlite3.connect("orders.db", cached_statements=128)
```

```python unchanged no-pooler-wants-it
connection = psycopg.connect("dbname=orders", prepare_threshold=None)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.findings import finding
from perfprof.rules.obligations.proofs import obligation, proved, unproved
from perfprof.rules.rule import Evidence, Rewrite, Rule, Suspect
from perfprof.rules.settings.caches import caches
from perfprof.rules.settings.written import edit

if TYPE_CHECKING:
    from perfprof.profilers.recording import Recording
    from perfprof.rules.reading.program import Program
    from perfprof.rules.rule import Case, Proof
    from perfprof.rules.settings.caches import Cache

AGAIN = 10  # executions of a statement
MANY = 1_000  # executions
LARGEST = 4_096


def looks_for(recording: Recording, program: Program, room: int) -> Iterator[Suspect]:
    """Caches that are off or smaller than what ran."""
    for found in caches(recording, program):
        off = found.size == found.kind.off
        if off or (found.kind.option != "prepare_threshold" and found.size < found.different):
            how = "is off" if off else f"has {found.size} places"
            message = f"the cache of statements {how}, and {found.different} different ones ran"
            what = finding("statement-cache", found.function, found.call, found.kind.option, message)
            yield Suspect(what, found, function=found.function)


def _worth(case: Case) -> Evidence:
    found: Cache = case.suspect.reading
    again = found.executed / max(found.different, 1)
    numbers = {"executions": found.executed, "different statements": found.different}
    told = f"{found.executed:,} executions of {found.different:,} different statements"
    return Evidence(found.executed >= MANY and again >= AGAIN, told, numbers)


@obligation
def no_pooler_wants_it(case: Case) -> Proof:
    """It was not turned off for a pooler."""
    found: Cache = case.suspect.reading
    if not found.kind.pooled:
        return proved("it is memory of this process, and no pooler sees it")
    text = f"{found.kind.option}={found.kind.default}"
    return unproved(f"it may be off for a pooler in transaction mode; without one, {text} prepares only once")


@obligation
def statements_are_few(case: Case) -> Proof:
    """All different statements find a place."""
    found: Cache = case.suspect.reading
    if 2 * found.different > LARGEST:
        return unproved(f"{found.different:,} different statements ran: give them parameters first")
    return proved(f"{_size(found)} places for {found.different} different statements")


def _size(found: Cache) -> int:
    size = found.kind.default
    while size < 2 * found.different:
        size *= 2
    return size


def _rewrite(case: Case) -> Rewrite:
    found: Cache = case.suspect.reading
    return Rewrite(
        edits=(edit(found.function, found.call, {found.kind.option: str(_size(found))}),),
        why=f"{found.different} different statements were executed {found.executed:,} times, and {found.size} are kept",
        memory=f"up to {_size(found)} statements a connection",
    )


RULE = Rule(
    title="a statement prepared each time -> once",
    in_settings=looks_for,
    worth=_worth,
    safe_if=(no_pooler_wants_it, statements_are_few),
    rewrite=_rewrite,
    promises=1.03,
)
