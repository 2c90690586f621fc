"""Queries in a loop that stay as they are: look-alikes, each with the obligation that fails, and what is no look-up."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_sql_n_plus_one import Bench, proven
from test_sql_n_plus_one_spellings import ORDERS, SETUP

REFUSED = {
    "a generator gives the rows on while it walks": (
        "loop-writes-nothing-it-reads",
        f"""
def rows(conn):
    for order in {ORDERS}.fetchall():
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order[1],)).fetchone()
        yield row[0] if row else None


def main(conn):
    out = []
    for name in rows(conn):
        conn.execute("UPDATE customers SET name = 'seen'")
        out.append(name)
    return out
""",
    ),
    "a helper writes": (
        "loop-writes-nothing-it-reads",
        f"""
def mark(conn, key):
    conn.execute("DELETE FROM customers WHERE id = ?", (key,))


def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order[1],)).fetchone()
        mark(conn, order[1])
        out.append(row)
    return out
""",
    ),
    "a callback writes, as the recording shows": (
        "loop-writes-nothing-it-reads",
        f"""
def main(conn, hook=lambda conn, key: conn.execute("DELETE FROM customers WHERE id = ?", (key,))):
    out = []
    for order in {ORDERS}.fetchall():
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order[1],)).fetchone()
        hook(conn, order[1])
        out.append(row)
    return out
""",
    ),
    "the loop rolls back": (
        "loop-writes-nothing-it-reads",
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        row = conn.execute("SELECT name FROM customers WHERE id = ?", (order[1],)).fetchone()
        conn.rollback()
        out.append(row)
    return out
""",
    ),
    "floats": (
        "keys-compare-alike",
        f"""
def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        out.append(conn.execute("SELECT name FROM customers WHERE id = ?", (order[0] / 2,)).fetchone())
    return out
""",
    ),
    "objects of a helper are kept": (
        "answers-not-shared",
        f"""
class Customer:
    def __init__(self, name):
        self.name = name


def load(conn, key):
    row = conn.execute("SELECT name FROM customers WHERE id = ?", (key,)).fetchone()
    return Customer(row[0]) if row else None


def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        out.append(load(conn, order[1]))
    return [one.name for one in out if one]
""",
    ),
    "a lazy generator, a write before it is walked": (
        "loop-writes-nothing-it-reads",
        f"""
def main(conn):
    orders = {ORDERS}.fetchall()
    names = (conn.execute("SELECT name FROM customers WHERE id = ?", (order[1],)).fetchone() for order in orders)
    conn.execute("UPDATE customers SET name = 'seen'")
    return list(names)
""",
    ),
    "a generator walked by a loop that writes": (
        "loop-writes-nothing-it-reads",
        f"""
def main(conn):
    orders = {ORDERS}.fetchall()
    out = []
    for row in (conn.execute("SELECT name FROM customers WHERE id = ?", (order[1],)).fetchone() for order in orders):
        conn.execute("UPDATE customers SET name = 'seen'")
        out.append(row)
    return out
""",
    ),
    "a connection of its own in each turn": (
        "same-connection",
        f"""
def current(conn):
    return conn


def main(conn):
    out = []
    for order in {ORDERS}.fetchall():
        out.append(current(conn).execute("SELECT name FROM customers WHERE id = ?", (order[1],)).fetchone())
    return out
""",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_look_alikes_stay(name: str, tmp_path: Path) -> None:
    obligation, source = REFUSED[name]
    cases = Bench(tmp_path).cases({"example.py": source.lstrip()}, SETUP + "main(conn)\n")
    assert cases
    assert not any(proven(case) for case in cases)
    assert obligation in {proof.obligation for case in cases for proof in case.proofs if not proof.level}


UNREAD = {
    "key of two columns": 'conn.execute("SELECT name FROM customers WHERE id = ? AND name = ?", (order[1], order[2])).fetchone()',
    "a range": 'conn.execute("SELECT name FROM customers WHERE id > ?", (order[1],)).fetchone()',
    "under OR": "conn.execute(\"SELECT name FROM customers WHERE id = ? OR name = 'x'\", (order[1],)).fetchone()",
    "the text is put together": 'conn.execute(f"SELECT name FROM {table} WHERE id = ?", (order[1],)).fetchone()',
    "no key at all": 'conn.execute("SELECT name FROM customers").fetchone()',
    "fetchmany": 'conn.execute("SELECT name FROM customers WHERE id = ?", (order[1],)).fetchmany(2)',
    "executemany": 'conn.executemany("DELETE FROM customers WHERE id = ?", [(order[1],)])',
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_no_look_up_by_one_key_is_not_even_suspected(name: str, tmp_path: Path) -> None:
    source = f'def main(conn, table="customers"):\n    out = []\n    for order in {ORDERS}.fetchall():\n        out.append({UNREAD[name]})\n    return out\n'
    assert Bench(tmp_path).cases({"example.py": source}, run=False) == []
