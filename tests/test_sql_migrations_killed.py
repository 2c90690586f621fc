"""`migrate` and `alembic upgrade` killed while they build: whatever the server makes of it, the next run ends well."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from perfprof.rules.rule import Migration
from perfprof.rules.schema.indexes import Key
from tests.test_sql_migrations_frameworks import (
    VALID,
    alembic_project,
    ask,
    django_project,
    on,
    put,
    ran,
    server,
    short,
)
from tests.test_sql_migrations_hostile import url_of

pytestmark = pytest.mark.postgres
__all__ = ["server"]

BUILDING = "select pid from pg_stat_activity where query like 'CREATE INDEX CONCURRENTLY%' and state = 'active'"
ENDED = ("terminated", "goes on")


@contextmanager
def held(server: object, database: str, table: str) -> Iterator[None]:
    """A transaction with an old snapshot, for which a concurrent build waits."""
    import psycopg

    with psycopg.connect(server.dsn_of(database)) as connection:  # type: ignore[attr-defined]
        connection.execute("set transaction isolation level repeatable read")
        connection.execute(f"select * from {table}")
        yield


def killed(server: object, database: str, table: str, folder: Path, argv: list[str], ended: str) -> None:
    """Start it, kill it while the server builds, and let that end: by an administrator, or by itself."""
    with held(server, database, table):
        process = subprocess.Popen([sys.executable, *argv], cwd=folder, stdout=subprocess.DEVNULL)
        for _ in range(600):
            building = ask(server, database, BUILDING)
            if building:
                break
            time.sleep(0.1)
        assert building, "the build waits"
        process.kill()
        process.wait()
        if ended == "terminated":
            ask(server, database, f"select pg_terminate_backend({building[0][0]})")
    for _ in range(300):
        if not ask(server, database, BUILDING):
            break
        time.sleep(0.1)
    assert [valid for _, valid in ask(server, database, VALID)] == [ended == "goes on"]


def wanted(table: str) -> Migration:
    return on(table, "status", Key("due_on", descending=True), dialect="postgresql")


@pytest.mark.parametrize("ended", ENDED)
def test_a_killed_migrate_is_taken_up_again(ended: str, server: object, tmp_path: Path) -> None:
    database = f"site_{ended[:2]}"
    ask(server, "postgres", f"create database {database}")
    where = {"USER": server.user, "PASSWORD": server.password, "HOST": str(server.socket)}  # type: ignore[attr-defined]
    settings = {"ENGINE": "django.db.backends.postgresql", "NAME": database, **where}
    site = django_project(tmp_path, repr(settings))
    put(site, wanted("shop_order"))
    killed(server, database, "shop_order", site, ["manage.py", "migrate", "-v0"], ended)
    ran(site, "manage.py", "migrate", "-v0")
    assert ask(server, database, VALID) == [(short(wanted("shop_order").name), True)]
    ran(site, "manage.py", "migrate", "shop", "0001", "-v0")
    assert ask(server, database, VALID) == []


@pytest.mark.parametrize("ended", ENDED)
def test_a_killed_upgrade_is_taken_up_again(ended: str, server: object, tmp_path: Path) -> None:
    database = f"alembic_{ended[:2]}"
    ask(server, "postgres", f"create database {database}")
    tables = ["create table orders (status text, due_on date)"]
    project = alembic_project(tmp_path, url_of(server, database), tables, ["drop table orders"])
    put(project, wanted("orders"))
    killed(server, database, "orders", project, ["-m", "alembic", "upgrade", "head"], ended)
    ran(project, "-m", "alembic", "upgrade", "head")
    assert ask(server, database, VALID) == [(wanted("orders").name, True)]
    ran(project, "-m", "alembic", "downgrade", "aaaa")
    assert ask(server, database, VALID) == []


def test_a_namesake_that_is_another_index_stays(server: object, tmp_path: Path) -> None:
    ask(server, "postgres", "create database namesake")
    tables = ["create table orders (status text, due_on date)"]
    project = alembic_project(tmp_path, url_of(server, "namesake"), tables, ["drop table orders"])
    plain = on("orders", "status", dialect="postgresql")
    put(project, plain)
    ask(server, "namesake", f"create index {plain.name} on orders (due_on)")
    result = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"], cwd=project, capture_output=True, check=False
    )
    assert result.returncode, "it is told that there is one"
    assert "due_on" in str(ask(server, "namesake", "select indexdef from pg_indexes where indexname like 'ix%'"))
