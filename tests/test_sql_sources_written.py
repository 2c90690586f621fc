"""The literals of recorded statements: those that stand in the program, and no others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.optimizer.statements.sources import seen
from perfprof.optimizer.statements.written import original

PROGRAM = """import sqlite3

from texts import PAID, FORMATTED

connection = sqlite3.connect(":memory:")
connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT, who INT)")
secret = "kept" + "secret"
connection.execute("SELECT id FROM orders "
                   "WHERE state = 'open' AND who = ?", (7,))
connection.execute(PAID)
connection.execute(FORMATTED % secret)
connection.execute(f"SELECT id FROM orders WHERE who = 5 AND state = '{secret}'")
for state in ("done", "gone"):
    connection.execute("SELECT 1 FROM orders WHERE state = '" + state + "'")
connection.execute("SELECT id, who FROM orders WHERE state = 'a'" if secret else "SELECT id, who FROM orders WHERE state = 'b'")
"""
TEXTS = """PAID = "SELECT id FROM orders WHERE state = 'paid' LIMIT 3"
FORMATTED = "SELECT who FROM orders WHERE state = '%s'"
"""


def test_a_recording_has_the_literals_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "texts.py").write_text(TEXTS)
    command = [sys.executable, "-m", "perfprof", "record", "-o", "run", "--", sys.executable, "program.py"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    found = list(seen(tmp_path / "run", "sqlite"))
    assert {one.text for one in found if one.code} == {
        "SELECT id FROM orders WHERE state = 'open' AND who = ?",
        "SELECT id FROM orders WHERE state = 'paid' LIMIT 3",
    }
    assert {one.text for one in found if not one.code and "SELECT" in one.text} == {
        "SELECT who FROM orders WHERE state = ?",
        "SELECT id FROM orders WHERE who = ? AND state = ?",
        "SELECT ? FROM orders WHERE state = ?",
        "SELECT id, who FROM orders WHERE state = ?",
    }


@pytest.mark.parametrize(
    "content", ["(", "x = 'SELECT 1 FROM t'.format(2)", 'x = f"SELECT 1 FROM {t}"', "SELECT = 1"]
)
def test_what_is_not_sure_stays_unknown(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.py").write_text(content)
    assert not original("SELECT ? FROM t", [str(tmp_path / "a.py"), "<string>", str(tmp_path / "none.py")])
