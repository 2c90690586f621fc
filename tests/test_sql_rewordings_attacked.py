"""Programs and statements on which a rewriting rule was wrong once: found by a hostile review, and left alone since."""

from __future__ import annotations

from pathlib import Path

import pytest
import test_sql_rewordings
from test_sql_rewordings import argued

from perfprof.rules.reading.program import Program
from perfprof.rules.reading.statements import read
from perfprof.rules.rewording.own_functions import redefined

COUNT = "SELECT count(*) FROM orders WHERE status = ?"
LIST = "SELECT id, code FROM orders WHERE status = ?"
STAR = "SELECT * FROM customers WHERE id > ? ORDER BY id"
WRAPPER = """
class Store:
    def __init__(self, conn):
        self.conn = conn

    def execute(self, sql, args=()):
        self.rows = self.conn.execute(sql, args).fetchall()
        return self

    def fetchall(self):
        return self.rows

"""
# rule, statement, program; the line that is recorded has the word `execute` and Q
PROGRAMS = {
    "a factory with the call": (
        "select-star",
        STAR,
        "def ask(conn, s):\n    return [row['name'] for row in conn.execute(Q, (s,), row_factory=made)]\n",
    ),
    "many times": (
        "count-to-exists",
        COUNT,
        "def ask(conn, s):\n    rows = [(s,)]\n    return conn.executemany(Q, (s,)).fetchone()[0] > 0\n",
    ),
    "a text of two uses": (
        "count-to-exists",
        COUNT,
        "def ask(conn, s):\n    sql = Q\n    any = conn.execute(sql, (s,)).fetchone()[0] > 0\n"
        "    return any, conn.execute(sql, (s,)).fetchone()[0]\n",
    ),
    "a constant of two functions": (
        "count-to-exists",
        COUNT,
        "SQL = Q\n\n\ndef ask(conn, s):\n    return conn.execute(SQL, (s,)).fetchone()[0] > 0\n\n\n"
        "def total(conn, s):\n    return conn.execute(SQL, (s,)).fetchone()[0]\n",
    ),
    "its column's name": (
        "count-to-exists",
        COUNT,
        "def ask(conn, s):\n    cur = conn.cursor()\n    if cur.execute(Q, (s,)).fetchone()[0] > 0:\n"
        "        return cur.description\n",
    ),
    "its number of rows": (
        "count-to-exists",
        LIST,
        "def ask(conn, s):\n    cur = conn.cursor()\n    if cur.execute(Q, (s,)).fetchall():\n"
        "        return cur.rowcount\n",
    ),
    "a cursor given on": (
        "count-to-exists",
        LIST,
        "def ask(conn, s):\n    cur = conn.cursor()\n    if cur.execute(Q, (s,)).fetchall():\n        show(cur)\n",
    ),
    "a cursor of the object": (
        "select-star",
        STAR,
        "class Book:\n    def ask(self, s):\n        return [row['name'] for row in self.cur.execute(Q, (s,))]\n\n"
        "    def titles(self):\n        return [column[0] for column in self.cur.description]\n",
    ),
    "all local names": (
        "count-to-exists",
        COUNT,
        "def ask(conn, s):\n    n = conn.execute(Q, (s,)).fetchone()[0]\n    if n > 0:\n"
        "        return '%(n)d rows' % locals()\n",
    ),
    "a class that keeps the rows": (
        "count-to-exists",
        LIST,
        WRAPPER + "def ask(conn, s):\n    db = Store(conn)\n    return bool(db.execute(Q, (s,)).fetchall()), db.rows\n",
    ),
    "names of the columns": (
        "select-star",
        STAR,
        "def ask(conn, s):\n    cur = conn.cursor()\n    rows = cur.execute(Q, (s,)).fetchall()\n"
        "    return [d[0] for d in cur.description], [row['name'] for row in rows]\n",
    ),
    "the rest of the rows": (
        "select-star",
        STAR,
        "def ask(conn, s):\n    cur = conn.cursor()\n    first = cur.execute(Q, (s,)).fetchone()\n"
        "    return first['name'], [tuple(row) for row in cur]\n",
    ),
    "eval": (
        "select-star",
        STAR,
        "def ask(conn, s):\n    for row in conn.execute(Q, (s,)):\n        row['name']\n    return eval('row')\n",
    ),
    "rows of a class": (
        "select-star",
        STAR,
        "class Customer:\n    def __init__(self, cursor, row):\n        self.name = row[2]\n\n"
        "    def __getitem__(self, key):\n        return getattr(self, key)\n\n\n"
        "def ask(conn, s):\n    conn.row_factory = Customer\n    return [row['name'] for row in conn.execute(Q, (s,))]\n",
    ),
    "rows made by position": (
        "select-star",
        STAR,
        "def made(cursor, row):\n    names = [one[0] for one in cursor.description]\n"
        "    return {**dict(zip(names, row)), 'label': row[3]}\n\n\n"
        "def ask(conn, s):\n    conn.row_factory = made\n    return [row['name'] for row in conn.execute(Q, (s,))]\n",
    ),
    "ordered by the number of a column": (
        "select-star",
        STAR.replace("ORDER BY id", "ORDER BY 1"),
        "def ask(conn, s):\n    return [(row['name'], row['id']) for row in conn.execute(Q, (s,))]\n",
    ),
}  # fmt: skip


