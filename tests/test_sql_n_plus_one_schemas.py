"""Schemas, drivers' settings and cursors under which a look-up for many keys would find something else: the same answers, or it stays."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from test_sql_n_plus_one import Bench, outcome, proven
from test_sql_n_plus_one_spellings import DICTS, ORDERS, SETUP

CODES = """
conn.execute("CREATE TABLE codes (code TEXT, label TEXT)")
conn.executemany("INSERT INTO codes VALUES (?, ?)", [(str(i), f"l{i}") for i in range(30)])
"""


def asked(sql: str, key: str = "order[0]", turn: str = "", end: str = "out") -> str:
    return f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        out.append(conn.execute("{sql}", ({key},)).fetchone())
        {turn or 'pass'}
    return {end}
"""


LABEL = asked("SELECT label FROM codes WHERE code = ?")
OF_VIEW = asked("SELECT label FROM seen WHERE code = ?")
SAME = {
    "numbers asked of text": (SETUP + CODES, LABEL),
    "of a view": (SETUP + CODES + 'conn.execute("CREATE VIEW seen AS SELECT * FROM codes")\n', OF_VIEW),
    "of a table made of another": (
        SETUP + CODES + 'conn.execute("CREATE TABLE seen AS SELECT * FROM codes")\n',
        OF_VIEW,
    ),
    "of a column that was added": (
        SETUP
        + CODES.replace("code TEXT, label TEXT", "label TEXT")
        .replace('")\nconn', '")\nconn.execute("ALTER TABLE codes ADD COLUMN code TEXT")\nconn')
        .replace("INTO codes", "INTO codes (code, label)"),
        LABEL,
    ),
    "a database that was there before": (SETUP + "conn.execute(\"ATTACH 'old.db' AS old\")\n", LABEL),
    "converted columns": (
        SETUP.replace('":memory:"', '":memory:", detect_types=sqlite3.PARSE_DECLTYPES')
        + 'sqlite3.register_converter("ref", lambda given: "R" + given.decode())\n'
        + CODES.replace("code TEXT", "code ref"),
        LABEL,
    ),
    "a row that is asked for first": (
        SETUP + "conn.row_factory = sqlite3.Row\n",
        asked(
            "SELECT name FROM customers WHERE id = ?", "order[1]", 'out[-1] = row and (order[0], row["name"])'
        ).replace("out.append(", "out.append(None); row = ("),
    ),
    "text as bytes": (
        SETUP + "conn.text_factory = bytes\n",
        asked("SELECT pieces FROM items WHERE sku = ? ORDER BY pieces", "order[2].decode()"),
    ),
    "dicts that are changed": (
        DICTS + 'conn.execute("UPDATE orders SET customer_id = id")\n',
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        row = conn.execute("SELECT name, country FROM customers WHERE id = ?", (order["customer_id"],)).fetchone()
        if row:
            row["name"] += "!"
            out.append(row)
    return out
""",
    ),
    "lists of dicts that are kept": (
        DICTS + 'conn.execute("UPDATE orders SET customer_id = id")\n',
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        rows = conn.execute("SELECT name FROM customers WHERE id = ?", (order["customer_id"],)).fetchall()
        out.append(rows)
    for number, rows in enumerate(out):
        for row in rows:
            row["number"] = number
    return out
""",
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_other_schemas_and_other_data_have_the_same_answers(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    old = sqlite3.connect("old.db")
    old.execute("CREATE TABLE codes (code TEXT, label TEXT)")
    old.executemany("INSERT INTO codes VALUES (?, ?)", [(str(i), f"l{i}") for i in range(30)])
    old.commit()
    old.close()
    setup, source = SAME[name]
    new = Bench(tmp_path).changed({"example.py": source.lstrip()}, setup + "main(conn)\n")["example.py"]
    for more in ("", 'conn.execute("UPDATE orders SET customer_id = id / 4 * 2")\n'):
        workload = setup + more + "main(conn)\n"
        for size in (0, 1, 40, 80):
            assert outcome(new, workload, size)[0] == outcome(source, workload, size)[0], new


NAMED = asked(
    "SELECT name FROM customers WHERE id = ?", 'order["CUSTOMER_ID"]', 'assert "NAME" in (out[-1] or ["NAME"])'
)
NAME = asked("SELECT name FROM customers WHERE id = ?", "order[1]", "{}")
CURSOR = f"""
def main(conn):
    out, cursor = [], conn.cursor()
    for order in {ORDERS}.fetchall():
        cursor.execute("SELECT name FROM customers WHERE id = ?", (order[1],))
        row = cursor.fetchone()
        out.append(row)
    return out, {{}}
"""
PARENTS = """
conn.execute("PRAGMA foreign_keys = ON")
conn.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
conn.execute("CREATE TABLE kids (parent INTEGER REFERENCES parents (id) ON DELETE CASCADE, x INTEGER)")
"""
STAY = {
    "rows by names of their own": (
        SETUP + "conn.row_factory = lambda c, r: {d[0].upper(): v for d, v in zip(c.description, r)}\n",
        NAMED,
    ),
    "rows by fixed names": (
        SETUP + "conn.row_factory = lambda c, r: dict(zip(('NAME', 'CUSTOMER_ID'), r))\n",
        NAMED,
    ),
    "a value that is called by its text": (
        SETUP + "conn.row_factory = sqlite3.Row\n",
        asked("SELECT max(pieces) FROM items WHERE order_id = ?", "order['id']", "out[-1] = out[-1]['max(pieces)']")
        .replace("out.append(", "out.append(None); row = (")
        .replace("out[-1] = out[-1]", "out[-1] = row"),
    ),
    "a trigger": (
        SETUP
        + 'conn.execute("CREATE TABLE log (id INTEGER)")\n'
        + "conn.execute(\"CREATE TRIGGER t AFTER INSERT ON log BEGIN UPDATE customers SET name = 'x'; END\")\n",
        NAME.format('conn.execute("INSERT INTO log VALUES (1)")'),
    ),
    "a key that cascades": (
        SETUP + PARENTS,
        asked(
            "SELECT x FROM kids WHERE parent = ?",
            "order[1]",
            'conn.execute("DELETE FROM parents WHERE id = ?", (order[0],))',
        ),
    ),
    "a view of what is written": (
        SETUP + 'conn.execute("CREATE VIEW named AS SELECT * FROM customers")\n',
        asked(
            "SELECT name FROM named WHERE id = ?", "order[1]", "conn.execute(\"UPDATE customers SET name = 'x'\")"
        ),
    ),
    "the cursor is asked for its columns": (SETUP, CURSOR.format("cursor.description")),
    "the cursor's rest is fetched": (SETUP, CURSOR.format("cursor.fetchall()")),
}


for chosen in ("-id AS id, customer_id", "customer_id, -id AS 'id'", "*, -id AS id"):
    STAY[f"the first of an order by a name of its own: {chosen}"] = (
        SETUP,
        asked(f"SELECT {chosen} FROM orders WHERE customer_id = ? ORDER BY id LIMIT 1"),
    )


@pytest.mark.parametrize("name", STAY)
def test_what_would_find_something_else_stays(name: str, tmp_path: Path) -> None:
    setup, source = STAY[name]
    cases = Bench(tmp_path).cases({"example.py": source.lstrip()}, setup + "main(conn)\n")
    assert not any(proven(case) for case in cases)
