"""Asynchronous programs, tasks and errors between the turns of a loop: what broke in a hostile review, rewritten alike or left alone."""

from __future__ import annotations

import contextlib
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_sql_n_plus_one import Bench, proven, ran
from test_sql_n_plus_one_postgres import SCHEMA

from perfprof.optimizer.scratch.postgres import Server

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE items (order_id INTEGER, sku TEXT, pieces INTEGER);
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 40) INSERT INTO customers SELECT i * 2, 'n' || i FROM n;
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 90) INSERT INTO items SELECT i % 20, 'S' || i % 7, i FROM n;
"""
AIOSQLITE = """
import asyncio
import aiosqlite


async def run():
    async with aiosqlite.connect("shop.sqlite") as db:
        print(await main(db))


asyncio.run(run())
"""
TURNS = """
import asyncio
import contextlib


async def audit(conn):
    await conn.execute("UPDATE customers SET name = 'x'")


async def main(conn):
    out, tasks, ready, queue = [], [], asyncio.Event(), asyncio.Queue()
    for key in list(range(30)):
        cursor = await conn.execute("SELECT name FROM customers WHERE id = ?", (key,))
        row = await cursor.fetchone()
        out.append(row)
        {}
    return out
"""
STAY = {
    "a task is made": "tasks += [asyncio.create_task(audit(conn))] if key > 99 else []",
    "it ends itself": "asyncio.current_task().cancel() if key > 99 else None",
    "somebody waits for it": "ready.set() if key == 5 else None",
    "somebody waits for what it gives": "queue.put_nowait(key)",
    "a row is made where there was none": 'row or key < 99 or await conn.execute_insert("INSERT INTO customers VALUES (?, 1)", (key,))',
    "a statement of another method": "key < 99 or await conn.execute_fetchall(\"UPDATE customers SET name = '' RETURNING id\")",
}
SAME = {
    "keys called i": """
async def main(conn):
    out = []
    for i in list(range(30)):
        async with conn.execute("SELECT count(*) FROM items WHERE order_id = ?", (i,)) as cursor:
            (n,) = await cursor.fetchone()
        out.append(n)
    return out
""",
    "a block around text keys": """
async def main(conn):
    out = []
    for key in [f"S{number % 9}" for number in range(40)]:
        async with conn.execute("SELECT pieces FROM items WHERE sku = ? ORDER BY pieces", (key,)) as cursor:
            rows = await cursor.fetchall()
            if not rows:
                continue
            out.append((key, [row[0] for row in rows]))
    return out
""",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    pytest.importorskip("aiosqlite")
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.sqlite")) as made:
        made.executescript(SHOP)
    return tmp_path


@pytest.mark.parametrize("name", STAY)
def test_what_other_tasks_see_stays(name: str, shop: Path) -> None:
    cases = Bench(shop).cases({"example.py": TURNS.format(STAY[name]).lstrip()}, AIOSQLITE)
    assert cases
    assert not any(proven(case) for case in cases)


@pytest.mark.parametrize("name", SAME)
def test_blocks_and_names(name: str, shop: Path) -> None:
    before, after = ran(SAME[name], AIOSQLITE, shop)
    assert after + 20 < before


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    psycopg = pytest.importorskip("psycopg")
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            connection.execute(SCHEMA)
        yield running


CAUGHT = """
def main(conn, keys):
    out = []
    {}
        for key in keys:
            row = conn.execute("SELECT {} FROM {} WHERE {} = %s", (key,)).fetchone()
            out.append(row)
    return out
"""
TRY = ("import contextlib\n    with contextlib.suppress(Exception):", "if conn:")
KEYS = "list(range(40))"
ERRORS = {
    "a division": ("100 / (40 - id)", "customers", "id", KEYS),
    "a cast": ("right(name, 1)::int", "customers", "id", KEYS),
    "a text that is no uuid": ("day", "shelves", "holder", '["c4ca4238-a0b9-2382-0dcc-509a6f75849b"] * 9'),
}


@pytest.mark.postgres
@pytest.mark.parametrize("name", ERRORS)
def test_what_may_fail_for_one_key_stays_where_it_is_caught(name: str, server: Server, tmp_path: Path) -> None:
    given = ERRORS[name]
    found = []
    for around in TRY:
        source = CAUGHT.format(around, *given[:3]).lstrip()
        workload = f"import psycopg\nconn = psycopg.connect({server.dsn!r})\nmain(conn, {given[3]})\n"
        found.append([proven(case) for case in Bench(tmp_path).cases({"example.py": source}, workload)])
    assert found[0] == [False]
    assert found[1] == [True]


LATER = [
    "[2, 2.0, '2', True, None, 4]",
    "['2', '4', '2']",
    "[2.5, 2**40, 4]",
    "[decimal.Decimal(4), 4]",
    "['a', b'x', 4]",
]


@pytest.mark.postgres
@pytest.mark.parametrize("column", ["id", "name"])
def test_keys_of_other_types_find_what_they_found(column: str, server: Server, tmp_path: Path) -> None:
    import decimal

    import psycopg

    keys = "[0, 2, 4, 7] * 9" if column == "id" else "['Name 2', 'Name 4', '4'] * 9"
    source = CAUGHT.format("if conn:", "rate", "customers", column).lstrip()
    workload = f"import psycopg\nconn = psycopg.connect({server.dsn!r})\nmain(conn, {keys})\n"
    new = Bench(tmp_path).changed({"example.py": source}, workload)["example.py"]
    for later in LATER:
        told = []
        for text in (source, new):
            names: dict[str, object] = {}
            exec(text, names)
            with psycopg.connect(server.dsn) as conn, contextlib.redirect_stdout(io.StringIO()):
                try:
                    told.append(repr(names["main"](conn, eval(later, {"decimal": decimal}))))  # type: ignore[operator]
                except psycopg.Error as error:
                    told.append(type(error).__name__)
                    conn.rollback()
        assert told[0] == told[1], later
