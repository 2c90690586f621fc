"""Indexes that look like another one and are needed: by a constraint's time, by CLUSTER, by INDEXED BY, by foreign keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.indexes.redundant import removals  # noqa: E402
from perfprof.optimizer.indexes.sqlite_redundant import removals as removals_of_file  # noqa: E402
from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.sqlite import copied  # noqa: E402

SCHEMA = """
CREATE TABLE kept (id int PRIMARY KEY, a int, b int, c int, d int, CONSTRAINT late UNIQUE (a) DEFERRABLE);
CREATE UNIQUE INDEX at_once ON kept (a);
CREATE UNIQUE INDEX nulls_differ ON kept (b);
CREATE UNIQUE INDEX nulls_alike ON kept (b) NULLS NOT DISTINCT;
CREATE INDEX ordered_by ON kept (c);
CREATE INDEX wider ON kept (c, d);
ALTER TABLE kept CLUSTER ON ordered_by;
CREATE INDEX first ON kept (d);
CREATE INDEX second ON kept (d);
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server.start(tmp_path) as running:
        yield running


@pytest.mark.postgres
def test_what_a_constraint_or_cluster_needs_stays(server: Server) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(SCHEMA)
        gone = {(one.name, one.reason) for one in removals(connection, "", ["wider"], complete=False)}
        assert gone == {("first", "duplicate")}
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'second'::regclass")
        gone = {(one.name, one.reason) for one in removals(connection, "", ["wider"], complete=False)}
        assert gone == {("second", "invalid")}
        with psycopg.connect(server.dsn) as building:  # as while REINDEX CONCURRENTLY builds another one beside it
            building.execute("LOCK TABLE kept IN SHARE UPDATE EXCLUSIVE MODE")
            assert not list(removals(connection, "", ["wider"], complete=False))


def test_what_a_statement_or_a_foreign_key_of_sqlite_names_stays(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("""
            CREATE TABLE owners (id INTEGER PRIMARY KEY);
            CREATE TABLE Kept (a INT, b INT, Owner INT, FOREIGN KEY (oWNER) REFERENCES owners (id));
            CREATE INDEX wide ON kept (a, b);
            CREATE INDEX named ON kept (a);
            CREATE INDEX viewed ON kept (a);
            CREATE INDEX by_owner ON kept (owner);
            CREATE INDEX needless ON kept (a);
            CREATE VIEW seen AS SELECT * FROM kept INDEXED BY "viewed" WHERE a = 1;
        """)
    with copied(path, tmp_path) as copy:
        texts = ["SELECT b FROM kept INDEXED BY named WHERE a = ?"]
        gone = removals_of_file(copy, {}, ["wide"], str(path), complete=True, texts=texts)
        assert [one.name for one in gone] == ["needless"]
