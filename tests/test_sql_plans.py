"""What plans of a real server suffer from, and indexes that should not be there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from perfprof.optimizer.indexes.findings import complaints
from perfprof.optimizer.indexes.redundant import removals
from perfprof.optimizer.scratch.postgres import Server

pytestmark = pytest.mark.postgres
psycopg = pytest.importorskip("psycopg")

TABLES = """
CREATE TABLE t (id int, a int, b int, c text);
INSERT INTO t SELECT i, i % 500, i % 500, repeat('x', 40) || i FROM generate_series(1, 60000) i;
CREATE TABLE s (id int, a int);
INSERT INTO s SELECT i, i FROM generate_series(1, 300) i;
SET default_statistics_target = 100;
ANALYZE t; ANALYZE s;
CREATE TABLE grown (id int PRIMARY KEY, a int) WITH (autovacuum_enabled = off);
INSERT INTO grown SELECT i, 0 FROM generate_series(1, 10) i;
ANALYZE grown;
INSERT INTO grown SELECT i, 1 FROM generate_series(11, 40000) i;
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("plans")) as found:
        with psycopg.connect(found.dsn, autocommit=True) as connection:
            for statement in TABLES.strip().split(";\n"):
                connection.execute(statement.rstrip(";"))
        yield found


CASES = [
    ("SELECT * FROM t WHERE id = 7", "", "reads all of t and drops 59,999 rows"),
    ("SELECT * FROM t ORDER BY c", "SET work_mem = '64kB'", "on disk: more work_mem, or an index in this order"),
    ("SELECT a, c FROM (SELECT * FROM t ORDER BY a) x ORDER BY a, c", "SET work_mem = '64kB'", "kB on disk"),
    (
        "SELECT count(*) FROM t x JOIN t y ON x.c = y.c",
        "SET work_mem = '64kB'; SET enable_mergejoin = off",
        "batches on disk",
    ),
    ("SELECT c, count(*) FROM t GROUP BY c", "SET work_mem = '64kB'; SET enable_sort = off", "groups"),
    (
        "SELECT count(*) FROM s JOIN t ON s.a < t.a AND t.b < s.id - 290 WHERE t.id < 900",
        "SET enable_mergejoin = off",
        "pairs",
    ),
    ("SELECT count(*) FROM grown WHERE a = 1", "", "rows of grown, finds 39,990: ANALYZE, or extended statistics"),
    ("SELECT * FROM t WHERE id > 0 ORDER BY id LIMIT 3", "", None),
    ("SELECT * FROM s WHERE id = 5", "", None),
]


@pytest.mark.parametrize(("statement", "settings", "said"), CASES)
def test_what_a_plan_suffers_from(statement: str, settings: str, said: str | None, server: Server) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        for one in ("SET jit = off; SET max_parallel_workers_per_gather = 0; " + settings).split(";"):
            if one.strip():
                connection.execute(one)
        row = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}").fetchone()
        plain = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}").fetchone()
    plan: dict[str, Any] = row[0][0]["Plan"]
    found = list(complaints(plan))
    assert any(said in one for one in found) if said else not found, (found, plan)
    assert not list(complaints(plain[0][0]["Plan"])), "what was not run is not complained of"


def test_parallel_workers_are_added_up(server: Server) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        for one in ("min_parallel_table_scan_size = 0", "parallel_setup_cost = 0", "parallel_tuple_cost = 0"):
            connection.execute(f"SET {one}")
        row = connection.execute("EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM t WHERE id = 7").fetchone()
    assert any("reads all of t and drops" in one for one in complaints(row[0][0]["Plan"]))


INDEXES = """
CREATE TABLE k (id int PRIMARY KEY, a int, b int);
INSERT INTO k SELECT i, i % 7, i % 11 FROM generate_series(1, 2000) i;
CREATE INDEX k_a ON k (a);
CREATE INDEX k_a_again ON k (a);
CREATE INDEX k_a_b ON k (a, b);
CREATE INDEX k_b_part ON k (b) WHERE a = 1;
CREATE INDEX k_b_down ON k (b DESC);
CREATE UNIQUE INDEX k_u ON k (id, a);
CREATE INDEX k_broken ON k (a, id)
"""


def test_duplicates_prefixes_and_broken_ones_but_none_that_is_being_built(server: Server) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        for statement in INDEXES.strip().split(";\n"):
            connection.execute(statement)
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'k_broken'::regclass")
        used = {"k_a", "k_a_again", "k_a_b", "k_b_part", "k_b_down"}

        def gone() -> dict[str, str]:
            return {one.name: one.reason for one in removals(connection, "x", used, complete=False)}

        first = gone()
        assert first.pop("k_broken") == "invalid"
        assert set(first.values()) <= {"duplicate", "prefix"}
        assert set(first) == {"k_a", "k_a_again"}
        connection.execute("DROP INDEX k_broken")
        with psycopg.connect(server.dsn) as holder:
            holder.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            holder.execute("SELECT * FROM k LIMIT 1")
            build = threading.Thread(target=_build, args=(server.dsn,))
            build.start()
            for _ in range(1200):
                invalid = connection.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone()
                if invalid == (1,):
                    break
                time.sleep(0.05)
            assert "k_new" not in gone()
        build.join()


def _build(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE INDEX CONCURRENTLY k_new ON k (b, a, id)")
