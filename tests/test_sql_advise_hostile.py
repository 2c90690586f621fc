"""What else lies in a database, or in a workload: the advisor goes around it, and tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.errors import PerfprofError  # noqa: E402
from perfprof.optimizer.indexes.advice import Advice  # noqa: E402
from perfprof.optimizer.indexes.advise import advise  # noqa: E402
from perfprof.optimizer.indexes.asked import Asked  # noqa: E402
from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.sources import Source  # noqa: E402
from perfprof.optimizer.statements.workload import Seen, workload  # noqa: E402
from perfprof.rules.reading.placeholders import separated  # noqa: E402

pytestmark = pytest.mark.postgres
SCHEMA = r"""
CREATE TABLE empty (id int PRIMARY KEY, a int, flag boolean);
CREATE TABLE never_analyzed (id int, a int) WITH (autovacuum_enabled = false);
INSERT INTO never_analyzed SELECT i, i % 3000 FROM generate_series(1, 30000) i;
CREATE TABLE made (id int PRIMARY KEY, qty int, name text, total int GENERATED ALWAYS AS (qty * 3) STORED,
    half int GENERATED ALWAYS AS (qty / 2) VIRTUAL);
INSERT INTO made SELECT i, i % 7000, 'Name' || i FROM generate_series(1, 30000) i;
CREATE VIEW dear AS SELECT id, name FROM made WHERE total > 20000;
CREATE MATERIALIZED VIEW sums AS SELECT qty, sum(id) AS s FROM made GROUP BY 1;
CREATE TABLE base (id int, kind text); CREATE TABLE heir () INHERITS (base);
INSERT INTO heir SELECT i, 'k' || i % 900 FROM generate_series(1, 20000) i;
CREATE TABLE secret (id int PRIMARY KEY, owner text); INSERT INTO secret SELECT i, 'o' || i % 900 FROM generate_series(1, 20000) i;
ALTER TABLE secret ENABLE ROW LEVEL SECURITY; ALTER TABLE secret FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON secret USING (owner = current_user);
CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE far (id int) SERVER files OPTIONS (filename '/etc/hostname');
CREATE TABLE "We""ird; DROP TABLE made; --" ("a'b" int, "ORDER" int);
INSERT INTO "We""ird; DROP TABLE made; --" SELECT i, i % 9000 FROM generate_series(1, 30000) i;
VACUUM ANALYZE made; VACUUM ANALYZE secret; VACUUM ANALYZE heir; VACUUM ANALYZE "We""ird; DROP TABLE made; --";
CREATE FUNCTION changing(int) RETURNS int VOLATILE LANGUAGE plpgsql AS 'BEGIN RETURN $1 + nextval(''counter''); END';
CREATE SEQUENCE counter; CREATE ROLE poor LOGIN; GRANT SELECT ON made TO poor; GRANT SELECT ON far TO poor;
"""
QUERIES = """
SELECT id FROM empty WHERE a = 5 AND flag; SELECT id FROM never_analyzed WHERE a = 7; SELECT id FROM made WHERE total = 300;
SELECT id FROM made WHERE half = 40; SELECT name FROM dear WHERE id > 29990; SELECT s FROM sums WHERE qty = 77;
SELECT id FROM base WHERE kind = 'k7'; SELECT id FROM secret WHERE owner = 'o7'; SELECT id FROM far WHERE id = 5;
SELECT "a'b" FROM "We""ird; DROP TABLE made; --" WHERE "ORDER" = 77; SELECT id FROM made WHERE changing(qty) = 3;
SELECT id FROM made WHERE lower(name) = 'name5'; SELECT id FROM made WHERE 1 / (qty - qty) = 3;
SELECT count(*) FROM made a, made b, made c WHERE a.qty < b.qty AND b.qty < c.qty; SELECT nosuch FROM made WHERE id = 1;
SELECT id FROM nosuch WHERE a = 1; SELEC id FRM made; SELECT nextval('counter'); TRUNCATE made; DROP TABLE made;
COPY made TO PROGRAM 'touch touched'; CREATE TEMP TABLE made_up AS SELECT 1; EXPLAIN ANALYZE DELETE FROM made;
MERGE INTO made m USING secret s ON m.id = s.id WHEN MATCHED THEN UPDATE SET qty = 1; DELETE FROM made WHERE id = 5 RETURNING *
"""
RUN = """
SELECT id FROM made WHERE lower(name) = 'name5'; SELECT id FROM made WHERE half = 40; SELECT id FROM secret WHERE owner = 'o7';
SELECT id FROM made WHERE 1 / (qty - qty) = 3; SELECT pg_sleep(100); SELECT s FROM sums WHERE qty = 77; SELECT id FROM far;
SELECT id FROM made WHERE changing(qty) = 3; COPY made TO PROGRAM 'touch touched'; DELETE FROM made WHERE name = 'Name7'
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            for statement in separated(SCHEMA, "postgresql"):
                connection.execute(statement)
            connection.execute(f"ALTER ROLE poor PASSWORD '{running.password}'")
        yield running


def advised(server: Server, folder: Path, texts: str = QUERIES, user: str = "", *, seconds: float = 0.0) -> Advice:
    """Run, if there are ``seconds``."""
    url = replace(server, user=user or server.user).url_of("postgres")
    found = workload([Seen(text, code=True) for text in separated(texts, "postgresql")], "postgresql")
    return advise(Source.of(url, folder), found, Asked(execute=seconds > 0, seconds=seconds), folder)


def builds(advice: Advice) -> str:
    return " ".join(one.migration.up for one in advice.proposals)


def test_what_can_be_planned_is(server: Server, tmp_path: Path) -> None:
    advice = advised(server, tmp_path)
    ups = builds(advice)
    for part in ('"never_analyzed"', '("total")', '"secret" ("owner"', '--" ("ORDER")', "LOWER(name)"):
        assert part in ups, part
    assert "changing" not in ups
    assert any(note.startswith("not planned: SELECT nosuch") for note in advice.notes)
    assert advice.share < 1
    with psycopg.connect(server.dsn, autocommit=True) as connection:  # the original is as it was
        assert connection.execute("SELECT count(*), (SELECT last_value FROM counter) FROM made").fetchone() == (
            30000,
            1,
        )


def test_what_can_be_run_is_and_an_endless_statement_takes_a_part_of_the_time(
    server: Server, tmp_path: Path
) -> None:
    advice = advised(server, tmp_path, RUN, seconds=30.0)
    assert {one.decision for one in advice.proposals} == {"confirmed"}
    assert "LOWER(name)" in builds(advice)
    assert any("not run" in note for note in advice.notes)
    assert not (Path.cwd() / "touched").exists()


def test_tables_that_may_not_be_read_are_left_out_and_told(server: Server, tmp_path: Path) -> None:
    advice = advised(server, tmp_path, user="poor")
    assert '("total")' in builds(advice)
    assert '"secret"' not in builds(advice)
    assert any(note.startswith("not on the clone") and "secret" in note for note in advice.notes)


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = workload([Seen("SELECT 1 FROM t WHERE a = 5", code=True)], "postgresql")
    with pytest.raises(PerfprofError):
        advise(
            Source.of(f"postgresql://u:p@/x?host={quote(str(tmp_path), safe='')}", tmp_path),
            found,
            Asked(),
            tmp_path,
        )
