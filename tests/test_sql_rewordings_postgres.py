"""The same question in other words on a real PostgreSQL: what is written, and the look-alikes that stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.postgres_copy import copied  # noqa: E402
from perfprof.optimizer.scratch.postgres_scratch import PostgresScratch  # noqa: E402
from perfprof.optimizer.scratch.side_by_side import SideBySide  # noqa: E402
from perfprof.optimizer.scratch.sources import Source  # noqa: E402
from perfprof.optimizer.writing.edits import apply_edits  # noqa: E402
from perfprof.profilers.recording import Execution, Frame, Statement  # noqa: E402
from perfprof.rules import family_of  # noqa: E402
from perfprof.rules.reading.program import Program  # noqa: E402
from perfprof.rules.rule import Case, Level, weigh  # noqa: E402

pytestmark = pytest.mark.postgres

SCHEMA = """
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, parent_id int, ts timestamp, at timestamptz,
                     day date, amount numeric, code text, short smallint);
CREATE TABLE returns (id int PRIMARY KEY, order_id int NOT NULL, swapped_id int, reason text);
CREATE TABLE later (CHECK (id > 0)) INHERITS (orders);
INSERT INTO orders SELECT i, i % 400, nullif(i % 9, 0), timestamp '2023-06-01' + i * interval '9 hours',
  timestamptz '2023-06-01' + i * interval '2 hours', date '2023-06-01' + i / 12, i / 7.0, 'c' || i % 900, i % 30
