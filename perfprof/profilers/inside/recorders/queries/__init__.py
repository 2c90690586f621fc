"""SQL statements, from the drivers that the program imports."""

from __future__ import annotations

from ... import imports, journal

DRIVERS = {  # the library, and our module that follows it
    "sqlite3": "sqlite",
    "psycopg": "psycopg",
    "psycopg2": "psycopg2",
    "asyncpg": "asyncpg",
    "aiosqlite": "aiosqlite",
    "django.db.models": "django",
    "django.contrib.contenttypes.fields": "generic",
    "sqlalchemy.orm": "sqlalchemy",
}


def arm() -> None:
    """Follow each driver once the program has imported it."""
    for library, module in DRIVERS.items():
        imports.after(library, lambda module=module: _follow(module))  # type: ignore[misc]


def _follow(module: str) -> None:
    from . import fetching, folding, transactions

    journal.add(folding.collect, folding.forked)
    journal.add(fetching.collect, fetching.forked)
    journal.add(transactions.collect, transactions.forked)
    __import__(f"{__name__}.{module}", fromlist=["install"]).install()
