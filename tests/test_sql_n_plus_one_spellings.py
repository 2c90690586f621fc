"""Every spelling of a query in a loop: rewritten, with the same answers, in fewer statements, on a real SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_sql_n_plus_one import Bench, outcome, proven

SETUP = """
import sqlite3
conn = sqlite3.connect(":memory:")
conn.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, country TEXT)")
conn.execute("CREATE TABLE items (order_id INTEGER, sku TEXT COLLATE NOCASE, pieces INTEGER)")
conn.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, sku TEXT)")
conn.executemany("INSERT INTO customers VALUES (?, ?, ?)", [(i, f"Name {i}", "NL" if i % 3 else "DE") for i in range(0, n, 2)])
conn.executemany("INSERT INTO items VALUES (?, ?, ?)", [(i % (n // 2 + 1), f"{'S' if i % 2 else 's'}ku-{i % 9}", i) for i in range(3 * n)])
conn.executemany("INSERT INTO orders VALUES (?, ?, ?)", [(i, i * 3 % (n + 1) if i % 7 else None, f"SKU-{i % 11}") for i in range(n)])
"""
ROWS = SETUP + "conn.row_factory = sqlite3.Row\n"
DICTS = (
    SETUP + "conn.row_factory = lambda cursor, row: {c[0]: value for c, value in zip(cursor.description, row)}\n"
)
ORDERS = 'conn.execute("SELECT id, customer_id, sku FROM orders ORDER BY id")'

SPELLINGS = {
    "tuples, item of fetchone": (
        SETUP,
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order[1],)).fetchone()
        out.append(row[0] if row is not None else None)
    return out
""",
    ),
    "tuples, unpacked, kept as they are": (
        SETUP,
        f"""
def main(conn):
    orders = {ORDERS}.fetchall()
    out = []
    for order_id, customer_id, _ in orders:
        out.append((order_id, conn.execute("SELECT name, country FROM customers WHERE id = ?", [customer_id]).fetchone()))
    return out
""",
    ),
    "the cursor of the parent query is walked": (
        SETUP,
        f"""
def main(conn):
    out = []
    for order_id, customer_id, _ in {ORDERS}:
        for name, country in conn.execute("SELECT name, country FROM customers WHERE id = ?", (customer_id,)):
            out.append((order_id, name, country))
    return out
""",
    ),
    "execute and fetchone of a cursor": (
        SETUP,
        f"""
def main(conn):
    cur = conn.cursor()
    orders = {ORDERS}.fetchall()
    out = []
    for order in orders:
        # who is it?
        cur.execute("SELECT name FROM customers WHERE id = ?", (order[1],))
        row = cur.fetchone()
        if row:
            out.append(row[0])
    return out
""",
    ),
    "a cursor made in the loop, its rows walked": (
        SETUP,
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        cur = conn.cursor()
        cur.execute("SELECT sku, pieces FROM items WHERE order_id = ? ORDER BY pieces", (order[0],))
        for sku, pieces in cur:
            out.append((order[0], sku, pieces))
    return out
""",
    ),
    "fetchall of a cursor, the list given away": (
        ROWS,
        f"""
def main(conn):
    cur = conn.cursor()
    out = {{}}
    for order in {ORDERS}.fetchall():
        cur.execute("SELECT order_id, sku FROM items WHERE order_id = ? ORDER BY pieces", (order["id"],))
        items = cur.fetchall()
        out[order["id"]] = items
    return out
""",
    ),
    "constant of the module, another parameter, a comprehension": (
        ROWS,
        f"""
SQL = (
    "SELECT name FROM customers"
    " WHERE country = ? AND id = ?"
)


def main(conn, country="NL"):
    orders = {ORDERS}.fetchall()
    return [
        [row["name"] for row in conn.execute(SQL, (country, order["customer_id"]))]
        for order in orders
    ]
""",
    ),
    "constant of the class, key derived on the way, early continue": (
        ROWS,
        '''
class Report:
    SQL = """
        SELECT c.name, c.country
        FROM customers AS c
        WHERE c.id = ?
        ORDER BY c.name
    """

    def __init__(self, conn):
        self.conn = conn

    def lines(self):
        out = []
        for number, order in enumerate(self.conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall()):
            customer_id = order["customer_id"]
            if number % 5 == 0:
                continue
            customer = self.conn.execute(self.SQL, (customer_id,)).fetchone()
            out.append(customer["name"] if customer else "nobody")
        return out


def main(conn):
    return Report(conn).lines()
''',
    ),
    "dicts, one column taken out again": (
        DICTS,
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        rows = conn.execute("SELECT name FROM customers WHERE id = ? ORDER BY name", (order["customer_id"],)).fetchall()
        out.append([dict(row) for row in rows])
    return out
""",
    ),
    "text keys in a column without case": (
        ROWS,
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        total = 0
        for item in conn.execute("SELECT pieces FROM items WHERE sku = ? ORDER BY pieces", (order["sku"],)):
            total += item["pieces"]
        out.append(total)
    for sku in ["sku-1", "SKU-1", "Sku-2"] * 3:
        found = conn.execute("SELECT pieces FROM items WHERE sku = ? ORDER BY pieces", (sku,)).fetchone()
        out.append(found["pieces"] if found else -1)
    return out
""",
    ),
    "a join, the key in an inner loop": (
        ROWS,
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        for extra in (1, 2):
            rows = conn.execute(
                "SELECT i.sku, c.name FROM items i LEFT JOIN customers c ON c.id = i.pieces WHERE i.order_id = ? ORDER BY i.pieces",
                (order["id"],),
            ).fetchall()
            for row in rows:
                out.append((extra, row["sku"], row["name"]))
    return out
""",
    ),
    "star": (
        ROWS,
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        customer = conn.execute("SELECT * FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        out.append(list(customer) if customer else [])
    return out
""",
    ),
    "a helper beside the loop": (
        SETUP,
        f"""
def load_customer(conn, customer_id):
    row = conn.execute("SELECT name, country FROM customers WHERE id = ?", (customer_id,)).fetchone()
    return None if row is None else f"{{row[0]}}, {{row[1]}}"


def main(conn):
    return [load_customer(conn, order[1]) for order in {ORDERS}.fetchall()]
""",
    ),
    "a helper with a cursor and a list": (
        SETUP,
        f"""
def items_of(conn, order_id: int) -> list[str]:
    cur = conn.cursor()
    cur.execute("SELECT sku FROM items WHERE order_id = ? ORDER BY pieces", (order_id,))
    return [row[0] for row in cur.fetchall()]


def main(conn):
    out = {{}}
    for order in {ORDERS}.fetchall():
        out[order[0]] = ", ".join(items_of(conn, order_id=order[0]))
    return out
""",
    ),
    "walrus, a loop with else, a name that is read afterwards": (
        SETUP,
        f"""
def main(conn):
    out = []
    row = None
    for order in {ORDERS}.fetchall():
        if (row := conn.execute("SELECT name FROM customers WHERE id = ?", (order[1],)).fetchone()) is not None:
            out.append(row[0])
    else:
        out.append("end")
    return out, row
""",
    ),
    "a generator that sum eats, a dict's items": (
        SETUP,
        f"""
def main(conn):
    orders = {{order[0]: order[1] for order in {ORDERS}}}
    return sum(
        len(conn.execute("SELECT name FROM customers WHERE id = ?", (customer_id,)).fetchone() or ())
        for order_id, customer_id in orders.items()
    )
""",
    ),
    "two look-ups in one loop, lists of cursors": (
        SETUP,
        f"""
def main(conn):
    out = {{}}
    for order in {ORDERS}.fetchall():
        names = list(conn.execute("SELECT name FROM customers WHERE id = ?", (order[1],)))
        skus = conn.execute("SELECT sku FROM items WHERE order_id = ? ORDER BY pieces", (order[0],)).fetchall()
        out[order[0]] = (names, [sku for (sku,) in skus])
    return out
""",
    ),
    "nobody is asked twice": (
        ROWS,
        """
from dataclasses import dataclass


@dataclass
class Customer:
    id: int
    name: str
    country: str


class Customers:
    def __init__(self, conn):
        self.conn = conn

    def get(self, customer_id: int) -> Customer | None:
        row = self.conn.execute("SELECT id, name, country FROM customers WHERE id = ?", (customer_id,)).fetchone()
        return Customer(**row) if row is not None else None

    def everybody(self):
        return self.conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall()


class Service:
    def __init__(self, customers: Customers):
        self.customers = customers

    def names(self):
        names = []
        for order in self.customers.everybody():
            customer = self.customers.get(order["customer_id"])
            if customer is None:
                continue
            names.append(customer.name + customer.country)
        return names


def main(conn):
    return Service(Customers(conn)).names()
""",
    ),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_is_rewritten_and_means_the_same(name: str, tmp_path: Path) -> None:
    setup, source = SPELLINGS[name]
    workload = setup + "main(conn)\n"
    files = {"example.py": source.lstrip()}
    bench = Bench(tmp_path)
    cases = [case for case in bench.cases(files, workload) if proven(case)]
    assert cases, [
        (case.suspect.finding.line, [p for p in case.proofs if not p.level])
        for case in bench.cases(files, workload)
    ]
    new = bench.rewritten(files, cases[:1])["example.py"]
    for size in (0, 1, 7, 80, 1100):
        old_answer, many = outcome(source, workload, size)
        new_answer, few = outcome(new, workload, size)
        assert new_answer == old_answer, new
        assert few < many or size < 7


MODULES = {
    "example.py": """
from shop.customers import Customers, find
import shop.customers as store


def main(conn):
    orders = conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall()
    repository = Customers(conn)
    out = [repository.name(order["customer_id"]) for order in orders]
    for order in orders:
        out.append(find(conn, order["customer_id"]))
    for order in orders:
        out.append(store.country(conn, order["customer_id"]))
    return out
""",
    "shop/customers.py": '''
"""Customers."""
from shop.texts import BY_KEY as FIND


class Customers:
    """The table of customers."""

    def __init__(self, conn):
        self._conn = conn

    def name(self, customer_id):
        """One name."""
        row = self._conn.execute("SELECT name FROM customers WHERE id = ?", (customer_id,)).fetchone()
        return row["name"] if row else None

    def close(self):
        """Nothing to do."""


def find(conn, key):
    return conn.execute(FIND, (key,)).fetchone() is not None


def country(conn, key):
    row = conn.execute(
        "SELECT country FROM customers"
        " WHERE id = ?",
        (key,),
    ).fetchone()
    if not row:
        return ""

    return row["country"]
''',
}


def test_helpers_in_other_modules_get_their_siblings_there(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    bench = Bench(tmp_path)
    workload = ROWS + "print(main(conn))\n"
    files = {name: text.lstrip() for name, text in MODULES.items()}
    (tmp_path / "shop" / "texts.py").write_text('BY_KEY = "SELECT id, name, country FROM customers WHERE id = ?"\n')
    old = bench.printed(files, workload)
    for _ in range(3):
        cases = [case for case in bench.cases(files, workload) if proven(case)]
        files = bench.rewritten(files, cases[:1])
        assert bench.printed(files, workload) == old
    assert not [case for case in bench.cases(files, workload) if proven(case)]
    assert files["shop/customers.py"].count("_many(") == 3
    assert "        row = rows.get(key)\n        if not row:" in files["shop/customers.py"]
    assert "from shop.customers import Customers, find, find_many" in files["example.py"]
