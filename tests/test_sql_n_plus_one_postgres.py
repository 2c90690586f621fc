"""The spellings of psycopg: rewritten, with the same answers, in fewer statements, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_sql_n_plus_one import Bench, proven, ran

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.scratch.postgres import Server  # noqa: E402

pytestmark = pytest.mark.postgres

SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, name varchar(20), rate numeric);
CREATE TABLE items (order_id int, sku text, pieces int);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, sku text);
CREATE EXTENSION citext;
CREATE TABLE settings (key text, place int, value text);
INSERT INTO settings SELECT 'SKU-' || i % 9, i, 'v' || i FROM generate_series(1, 60) i;
CREATE TABLE shelves (code citext, padded char(6), day date, holder uuid);
INSERT INTO customers SELECT i, 'Name ' || i, i FROM generate_series(0, 40, 2) i;
INSERT INTO items SELECT i % 20, 'SKU-' || i % 9, i FROM generate_series(1, 120) i;
INSERT INTO orders SELECT i, CASE WHEN i % 7 > 0 THEN i * 3 % 41 END, 'SKU-' || i % 11 FROM generate_series(1, 40) i;
INSERT INTO shelves SELECT 'Sku-' || i % 6, 'SKU-' || i % 7, date '2026-01-01' + i % 5, md5((i % 6)::text)::uuid
FROM generate_series(1, 60) i;
"""
ORDERS = 'conn.execute("SELECT id, customer_id, sku FROM orders ORDER BY id")'
DICTS = "from psycopg.rows import dict_row\nconn.row_factory = dict_row\n"

SPELLINGS = {
    "columns of the names that the keys' own table has": (
        "",
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        rows = conn.execute("SELECT value FROM settings WHERE key = %s ORDER BY place", (order[2],)).fetchall()
        out.append(rows)
    return out
""",
    ),
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
    "text in a column without case": (
        "",
        f"""
def main(conn):
    return [
        conn.execute("SELECT padded, day FROM shelves WHERE code = %s ORDER BY 1, 2", (order[2],)).fetchall()
        for order in {ORDERS}.fetchall()
    ]
""",
    ),
    "text in a padded column, counted": (
        DICTS,
        f"""
def main(conn):
    return [
        conn.execute("SELECT count(*) AS n FROM shelves WHERE padded = %s", (order["sku"] + " ",)).fetchone()["n"]
        for order in {ORDERS}.fetchall()
    ]
""",
    ),
    "text as a uuid": (
        "",
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        holder = "{{1679091c-5a88-0faf-6fb5-e6087eb1b2dc}}" if order[0] % 2 else "C4CA4238-A0B9-2382-0DCC-509A6F75849B"
        cur = conn.cursor()
        cur.execute("SELECT day FROM shelves s WHERE s.holder = %s ORDER BY day", (holder,))
        out.append(len(cur.fetchall()))
    return out
""",
    ),
    "days": (
        "",
        """
def main(conn):
    out = []
    for (day,) in conn.execute("SELECT day + number FROM shelves, generate_series(0, 9) AS number").fetchall():
        out.append(conn.execute("SELECT count(*) FROM shelves WHERE day = %s", (day,)).fetchone()[0])
    return out
""",
    ),
    "uuids": (
        "",
        """
def main(conn):
    out = []
    for (holder,) in conn.execute("SELECT md5(n::text)::uuid FROM generate_series(1, 60) n").fetchall():
        out.append(conn.execute("SELECT code FROM shelves WHERE holder = %s ORDER BY code", (holder,)).fetchone())
    return out
""",
    ),
    "the three largest of each, named parameters, a cast": (
        DICTS,
        f"""
def main(conn, least=4):
    out = []
    for order in {ORDERS}.fetchall():
        found = conn.execute(
            '''
            SELECT DISTINCT i.pieces, i.sku, o.sku AS other
            FROM items i JOIN orders o ON o.id = i.order_id
            WHERE i.order_id = %(order)s::int AND i.pieces %% 50 > %(least)s
            ORDER BY i.pieces DESC LIMIT 3
            ''',
            {{"least": least, "order": order["id"]}},
        )
        for item in found:
            out.append((order["id"], item["pieces"], item["other"]))
    return out
""",
    ),
    "groups through a helper": (
        "",
        f"""
def kinds(conn, key):
    rows = conn.execute("SELECT sku, sum(pieces) FROM items WHERE order_id = %s GROUP BY sku ORDER BY 2", (key,))
    return [(sku, total) for sku, total in rows]


def main(conn):
    out = []
    for order_id, _, _ in {ORDERS}.fetchall():
        out.append((order_id, tuple(kinds(conn, order_id))))
    return out
""",
    ),
    "the newest of all, a star": (
        "",
        f"""
def main(conn):
    return [
        conn.execute("SELECT * FROM items WHERE order_id = %s ORDER BY pieces DESC LIMIT 1", (order[0],)).fetchone()
        for order in {ORDERS}.fetchall()
    ]
""",
    ),
}
REFUSED = {
    "a lock": "SELECT name FROM customers WHERE id = %s FOR UPDATE",
    "a lock in a limit": "SELECT name FROM customers WHERE id = %s LIMIT 1 FOR SHARE",
    "a sequence": "SELECT nextval('numbers'), name FROM customers WHERE id = %s",
    "an advisory lock": "SELECT count(pg_advisory_lock(id)) FROM customers WHERE id = %s",
    "chance": "SELECT name FROM customers WHERE id = %s ORDER BY random() LIMIT 1",
    "a clock": "SELECT name, clock_timestamp() FROM customers WHERE id = %s",
}


@pytest.mark.parametrize("name", REFUSED)
def test_look_alikes_stay(name: str, server: Server, tmp_path: Path) -> None:
    source = f"""
def main(conn):
    return [conn.execute({REFUSED[name]!r}, (order[0],)).fetchall() for order in {ORDERS}.fetchall()]
"""
    workload = (
        f"import psycopg\nconn = psycopg.connect({server.dsn!r})\n"
        "conn.execute('CREATE SEQUENCE IF NOT EXISTS numbers')\nmain(conn)\n"
    )
    cases = Bench(tmp_path).cases({"example.py": source.lstrip()}, workload)
    assert cases
    assert not any(proven(case) for case in cases)


ROWS_OF = "SELECT {} FROM items WHERE order_id = %s"
STAY = {
    "arrays that are changed": (ROWS_OF.format("array_agg(pieces)"), "[value.append(1) for value in row if value]"),
    "JSON that is changed": (ROWS_OF.format("json_build_object('sku', sku)"), "row and row[0].update(seen=order)"),
    "a function that may write": (ROWS_OF.format("sku"), "conn.execute('SELECT touch(%s)', (order[0],))"),
}


@pytest.mark.parametrize("name", STAY)
def test_shared_values_and_functions_that_may_write_stay(name: str, server: Server, tmp_path: Path) -> None:
    sql, turn = STAY[name]
    source = f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        row = conn.execute({sql!r}, (order[0] % 5,)).fetchone()
        {turn}
        out.append(row)
    return out
"""
    touch = "CREATE OR REPLACE FUNCTION touch(int) RETURNS void LANGUAGE sql AS 'UPDATE items SET pieces = 0'"
    workload = f"import psycopg\nconn = psycopg.connect({server.dsn!r})\nconn.execute({touch!r})\nmain(conn)\n"
    cases = Bench(tmp_path).cases({"example.py": source.lstrip()}, workload)
    assert cases
    assert not any(proven(case) for case in cases)


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
    before, after = ran(source, workload, tmp_path)
    assert after <= 5 < 40 < before
