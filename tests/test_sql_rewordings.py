"""Where the text of a statement stands and how it is changed there; statements that only look alike; the whole of `fix`."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.optimizer.scratch.side_by_side import SideBySide
from perfprof.optimizer.scratch.sqlite import copied
from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.recording import Execution, Frame, Statement
from perfprof.rules import family_of
from perfprof.rules.reading.program import Program
from perfprof.rules.reading.statements import read
from perfprof.rules.rule import Case, Level, weigh

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, name TEXT COLLATE NOCASE, code TEXT UNIQUE NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, parent_id INTEGER, code TEXT, status TEXT);
CREATE TABLE returns (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, swapped_id INTEGER, note TEXT);
CREATE TABLE tags (name TEXT PRIMARY KEY, label TEXT);
CREATE TABLE pairs (a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE UNIQUE INDEX half ON returns (note) WHERE note IS NOT NULL;
CREATE INDEX orders_customer_id ON orders (customer_id);
CREATE INDEX orders_code ON orders (code);
CREATE INDEX customers_email ON customers (email);
CREATE INDEX returns_order_id ON returns (order_id);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO orders SELECT i, i * 7 % 200 + 1, nullif(i % 5, 0), CASE WHEN i % 11 THEN 'c' || (i % 300) END, 's' || (i % 3) FROM n;
INSERT INTO customers SELECT id, CASE WHEN id % 7 THEN 'e' || id END, 'n' || id, 'k' || id FROM orders WHERE id <= 900;
INSERT INTO returns SELECT id, id * 2, nullif(id % 7, 0), CASE WHEN id % 2 THEN 'x' || id END FROM orders;
INSERT INTO tags SELECT 't' || id, 'l' FROM orders;
INSERT INTO pairs SELECT id, id % 7 FROM orders;
"""
DISTINCT = "SELECT DISTINCT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id"
COUNT = "SELECT count(*) FROM orders WHERE status = ?"


def argued(
    folder: Path, rule: str, statement: str, source: str, line: int, sorts: str = "str"
) -> tuple[str, dict[str, str]]:
    """The file that is changed, after the patch ("" without one), and what is open with its reason."""
    database = folder / "shop.sqlite"
    if not database.exists():
        connection = sqlite3.connect(database)
        connection.executescript(SCHEMA)
        connection.close()
    (folder / "app.py").write_text(source)
    site = (Frame(str(folder / "app.py"), "ask", line),)
    executions = (Execution(Statement(statement, "sqlite3", str(database)), site, "1", 50, 1.0, -1, 50, sorts),)
    one = family_of("sql")[rule]
    assert one.in_statements is not None
    with copied(database, folder) as copy:
        for suspect in one.in_statements(executions, copy.catalog):
            program = Program(folder, lambda path: path.read_text())
            case = Case(suspect, program, executions=executions, catalog=copy.catalog, copy=SideBySide(copy))
            evidence = one.worth(case)
            if not evidence.enough:
                return "", {"worth": evidence.reason}
            proofs, level = weigh(one, case)
            if level is Level.OPEN:
                return "", {proof.obligation: proof.why for proof in proofs if proof.level is Level.OPEN}
            made = one.rewrite(case)
            path = made.edits[0].path
            return apply_edits((folder / path).read_text(), made.edits), {}
    return "", {"suspect": "none"}


# ------------------------------------------------------------------ where the text stands

