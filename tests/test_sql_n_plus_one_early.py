"""Keys are read before the loop only where every turn has one, and where what is walked ends and does nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_sql_n_plus_one import Bench, outcome, proven
from test_sql_n_plus_one_spellings import ORDERS, SETUP

FETCH = 'conn.execute("SELECT name FROM customers WHERE id = ?", ({},)).fetchone()'
HELD = f"{SETUP}orders = {ORDERS}.fetchall()\n"


def turns(body: str, walked: str = "orders") -> str:
    return f"\ndef main(conn, orders):\n    out = []\n    for order in {walked}:\n{body}\n    return out\n"


STAY = {
    "a number is read only where there is one": turns(
        f"        if order[2].startswith('SKU-'):\n            out.append({FETCH.format('int(order[2][4:])')})"
    ),
    "a name is bound before the test": turns(
        f"        code = order[2]\n        if code:\n            out.append({FETCH.format('int(code[4:])')})"
    ),
    "nothing is left out": turns(
        f"        if order is None:\n            continue\n        out.append({FETCH.format('order[1]')})"
    ),
    "a filter": f"\ndef main(conn, orders):\n    return [{FETCH.format('order[1]')} for order in orders if order]\n",
    "the second half of a test": f"\ndef main(conn, orders):\n    return [o and {FETCH.format('o[1]')} for o in orders]\n",
    "walked only if there": f"\ndef main(conn, orders):\n    return [{FETCH.format('o[1]')} for o in orders] if orders else 0\n",
    "and": f"\ndef main(conn, orders):\n    return orders and [{FETCH.format('o[1]')} for o in orders]\n",
    "another loop's": f"\ndef main(conn, orders):\n    return [{FETCH.format('k')} for o in orders for k in o[:2]]\n",
    "elif": f"""
def main(conn, orders):
    if orders is None:
        return 0
    elif any([{FETCH.format('o[1]')} is None for o in orders]):
        return 1
    return 2
""",
    "without an end": f"""
import itertools
def main(conn, orders):
    out = []
    for key in itertools.count(0, 2):
        row = {FETCH.format('key')}
        if row is None:
            break
        out.append(row)
    return out
""",
    "a generator that writes": f"""
def keys(conn, orders):
    for order in orders:
        conn.execute("UPDATE customers SET name = name || 'x' WHERE id = ?", (order[1],))
        yield order[1]


def main(conn, orders):
    out = []
    for key in keys(conn, orders):
        out.append({FETCH.format('key')})
    return out
""",
    "a helper that fails for what is skipped": f"""
def name(conn, key):
    return {FETCH.format('key')}[0]


def main(conn, orders):
    known = {{row[0] for row in conn.execute("SELECT id FROM customers")}}
    return [name(conn, order[1]) for order in orders if order[1] in known]
""",
}
STAY["an attribute that is computed"] = f"""
class Order:
    def __init__(self, row):
        self.row = row

    @property
    def customer_id(self):
        print("asked")
        return self.row[1]


def main(conn, orders):
    return [{FETCH.format('order.customer_id')} for order in [Order(row) for row in orders]]
"""
STAY["a helper that fails after a write"] = f"""
def name(conn, key):
    return {FETCH.format('key')}[0]


def main(conn, orders):
    for order in orders:
        conn.execute("INSERT INTO items VALUES (?, ?, 1)", (order[0], name(conn, order[0] - order[0] % 2)))
"""
FIT = {
    "the test reads it": turns(
        f"        if order[1] is not None:\n            out.append({FETCH.format('order[1]')})"
    ),
    "rows of a query": turns(
        f"        if order[0] % 5:\n            out.append({FETCH.format('order[1]')})", f"{ORDERS}.fetchall()"
    ),
    "a helper that allows for nothing": f"""
def name(conn, key):
    row = {FETCH.format('key')}
    return row[0] if row else None


def main(conn, orders):
    return [name(conn, order[1]) for order in orders if order[1]]
""",
    "a generator that only gives": f"""
def keys(orders):
    for order in orders:
        yield order[1]


def main(conn, orders):
    out = []
    for key in keys(orders):
        out.append({FETCH.format('key')})
    return out
""",
}


@pytest.mark.parametrize("name", STAY)
def test_keys_that_a_turn_may_not_have_stay(name: str, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    cases = bench.cases({"example.py": STAY[name].lstrip()}, HELD + "main(conn, orders)\n")
    assert cases
    assert not any(proven(case) for case in cases)


@pytest.mark.parametrize("name", FIT)
def test_keys_that_every_turn_has_are_read_before(name: str, tmp_path: Path) -> None:
    bench, source, workload = Bench(tmp_path), FIT[name].lstrip(), HELD + "main(conn, orders)\n"
    new = bench.changed({"example.py": source}, workload)["example.py"]
    for size in (0, 1, 80):
        assert outcome(new, workload, size)[0] == outcome(source, workload, size)[0]
