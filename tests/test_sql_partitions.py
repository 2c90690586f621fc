"""Indexes on partitioned tables, built on a real server without CREATE INDEX on the root."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.postgres_catalog import Connection  # noqa: E402
from perfprof.optimizer.scratch.postgres_partitions import parts_of  # noqa: E402
from perfprof.rules.rule import Migration  # noqa: E402
from perfprof.rules.schema.indexes import Key, candidate  # noqa: E402
from perfprof.rules.schema.partitions import partitioned_migration  # noqa: E402

pytestmark = pytest.mark.postgres
SCHEMA = """
CREATE SCHEMA far;
CREATE TABLE events (id int, at date, tenant int) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE far."events ""2" PARTITION OF events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')
  PARTITION BY LIST (tenant);
CREATE TABLE far.even PARTITION OF far."events ""2" FOR VALUES IN (0, 2, 4);
CREATE TABLE far.odd PARTITION OF far."events ""2" FOR VALUES IN (1, 3, 5);
INSERT INTO events SELECT i, date '2024-01-01' + i % 60, i % 6 FROM generate_series(1, 20000) i;
ANALYZE events;
"""
BUILT = """
SELECT x.relname, i.indisvalid FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = x.relnamespace WHERE n.nspname IN ('public', 'far') ORDER BY 1
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        yield running


@pytest.fixture
def connection(server: Server) -> Iterator[Connection]:
    with psycopg.connect(server.dsn, autocommit=True) as outside:
        outside.execute("DROP DATABASE IF EXISTS parts")
        outside.execute("CREATE DATABASE parts")
    with psycopg.connect(server.dsn_of("parts"), autocommit=True) as inside:
        for statement in SCHEMA.split(";")[:-1]:
            inside.execute(statement)
        yield inside


def migration(connection: Connection) -> Migration:
    parts = parts_of(connection, "events", "")
    assert parts is not None
    return partitioned_migration(candidate("events", ["id"], [Key("at")]), "ix_events_id_at", "parts", parts)


def run(connection: Connection, script: str) -> None:
    for statement in script.split(";\n")[:-1]:
        connection.execute(statement)


def test_an_ordinary_table_has_no_parts(connection: Connection) -> None:
    assert parts_of(connection, "odd", "far") is None


def test_up_is_valid_on_every_level_and_used_and_down_leaves_nothing(connection: Connection) -> None:
    made = migration(connection)
    run(connection, made.up)
    built = connection.execute(BUILT).fetchall()
    assert len(built) == 5
    assert all(valid for _, valid in built)
    plan = connection.execute("EXPLAIN SELECT * FROM events WHERE id = 7").fetchall()
    assert "Seq Scan" not in str(plan)
    run(connection, made.down)
    assert connection.execute(BUILT).fetchall() == []


@pytest.mark.parametrize("stopped", range(4, 12))
def test_an_interrupted_build_is_taken_up_again_or_taken_back(connection: Connection, stopped: int) -> None:
    made = migration(connection)
    half = ";\n".join(made.up.split(";\n")[:stopped]) + ";\n"
    run(connection, half)
    connection.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid IN "
        "(SELECT oid FROM pg_class WHERE relname LIKE 'ix_odd%' AND relispartition = false)"
    )
    run(connection, made.up if stopped % 2 else made.down)
    built = connection.execute(BUILT).fetchall()
    assert (len(built), all(valid for _, valid in built)) == ((5, True) if stopped % 2 else (0, True))


def test_another_index_of_that_name_stops_it(connection: Connection) -> None:
    connection.execute("CREATE INDEX ix_events_1_id_at ON events_1 (tenant)")
    with pytest.raises(psycopg.errors.InvalidObjectDefinition):
        run(connection, migration(connection).up)
