"""What an index advisor must think of: for each statement the index that somebody who knows PostgreSQL would build."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.indexes.asked import Asked  # noqa: E402
from perfprof.optimizer.indexes.candidates import Facts, candidates  # noqa: E402
from perfprof.optimizer.indexes.clone_what_if import CloneWhatIf  # noqa: E402
from perfprof.optimizer.indexes.expressions import distinct_of  # noqa: E402
from perfprof.optimizer.indexes.planning import selected  # noqa: E402
from perfprof.optimizer.indexes.relevance import may_use  # noqa: E402
from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.postgres_catalog import PostgresCatalog  # noqa: E402
from perfprof.optimizer.scratch.postgres_clone import Clone, cloned  # noqa: E402
from perfprof.optimizer.scratch.sources import Source  # noqa: E402
from perfprof.optimizer.statements.workload import Seen, workload  # noqa: E402
from perfprof.rules.catalog import Dictionary, Table  # noqa: E402
from perfprof.rules.schema.ddl import create_index  # noqa: E402

pytestmark = pytest.mark.postgres
SCHEMA = """
CREATE SCHEMA ext; CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE TABLE projects (id int PRIMARY KEY, slug text, archived boolean);
CREATE TABLE tickets (id int PRIMARY KEY, project_id int REFERENCES projects, title text, body text, state text, labels text[],
    seen tsrange, data jsonb, words tsvector, closed timestamp, gone date, vip boolean, at timestamp, address inet, place point, open boolean, x int, y int);
INSERT INTO projects SELECT i, 'p' || i, i % 9 = 0 FROM generate_series(1, 40) i;
INSERT INTO tickets SELECT i, 1 + i % 40, md5(i::text), repeat(md5((i * 3)::text) || ' ', 3), CASE WHEN i % 40 = 0 THEN 'open' ELSE 'done' END,
    ARRAY['l' || i % 900], tsrange(timestamp '2024-01-01' + i * interval '1 hour', timestamp '2024-01-01' + i * interval '2 hours'),
    jsonb_build_object('owner', i % 7000), to_tsvector('simple', md5(i::text)), CASE WHEN i % 3 > 0 THEN timestamp '2024-01-01' + i * interval '1 minute' END,
    CASE WHEN i % 50 = 0 THEN date '2024-01-01' END, i % 60 = 0, timestamp '2024-01-01' + (i * 7919 % 30000) * interval '1 minute',
    '10.0.0.0'::inet + i, point(i % 180, i / 170), true, i * 7919 % 30000, i * 9973 % 30000 FROM generate_series(1, 30000) i;
VACUUM ANALYZE;
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    folder = tmp_path_factory.mktemp("pg")
    with Server.start(folder) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            for statement in SCHEMA.replace(";\n", ";;").split(";;")[:-1]:
                connection.execute(statement)
        source = Source.of(server.url_of("postgres"), Path("/"))
        with cloned(source, server, folder) as made:
            yield made


