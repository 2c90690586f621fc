"""Databases that were there before the run: their triggers, cascading keys and views are read from the catalog, or nothing is rewritten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from test_sql_n_plus_one import RULE, Bench, proven

from perfprof.optimizer.scratch.definitions import definitions
from perfprof.optimizer.scratch.postgres import Server
from perfprof.rules.rule import Case, nowhere, weigh

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER);
CREATE TABLE log (id INTEGER);
CREATE TABLE kids (parent INTEGER REFERENCES customers (id) ON DELETE CASCADE, x INTEGER);
CREATE VIEW named AS SELECT id, name FROM customers;
CREATE VIEW chosen AS SELECT id, upper(name) AS name, random() AS chance FROM customers;
CREATE VIEW over AS SELECT id, name FROM chosen;
"""
FILL = "INSERT INTO {} WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 40) SELECT i, i % 9 FROM n;"
TRIGGER = "CREATE TRIGGER t AFTER INSERT ON log BEGIN UPDATE customers SET name = 'x' WHERE id = new.id + 1; END;"
CHAIN = """
CREATE TABLE second (id INTEGER);
CREATE TRIGGER a AFTER INSERT ON log BEGIN INSERT INTO second VALUES (new.id); END;
CREATE TRIGGER b AFTER INSERT ON second BEGIN DELETE FROM customers WHERE id = new.id; END;
"""
LOG, NAME = 'conn.execute("INSERT INTO log VALUES (?)", (order[0],))', "SELECT name FROM customers WHERE id = ?"


def source(sql: str, turn: str, mark: str = "?") -> str:
    return f"""
def main(conn):
    out = []
    for order in conn.execute("SELECT id, customer_id FROM orders ORDER BY id").fetchall():
        out.append(conn.execute({sql.replace('?', mark)!r}, (order[1],)).fetchone())
        {turn.replace('?', mark)}
    return out
""".lstrip()


def argued(cases: list[Case], ask: object) -> list[Case]:
    """The cases, weighed again with the catalogs that ``ask`` reads."""
    again = [replace(case, definitions=ask) for case in cases]  # type: ignore[arg-type]
    return [replace(case, proofs=weigh(RULE, case)[0]) for case in again]


# what is beside the shop's tables, what is asked, what a turn does, rewritten: with the catalog, without it
FILES = {
    "nothing is written": ("", NAME, "pass", True, True),
    "a table without triggers is written": ("", NAME, LOG, True, False),
    "a trigger writes what is read": (TRIGGER, NAME, LOG, False, False),
    "a trigger that a trigger sets off": (CHAIN, NAME, LOG, False, False),
    "a key that cascades": (
        "",
        "SELECT x FROM kids WHERE parent = ?",
        'conn.execute("DELETE FROM customers WHERE id = ?", (order[0],))',
        False,
        False,
    ),
    "a view of what is written": (
        "",
        "SELECT name FROM named WHERE id = ?",
        "conn.execute(\"UPDATE customers SET name = 'x'\")",
        False,
        False,
    ),
    "a view of a view by chance": ("", "SELECT name FROM over WHERE id = ?", "pass", False, True),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_were_there_before(name: str, tmp_path: Path) -> None:
    more, sql, turn, known, unknown = FILES[name]
    made = sqlite3.connect(tmp_path / "shop.sqlite")
    made.executescript(SHOP + FILL.format("customers") + FILL.format("orders") + FILL.format("kids") + more)
    made.close()
    before = (tmp_path / "shop.sqlite").read_bytes()
    workload = 'import sqlite3\nconn = sqlite3.connect("shop.sqlite")\nconn.execute("PRAGMA foreign_keys = ON")\nmain(conn)\n'
    cases = Bench(tmp_path).cases({"example.py": source(sql, turn)}, workload)
    assert [proven(one) for one in argued(cases, definitions("", tmp_path))] == [known]
    assert [proven(one) for one in argued(cases, nowhere)] == [unknown]
    assert (tmp_path / "shop.sqlite").read_bytes() == before


def test_nothing_is_left_beside_a_file_with_a_log(tmp_path: Path) -> None:
    made = sqlite3.connect(tmp_path / "shop.sqlite")
    made.execute("PRAGMA journal_mode = WAL")
    made.executescript(SHOP)
    assert len(definitions("", tmp_path)(str(tmp_path / "shop.sqlite")) or ()) == 7
    made.close()
    assert definitions("", tmp_path)(str(tmp_path / "shop.sqlite")) is None
    assert [one.name for one in tmp_path.iterdir()] == ["shop.sqlite"]


def test_what_cannot_be_read_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "no.sqlite").write_text("this is no database, and never was one of any kind at all\n" * 9)
    ask = definitions("", tmp_path)
    assert [ask(one) for one in (str(tmp_path / "no.sqlite"), "gone.sqlite", "127.0.0.1:1/shop")] == [None] * 3