FROM generate_series(1, 9000) i;
INSERT INTO returns SELECT i, i * 2, nullif(i % 5, 0), 'r' || i % 7 FROM generate_series(1, 4000) i;
CREATE TABLE unchecked (id int, note text);
INSERT INTO unchecked SELECT i, 'n' || i FROM generate_series(1, 3000) i;
ALTER TABLE unchecked ADD CONSTRAINT there NOT NULL id NOT VALID;
CREATE UNIQUE INDEX unchecked_id ON unchecked (id);
CREATE TABLE parent (id int NOT NULL NO INHERIT, note text);
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent SELECT i, 'n' || i FROM generate_series(1, 3000) i;
CREATE TABLE spelled (name text NOT NULL, code text NOT NULL UNIQUE);
CREATE UNIQUE INDEX spelled_name ON spelled (name COLLATE "C");
INSERT INTO spelled SELECT 'n' || i, 'c' || i FROM generate_series(1, 3000) i;
CREATE SCHEMA tenant;
CREATE TABLE twice (order_id int NOT NULL);
CREATE TABLE tenant.twice (order_id int);
INSERT INTO twice SELECT i FROM generate_series(1, 3000) i;
CREATE INDEX orders_ts ON orders (ts);
CREATE INDEX orders_at ON orders (at);
CREATE INDEX orders_customer_id ON orders (customer_id);
CREATE INDEX returns_order_id ON returns (order_id);
ANALYZE;
"""


@contextmanager
def shop(schema: str, folder: Path) -> Iterator[PostgresScratch]:
    """A copy of a database that these statements make."""
    with Server.start(folder) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("CREATE DATABASE shop")
        with psycopg.connect(server.dsn_of("shop"), autocommit=True) as connection:
            connection.execute(schema)
        with copied(Source.of(server.url_of("shop"), folder), server, folder) as scratch:
            yield scratch


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresScratch]:
    with shop(SCHEMA, tmp_path_factory.mktemp("pg")) as scratch:
        yield scratch


def argued(
    rule: str, statement: str, sorts: str, copy: PostgresScratch, folder: Path
) -> tuple[str, Level, list[str]]:
    """The program after the patch ("" without one), the level, and the obligations that are open; worth included."""
    names = ", ".join(f"p{n}" for n in range(statement.count("%s")))
    values = f", ({names},)" if names else ""
    source = f'def ask(conn, {names}):\n    return conn.execute("""{statement}"""{values}).fetchall()\n'
    (folder / "app.py").write_text(source)
    site = (Frame(str(folder / "app.py"), "ask", 2),)
    executions = (Execution(Statement(statement, "psycopg", "x"), site, "1", 100, 1.0, -1, 100, sorts),)
    one = family_of("sql")[rule]
    assert one.in_statements is not None
    for suspect in one.in_statements(executions, copy.catalog):
        program = Program(folder, lambda path: path.read_text())
        case = Case(suspect, program, executions=executions, catalog=copy.catalog, copy=SideBySide(copy))
        evidence = one.worth(case)
        proofs, level = weigh(one, case)
        weak = [proof.obligation for proof in proofs if proof.level is Level.OPEN]
        if not evidence.enough:
            return "", Level.OPEN, ["worth", *weak]
        return apply_edits(source, one.rewrite(case).edits) if level else "", level, weak
    return "", Level.OPEN, ["no suspect"]


WRITTEN = [
    (
        "function-on-column",
        "SELECT id FROM orders WHERE ts::date = %s ORDER BY id",
        "datetime.date",
        "ts::date = %s AND ts >= CAST(%s AS date) - 1 AND ts < CAST(%s AS date) + 2 ORDER BY id",
    ),
    (
        "function-on-column",
        "SELECT id FROM orders o WHERE customer_id > 3 AND date(o.ts) = '2024-02-29' AND o.code LIKE 'c%%' ORDER BY id",
        "",
        "AND o.ts >= CAST('2024-02-29' AS date) AND o.ts < CAST('2024-02-29' AS date) + 1 AND o.code LIKE 'c%%'",
    ),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE extract(year from ts) = 2024 AND customer_id < %s ORDER BY id",
        "int",
        "WHERE ts >= '2024-01-01' AND ts < '2025-01-01' AND customer_id < %s",
    ),
    (
        "function-on-column",
        "SELECT code FROM orders WHERE customer_id + 0 = %s ORDER BY id",
        "int",
        "WHERE customer_id = %s ORDER BY id",
    ),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE at::date = %s ORDER BY id",
        "datetime.date",
        "at::date = %s AND at >= CAST(%s AS date) - 1 AND at < CAST(%s AS date) + 2 ORDER BY id",
    ),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE %s = date_trunc('month', at) ORDER BY id",
        "datetime.datetime",
        "%s = date_trunc('month', at) AND at >= CAST(%s AS timestamptz) - interval '1 day' "
        "AND at < CAST(%s AS timestamptz) + interval '1 month 1 day' ORDER BY id",
    ),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE date_trunc('month', ts) = '2024-02-01' ORDER BY id",
        "",
        "WHERE ts >= '2024-02-01' AND ts < '2024-03-01' ORDER BY id",
    ),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE (at AT TIME ZONE 'UTC')::date = %s ORDER BY id",
        "datetime.date",
        "(at AT TIME ZONE 'UTC')::date = %s AND at >= CAST(%s AS date) - 2 AND at < CAST(%s AS date) + 3",
    ),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE ts::date BETWEEN %s AND %s AND customer_id > 3 ORDER BY id",
        "datetime.date,datetime.date",
        "ts::date BETWEEN %s AND %s AND ts >= CAST(%s AS date) - 1 AND ts < CAST(%s AS date) + 2 AND customer_id > 3",
    ),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE ts::date >= %s AND ts::date < %s ORDER BY id",
        "datetime.date,datetime.date",
        "ts::date >= %s AND ts >= CAST(%s AS date) - 1 AND ts::date < %s AND ts < CAST(%s AS date) + 2 ORDER BY id",
    ),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE ts::date = %s ORDER BY id",
        "datetime.datetime",
        "ts::date = %s AND ts >= CAST(%s AS date) - 2 AND ts < CAST(%s AS date) + 3",
    ),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE extract(year from at) = 2024 ORDER BY id",
        "",
        "extract(year from at) = 2024 AND at >= '2023-12-31' AND at < '2025-01-02' ORDER BY id",
    ),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE coalesce(customer_id, 0) = 7 ORDER BY id",
        "",
        "WHERE customer_id = 7 ORDER BY id",
    ),
]


@pytest.mark.parametrize(("rule", "statement", "sorts", "text"), WRITTEN)
def test_it_is_written(
    rule: str, statement: str, sorts: str, text: str, copy: PostgresScratch, tmp_path: Path
) -> None:
    after, level, weak = argued(rule, statement, sorts, copy, tmp_path)
    assert level is Level.OBSERVED, weak
    assert text in after


LEFT = [
    ("function-on-column", "SELECT id FROM orders WHERE ts::date = %s ORDER BY id", "?"),
    ("function-on-column", "SELECT id FROM orders WHERE extract(year from ts) = %s ORDER BY id", "int"),  # year 0
    ("function-on-column", "SELECT id FROM orders WHERE extract(year from ts) = 0 ORDER BY id", ""),
    ("function-on-column", "SELECT id FROM orders WHERE extract(month from ts) = 2 ORDER BY id", ""),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE date(ts + interval '1 hour') = %s ORDER BY id",
        "datetime.date",
    ),
    ("function-on-column", "SELECT id FROM orders WHERE NOT ts::date = %s ORDER BY id", "datetime.date"),
    ("function-on-column", "SELECT id FROM orders WHERE ts::date = %s OR id = 1 ORDER BY id", "datetime.date"),
    ("function-on-column", "SELECT id FROM orders WHERE short + 0 = %s ORDER BY id", "int"),  # smallint overflows
    ("function-on-column", "SELECT id FROM orders WHERE amount + 0 = %s ORDER BY id", "int"),
    ("function-on-column", "SELECT id FROM orders WHERE id + 1 = %s ORDER BY id", "int"),
    ("function-on-column", "SELECT id FROM orders WHERE ts::date = day ORDER BY id", ""),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE date_trunc('decade', ts) = %s ORDER BY id",
        "datetime.datetime",
    ),
    ("function-on-column", "SELECT id FROM orders WHERE date_trunc('month', ts) = %s ORDER BY id", "str"),
    (
        "function-on-column",
        "SELECT id FROM orders WHERE date_trunc('month', at, 'UTC') = %s ORDER BY id",
        "datetime.date",
    ),
    ("function-on-column", "SELECT id FROM orders WHERE coalesce(customer_id, 5) < 7 ORDER BY id", ""),
    ("function-on-column", "SELECT id FROM orders WHERE coalesce(customer_id, NULL) = 7 ORDER BY id", ""),
    ("function-on-column", "SELECT id FROM orders WHERE coalesce(amount, 0) = 7 ORDER BY id", ""),
    ("function-on-column", "SELECT id FROM orders WHERE ts::date = %s ORDER BY id", "str"),  # 'infinity'
    ("function-on-column", "SELECT id FROM orders WHERE ts::date = 'infinity' ORDER BY id", ""),
    ("function-on-column", "SELECT id FROM orders WHERE ts::date = %s::date ORDER BY id", "str"),
    ("function-on-column", "SELECT id FROM orders WHERE ts::date = at::date ORDER BY id", ""),
    ("membership-query", "SELECT id FROM orders WHERE id NOT IN (SELECT id FROM unchecked) ORDER BY id", ""),
    ("membership-query", "SELECT id FROM orders WHERE id NOT IN (SELECT id FROM parent) ORDER BY id", ""),
    (
        "membership-query",
        "SELECT id FROM orders WHERE id NOT IN (SELECT order_id FROM twice) ORDER BY id",
        "",
    ),  # whose
    ("useless-distinct", "SELECT DISTINCT id FROM unchecked ORDER BY id", ""),
    (
        "useless-distinct",
        "SELECT DISTINCT name FROM spelled ORDER BY name",
        "",
    ),  # ICU's may find more equal than "C"
    ("useless-distinct", "SELECT DISTINCT id, code FROM orders ORDER BY id", ""),  # others inherit from it
    ("useless-distinct", "SELECT DISTINCT code FROM orders ORDER BY code", ""),
    ("useless-distinct", "SELECT DISTINCT r.id, generate_series(1, r.id %% 3) FROM returns r ORDER BY 1, 2", ""),
    ("useless-distinct", "SELECT DISTINCT ON (order_id) id, order_id FROM returns ORDER BY order_id, id", ""),
    (
        "useless-distinct",
        "SELECT DISTINCT r.id FROM returns r, LATERAL (SELECT 1 UNION ALL SELECT 2) x ORDER BY 1",
        "",
    ),
    ("membership-query", "SELECT id FROM orders WHERE id NOT IN (SELECT swapped_id FROM returns) ORDER BY id", ""),
    (
        "membership-query",
        "SELECT id FROM orders WHERE parent_id NOT IN (SELECT order_id FROM returns) ORDER BY id",
        "",
    ),
    (
        "membership-query",
        "SELECT id FROM orders WHERE id NOT IN (SELECT max(order_id) FROM returns) ORDER BY id",
        "",
    ),
    (
        "membership-query",
        "SELECT id FROM orders WHERE (id, customer_id) NOT IN (SELECT order_id, id FROM returns)",
        "",
    ),
]


@pytest.mark.parametrize(("rule", "statement", "sorts"), LEFT)
def test_it_is_left(rule: str, statement: str, sorts: str, copy: PostgresScratch, tmp_path: Path) -> None:
    after, level, weak = argued(rule, statement, sorts, copy, tmp_path)
    assert (after, level) == ("", Level.OPEN), weak
    assert weak
    assert set(weak) != {"text-is-in-one-place"}, "it must be refused for what it says"


def test_the_copy_is_left_as_it_was_found(copy: PostgresScratch, tmp_path: Path) -> None:
    before = copy.rows("SELECT count(*), md5(string_agg(o::text, '' ORDER BY id)) FROM orders o")
    argued("membership-query", LEFT[-4][1], "", copy, tmp_path)
    assert copy.rows("SELECT count(*), md5(string_agg(o::text, '' ORDER BY id)) FROM orders o") == before
