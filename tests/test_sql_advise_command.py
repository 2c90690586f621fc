"""`perfprof advise` from the outside: what the server sees of it, and what it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.scratch.postgres import Server  # noqa: E402

pytestmark = pytest.mark.postgres
SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, tenant int, email text);
INSERT INTO users SELECT i, i % 100, 'someone' || i || '@x.org' FROM generate_series(1, 30000) i;
CREATE TABLE events (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
INSERT INTO events SELECT i, date '2024-01-01' + i % 60 FROM generate_series(1, 30000) i;
VACUUM ANALYZE;
ALTER SYSTEM SET log_statement = 'all';
ALTER SYSTEM SET log_line_prefix = '%a|';
SELECT pg_reload_conf();
"""
WORKLOAD = """
SELECT id FROM users WHERE lower(email) = 'planted-one@x.org';
DELETE FROM users WHERE email = 'planted-two@x.org';
UPDATE users SET tenant = 5 WHERE id = 77777;
SELECT at FROM events WHERE id = 424242;
"""
READS = (
    "SELECT",
    "SET",
    "SHOW",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "LOCK TABLE",
    "DECLARE",
    "FETCH",
    "CLOSE",
    "PREPARE",
    "EXECUTE",
    "WITH",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            for statement in SCHEMA.strip().split(";\n"):
                connection.execute(statement)
        yield running


def advise(server: Server, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    (folder / "queries.sql").write_text(WORKLOAD)
    url = server.url_of("postgres")
    command = [sys.executable, "-m", "perfprof", "advise", "--database", url, *more, "queries.sql"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=dict(os.environ))


def rows(server: Server, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        found: list[tuple[object, ...]] = connection.execute(query).fetchall()
        return found


def test_the_server_sees_reads_only_and_no_file_holds_a_value(server: Server, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    log = server.socket.parent / "log"
    start = len(log.read_text())
    done = advise(server, tmp_path, "--execute", "--json", "advice.json", "--markdown", "advice.md")
    assert done.returncode == 1, done.stderr
    seen = [line for line in log.read_text()[start:].splitlines() if line.startswith(("perfprof|", "pg_dump|"))]
    texts = [line.split(": ", 2)[-1].strip() for line in seen if "statement: " in line or "execute " in line]
    strange = [text for text in texts if not text.startswith(READS) and " TO STDOUT" not in text and text]
    assert len(texts) > 20
    assert strange == []
    assert "planted" not in log.read_text()[start:]
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "queries.sql"]
    assert not any("planted" in path.read_text() or "424242" in path.read_text() for path in written)
    assert server.password not in done.stdout + done.stderr + "".join(path.read_text() for path in written)
    assert json.loads((tmp_path / "advice.json").read_text())["kind"] == "advice"
    assert "```" in (tmp_path / "advice.md").read_text()


def test_without_time_it_tells_what_was_not_confirmed(server: Server, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    done = advise(server, tmp_path, "--execute", "--seconds", "0", "--copy", "1000")
    assert "left out: " in done.stdout, done.stderr
    assert "(--seconds)" in done.stdout
    assert "-- build" not in done.stdout


def test_its_migrations_go_up_and_down(server: Server, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    indexes = "SELECT indexrelid::regclass::text, indisvalid FROM pg_index WHERE indrelid > 16383 ORDER BY 1"
    start = rows(server, indexes)
    assert advise(server, tmp_path).returncode == 1
    files = sorted((tmp_path / ".perfprof" / "runs").rglob("*.sql"))
    assert {path.name.split(".")[1] for path in files} == {"up", "down"}
    psql = str(server.binaries["psql"])
    for way in ("up", "down"):
        for path in (one for one in files if one.name.endswith(f".{way}.sql")):
            environment = server.environment("postgres")
            done = subprocess.run(
                [psql, "-v", "ON_ERROR_STOP=1", "-q", "-f", str(path)],
                env=environment,
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        now = rows(server, indexes)
        assert all(valid for _, valid in now)
        assert len(now) >= len(start) + 4 if way == "up" else now == start


def test_it_gives_up_soon_when_a_table_is_locked(server: Server, tmp_path: Path) -> None:
    with psycopg.connect(server.dsn) as holder:
        holder.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        done = advise(server, tmp_path)
        assert time.monotonic() - begun < 120  # its lock timeout is a second; without one it would wait for ever
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
