"""The spellings of psycopg: rewritten, with the same answers, in fewer statements, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_sql_n_plus_one import Bench, proven

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.scratch.postgres import Server  # noqa: E402

pytestmark = pytest.mark.postgres

SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, name varchar(20), rate numeric);
CREATE TABLE items (order_id int, sku text, pieces int);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, sku text);
INSERT INTO customers SELECT i, 'Name ' || i, i FROM generate_series(0, 40, 2) i;
INSERT INTO items SELECT i % 20, 'SKU-' || i % 9, i FROM generate_series(1, 120) i;
INSERT INTO orders SELECT i, CASE WHEN i % 7 > 0 THEN i * 3 % 41 END, 'SKU-' || i % 11 FROM generate_series(1, 40) i;
"""
ORDERS = 'conn.execute("SELECT id, customer_id, sku FROM orders ORDER BY id")'
DICTS = "from psycopg.rows import dict_row\nconn.row_factory = dict_row\n"

SPELLINGS = {
    "whole numbers, tuples": (
        "",
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        row = conn.execute("SELECT name, rate FROM customers WHERE id = %s", (order[1],)).fetchone()
        out.append(row)
    return out
""",
    ),
    "named parameters, dicts, a percent sign": (
        DICTS,
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        items = conn.execute(
            "SELECT sku FROM items WHERE pieces %% 2 = %(odd)s AND order_id = %(order)s ORDER BY pieces",
            {{"order": order["id"], "odd": 1}},
        ).fetchall()
        out.append([item["sku"] for item in items])
    return out
""",
    ),
    "text keys, another parameter": (
        "",
        f"""
def main(conn):
    out = []
    cur = conn.cursor()
    for order in {ORDERS}.fetchall():
        cur.execute("SELECT pieces FROM items WHERE pieces > %s AND sku = %s ORDER BY pieces", (3, order[2]))
        for (pieces,) in cur:
            out.append((order[0], pieces))
    return out
""",
    ),
    "numbers that the column stores otherwise": (
        "",
        f"""
def main(conn):
    return [
        [row[0] for row in conn.execute("SELECT name FROM customers WHERE rate = %s", (order[1],))]
        for order in {ORDERS}.fetchall()
    ]
""",
    ),
    "a repository with a cursor that is closed": (
        DICTS,
        f"""
class Customers:
    def __init__(self, conn):
        self.conn = conn

    def name(self, customer_id: int):
        cur = self.conn.cursor()
        cur.execute("SELECT name FROM customers WHERE id = %s", (customer_id,))
        row = cur.fetchone()
        return row["name"] if row else None


def main(conn):
    customers = Customers(conn)
    return [customers.name(order["customer_id"]) for order in {ORDERS}.fetchall()]
""",
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            connection.execute(SCHEMA)
        yield running


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_is_rewritten_and_means_the_same(name: str, server: Server, tmp_path: Path) -> None:
    setup, source = SPELLINGS[name]
    workload = f"import psycopg\nconn = psycopg.connect({server.dsn!r})\n{setup}print(main(conn))\n"
    files = {"example.py": source.lstrip()}
    bench = Bench(tmp_path)
    cases = bench.cases(files, workload)
    chosen = [case for case in cases if proven(case)]
    assert len(chosen) == 1, [[p for p in case.proofs if not p.level] for case in cases]
    new = bench.rewritten(files, chosen)
    assert bench.printed(new, workload) == bench.printed(files, workload), new["example.py"]
    assert not [case for case in bench.cases(new, workload) if proven(case)]
    assert bench.statements(new, workload) <= 5 < 40 < bench.statements(files, workload)