PLACES = {
    "one line": ('def ask(conn):\n    return conn.execute("{}").fetchall()\n', 2),
    "raw": ("def ask(conn):\n    return conn.execute(r'''{}''').fetchall()\n", 2),
    "local name": ('def ask(conn):\n    sql = "{}"\n    return list(conn.execute(sql))\n', 3),
    "constant": (
        'SQL = (\n    "{}"  # who and what\n)\n\n\ndef ask(conn):\n    return conn.execute(SQL).fetchall()\n',
        7,
    ),
    "class": (
        'class Book:\n    SQL = "{}"\n\n    def ask(self, conn):\n        return conn.execute(self.SQL).fetchall()\n',
        5,
    ),
    "unicode before": ('def ask(conn):\n    größe = "ü"; return conn.execute("{}").fetchall()\n', 2),
    "a wrapper": (
        'def run(conn, sql):\n    return conn.execute(sql).fetchall()\n\n\ndef ask(conn):\n    return run(conn, "{}")\n',
        6,
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_only_the_word_goes(name: str, tmp_path: Path) -> None:
    source, line = PLACES[name]
    source = source.replace("{}", DISTINCT)
    after, weak = argued(tmp_path, "useless-distinct", DISTINCT, source, line)
    assert after == source.replace("DISTINCT ", ""), weak


def test_an_implicit_concatenation_keeps_its_pieces_indentation_and_comments(tmp_path: Path) -> None:
    source = (
        "def ask(conn):\n    return conn.execute(\n"
        "        'SELECT DISTINCT '  # no doubles\n"
        '        "o.id, c.name FROM orders o "\n'
        "        # with their customers\n"
        '        """JOIN customers c ON c.id = o.customer_id\n'
        '           ORDER BY o.id"""\n    ).fetchall()\n'
    )
    statement = "SELECT DISTINCT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id\n           ORDER BY o.id"
    after, weak = argued(tmp_path, "useless-distinct", statement, source, 2)
    assert after == source.replace("DISTINCT ", ""), weak


def test_a_change_over_two_pieces(tmp_path: Path) -> None:
    source = (
        "def ask(conn, status):\n    found = conn.execute(\n"
        '        "SELECT count(*) "\n'
        '        "FROM orders WHERE status = ?",\n'
        "        (status,),\n    ).fetchone()[0]\n    return 'some' if found else 'none'\n"
    )
    after, weak = argued(tmp_path, "count-to-exists", COUNT, source, 2)
    assert after == source.replace("count(*) ", "EXISTS (SELECT 1 ").replace("= ?", "= ?)"), weak


def test_a_sql_file(tmp_path: Path) -> None:
    script = f"-- name: first\nSELECT 1;\n\n-- name: ünïque\n{DISTINCT};\n\nSELECT 2;\n"
    (tmp_path / "queries.sql").write_text(script)
    source = "import pathlib\n\n\ndef ask(conn):\n    return conn.execute(text()).fetchall()\n"
    after, weak = argued(tmp_path, "useless-distinct", DISTINCT, source, 5)
    assert after == script.replace("DISTINCT ", ""), weak


ELSEWHERE = {
    "an f-string": "def ask(conn, t='orders'):\n    return conn.execute(f'" + DISTINCT.replace("orders", "{t}") + "').fetchall()\n",
    "put together": "def ask(conn):\n    return conn.execute('" + DISTINCT[:20] + "' + '" + DISTINCT[20:] + "').fetchall()\n",
    "formatted": "def ask(conn):\n    return conn.execute('" + DISTINCT.replace("orders", "{}") + "'.format('orders')).fetchall()\n",
    "two files": "def ask(conn):\n    return conn.execute(load()).fetchall()\n",
}  # fmt: skip


@pytest.mark.parametrize("name", ELSEWHERE)
def test_text_that_is_not_one_literal_stays(name: str, tmp_path: Path) -> None:
    if name == "two files":
        for file in ("a.sql", "b.sql"):
            (tmp_path / file).write_text(DISTINCT)
    after, weak = argued(tmp_path, "useless-distinct", DISTINCT, ELSEWHERE[name], 2)
    assert not after
    assert "text-is-in-one-place" in weak


OR = "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.code = ? OR c.email = ? ORDER BY o.id"


def test_values_are_given_in_their_new_order(tmp_path: Path) -> None:
    source = f'def ask(conn, a, b):\n    return conn.execute("""{OR}""", [b.code, b["email"]]).fetchall()\n'
    after, weak = argued(tmp_path, "or-across-tables", OR, source, 2, "str,str")
    assert '[b.code, b["email"], b.code]' in after, weak


VALUES = ["(next(b), c)", "(*a, c)", "values", "(b(), c)", "tuple(a)"]


@pytest.mark.parametrize("values", VALUES)
def test_values_that_may_do_something_are_not_read_twice(values: str, tmp_path: Path) -> None:
    source = f'def ask(conn, a, b, c, values):\n    return conn.execute("""{OR}""", {values}).fetchall()\n'
    after, weak = argued(tmp_path, "or-across-tables", OR, source, 2, "str,str")
    assert not after
    assert "values are wanted in another order" in weak["text-is-in-one-place"]


# ------------------------------------------------------------------ statements that only look alike

JOIN = "FROM orders o JOIN customers c ON c.id = o.customer_id"
ALIKE = {
    "useless-distinct": [
        "SELECT DISTINCT c.name FROM customers c ORDER BY c.name",
        f"SELECT DISTINCT o.id + 1 {JOIN} ORDER BY 1",
        f"SELECT DISTINCT o.customer_id, c.id {JOIN} ORDER BY 1",
        "SELECT DISTINCT o.id, c.email FROM orders o JOIN customers c ON c.email = o.code OR c.id = 3 ORDER BY 1, 2",
        "SELECT DISTINCT o.id, c.name FROM orders o JOIN customers c ON c.code = o.code ORDER BY 1",
        "SELECT DISTINCT o.id FROM orders o JOIN customers c ON c.id >= o.customer_id AND c.id < 30 ORDER BY 1",
        "SELECT DISTINCT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id LEFT JOIN returns r "
        "ON r.order_id = o.id ORDER BY 1",
        "SELECT DISTINCT name, label FROM tags ORDER BY name",  # SQLite's keys of text may be NULL
        "SELECT DISTINCT a FROM pairs ORDER BY a",
        "SELECT DISTINCT note FROM returns ORDER BY note",  # unique, but for some rows only
        "SELECT DISTINCT o.status, count(*) FROM orders o GROUP BY o.id, o.status ORDER BY 1, 2",
        f"SELECT DISTINCT o.id, c.id {JOIN} UNION ALL SELECT 1, 1 ORDER BY 1",
        "SELECT DISTINCT x.id, c.id FROM (SELECT id, customer_id FROM orders UNION ALL SELECT 1, 1) x "
        "JOIN customers c ON c.id = x.customer_id ORDER BY 1",
        "WITH orders AS (SELECT 1 AS id, 1 AS customer_id UNION ALL SELECT 1, 1) "
        f"SELECT DISTINCT o.id, c.id {JOIN} ORDER BY 1",
        "SELECT DISTINCT o.id, j.value FROM orders o, json_each('[1, 1]') j ORDER BY 1",
    ],
    "membership-query": [
        "SELECT id FROM orders WHERE customer_id = ? AND id NOT IN (SELECT swapped_id FROM returns) ORDER BY id",
        "SELECT id FROM orders WHERE customer_id = ? AND parent_id NOT IN (SELECT order_id FROM returns) ORDER BY id",
        "SELECT id FROM orders WHERE customer_id = ? AND code NOT IN (SELECT note FROM returns WHERE note IS NOT NULL)",
        "SELECT id FROM orders WHERE customer_id = ? AND id NOT IN (SELECT customer_id FROM orders) ORDER BY id",
        "SELECT id FROM orders WHERE customer_id = ? AND id IN (SELECT order_id FROM returns ORDER BY id LIMIT 5)",
        "SELECT id FROM orders WHERE customer_id = ? AND id IN (SELECT count(*) FROM returns) ORDER BY id",
        "SELECT id FROM orders WHERE customer_id = ? AND id IN (SELECT order_id FROM returns UNION SELECT 1) ORDER BY id",
        "SELECT id FROM orders WHERE customer_id = ? AND (id, parent_id) IN (SELECT order_id, 1 FROM returns) ORDER BY id",
        "SELECT id FROM orders WHERE customer_id = ? AND id + 0 NOT IN (SELECT order_id FROM returns) ORDER BY id",
        "SELECT id, id NOT IN (SELECT order_id FROM returns) FROM orders WHERE customer_id = ? ORDER BY id",
        "SELECT id FROM orders WHERE customer_id = ? OR id NOT IN (SELECT order_id FROM returns) ORDER BY id",
        "SELECT o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id "
        "WHERE c.id < ? AND o.id NOT IN (SELECT order_id FROM returns) ORDER BY 1",
        "SELECT id FROM orders WHERE customer_id = ? AND id NOT IN (SELECT r.id FROM (SELECT 2 AS id) r) ORDER BY id",
    ],
    "or-across-tables": [
        f"SELECT count(*) {JOIN} WHERE o.code = ? OR c.email = ?",
        f"SELECT DISTINCT o.status {JOIN} WHERE o.code = ? OR c.email = ? ORDER BY 1",
        f"SELECT o.status, count(*) {JOIN} WHERE o.code = ? OR c.email = ? GROUP BY o.status ORDER BY 1",
        f"SELECT o.id {JOIN} WHERE o.code = ? OR c.email = ? LIMIT 3",
        f"SELECT o.id {JOIN} WHERE o.code = ? OR c.email = ? ORDER BY c.name, o.id",
        f"SELECT o.id {JOIN} WHERE o.code = ? OR c.email = ?",
        f"SELECT * {JOIN} WHERE o.code = ? OR c.email = ? ORDER BY o.id",
        f"SELECT o.id, row_number() OVER (ORDER BY o.id) {JOIN} WHERE o.code = ? OR c.email = ? ORDER BY o.id",
        f"SELECT o.id {JOIN} WHERE NOT (o.code = ? OR c.email = ?) ORDER BY o.id",
        f"SELECT o.id {JOIN} WHERE o.code = ? OR o.status = ? ORDER BY o.id",
        f"SELECT o.id {JOIN} WHERE o.code = ? OR c.email = ? OR c.name = ? ORDER BY o.id",
        f"SELECT o.id {JOIN} WHERE (o.code = ? OR c.email = ?) AND random() < 0 ORDER BY o.id",
        f"SELECT o.id, random() {JOIN} WHERE o.code = ? OR c.email = ? ORDER BY o.id",
        "SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id AND (o.code = ? OR c.email = ?) ORDER BY 1",
    ],
}  # fmt: skip
ALIKE_ROWS = [(rule, statement) for rule, statements in ALIKE.items() for statement in statements]


@pytest.mark.parametrize(("rule", "statement"), ALIKE_ROWS)
def test_what_only_looks_alike_stays(rule: str, statement: str, tmp_path: Path) -> None:
    names = [f"p{n}" for n in range(read(statement).template.parameters)]
    values = f", ({', '.join(names)},)" if names else ""
    source = f'def ask(conn, {", ".join(names)}):\n    return conn.execute("""{statement}"""{values}).fetchall()\n'
    after, weak = argued(tmp_path, rule, statement, source, 2)
    assert not after
    assert set(weak) - {"text-is-in-one-place"}


USED = {
    "more than one": "return conn.execute(Q, (s,)).fetchone()[0] > 1",
    "the number": "return conn.execute(Q, (s,)).fetchone()[0]",
    "below two": "return conn.execute(Q, (s,)).fetchone()[0] < 2",
    "as a bool of another": "return conn.execute(Q, (s,)).fetchone()[0] or 7",
    "printed": "n = conn.execute(Q, (s,)).fetchone()[0]\n    print(n)\n    return bool(n)",
    "by its name": "return conn.execute(Q, (s,)).fetchone()['n'] > 0",
    "from the end": "return conn.execute(Q, (s,)).fetchone()[-1] > 0",
    "chained": "return 0 < conn.execute(Q, (s,)).fetchone()[0] < 9",
    "with a float": "return conn.execute(Q, (s,)).fetchone()[0] > 0.5",
    "the row": "return conn.execute(Q, (s,)).fetchone() > (0,)",
    "a list never empty": "return bool(conn.execute(Q, (s,)).fetchall())",
    "kept": "global n\n    n = conn.execute(Q, (s,)).fetchone()[0]\n    return n > 0",
    "of two bindings": "n = conn.execute(Q, (s,)).fetchone()[0]\n    n = n + 1\n    return n > 0",
}


@pytest.mark.parametrize("name", USED)
def test_a_count_that_is_used_stays(name: str, tmp_path: Path) -> None:
    source = f"def ask(conn, s):\n    {USED[name]}\n".replace("Q", f'"{COUNT}"')
    after, _ = argued(tmp_path, "count-to-exists", COUNT, source, 2)
    assert not after


STAR = "SELECT * FROM customers WHERE id > ? ORDER BY id"
ROWS = {
    "the row": "return conn.execute(Q, (s,)).fetchall()",
    "as a dict": "return [dict(row) for row in conn.execute(Q, (s,))]",
    "by position": "return [row[1] for row in conn.execute(Q, (s,))]",
    "by a name that is not written": "return [row[s] for row in conn.execute(Q, (s,))]",
    "taken apart": "return [name for _, name, *_ in conn.execute(Q, (s,))]",
    "given on": "return [show(row, row['name']) for row in conn.execute(Q, (s,))]",
    "its keys": "return [row.keys() for row in conn.execute(Q, (s,))]",
    "its length": "return [len(row) for row in conn.execute(Q, (s,))]",
    "none": "return [1 for row in conn.execute(Q, (s,))]",
    "kept": "rows = conn.execute(Q, (s,)).fetchall()\n    keep(rows)\n    return [row['name'] for row in rows]",
    "captured": "row = conn.execute(Q, (s,)).fetchone()\n    return lambda: row['name']",
    "bound twice": "row = conn.execute(Q, (s,)).fetchone()\n    row = change(row)\n    return row['name']",
    "as an attribute": "return [row.name for row in conn.execute(Q, (s,))]",
    "written to": "for row in conn.execute(Q, (s,)):\n        row['name'] = 1",
}


@pytest.mark.parametrize("name", ROWS)
def test_a_star_whose_rows_are_used_otherwise_stays(name: str, tmp_path: Path) -> None:
    source = f"def ask(conn, s):\n    {ROWS[name]}\n".replace("Q", f'"{STAR}"')
    after, _ = argued(tmp_path, "select-star", STAR, source, 2)
    assert not after


NAMED = {
    "each": "return [row['name'] for row in conn.execute(Q, (s,))]",
    "all": "rows = conn.execute(Q, (s,)).fetchall()\n    return [row['name'] for row in rows if row['name']]",
    "one": "row = conn.execute(Q, (s,)).fetchone()\n    return row['name'] if row is not None else None",
    "one at once": "return conn.execute(Q, (s,)).fetchone()['name']",
}


@pytest.mark.parametrize("name", NAMED)
def test_a_star_becomes_the_names_that_are_read(name: str, tmp_path: Path) -> None:
    source = f"def ask(conn, s):\n    {NAMED[name]}\n".replace("Q", f'"{STAR}"')
    after, weak = argued(tmp_path, "select-star", STAR, source, 2, "int")
    assert after == source.replace("*", "name"), weak


# ------------------------------------------------------------------ the whole way

APP = f"""
import sqlite3
import sys


def unpaid(conn, customer):
    return [row[0] for row in conn.execute(
        "SELECT id FROM orders WHERE customer_id = ? "
        "AND id NOT IN (SELECT order_id FROM returns WHERE note IS NULL) ORDER BY id", (customer,))]


def has_status(conn, status):
    return conn.execute("{COUNT}", (status,)).fetchone()[0] > 0


if __name__ == "__main__":
    conn = sqlite3.connect("shop.sqlite")
    print([sum(unpaid(conn, customer)) for customer in range(1, 60)])
    print([has_status(conn, f"s{{n}}") for n in range(5) for _ in range(20)])
"""


def test_fix_writes_it_into_the_program(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shop.sqlite")
    connection.executescript(SCHEMA)
    connection.close()
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "test_app.py").write_text(
        "import sqlite3, app\n\n\ndef test_app():\n    conn = sqlite3.connect('shop.sqlite')\n"
        "    assert [app.unpaid(conn, n) for n in range(9)]\n    assert app.has_status(conn, 's1') and not app.has_status(conn, 'x')\n"
    )
    command = [
        sys.executable,
        "-m",
        "perfprof",
        "fix",
        "--apply",
        "--json",
        "out.json",
        "--only",
        "membership-query",
    ]
    command += ["--only", "count-to-exists", "--tests", f"{sys.executable} -m pytest -q test_app.py"]
    ran = subprocess.run(
        [*command, "--", sys.executable, "app.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = json.loads((tmp_path / "out.json").read_text())
    statuses = {one["rule"]: one["status"] for one in told["findings"]}
    assert statuses == {"membership-query": "applied", "count-to-exists": "applied"}, ran.stdout + ran.stderr
    after = (tmp_path / "app.py").read_text()
    assert "AND NOT EXISTS (SELECT 1 FROM returns WHERE note IS NULL AND orders.id = order_id) ORDER BY id" in after
    assert '"SELECT EXISTS (SELECT 1 FROM orders WHERE status = ?)"' in after