def recorded(source: str) -> int:
    return next(number for number, line in enumerate(source.splitlines(), 1) if "execute" in line and "s,)" in line)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_sees_more_of_the_answer_stays(name: str, tmp_path: Path) -> None:
    rule, statement, source = PROGRAMS[name]
    after, _ = argued(tmp_path, rule, statement, source.replace("Q", f'"{statement}"'), recorded(source), "int")
    assert not after


PLAIN = {
    "Row": "def ask(conn, s):\n    conn.row_factory = sqlite3.Row\n",
    "a dict of all that comes": (
        "def made(cursor, row):\n    return {column[0]: row[n] for n, column in enumerate(cursor.description)}\n\n\n"
        "def ask(conn, s):\n    conn.row_factory = made\n"
    ),
    "two statements of one cursor": (
        "def ask(conn, s):\n    cur = conn.cursor()\n    cur.execute('SELECT 1')\n    one = cur.fetchone()\n"
        "    conn = cur\n"
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_says_nothing_of_the_answer_is_no_hindrance(name: str, tmp_path: Path) -> None:
    receiver = "cur" if "cur = " in PLAIN[name] else "conn"
    source = PLAIN[name].replace("    conn = cur\n", "")
    source += f"    return [row['name'] for row in {receiver}.execute(\"{STAR}\", (s,))]\n"
    after, weak = argued(tmp_path, "select-star", STAR, source, source.count("\n"), "int")
    assert after == source.replace("*", "name"), weak


def test_names_that_mean_something_else_are_quoted(tmp_path: Path) -> None:
    from perfprof.rules.sql.select_star import _needs_no_quotes

    words = ["user", "order", "current_date", "session_user", "Id", "a b", "select"]
    assert not [one for one in words if _needs_no_quotes(one, "postgresql") or _needs_no_quotes(one, "sqlite")]
    assert all(_needs_no_quotes(one, "postgresql") for one in ("id", "customer_id", "email"))


# ------------------------------------------------------------------ statements

JOIN = "FROM orders o JOIN customers c ON c.id = o.customer_id"
STATEMENTS = {
    "equal places of an order": ("or-across-tables", f"SELECT o.id, c.code {JOIN} WHERE o.code = ? OR c.email = ? ORDER BY c.code"),
    "no order": ("or-across-tables", f"SELECT o.id {JOIN} WHERE o.id = ? OR c.email = ?"),
    "an order by what hides a column": (
        "or-across-tables",
        f"SELECT o.parent_id AS id, o.id {JOIN} WHERE o.code = ? OR c.email = ? ORDER BY id",
    ),
    "chance in a list": (
        "membership-query",
        "SELECT id FROM orders WHERE customer_id = ? AND id NOT IN (SELECT order_id FROM returns r WHERE random() > 0) ORDER BY id",
    ),
    "a list that does something": (
        "membership-query",
        "SELECT id FROM orders WHERE customer_id = ? AND id NOT IN (SELECT order_id FROM returns WHERE changes() >= 0) ORDER BY id",
    ),
    "a count that does something": ("count-to-exists", "SELECT count(*) FROM orders WHERE status = ? AND changes() >= 0"),
    "a count of what WITH makes": ("count-to-exists", "WITH x AS (SELECT id FROM orders WHERE status = ?) SELECT count(*) FROM x"),
}  # fmt: skip


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_stays(name: str, tmp_path: Path) -> None:
    rule, statement = STATEMENTS[name]
    names = ["s", "t"][: statement.count("?")]
    fetch = ".fetchone()[0] > 0" if "count(*)" in statement else ".fetchall()"
    source = f"def ask(conn, {', '.join(names)}):\n    return conn.execute(Q, ({', '.join(names)},)){fetch}\n"
    after, weak = argued(tmp_path, rule, statement, source.replace("Q", f'"""{statement}"""'), 2)
    assert not after
    assert set(weak) - {
        "text-is-in-one-place",
        "rows-are-the-same",
        "worth",
    }, "the schema must say so, not the data"


def test_an_or_keeps_its_parentheses(tmp_path: Path) -> None:
    """Without them the second half asks for rows again that the first half has found."""
    statement = f"SELECT o.id {JOIN} WHERE (o.code = ? OR (c.email = ? OR c.email = ?)) ORDER BY o.id"
    source = f'def ask(conn, a, b, c):\n    return conn.execute("""{statement}""", (a, b, c)).fetchall()\n'
    after, weak = argued(tmp_path, "or-across-tables", statement, source, 2, "str,str,str")
    assert "WHERE ((c.email = ? OR c.email = ?) AND (o.code = ?) IS NOT TRUE)" in after, weak


# ------------------------------------------------------------------ schemas whose keys are none

ROWS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 800) INSERT INTO u SELECT i, 'n' || i FROM n;
INSERT INTO w SELECT id FROM u WHERE id < 4;
"""
KEYLESS = {
    "id INTEGER PRIMARY KEY DESC, name TEXT": "u.id",  # no alias of the rowid: any number of NULLs
    "id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, UNIQUE (name COLLATE BINARY)": "u.name",
    "id INTEGER, name TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (name COLLATE BINARY)": "u.name",
    "id INTEGER, name TEXT PRIMARY KEY": "u.name",
}


@pytest.mark.parametrize("columns", KEYLESS)
def test_a_key_that_lets_equal_rows_in_is_none(
    columns: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = f"CREATE TABLE u ({columns}); CREATE TABLE w (id INTEGER PRIMARY KEY);\n{ROWS}"
    monkeypatch.setattr(test_sql_rewordings, "SCHEMA", schema)
    statement = f"SELECT DISTINCT {KEYLESS[columns]}, w.id FROM u, w ORDER BY 1, 2"
    source = f"def ask(conn):\n    return conn.execute('{statement}').fetchall()\n"
    after, weak = argued(tmp_path, "useless-distinct", statement, source, 2)
    assert not after
    assert "list-holds-keys" in weak


@pytest.mark.parametrize("columns", ["id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE", "id INT, name TEXT NOT NULL COLLATE NOCASE UNIQUE", "id INTEGER PRIMARY KEY, name TEXT) WITHOUT ROWID --"])  # fmt: skip
def test_a_key_is_one(columns: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = f"CREATE TABLE u ({columns}\n); CREATE TABLE w (id INTEGER PRIMARY KEY);\n{ROWS}".replace("--\n)", "")
    monkeypatch.setattr(test_sql_rewordings, "SCHEMA", schema)
    statement = f"SELECT DISTINCT {'u.name' if 'UNIQUE' in columns else 'u.id'}, w.id FROM u, w ORDER BY 1, 2"
    source = f"def ask(conn):\n    return conn.execute('{statement}').fetchall()\n"
    after, weak = argued(tmp_path, "useless-distinct", statement, source, 2)
    assert after == source.replace("DISTINCT ", ""), weak


# ------------------------------------------------------------------ an index over what only the program can compute

OWN = {
    "conn.create_function('lower', 1, str.lower)": False,
    "conn.create_function(name='LOWER', narg=1, func=str.lower, deterministic=True)": False,
    "for name in FUNCTIONS: conn.create_function(name, 1, FUNCTIONS[name])": False,
    "conn.enable_load_extension(True)": False,
    "conn.create_function('shown', 1, str.title)": True,
}


@pytest.mark.parametrize("line", OWN)
def test_a_function_of_the_program_is_not_indexed(line: str, tmp_path: Path) -> None:
    (tmp_path / "store.py").write_text(f"def connected(conn):\n    {line}\n    return conn\n")
    assert (redefined(Program(tmp_path, lambda path: path.read_text()), "LOWER(email)") == "") is OWN[line]


@pytest.mark.parametrize("name", ["id", "ID", '"id"'])
def test_using_is_read(name: str) -> None:
    found = read(f"SELECT o.status FROM orders o JOIN customers c USING ({name}) WHERE o.id > 3", "sqlite")
    assert [use.column.name for use in found.uses if use.how == "join"] == ["id"]
