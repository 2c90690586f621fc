"""Keys of types that the recorded run did not have: the new code finds what the old one finds, whatever the column holds."""

from __future__ import annotations

import datetime
import decimal
import sqlite3
from pathlib import Path

import pytest
from test_sql_n_plus_one import Bench, plain, proven

SETUP = """
import sqlite3

conn = sqlite3.connect(":memory:")
conn.execute("CREATE TABLE things (code {kind}, label TEXT)")
codes = [0, 1, 2, 2.0, 2.5, "2", "1.0", "02", " 2", "a", "A", "", "2026-01-01", b"2", None, -0.0, 2**53 + 1, float(2**53), 1e400]
conn.executemany("INSERT INTO things VALUES (?, ?)", [(code, f"l{{n}}") for n, code in enumerate(codes)])
keys = {keys} * 4
conn.execute("CREATE TABLE given (key)")
conn.executemany("INSERT INTO given VALUES (?)", [(key,) for key in keys])
"""
NUMBERS, TEXTS = "[0, 1, 2, 7, None]", '["2", "a", "1.0", "7"]'
ROWS = "conn.row_factory = sqlite3.Row\n"
ASKED = """
def main(conn, keys):
    out = []
    for key in keys:
        {}
    return out
"""
WHOLE = 'out.append([tuple(one) for one in conn.execute("SELECT * FROM things WHERE code = ?", (key,)).fetchall()])'
SHAPES = {
    "tuples": (
        "",
        ASKED.format('out += conn.execute("SELECT label FROM things WHERE code = ?", (key,)).fetchall()'),
    ),
    "whole rows, a star": (ROWS, ASKED.format(WHOLE)),
    "rows that are kept": (
        ROWS,
        ASKED.format(
            'out.append(conn.execute("SELECT code, label FROM things WHERE code = ?", (key,)).fetchone())'
        ),
    ),
    "a count": (
        "",
        ASKED.format('out += conn.execute("SELECT count(*) FROM things WHERE code = ?", (key,)).fetchone()'),
    ),
    "a cursor": (
        "",
        """
def main(conn, keys):
    out, cursor = [], conn.cursor()
    for key in keys:
        cursor.execute("SELECT label FROM things WHERE code = ? ORDER BY label", (key,))
        for row in cursor:
            out.append((repr(key), row[0]))
    return out
""",
    ),
    "keys of rows": (
        "",
        """
def main(conn, keys):
    out = []
    for (key,) in conn.execute("SELECT key FROM given ORDER BY rowid").fetchall():
        out.append((key, conn.execute("SELECT label FROM things WHERE code = ? ORDER BY label", (key,)).fetchone()))
    return out
""",
    ),
    "a helper": (
        "",
        """
def label(conn, key):
    row = conn.execute("SELECT label FROM things WHERE code = ? ORDER BY label", (key,)).fetchone()
    return row and row[0]


def main(conn, keys):
    return [(type(key).__name__, label(conn, key)) for key in keys]
""",
    ),
}
LATER: list[list[object]] = [
    ["2", 2, 2.0, "1", 1, True, 1.0, False, 0, 0.0, -0.0],
    [1.0, 1, True, "1.0", "1"],
    [True, 2.5, 2**53 + 1, float(2**53), 2**53, "9007199254740993"],
    [b"2", "2", "02", " 2", "a", "A", "", None, float("inf"), float("nan")],
    [datetime.date(2026, 1, 1), "2026-01-01", 2],
    [decimal.Decimal("2"), 2, "2", decimal.Decimal("1.0"), 1.0],
    [bytearray(b"2"), "2", 2],
    [2, [2]],
    [],
]


def answers(source: str, setup: str, keys: list[object]) -> object:
    """What the function gives for these keys; an error by its type."""
    names: dict[str, object] = {}
    exec(compile(source, "example.py", "exec"), names)
    exec(setup, names)
    conn: sqlite3.Connection = names["conn"]  # type: ignore[assignment]
    conn.execute("DELETE FROM given")
    try:
        conn.executemany("INSERT INTO given VALUES (?)", [(key,) for key in keys if not isinstance(key, list)])
        return plain(eval("main(conn, given)", names, {"given": keys}))
    except Exception as error:
        return type(error)


@pytest.fixture
def adapters() -> None:
    sqlite3.register_adapter(decimal.Decimal, str)
    sqlite3.register_adapter(datetime.date, datetime.date.isoformat)


@pytest.mark.usefixtures("adapters")
@pytest.mark.parametrize("kind", ["INTEGER", "REAL", "TEXT COLLATE NOCASE", ""])
@pytest.mark.parametrize("name", SHAPES)
def test_keys_of_any_type_find_what_they_found(name: str, kind: str, tmp_path: Path) -> None:
    more, source = SHAPES[name]
    rewritten = 0
    for seen in (NUMBERS, TEXTS) if kind in ("INTEGER", "") else (TEXTS,):
        setup = SETUP.format(kind=kind, keys=seen) + more
        files = {"example.py": source.lstrip()}
        chosen = [case for case in Bench(tmp_path).cases(files, setup + "main(conn, keys)\n") if proven(case)]
        if not chosen:
            continue
        rewritten += 1
        new = Bench(tmp_path).rewritten(files, chosen)["example.py"]
        for keys in LATER:
            assert answers(new, setup, keys * 2) == answers(source, setup, keys * 2), (keys, new)
    assert rewritten or (name in ("whole rows, a star", "rows that are kept") and kind != "INTEGER")