def advised(clone: Clone, *texts: str, code: bool = True) -> list[str]:
    """The definitions of what is chosen for these statements alone."""
    found = workload([Seen(text, code=code) for text in texts], "postgresql")
    what_if, catalog = CloneWhatIf(clone), PostgresCatalog(clone.connection, "x", partitioned=True)
    picked = selected(what_if, catalog, found, Asked(execute=False), 64e6)
    for (name,) in clone.connection.execute(
        "SELECT relname FROM pg_class WHERE relname LIKE 'perfprof_%'"
    ).fetchall():
        clone.connection.execute(f"DROP INDEX {name}")
    made = (create_index(one, "x", dialect="postgresql").partition(" ON ")[2] for one in picked.chosen)
    return sorted(one.replace('"', "") for one in made)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SELECT id FROM tickets WHERE gone IS NULL ORDER BY closed DESC NULLS LAST, id DESC LIMIT 9",
            "tickets (closed DESC NULLS LAST, id DESC) WHERE gone IS NULL",
        ),
        ("SELECT id FROM tickets ORDER BY closed NULLS FIRST LIMIT 9", "tickets (closed NULLS FIRST)"),
        ("SELECT id FROM tickets ORDER BY closed DESC LIMIT 9", "tickets (closed)"),
        (
            "SELECT p.id, l.* FROM projects p, LATERAL (SELECT title FROM tickets t WHERE t.project_id = p.id ORDER BY t.at DESC LIMIT 2) l",
            "tickets (project_id, at DESC)",
        ),
        ("SELECT * FROM tickets WHERE labels && ARRAY['l3']", "tickets USING gin (labels)"),
        ("SELECT * FROM tickets WHERE labels @> ARRAY['l3']", "tickets USING gin (labels)"),
        ("SELECT * FROM tickets WHERE words @@ to_tsquery('simple', 'abc')", "tickets USING gin (words)"),
        (
            "SELECT id FROM tickets WHERE to_tsvector('english', title || ' ' || body) @@ plainto_tsquery('english', 'abc')",
            "tickets USING gin ((TO_TSVECTOR('english', title || ' ' || body)))",
        ),
        ("SELECT id FROM tickets WHERE title ILIKE '%abc1%'", "tickets USING gin (title ext.gin_trgm_ops)"),
        (
            "SELECT id FROM tickets WHERE lower(title) LIKE '%abc1%'",
            "tickets USING gin ((LOWER(title)) ext.gin_trgm_ops)",
        ),
        ("SELECT * FROM tickets WHERE seen @> timestamp '2024-01-01 05:00'", "tickets USING gist (seen)"),
        ("SELECT * FROM tickets WHERE data @> '{\"owner\": 7}'", "tickets USING gin (data jsonb_path_ops)"),
        ("SELECT id FROM tickets WHERE vip", "tickets (id) WHERE vip"),
        (
            "SELECT * FROM tickets WHERE extract(month FROM at) = 1 AND extract(year FROM at) = 2024",
            None,  # of twenty days all are in one year and month: no index is worth having
        ),
        (
            "SELECT * FROM tickets WHERE project_id = 7 AND at BETWEEN '2024-01-02' AND '2024-01-03'",
            "tickets (project_id, at)",  # never for project 7 alone
        ),
        (
            "SELECT * FROM tickets WHERE state = 'open' AND at < '2024-01-03' ORDER BY at LIMIT 9",
            "tickets (state, at)",
        ),
        ("SELECT id FROM tickets WHERE title ILIKE '%ab%'", None),
        (
            "SELECT * FROM tickets WHERE title = 'abc' AND state = 'done'",
            "tickets (title, state)",  # not for 'done' alone
        ),
        (
            "SELECT body, id FROM tickets WHERE project_id = 7",
            "tickets (project_id)",
        ),  # a body may outgrow an index
        ("SELECT data, id FROM tickets WHERE title = 'abc'", "tickets (title)"),
        ("SELECT id FROM tickets WHERE starts_with(title, 'abc12')", "tickets (title)"),
        ("SELECT id FROM tickets WHERE title ^@ 'abc12'", "tickets (title)"),
        ("SELECT id FROM tickets WHERE title ~ '^abc12'", "tickets (title)"),
        ("SELECT id FROM tickets WHERE title ~* 'abc12'", "tickets USING gin (title ext.gin_trgm_ops)"),
        ("SELECT id FROM tickets WHERE address << '10.0.7.0/28'", "tickets (address)"),
        ("SELECT id FROM tickets WHERE place <@ box(point(1, 1), point(2, 2))", "tickets USING gist (place)"),
        ("SELECT id FROM tickets WHERE box(point(1, 1), point(2, 2)) @> place", "tickets USING gist (place)"),
        ("SELECT id FROM tickets ORDER BY place <-> point(3, 4) LIMIT 5", "tickets USING gist (place)"),
        ("SELECT id FROM tickets ORDER BY lower(title) LIMIT 5", "tickets ((LOWER(title)))"),
        ("SELECT id FROM tickets ORDER BY lower(title) DESC LIMIT 5", "tickets ((LOWER(title)))"),
        (
            "SELECT id FROM tickets WHERE tsrange(at, closed) && tsrange('2024-01-01 05:00', '2024-01-01 06:00')",
            None,  # some end before they begin, which is an error
        ),
        ("SELECT id FROM tickets WHERE data -> 'owner' @> '7'", "tickets USING gin ((data -> 'owner'))"),
        ("SELECT id FROM tickets WHERE data @? '$.owner ? (@ == 7)'", "tickets USING gin (data jsonb_path_ops)"),
        ("SELECT max(at) FROM tickets WHERE project_id = 7", "tickets (project_id, at)"),
        (
            "SELECT id FROM projects p WHERE (SELECT max(at) FROM tickets t WHERE t.project_id = p.id) > now()",
            "tickets (project_id, at)",
        ),
        (
            "SELECT id, body FROM tickets WHERE x BETWEEN 5000 AND 8000 AND y BETWEEN 9000 AND 9030",
            "tickets (y, x)",
        ),
        (
            "SELECT id, body FROM tickets WHERE state <> 'done' ORDER BY id LIMIT 90",  # 'open' is a column too
            "tickets (id) WHERE state <> 'done'",
        ),
    ],
)
def test_what_one_statement_wants(clone: Clone, text: str, expected: str | None) -> None:
    assert advised(clone, text) == [expected] * bool(expected)