POSTGRES = """
CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int);
CREATE TABLE plain (id int);
CREATE TABLE watched (id int);
CREATE TABLE nested (id int);
CREATE TABLE hidden (id int);
CREATE TABLE ruled (id int);
CREATE TABLE counted (id int, n int DEFAULT 0);
CREATE TABLE kids (parent int REFERENCES customers (id) ON DELETE CASCADE, x int);
CREATE TABLE parts (id int, name text) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (1000);
CREATE FUNCTION rename(int) RETURNS void LANGUAGE sql AS 'UPDATE customers SET name = ''x'' WHERE id = $1';
CREATE FUNCTION direct() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM customers WHERE id = new.id + 50; RETURN new; END $$;
CREATE FUNCTION through() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM rename(new.id); RETURN new; END $$;
CREATE FUNCTION worded() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('DELETE FROM %I WHERE id > 90', 'customers'); RETURN new; END $$;
CREATE FUNCTION counts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.n := new.n + 1; RETURN new; END $$;
CREATE TRIGGER a AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION direct();
CREATE TRIGGER b AFTER INSERT ON nested FOR EACH ROW EXECUTE FUNCTION through();
CREATE TRIGGER c AFTER INSERT ON hidden FOR EACH ROW EXECUTE FUNCTION worded();
CREATE TRIGGER d BEFORE INSERT ON counted FOR EACH ROW EXECUTE FUNCTION counts();
CREATE RULE r AS ON INSERT TO ruled DO ALSO UPDATE customers SET name = 'x' WHERE id = new.id;
CREATE FUNCTION touch(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO plain VALUES (1); RETURN $1; END $$;
CREATE VIEW touched AS SELECT id, touch(name) AS name FROM customers;
CREATE VIEW named AS SELECT id, upper(name) AS name FROM customers;
INSERT INTO customers SELECT i, 'n' || i FROM generate_series(0, 40) i;
INSERT INTO orders SELECT i, i % 9 FROM generate_series(0, 40) i;
INSERT INTO parts SELECT i, 'n' || i FROM generate_series(0, 40) i;
"""
INTO = 'conn.execute("INSERT INTO {} VALUES (?)", (order[0],))'
SERVERS = {
    "nothing is written": (NAME, "pass", True, True),
    "a table without triggers": (NAME, INTO.format("plain"), True, False),
    "a trigger that keeps to itself": (NAME, INTO.format("counted"), True, False),
    "a trigger": (NAME, INTO.format("watched"), False, False),
    "a trigger's function calls another": (NAME, INTO.format("nested"), False, False),
    "a trigger that words its statement": (NAME, INTO.format("hidden"), False, False),
    "a rule": (NAME, INTO.format("ruled"), False, False),
    "a key that cascades": (
        "SELECT x FROM kids WHERE parent = ?",
        'conn.execute("DELETE FROM customers WHERE id = ? AND id > 99", (order[0],))',
        False,
        False,
    ),
    "a part of what is read": (
        "SELECT name FROM parts WHERE id = ?",
        'conn.execute("DELETE FROM part WHERE id = ? AND id > 99", (order[0],))',
        False,
        False,
    ),
    "a view whose function writes": ("SELECT name FROM touched WHERE id = ?", "pass", False, True),
    "a view": ("SELECT name FROM named WHERE id = ?", "pass", True, True),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    psycopg = pytest.importorskip("psycopg")
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            connection.execute(POSTGRES)
        yield running


@pytest.mark.postgres
@pytest.mark.parametrize("name", SERVERS)
def test_servers(name: str, server: Server, tmp_path: Path) -> None:
    sql, turn, known, unknown = SERVERS[name]
    workload = f"import psycopg\nconn = psycopg.connect({server.dsn!r})\nmain(conn)\nconn.rollback()\n"
    cases = Bench(tmp_path).cases({"example.py": source(sql, turn, "%s")}, workload)
    url = f"postgresql://{server.user}:{server.password}@/postgres?host={server.socket}"
    assert [proven(one) for one in argued(cases, definitions(url, tmp_path))] == [known]
    assert [proven(one) for one in argued(cases, nowhere)] == [unknown]
