"""What `advise` must keep to itself: passwords of the database, and values that stand in logs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.errors import PerfprofError  # noqa: E402
from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.sources import Source  # noqa: E402

pytestmark = pytest.mark.postgres
SECRET = "s3cr3t"
ADDRESSES = [
    "postgresql://me:{}@127.0.0.1:1/shop",
    "postgresql://me:12/{}@127.0.0.1:1/shop",
    "postgresql://me:{}#4@127.0.0.1:1/shop",
    "postgresql://me:12#{}@127.0.0.1:1/shop",
    "postgresql://me:12?{}@127.0.0.1:1/shop",
    "postgresql://me:{}%zz@127.0.0.1:1/shop",
    "postgresql://127.0.0.1:1/shop?user=me&password={}",
    "postgresql://127.0.0.1:1/shop?sslpassword={}&sslmode=require",
    "postgresql://me:{}@[::1/shop",
    "postgresql://me:{}@127.0.0.1:port/shop",
    "postgresql://me:{}@127.0.0.1:1,127.0.0.2:2/shop",
    "host=127.0.0.1 password={} dbname=shop",
    "host=127.0.0.1 sslpassword={} dbname=shop",
    "mysql://me:{}@127.0.0.1/shop",
    "sqlite:///nowhere.db?key={}&password={}",
]
SCHEMA = """
CREATE TABLE notes (id int, owner int, state text, body text, data jsonb);
INSERT INTO notes SELECT i, i % 900, CASE WHEN i % 50 = 0 THEN 'planted-open' ELSE 'planted-done' END, 'planted' || i,
  jsonb_build_object('planted-key', i % 700) FROM generate_series(1, 20000) i;
VACUUM ANALYZE;
SET log_statement = 'all';
SELECT pg_sleep(0);
"""
ASKED = [
    "SELECT id FROM notes WHERE owner = 7 AND state = 'planted-open'",
    "SELECT owner FROM notes WHERE id = 5 AND state = 'planted-open'",
    "SELECT id FROM notes WHERE data ->> 'planted-key' = 'planted'",
    "SELECT id FROM notes WHERE coalesce(body, 'planted') = 'planted77'",
    "SELECT id FROM notes WHERE body LIKE 'planted123%'",
    "SELECT id FROM notes WHERE state <> 'planted-done' AND owner < 5",
]


def command(folder: Path, url: str, *paths: str) -> subprocess.CompletedProcess[str]:
    (folder / "pyproject.toml").write_text("")
    call = [sys.executable, "-m", "perfprof", "advise", "--database", url, *paths]
    return subprocess.run(call, cwd=folder, capture_output=True, text=True, check=False, env=dict(os.environ))


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_error_tells_a_password(address: str, tmp_path: Path) -> None:
    with pytest.raises(PerfprofError) as raised, Source.of(address.replace("{}", SECRET), tmp_path).connected():
        pytest.fail("nothing listens there")
    error = raised.value
    assert SECRET not in "".join(map(str, (error, error.what, error.where, error.todo)))


@pytest.mark.parametrize("more", [(), ("--debug",)])
def test_the_command_does_not_tell_it_either(more: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "queries.sql").write_text("SELECT 1;\n")
    done = command(tmp_path, ADDRESSES[0].replace("{}", SECRET), *more, "queries.sql")
    assert done.returncode in (1, 2)  # with --debug the traceback is Python's own
    assert SECRET not in done.stdout + done.stderr
    assert not any(SECRET in path.read_text() for path in tmp_path.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            for statement in SCHEMA.strip().split(";\n"):
                connection.execute(statement)
            for statement in ASKED * 3:
                connection.execute(statement)
        yield running


def test_no_value_of_a_servers_log_ends_in_a_migration(server: Server, tmp_path: Path) -> None:
    log = (server.socket.parent / "log").read_text()
    assert log.count("planted") > 10
    (tmp_path / "postgresql.log").write_text(log[log.index("statement: SELECT pg_sleep") - 60 :])
    url = server.url_of("postgres")
    done = command(tmp_path, url, "--execute", "--json", "advice.json", "postgresql.log")
    assert done.returncode == 1, done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "postgresql.log"]
    assert any(path.suffix == ".sql" for path in written)
    assert not [path for path in written if "planted" in path.read_text()]
    assert "planted" not in done.stdout + done.stderr
