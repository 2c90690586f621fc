"""The clone without data knows where indexed columns end, as the original's planner looks it up in the index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.indexes.clone_what_if import CloneWhatIf  # noqa: E402
from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.postgres_clone import cloned  # noqa: E402
from perfprof.optimizer.scratch.sources import Source  # noqa: E402
from perfprof.rules.schema.ddl import qualified  # noqa: E402
from perfprof.rules.schema.indexes import Key, candidate  # noqa: E402

pytestmark = pytest.mark.postgres
SCHEMA = """
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, age positive NOT NULL,
                     state text NOT NULL DEFAULT 'new', CHECK (state <> '' AND length(email) > 1));
INSERT INTO people (email, age) SELECT 'P' || i, 1 + i % 90 FROM generate_series(1, 60000) i;
CREATE INDEX people_lower ON people (lower(email));
CREATE TABLE visits (id bigint PRIMARY KEY, person int NOT NULL, at timestamptz NOT NULL, "od""d" numeric);
INSERT INTO visits SELECT i, i / 2, timestamptz '2024-01-01' + i * interval '1 minute', i / 7.0
FROM generate_series(20000, 90000) i;
CREATE INDEX visits_person ON visits (person); CREATE INDEX visits_at ON visits (at DESC);
CREATE INDEX visits_odd ON visits ("od""d");
CREATE TABLE sums (id int PRIMARY KEY, a int, b int, both_ int GENERATED ALWAYS AS (a + b) STORED);
INSERT INTO sums SELECT i, 1000 - i, i FROM generate_series(1, 1000) i; CREATE INDEX sums_both ON sums (both_);
CREATE TABLE single (id int PRIMARY KEY, word text NOT NULL); INSERT INTO single VALUES (7, 'x');
CREATE TABLE nobody (id int PRIMARY KEY);
CREATE TABLE refused (id int PRIMARY KEY, n int NOT NULL);
INSERT INTO refused SELECT i, i FROM generate_series(1, 5000) i;
CREATE FUNCTION angry() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
CREATE TRIGGER angry BEFORE INSERT ON refused FOR EACH ROW EXECUTE FUNCTION angry();
ALTER TABLE refused ENABLE ALWAYS TRIGGER angry;
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE odd (id uuid PRIMARY KEY, mood mood, doc jsonb, bits bit(8), "per%cent" int, "a:b" int, UNIQUE (bits, id) INCLUDE (doc));
INSERT INTO odd SELECT md5(i::text)::uuid, 'glad', to_jsonb(i), (i % 256)::bit(8), i, i FROM generate_series(1, 9000) i;
CREATE INDEX odd_doc ON odd (doc); CREATE INDEX odd_mood ON odd (mood); CREATE INDEX odd_cent ON odd ("per%cent");
CREATE INDEX odd_colon ON odd ("a:b" DESC NULLS LAST);
CREATE TABLE ruled (id int PRIMARY KEY); INSERT INTO ruled SELECT generate_series(1, 3000);
CREATE RULE nothing AS ON INSERT TO ruled DO INSTEAD NOTHING;
CREATE TABLE lists (id int, kind text NOT NULL, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
CREATE TABLE lists_a PARTITION OF lists FOR VALUES IN ('a'); CREATE TABLE lists_b PARTITION OF lists FOR VALUES IN ('b');
INSERT INTO lists SELECT i, CASE WHEN i % 3 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 9000) i;
CREATE MATERIALIZED VIEW seen AS SELECT id, person FROM visits; CREATE UNIQUE INDEX seen_id ON seen (id);
CREATE TABLE alone (id int PRIMARY KEY, room int, EXCLUDE USING btree (room WITH =));
INSERT INTO alone SELECT i, i FROM generate_series(1, 5000) i;
CREATE TABLE later (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, of int REFERENCES alone DEFERRABLE);
INSERT INTO later SELECT i, i FROM generate_series(1, 5000) i;
CREATE TABLE guarded (id int PRIMARY KEY, word text); INSERT INTO guarded SELECT i, 'w' FROM generate_series(1, 5000) i;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; ALTER TABLE guarded FORCE ROW LEVEL SECURITY;
CREATE TABLE long (id int PRIMARY KEY, body text); CREATE INDEX long_left ON long (left(body, 9));
INSERT INTO long SELECT i, repeat(md5(i::text), 300) FROM generate_series(1, 2000) i;
VACUUM ANALYZE
"""
QUERIES = [
    "SELECT * FROM visits v JOIN people p ON p.id = v.person ORDER BY v.person",
    "SELECT * FROM people p JOIN visits v ON p.id = v.person WHERE p.id > 59000 ORDER BY p.id",
    "SELECT * FROM visits WHERE at > timestamptz '2024-03-03'",
    "SELECT * FROM visits WHERE at < timestamptz '2023-01-01'",
    'SELECT * FROM visits WHERE "od""d" > 12857',
    "SELECT * FROM people WHERE email > 'P99998'",
    "SELECT * FROM people WHERE lower(email) > 'p5'",
    "SELECT * FROM sums WHERE both_ > 1000",
    "SELECT * FROM single WHERE id < 9",
    "SELECT * FROM nobody WHERE id < 9",
    "SELECT max(id), min(id) FROM refused",
    "SELECT * FROM refused a JOIN people p ON p.id = a.id ORDER BY p.id",
    "SELECT * FROM refused WHERE id > 4999",
    "SELECT * FROM odd WHERE id > 'ffff0000-5de0-6d87-e6ba-6c830f3b6284'",
    "SELECT * FROM odd WHERE doc > '8999'",
    "SELECT * FROM odd WHERE mood > 'sad' ORDER BY mood",
    "SELECT * FROM odd WHERE bits < B'00000001'",
    "SELECT * FROM odd ORDER BY bits, id LIMIT 3",
    'SELECT * FROM odd WHERE "per%cent" > 8999',
    'SELECT * FROM odd WHERE "a:b" > 8999',
    "SELECT * FROM ruled WHERE id > 2999",
    "SELECT * FROM lists a JOIN people p ON p.id = a.id ORDER BY p.id",
    "SELECT * FROM lists_a WHERE id > 8999",
    "SELECT * FROM seen v JOIN people p ON p.id = v.id ORDER BY p.id",
    "SELECT * FROM alone WHERE room > 4999",
    "SELECT * FROM later WHERE id > 4999",
    "SELECT * FROM guarded WHERE id > 4999",
    "SELECT * FROM long WHERE id > 1999",
]

CATALOG = [
    "SELECT relname, relkind, relchecks, relhastriggers, relhasrules, relispartition FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT attrelid::regclass::text, attname, attnotnull, attgenerated FROM pg_attribute JOIN pg_class c ON c.oid = attrelid "
    "WHERE relnamespace = 'public'::regnamespace AND attnum > 0 ORDER BY 1, 2",
    "SELECT indexrelid::regclass::text, indisexclusion FROM pg_index WHERE indisexclusion",
]


def named(table: str) -> str:
    return qualified(table, "public")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        yield running


@pytest.fixture(scope="module")
def source(server: Server) -> Source:
    with psycopg.connect(server.dsn_of("postgres"), autocommit=True) as connection:
        for statement in SCHEMA.split(";\n"):
            connection.execute(statement)
    return Source.of(server.url_of("postgres"), Path("/"))


def costs(connection: object, text: str) -> tuple[float, float]:
    (row,) = connection.execute(f"EXPLAIN (FORMAT JSON) {text}").fetchone()  # type: ignore[attr-defined]
    return row[0]["Plan"]["Startup Cost"], row[0]["Plan"]["Total Cost"]


def test_every_cost_is_the_original_s(server: Server, source: Source, tmp_path: Path) -> None:
    with cloned(source, server, tmp_path) as clone, source.connected() as original:
        original.execute("SET enable_hashjoin = off")
        clone.connection.execute("SET enable_hashjoin = off")
        for text in QUERIES:
            assert costs(clone.connection, text) == costs(original, text), text
        assert clone.filled >= set(
            map(named, ("people", "visits", "single", "refused", "sums", "odd", "lists_a", "seen"))
        )
        assert named("nobody") not in clone.filled
        for text in CATALOG:
            assert clone.connection.execute(text).fetchall() == original.execute(text).fetchall()


def test_a_candidate_knows_the_ends_of_its_column(server: Server, source: Source, tmp_path: Path) -> None:
    """That of an index which was there, here: the ends of other columns are known to the histogram alone."""
    one, text = candidate("visits", ["person"], [Key("person"), Key("at")]), QUERIES[0]
    with cloned(source, server, tmp_path) as clone:
        what_if = CloneWhatIf(clone)
        clone.connection.execute("DROP INDEX visits_person")
        assert what_if.add([one])
        planned = what_if.plan(text, False, frozenset([one]))
        with psycopg.connect(server.dsn_of("postgres")) as building:
            building.execute("DROP INDEX visits_person")
            building.execute("CREATE INDEX built ON visits (person, at)")
            assert planned.cost == pytest.approx(costs(building, text)[1], rel=1e-3)
            building.rollback()
