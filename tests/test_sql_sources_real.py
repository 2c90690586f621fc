"""Logs and counts that the real programs wrote: PostgreSQL in three forms, auto_explain, pg_stat_statements, the mappers."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfprof.optimizer.statements import server_statistics
from perfprof.optimizer.statements.sources import seen
from perfprof.optimizer.statements.workload import workload

ASKED = [
    "SELECT id\n\tFROM t\n  WHERE name = 'LOG:  statement: DROP TABLE t' -- duration: 1 ms",
    'SELECT "id", $x$;LOG:  execute a: SELECT 9$x$ FROM t WHERE id > 5 AND id < 7',
    "UPDATE t SET name = 'a,\"b\"\nc' WHERE id = 3",
]
BOUND = "SELECT name FROM t WHERE id = %s AND name <> %s"


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, object]]:
    psycopg = pytest.importorskip("psycopg")
    from perfprof.optimizer.scratch.binaries import account
    from perfprof.optimizer.scratch.postgres import Server

    with Server.start(tmp_path_factory.mktemp("pg")) as server:
        home = server.socket.parent
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE t (id int, name text)")
            connection.execute("INSERT INTO t SELECT i, 'n' || i FROM generate_series(1, 900) i")
            for setting in (
                "logging_collector = on",
                "log_destination = stderr, csvlog, jsonlog",
                "log_directory = 'logs'",
                "log_filename = 'real.log'",
                "log_line_prefix = '%m [%p] %q%u@%d/%a '",
                "log_min_error_statement = error",
                "shared_preload_libraries = pg_stat_statements, auto_explain",
            ):
                connection.execute(f"ALTER SYSTEM SET {setting}")
        command = [server.binaries["pg_ctl"], "restart", "-D", str(home / "data"), "-w", "-s", "-m", "fast"]
        with (home / "output").open("w") as output:
            subprocess.run(command, check=True, cwd="/", stdout=output, **account().arguments)  # type: ignore[call-overload]
        yield home / "data" / "logs", server


def asked(logs: tuple[Path, object], settings: list[str]) -> dict[str, Path]:
    """What the server logged of a session with these settings, by kind of file."""
    import psycopg

    folder, server = logs
    before = {kind: len((folder / f"real.{kind}").read_bytes()) for kind in ("log", "csv", "json")}
    with psycopg.connect(server.dsn, autocommit=True) as connection:  # type: ignore[attr-defined]
        for setting in settings:
            connection.execute(f"SET {setting}")
        for statement in ASKED:
            connection.execute(statement)
        for number in range(3):
            connection.execute(BOUND, (number, "LOG:  x"))
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT wrong FROM t")
        connection.execute("SET log_statement = none")
        connection.execute("DO $$ BEGIN RAISE LOG 'session over'; END $$")
    found = {}
    for kind, size in before.items():
        found[kind] = folder.parent / f"part.{kind}"
        found[kind].write_bytes(written(folder / f"real.{kind}", size))
    return found


def written(path: Path, start: int) -> bytes:
    """What the collector, a process of its own, has written behind ``start`` once the session's last words are there."""
    until = time.monotonic() + 30
    while b"session over" not in (text := path.read_bytes()[start:]) and time.monotonic() < until:
        time.sleep(0.05)
    return text


def names(path: Path) -> Counter[str]:
    """The statements on the table, by their text."""
    found = Counter(
        {one.name: round(one.calls) for one in workload(seen(path, "postgresql"), "postgresql").queries}
    )
    return Counter({name: calls for name, calls in found.items() if " t" in name and "wrong" not in name})


WANTED = {
    "SELECT id FROM t WHERE name = ?": 1,
    "SELECT id, ? FROM t WHERE id > ? AND id < ?": 1,
    "UPDATE t SET name = ? WHERE id = ?": 1,
    "SELECT name FROM t WHERE id = ? AND name <> ?": 3,
}
SETTINGS = {
    "log_statement": ["log_statement = 'all'"],
    "log_min_duration_statement": ["log_min_duration_statement = 0"],
    "both": ["log_statement = 'all'", "log_duration = on"],
    "auto_explain": ["auto_explain.log_min_duration = 0"],
    "auto_explain as json": ["auto_explain.log_min_duration = 0", "auto_explain.log_format = 'json'"],
    "auto_explain and durations": ["auto_explain.log_min_duration = 0", "log_min_duration_statement = 0"],
}


@pytest.mark.postgres
@pytest.mark.parametrize("settings", SETTINGS)
def test_what_postgresql_logged_is_read(settings: str, logs: tuple[Path, object]) -> None:
    for kind, path in asked(logs, SETTINGS[settings]).items():
        assert names(path) == WANTED, kind


