"""What speaks of all rows of a key (counts, the newest ones) is asked for each key inside SQLite, with the same answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_sql_n_plus_one import Bench, outcome, proven
from test_sql_n_plus_one_spellings import DICTS, ORDERS, ROWS, SETUP

# With a key that tells the rows of an order apart by their pieces: only then are the first ones the same in any plan.
APART = SETUP.replace(
    "(order_id INTEGER, sku TEXT COLLATE NOCASE, pieces INTEGER)",
    "(order_id INTEGER NOT NULL, sku TEXT COLLATE NOCASE, pieces INTEGER NOT NULL, UNIQUE (order_id, pieces))",
)
SPELLINGS = {
    "count of a key, tuples": (
        SETUP,
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        (pieces,) = conn.execute("SELECT COUNT(*) FROM items WHERE order_id = ?", (order[0],)).fetchone()
        out.append((order[0], pieces))
    return out
""",
    ),
    "sum of nothing is another parameter's business": (
        ROWS,
        f"""
def main(conn, least=3):
    return [
        conn.execute(
            "SELECT COALESCE(SUM(pieces), ?) AS total"
            " FROM items"
            " WHERE order_id = ?"
            " AND pieces > ?",
            (-1, order["id"], least),
        ).fetchone()["total"]
        for order in {ORDERS}.fetchall()
    ]
""",
    ),
    "a helper counts text without case": (
        DICTS,
        f"""
def pieces_of(conn, sku):
    row = conn.execute("SELECT max(pieces) AS most FROM items WHERE sku = ?", (sku,)).fetchone()
    return row["most"] or 0


def main(conn):
    return [(order["id"], pieces_of(conn, order["sku"])) for order in {ORDERS}.fetchall()]
""",
    ),
    "the newest row of each": (
        APART,
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        row = conn.execute(
            "SELECT sku, pieces FROM items WHERE order_id = ? ORDER BY pieces DESC LIMIT 1", (order[0],)
        ).fetchone()
        out.append(row)
    return out
""",
    ),
    "the first three of each, an alias, a parameter behind, a limit that is one": (
        APART + "conn.row_factory = sqlite3.Row\n",
        f"""
def main(conn, least=2, most=3):
    out = []
    for order in {ORDERS}.fetchall():
        found = conn.execute(
            '''
            SELECT i.sku, i.pieces + 1 AS more
            FROM items AS i
            WHERE i.order_id = ? AND i.pieces > ?
            ORDER BY i.pieces
            LIMIT ?
            ''',
            (order["id"], least, most),
        ).fetchall()
        out.append([(item["sku"], item["more"]) for item in found])
    return out
""",
    ),
    "a star with a limit, second page": (
        APART,
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        for row in conn.execute("SELECT * FROM items WHERE order_id = ? ORDER BY pieces LIMIT 2 OFFSET 1", (order[0],)):
            out.append((row[1], row[2]))
    return out
""",
    ),
    "a unique key with a limit": (
        ROWS,
        f"""
class Customers:
    def __init__(self, conn):
        self.conn = conn

    def name(self, key):
        row = self.conn.execute("SELECT name FROM customers WHERE id = ? LIMIT 1", (key,)).fetchone()
        return row["name"] if row else None


def main(conn):
    customers = Customers(conn)
    return [customers.name(order["customer_id"]) for order in {ORDERS}.fetchall()]
""",
    ),
    "a count with a subquery and a join": (
        SETUP,
        f"""
def main(conn):
    out = {{}}
    for order_id, customer_id, sku in {ORDERS}.fetchall():
        cur = conn.cursor()
        cur.execute(
            "SELECT count(DISTINCT i.sku) FROM items i JOIN orders o ON o.id = i.order_id"
            " WHERE o.customer_id = ? AND i.pieces > (SELECT avg(pieces) FROM items)",
            (customer_id,),
        )
        out[order_id] = cur.fetchone()[0]
    return out
""",
    ),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_is_rewritten_and_means_the_same(name: str, tmp_path: Path) -> None:
    setup, source = SPELLINGS[name]
    workload = setup + "main(conn)\n"
    files = {"example.py": source.lstrip()}
    bench = Bench(tmp_path)
    cases = bench.cases(files, workload)
    chosen = [case for case in cases if proven(case)]
    assert chosen, [(case.suspect.finding.line, [p for p in case.proofs if not p.level]) for case in cases]
    new = bench.rewritten(files, chosen[:1])["example.py"]
    for size in (0, 1, 7, 80, 1100):
        old_answer, many = outcome(source, workload, size)
        new_answer, few = outcome(new, workload, size)
        assert new_answer == old_answer, new
        assert few < many or size < 7


REFUSED = {
    "several aggregates": "SELECT count(*), max(pieces) FROM items WHERE order_id = ?",
    "groups": "SELECT sku, count(*) FROM items WHERE order_id = ? GROUP BY sku",
    "distinct": "SELECT DISTINCT sku FROM items WHERE order_id = ?",
    "a limit without a key that tells rows apart": "SELECT sku FROM items WHERE order_id = ? ORDER BY pieces LIMIT 1",
    "a limit without an order": "SELECT sku FROM items WHERE order_id = ? LIMIT 2",
    "a limit over a view": "SELECT sku FROM seen WHERE order_id = ? ORDER BY pieces LIMIT 1",
    "a limit without row numbers": "SELECT a FROM numbered WHERE b = ? ORDER BY a LIMIT 1",
    "a limit with a column called rowid": "SELECT a FROM named WHERE b = ? ORDER BY a LIMIT 1",
    "a limit over a join": "SELECT i.sku FROM items i JOIN orders o ON o.id = i.order_id WHERE o.id = ? ORDER BY 1 LIMIT 1",
    "a limit over an aggregate": "SELECT max(pieces) FROM items WHERE order_id = ? LIMIT 1",
    "a limit over a window": "SELECT sum(pieces) OVER () FROM items WHERE order_id = ? LIMIT 1",
    "chance": "SELECT sku FROM items WHERE order_id = ? ORDER BY random() LIMIT 1",
    "chance in a plain one": "SELECT sku, random() FROM items WHERE order_id = ?",
    "a function that does something": "SELECT touch(sku) FROM items WHERE order_id = ?",
    "a count that does something": "SELECT sum(touch(sku)) FROM items WHERE order_id = ?",
    "a comment at the end": "SELECT count(*) FROM items WHERE order_id = ? -- all of them",
    "the key twice": "SELECT count(*) FROM items WHERE order_id = ?1 AND pieces > ?1",
    "a column of our name": "SELECT pieces AS wanted FROM items WHERE order_id = ? ORDER BY pieces LIMIT 1",
}


@pytest.mark.parametrize("name", REFUSED)
def test_look_alikes_stay(name: str, tmp_path: Path) -> None:
    source = f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        out.append(conn.execute({REFUSED[name]!r}, (order[0],)).fetchall())
    return out
"""
    setup = SETUP + """
conn.create_function('touch', 1, lambda sku: len(sku))
conn.execute("CREATE VIEW seen AS SELECT * FROM items")
conn.execute("CREATE TABLE numbered (a INTEGER NOT NULL PRIMARY KEY, b INTEGER) WITHOUT ROWID")
conn.execute("CREATE TABLE named (a INTEGER NOT NULL UNIQUE, b INTEGER, rowid TEXT, UNIQUE (a, b))")
"""
    cases = Bench(tmp_path).cases({"example.py": source.lstrip()}, setup + "main(conn)\n")
    assert not any(proven(case) for case in cases)
