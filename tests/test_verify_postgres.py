"""`perfprof verify` on PostgreSQL, with patches of code and migrations in one call."""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.scratch.postgres import Server  # noqa: E402

pytestmark = pytest.mark.postgres

SHOP = """\
import sys

import psycopg


def names(db, orders):
    found = []
    for order in orders:
        row = db.execute("SELECT name FROM customers WHERE id = %s", (order,)).fetchone()
        found.append(row[0])
    return found


def main():
    with psycopg.connect(sys.argv[1]) as db:
        orders = [one for (one,) in db.execute("SELECT customer_id FROM orders ORDER BY id LIMIT 60")]
        print(names(db, orders))
        for number in range(40):
            print(len(db.execute("SELECT id FROM orders WHERE customer_id = %s", (number,)).fetchall()))


if __name__ == "__main__":
    main()
"""
LOOP = SHOP[SHOP.index("    found = []") : SHOP.index("\n\ndef main")]
BATCHED = """\
    rows = dict(db.execute("SELECT id, name FROM customers WHERE id = ANY(%s)", (list(orders),)))
    return [rows[order] for order in orders]
"""


@pytest.fixture
def dsn(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "server").mkdir()
    with Server.start(tmp_path / "server") as server:
        with psycopg.connect(server.dsn, autocommit=True) as db:
            db.execute("CREATE TABLE customers (id int PRIMARY KEY, name text)")
            db.execute("CREATE TABLE orders (id int PRIMARY KEY, customer_id int)")
            db.execute("INSERT INTO customers SELECT n, 'n' || n FROM generate_series(0, 299) n")
            db.execute("INSERT INTO orders SELECT n, n * 7 % 300 FROM generate_series(0, 29999) n")
            db.execute("ANALYZE")
        yield server.url_of("postgres")


def diff(new: str) -> str:
    lines = difflib.unified_diff(SHOP.splitlines(True), new.splitlines(True), "a/shop.py", "b/shop.py")
    return "".join(lines)


def test_an_n_plus_one_a_wrong_patch_and_a_migration_in_one_call(dsn: str, tmp_path: Path) -> None:
    root = tmp_path / "p"
    root.mkdir()
    for name, text in {
        "shop.py": SHOP,
        "good.patch": diff(SHOP.replace(LOOP, BATCHED)),
        "wrong.patch": diff(SHOP.replace(LOOP, BATCHED.replace("in orders", "in sorted(orders)"))),
        "index.sql": "CREATE INDEX CONCURRENTLY by_customer ON orders (customer_id);\n-- down\nDROP INDEX by_customer;\n",
        "idle.sql": "CREATE INDEX by_name ON customers (name);\n",
    }.items():
        (root / name).write_text(text)
    given = ("good.patch", "wrong.patch", "index.sql", "idle.sql")
    words = [sys.executable, "-m", "perfprof", "verify", *given, "--database", dsn, "--json", "r.json", "--"]
    ran = subprocess.run(
        [*words, sys.executable, "shop.py", dsn], cwd=root, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    report = json.loads((root / "r.json").read_text())
    decisions = [verdict["decision"] for verdict in report["verdicts"]]
    assert decisions == ["accepted", "rejected", "accepted", "rejected"], ran.stdout
    assert "statements" in str(report) or "queries" in str(report)
    with psycopg.connect(dsn) as db:
        assert db.execute("SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'by_%'").fetchone() == (0,)
