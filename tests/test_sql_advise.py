"""The index advisor: planned on a clone without data that costs what the original costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.indexes.advise import advise  # noqa: E402
from perfprof.optimizer.indexes.asked import Asked  # noqa: E402
from perfprof.optimizer.indexes.candidates import Facts, candidates, widened  # noqa: E402
from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.postgres_clone import cloned  # noqa: E402
from perfprof.optimizer.scratch.sources import Source  # noqa: E402
from perfprof.optimizer.statements.workload import Seen, workload  # noqa: E402
from perfprof.rules.catalog import Dictionary, Table  # noqa: E402
from perfprof.rules.schema.indexes import candidate  # noqa: E402

pytestmark = pytest.mark.postgres
SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, tenant int, email text, deleted_at date);
INSERT INTO users SELECT i, i % 100, 'Secret' || i || '@x.org', CASE WHEN i % 50 > 0 THEN date '2024-01-01' END
FROM generate_series(1, 40000) i;
CREATE INDEX one ON users (tenant); CREATE INDEX two ON users (tenant); VACUUM ANALYZE users;
"""
QUERIES = [
    "SELECT id FROM users WHERE lower(email) = 'secret77@x.org'",
    "SELECT id FROM users WHERE tenant = 7 AND deleted_at IS NULL",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        yield running


@pytest.fixture(scope="module")
def source(server: Server) -> Source:
    with psycopg.connect(server.dsn_of("postgres"), autocommit=True) as connection:
        for statement in SCHEMA.split(";")[:-1]:
            connection.execute(statement)
    return Source.of(server.url_of("postgres"), Path("/"))


def cost(connection: object, text: str) -> float:
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {text}").fetchone()  # type: ignore[attr-defined]
    return float(row[0][0]["Plan"]["Total Cost"])


def test_the_clone_plans_as_the_original_does(server: Server, source: Source, tmp_path: Path) -> None:
    with cloned(source, server, tmp_path) as clone, source.connected() as original:
        assert clone.connection.execute("SELECT count(*) FROM pg_class WHERE relname = 'users'").fetchone() == (1,)
        for text in QUERIES:
            assert cost(clone.connection, text) == cost(original, text)
    assert list(tmp_path.iterdir()) == []


def test_an_expression_index_is_proposed_and_a_duplicate_dropped(source: Source, tmp_path: Path) -> None:
    found = workload([Seen(text) for text in QUERIES], "postgresql")
    advice = advise(source, found, Asked(execute=False), tmp_path)
    ups = " ".join(one.migration.up for one in advice.proposals)
    assert "LOWER(email)" in ups
    assert [(one.name, one.reason, one.instead) for one in advice.removals] == [("one", "duplicate", "two")]
    assert advice.share < 0.5
    assert "secret77" not in repr(advice.as_json()).lower()


def test_covering_indexes_with_one_key_are_widened_to_serve_both() -> None:
    one, other = (replace(candidate("t", ["a"]), include=(name,)) for name in ("b", "c"))
    third = replace(candidate("t", ["z"]), include=("d",))
    assert list(widened([one, other, third])) == [replace(one, include=("b", "c"))]


def test_columns_of_a_statement_are_carried_unless_a_star_wants_all() -> None:
    book = Dictionary([Table("t", ("a", "b", "c", "d"), 100_000)], "postgresql")
    for text, expected in (
        ("SELECT b FROM t WHERE a > 5 AND c < 2", {("b", "c"), ("a", "b")}),
        ("SELECT * FROM t WHERE a > 5", set()),
    ):
        found = candidates(workload([Seen(text)], "postgresql").queries, book, Facts())
        assert {one.include for one in found if one.include} == expected


def test_running_on_a_copy_confirms_what_is_used(source: Source, tmp_path: Path) -> None:
    found = workload([Seen(text) for text in QUERIES], "postgresql")
    advice = advise(source, found, Asked(execute=True), tmp_path)
    assert {one.decision for one in advice.proposals} == {"confirmed"}
    assert all(one.built > 0 and one.serves for one in advice.proposals)
    assert all(line.measured_before > 0 for line in advice.lines)


def test_without_time_nothing_is_proposed_and_all_is_told(source: Source, tmp_path: Path) -> None:
    found = workload([Seen(text) for text in QUERIES], "postgresql")
    advice = advise(source, found, Asked(execute=True, seconds=0.0), tmp_path)
    assert advice.proposals == ()
    assert advice.share == 1.0
    assert any("want of time" in note for note in advice.notes)
    assert any("left out: users" in note and "planned only" in note for note in advice.notes)


TENANTS = """
CREATE TABLE events (id int, tenant int, at date, data jsonb) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
INSERT INTO events SELECT i, i % 300, date '2024-01-01' + i % 60, jsonb_build_object('owner', i % 900)
FROM generate_series(1, 30000) i;
CREATE SCHEMA billing;
CREATE TABLE billing.invoices (id int PRIMARY KEY, tenant int, state text, email text, changed int);
INSERT INTO billing.invoices SELECT i, i % 100, CASE WHEN i % 50 = 0 THEN 'open' ELSE 'paid' END, 'a' || i, 1
FROM generate_series(1, 30000) i;
CREATE TABLE billing.lines (id int, invoice int REFERENCES billing.invoices);
CREATE INDEX lines_invoice ON billing.lines (invoice); CREATE INDEX lines_id ON billing.lines (id);
CREATE INDEX lines_id_again ON billing.lines (id); CREATE INDEX invoices_changed ON billing.invoices (changed);
VACUUM ANALYZE;
INSERT INTO billing.invoices SELECT i, 1, 'late', 'z' || i, 1 FROM generate_series(30001, 34000) i;
"""  # the last rows are known to the index alone, where the planner of the original looks them up
TENANTS_READS = """
SELECT id FROM events WHERE tenant = 7 AND at >= date '2024-02-10' ORDER BY at DESC LIMIT 5;
SELECT id FROM events WHERE data ->> 'owner' = '77';
SELECT count(*) FROM billing.invoices WHERE state = 'open' AND tenant = 50;
SELECT id FROM billing.invoices WHERE email LIKE 'a123%';
SELECT i.id, e.id FROM billing.invoices i JOIN events e ON e.id = i.id WHERE i.id < 20;
UPDATE billing.invoices SET changed = 2 WHERE id = 400;
SELECT id FROM billing.invoices WHERE id > 29000;
"""


@pytest.fixture(scope="module")
def tenants(server: Server) -> Source:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE tenants TEMPLATE template0 LOCALE 'C.UTF-8'")
    with psycopg.connect(server.dsn_of("tenants"), autocommit=True) as connection:
        for statement in TENANTS.split(";\n")[:-1]:
            connection.execute(statement)
    return Source.of(server.url_of("tenants"), Path("/"))


def test_the_clone_knows_partitions_schemas_and_keys(server: Server, tenants: Source, tmp_path: Path) -> None:
    with cloned(tenants, server, tmp_path) as clone, tenants.connected() as original:
        for text in TENANTS_READS.strip().split(";\n"):
            assert cost(clone.connection, text) == cost(original, text), text
        assert clone.missing == ()


def test_running_decides_for_partitions_documents_patterns_and_writes(tenants: Source, tmp_path: Path) -> None:
    texts = TENANTS_READS.strip().rstrip(";").split(";\n")
    found = workload([Seen(text, 50.0, code=True) for text in texts], "postgresql")
    advice = advise(tenants, found, Asked(execute=True, complete=True), tmp_path)
    ups = " ".join(one.migration.up for one in advice.proposals)
    for part in ("((data ->> 'owner'))", "text_pattern_ops", 'ON ONLY "events"'):
        assert part in ups, part
    assert advice.measured_share < 0.7
    assert all(
        line.measured_after <= 1.1 * line.measured_before + 0.05
        for line in advice.lines
        if line.measured_before > 0
    )
    reasons = {one.name: one.reason for one in advice.removals}
    assert reasons.pop("invoices_changed") == "unused"
    assert set(reasons) == {"lines_id", "lines_id_again"}  # one serves a foreign key, and stays
    assert 0 < advice.wal_before <= advice.wal_after
    assert advice.hot_before == 0.0  # invoices_changed was in its way