def test_values_that_come_later_are_planned_however_often(clone: Clone) -> None:
    assert advised(clone, "SELECT * FROM tickets WHERE title = %s AND words @@ %s") == ["tickets (title)"]
    assert advised(clone, "SELECT * FROM tickets WHERE title = :a AND at > :b", code=False) == [
        "tickets (title, at)"
    ]
    assert advised(clone, "SELECT * FROM tickets WHERE labels @> %s") == ["tickets USING gin (labels)"]


def test_one_statement_without_end_does_not_drown_the_others(clone: Clone) -> None:
    endless = "SELECT count(*) FROM tickets a, tickets b, tickets c WHERE a.at < b.at AND b.at < c.at"
    found = advised(clone, endless, "SELECT * FROM tickets WHERE title = 'abc'")
    assert "tickets (title)" in found


def test_an_expression_that_fails_on_a_row_is_left(clone: Clone) -> None:
    assert advised(clone, "SELECT * FROM tickets WHERE title::int = 5") == []
    assert advised(clone, "SELECT * FROM tickets WHERE (data ->> 'owner')::int = 5") == [
        "tickets ((CAST((data ->> 'owner') AS INT)))"
    ]


def test_an_expression_is_counted_on_the_original(clone: Clone) -> None:
    text = "SELECT id FROM tickets WHERE data ->> 'owner' = '77'"
    assert advised(clone, text) == ["tickets ((data ->> 'owner'))"]
    assert advised(clone, text, code=False) == []  # a key of a log is anybody's


@pytest.mark.parametrize(
    ("seen", "kinds", "once", "rows", "expected"),
    [(0, 0, 0, 100.0, 0.0), (100, 5, 0, 1e6, 5.0), (1000, 1000, 1000, 1e6, -1.0), (1000, 500, 400, 1000.0, -0.5)],
)
def test_different_values_are_estimated_from_a_sample(
    seen: int, kinds: int, once: int, rows: float, expected: float
) -> None:
    assert distinct_of(seen, kinds, once, rows) == pytest.approx(expected)


def test_an_expression_over_a_column_in_mixed_case_is_relevant() -> None:
    (query,) = workload([Seen("SELECT * FROM customer WHERE lower(Email) = 'x'", code=True)], "sqlite").queries
    book = Dictionary((Table("customer", ("Id", "Email"), 9, ("Id",)),), "sqlite")
    found = list(candidates([query], book, Facts()))
    assert [one.columns[0].expression for one in found] == ["LOWER(email)"]
    assert all(map(may_use(query, book), found))