@pytest.mark.postgres
def test_what_pg_stat_statements_counted_is_read(logs: tuple[Path, object]) -> None:
    import psycopg

    _, server = logs
    with psycopg.connect(server.dsn, autocommit=True) as connection:  # type: ignore[attr-defined]
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        connection.execute("SELECT pg_stat_statements_reset()")
        for number in range(5):
            connection.execute(BOUND, (number, "x"))
            connection.execute(f"SELECT count(*) FROM t WHERE id > {number}")
        found = workload(server_statistics.read(connection), "postgresql").queries
    calls = {one.name: (one.calls, one.rows) for one in found}
    assert calls["SELECT name FROM t WHERE id = ? AND name <> ?"] == (5.0, 0.8)
    assert calls["SELECT COUNT(*) FROM t WHERE id > ?"] == (5.0, 1.0)
    assert all(one.seconds > 0 for one in found)


# ------------------------------------------------------------------ the mappers

DJANGO = """
import logging.config
from django.conf import settings

settings.configure(
    DEBUG=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    LOGGING={
        "version": 1,
        "formatters": {"own": {"format": FORMAT, "style": "{"}},
        "handlers": {"file": {"class": "logging.FileHandler", "filename": "sql.log", "formatter": "own"}},
        "loggers": {"django.db.backends": {"handlers": ["file"], "level": "DEBUG"}},
    },
)
import django

django.setup()
from django.db import connection

with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE t (id int, name text)")
    cursor.execute("SELECT id FROM t\\n WHERE name = %s", ["it's; args=(1,); alias=default"])
    for number in range(3):
        cursor.execute("SELECT name FROM t WHERE id = %s AND name <> %s", [number, "(0.1) x"])
    cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(1, "a"), (2, "b")])
    cursor.execute("UPDATE t SET name = %(n)s", {"n": "x"})
"""
SQLALCHEMY = """
import logging
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, select, text, update

SETUP
table = Table("t", MetaData(), Column("id", Integer), Column("name", String))
with engine.begin() as connection:
    table.create(connection)
    connection.execute(text("SELECT id FROM t\\n WHERE name = :name"), {"name": "[cached since 1s ago]"})
    for number in range(3):
        connection.execute(select(table.c.name).where(table.c.id == number, table.c.name != "INFO sqlalchemy.engine.Engine SELECT 1"))
    connection.execute(table.insert(), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    connection.execute(update(table).values(name="x\\ny"))
"""


def ran(folder: Path, code: str) -> str:
    (folder / "run.py").write_text(textwrap.dedent(code))
    done = subprocess.run([sys.executable, "run.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "form", ["{message}", "{levelname} {asctime} {module} {message}", "{asctime} [{process}] {name}: {message}"]
)
def test_django_s_log_is_read(form: str, tmp_path: Path) -> None:
    pytest.importorskip("django")
    ran(tmp_path, DJANGO.replace("FORMAT", repr(form)))
    found = {one.name: one.calls for one in workload(seen(tmp_path / "sql.log", "sqlite"), "sqlite").queries}
    assert found == {
        "SELECT id FROM t WHERE name = ?": 1,
        "SELECT name FROM t WHERE id = ? AND name <> ?": 3,
        "INSERT INTO t VALUES (?, ?)": 1,
        "UPDATE t SET name = ?": 1,
    }


ECHOES = {
    "echo": 'engine = create_engine("sqlite://", echo=True)',
    "debug": 'engine = create_engine("sqlite://", echo="debug")',
    "named": 'engine = create_engine("sqlite://", echo=True, logging_name="mine")',
    "basicConfig": 'logging.basicConfig()\nlogging.getLogger("sqlalchemy.engine").setLevel("INFO")\nengine = create_engine("sqlite://")',
    "own format": 'logging.basicConfig(format="%(asctime)s %(levelname)s [%(name)s] %(message)s")\n'
    'logging.getLogger("sqlalchemy.engine").setLevel("INFO")\nengine = create_engine("sqlite://")',
    "no cache": 'engine = create_engine("sqlite://", echo=True, query_cache_size=0)',
}


@pytest.mark.parametrize("echo", ECHOES)
def test_sqlalchemy_s_log_is_read(echo: str, tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    (tmp_path / "sql.log").write_text(ran(tmp_path, SQLALCHEMY.replace("SETUP", ECHOES[echo])))
    found = {one.name: one.calls for one in workload(seen(tmp_path / "sql.log", "sqlite"), "sqlite").queries}
    assert found == {
        "SELECT id FROM t WHERE name = ?": 1,
        "SELECT t.name FROM t WHERE t.id = ? AND t.name <> ?": 3,
        "INSERT INTO t (id, name) VALUES (?, ?)": 1,
        "UPDATE t SET name = ?": 1,
    }
