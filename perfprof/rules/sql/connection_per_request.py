"""Keep Django's connections to the database between requests.

With `CONN_MAX_AGE` at 0, its default, Django closes the connection at the end of each request and opens a new one for the
next: some milliseconds for the handshake, more with TLS, and a new process on a PostgreSQL server. With 60 a thread keeps
its connection for a minute; with `CONN_HEALTH_CHECKS` (Django 4.1) it looks first whether that is still alive.

A thread holds one connection as before, but also while it does nothing. So the server must have room for one of each
thread of each process. Under ASGI and with servers that make a thread for each request nothing is won, and connections
pile up: there Django 5.1's pool (`OPTIONS = {"pool": True}`) is the way, which is told and not written. A dict that the
environment fills is left alone, and told.

```python before
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}
```

```python after
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
```

```python unchanged setting-is-written
DATABASES = {"default": dj_database_url.config()}
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.findings import finding
from perfprof.rules.obligations.keeping import (
    no_pooler_in_transaction_mode,
    server_keeps_as_many,
    setting_is_written,
    threads_stay,
)
from perfprof.rules.rule import Evidence, Rewrite, Rule, Suspect
from perfprof.rules.settings.opening import openings
from perfprof.rules.settings.written import edit

if TYPE_CHECKING:
    from perfprof.profilers.recording import Recording
    from perfprof.rules.reading.program import Program
    from perfprof.rules.rule import Case
    from perfprof.rules.settings.opening import Opening

LEAST = 10  # connections
AGE = 60  # seconds


def looks_for(recording: Recording, program: Program, room: int) -> Iterator[Suspect]:
    """Databases that Django connected to while it served requests."""
    for found in openings(recording, program, room):
        entry = found.setting or next(iter(found.entries), None)
        if entry is None:
            continue
        message = f"{found.latencies.count:,} connections for {found.served:,} requests"
        what = finding("connection-per-request", entry.function, entry.value, found.server, message)
        yield Suspect(what, found, function=entry.function)


def _worth(case: Case) -> Evidence:
    found: Opening = case.suspect.reading
    opened = found.latencies
    share = opened.seconds / found.busy if found.busy else 0.0
    numbers = {
        "connections": opened.count,
        "requests": found.served,
        "seconds connecting": round(opened.seconds, 4),
        "share of the requests": round(share, 4),
    }
    told = (
        f"{opened.count:,} connections for {found.served:,} requests, {opened.mean * 1e3:.1f} ms each,"
        f" {share:.0%} of the requests' time"
    )
    each = opened.count >= LEAST and opened.count > 0.5 * found.served
    return Evidence(each, told, numbers, 1 / max(1 - share, 0.01))


def _rewrite(case: Case) -> Rewrite:
    found: Opening = case.suspect.reading
    entry = found.setting
    assert entry is not None, "setting-is-written has seen it"
    assert isinstance(entry.value, ast.Dict), "setting-is-written has seen it"
    options = {"CONN_MAX_AGE": str(AGE), "CONN_HEALTH_CHECKS": "True"}
    return Rewrite(
        edits=(edit(entry.function, entry.value, options),),
        why=f"{found.latencies.count:,} connections were opened for {found.served:,} requests,"
        f" {found.latencies.seconds:.2f} s in all",
        memory="a connection is kept by each thread while it waits for requests",
    )


RULE = Rule(
    title="a connection each request -> kept for a minute",
    in_settings=looks_for,
    worth=_worth,
    safe_if=(setting_is_written, threads_stay, server_keeps_as_many, no_pooler_in_transaction_mode),
    rewrite=_rewrite,
    promises=2.0,
    counter="connections",
)
