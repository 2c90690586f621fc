"""Give a pool as many connections as were wanted at once.

Whoever finds a pool empty waits for somebody else to give a connection back, and does nothing meanwhile. The recording
counts who waited, how long, and how many were out or waited for at once: that many are enough. The number is changed
where it is written: SQLAlchemy's `create_engine(…, pool_size=…)`, `ConnectionPool(…, max_size=…)` of psycopg_pool,
asyncpg's `create_pool(…, max_size=…)`, and `OPTIONS["pool"]` of Django's `DATABASES`.

More connections are not always better: a server allows so many in all, and works on as many at once as it has
processors. So beyond twenty of one process nothing is written, nor where the server's room is not known. Who holds
connections while others wait is told beside it: to give them back earlier is the better cure where they are idle.

```python before
engine = create_engine("sqlite:///orders.db", pool_size=2, max_overflow=0)
```

```python after
engine = create_engine("sqlite:///orders.db", pool_size=6, max_overflow=0)
```

The size is the environment's business, which is told and left alone:

```python unchanged size-is-written
engine = create_engine("sqlite:///orders.db", pool_size=int(os.environ["POOL_SIZE"]), max_overflow=0)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.profilers.parts.pools import total
from perfprof.rules.findings import finding
from perfprof.rules.obligations.settings import (
    demand_is_bounded,
    made_after_the_fork,
    no_pooler_between,
    server_has_room,
    size_is_written,
)
from perfprof.rules.rule import Evidence, Rewrite, Rule, Suspect
from perfprof.rules.settings.demand import demands
from perfprof.rules.settings.written import edit

if TYPE_CHECKING:
    from perfprof.profilers.recording import Recording
    from perfprof.rules.reading.program import Program
    from perfprof.rules.rule import Case
    from perfprof.rules.settings.demand import Demand

LONG = 0.005  # seconds that nobody should wait for a connection


def looks_for(recording: Recording, program: Program, room: int) -> Iterator[Suspect]:
    """Pools that somebody waited for."""
    for found in demands(recording, program, room):
        pool = found.pool
        message = f"{pool.name} of {pool.size}: {pool.wanted} were wanted at once"
        what = finding("pool-exhausted", found.function, found.at, pool.name, message)
        yield Suspect(what, found, function=found.function)


def _worth(case: Case) -> Evidence:
    pool = case.suspect.reading.pool
    waits, gave_up, taken = (total(sites) for sites in (pool.waits, pool.timeouts, pool.checkouts))
    longest = max(waits.longest, gave_up.longest)
    numbers = {
        "size": pool.size,
        "wanted at once": pool.wanted,
        "checkouts": taken.count,
        "waited": waits.count,
        "gave up": gave_up.count,
        "seconds waited": round(waits.seconds + gave_up.seconds, 4),
        "longest wait": round(longest, 4),
    }
    told = (
        f"{waits.count + gave_up.count:,} of {taken.count + gave_up.count:,} waited, the longest {longest * 1e3:,.0f} ms;"
        f" {pool.wanted} of {pool.size} wanted at once"
    )
    return Evidence(longest >= LONG, told, numbers, float(waits.count + gave_up.count))


def _rewrite(case: Case) -> Rewrite:
    found: Demand = case.suspect.reading
    assert found.node is not None, "size-is-written has seen it"
    pool = found.pool
    held = next((site for site in pool.holds if site.place), None)
    where = f", held up to {held.latencies.longest * 1e3:,.0f} ms by {held.place[0].function}" if held else ""
    return Rewrite(
        edits=(edit(found.function, found.node, {found.name: str(found.new_size)}),),
        why=f"up to {pool.wanted} connections were wanted at once and the pool had {pool.size}{where}",
        memory=f"{pool.wanted - pool.size} connections more a process, each a few megabytes on a server",
    )


RULE = Rule(
    title="a pool that runs out -> as many as are wanted",
    in_settings=looks_for,
    worth=_worth,
    safe_if=(size_is_written, demand_is_bounded, server_has_room, no_pooler_between, made_after_the_fork),
    rewrite=_rewrite,
    promises=2.0,
    counter="pool-waits",
)
