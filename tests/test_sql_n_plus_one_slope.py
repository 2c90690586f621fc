"""The number of statements grows with the rows of another one: told by calls of one recording, and by two recordings."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from perfprof.optimizer.cli import main
from perfprof.profilers.recording import Execution
from perfprof.profilers.slopes import slopes
from perfprof.profilers.workload import record
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case

SHOP = """
import sqlite3
import sys

conn = sqlite3.connect(":memory:")
conn.executescript("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER); CREATE TABLE customers (id INTEGER PRIMARY KEY);")
conn.executemany("INSERT INTO orders VALUES (?, ?)", [(i, i % 7) for i in range(int(sys.argv[1]))])


def customer(key):
    return conn.execute("SELECT id FROM customers WHERE id = ?", (key,)).fetchone()


def plain():
    return [customer(row[1]) for row in conn.execute("SELECT id, customer FROM orders").fetchall()]


def thrice():
    for row in conn.execute("SELECT id FROM orders ORDER BY id").fetchall():
        for part in range(3):
            conn.execute("SELECT 1 + id FROM customers WHERE id = ?", (row[0] + part,)).fetchone()


def asks_often():
    conn.execute("SELECT count(*), max(id) FROM orders").fetchall()
    for number in range(40):
        conn.execute("SELECT id FROM orders WHERE id = ?", (number,)).fetchone()


def always():
    conn.execute("SELECT id FROM orders LIMIT 20").fetchall()
    for number in range(13):
        conn.execute("SELECT id FROM orders WHERE customer = ?", (number,)).fetchall()


plain(), thrice(), asks_often(), always()
"""


def executions(folder: Path, rows: int, name: str) -> tuple[Execution, ...]:
    argv = [sys.executable, "shop.py", str(rows)]
    with record(argv, cwd=folder, folder=folder / name, sampler="off") as recording:
        assert recording.meta["exit_code"] == "0"
        return recording.executions()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(SHOP.lstrip())
    return tmp_path


def test_two_recordings_tell_loops_that_grow_from_loops_that_ask_often(shop: Path) -> None:
    found = slopes([executions(shop, 12, "few"), executions(shop, 60, "many")])
    told = {one.site[0].function: one for one in found}
    assert {name: (one.line, one.rows) for name, one in told.items()} == {
        "customer": ("1 + 1.0 a row", (12, 60)),
        "thrice": ("1 + 3.0 a row", (12, 60)),
    }
    assert told["customer"].parent == "SELECT id, customer FROM orders"


def test_one_recording_tells_it_as_the_evidence_of_a_finding(shop: Path) -> None:
    ran = executions(shop, 30, "one")
    rule = registry()["n-plus-one"]
    assert rule.in_function is not None
    program = Program(shop, lambda path: path.read_text())
    module = program.module(shop / "shop.py")
    assert module is not None
    found = [one for function in module.functions for one in rule.in_function(function, program)]
    told = {one.finding.function: rule.worth(Case(one, program, {}, ran)) for one in found}
    assert "1 + 1.0 a row" in told["plain"].reason
    assert "1 + 3.0 a row" in told["thrice"].reason
    assert told["thrice"].numbers["statements a row"] == 3.0
    assert "a row" not in told["asks_often"].reason


def test_compare_tells_it(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    for rows, name in ((10, "few"), (50, "many")):
        words = ["record", "-q", "--sampler", "off", "-o", f"{name}.perfprof", "--"]
        assert CliRunner().invoke(main, [*words, sys.executable, "shop.py", str(rows)]).exit_code == 0
    shown = CliRunner().invoke(main, ["compare", "few.perfprof", "many.perfprof"]).output
    assert "1 + 1.0 a row (10 to 50 rows): SELECT id FROM customers WHERE id = ?" in shown
    assert " thrice; rows of SELECT id FROM orders ORDER BY id" in shown
    said = json.loads(CliRunner().invoke(main, ["compare", "few.perfprof", "many.perfprof", "--json", "-"]).output)
    assert sorted(one["a_row"] for one in said["growing"]) == [1.0, 3.0]
