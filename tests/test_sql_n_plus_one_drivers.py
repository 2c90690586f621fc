"""Asynchronous drivers: asyncpg, psycopg and aiosqlite, each with the same answers in fewer statements."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_sql_n_plus_one import ran
from test_sql_n_plus_one_postgres import SCHEMA
from test_sql_n_plus_one_spellings import SETUP

from perfprof.optimizer.scratch.postgres import Server

ORDERS = 'await conn.fetch("SELECT id, customer_id, sku FROM orders ORDER BY id")'
ASYNCPG = {
    "a row, a named column": f"""
async def main(conn):
    out = []
    for order in {ORDERS}:
        row = await conn.fetchrow("SELECT name, rate FROM customers WHERE id = $1", order["customer_id"])
        out.append((order["id"], row["name"] if row else None))
    return out
""",
    "one value, counted": f"""
async def main(conn):
    orders = {ORDERS}
    return [await conn.fetchval("SELECT count(*) FROM items WHERE order_id = $1", order["id"]) for order in orders]
""",
    "one value that may be missing": f"""
async def main(conn):
    out = []
    for order_id, customer_id, sku in {ORDERS}:
        name = await conn.fetchval("SELECT name FROM customers WHERE id = $1", customer_id)
        out.append((order_id, name))
    return out
""",
    "rows of text without case, another parameter": f"""
async def main(conn, first="2026-01-01"):
    import datetime

    first = datetime.date.fromisoformat(first)
    out = []
    for order in {ORDERS}:
        for shelf in await conn.fetch(
            "SELECT padded, day FROM shelves WHERE day > $1 AND code = $2 ORDER BY day, padded", first, order["sku"]
        ):
            out.append((order["id"], shelf["padded"], shelf["day"]))
    return out
""",
    "a repository, the newest of each": """
class Items:
    def __init__(self, conn):
        self.conn = conn

    async def newest(self, order_id: int, least: int) -> str | None:
        \"\"\"Its number.\"\"\"
        row = await self.conn.fetchrow(
            "SELECT sku FROM items WHERE pieces > $2 AND order_id = $1 ORDER BY pieces DESC LIMIT 1", order_id, least
        )
        return row["sku"] if row else None


async def main(conn):
    items = Items(conn)
    out = []
    for order in await conn.fetch("SELECT id FROM orders ORDER BY id"):
        sku = await items.newest(order["id"], 4)
        out.append(sku)
    return out
""",
}
PSYCOPG = {
    "await twice": """
async def main(conn):
    orders = await (await conn.execute("SELECT id, customer_id FROM orders ORDER BY id")).fetchall()
    out = []
    for order in orders:
        row = await (await conn.execute("SELECT name FROM customers WHERE id = %s", (order[1],))).fetchone()
        out.append(row)
    return out
""",
    "a cursor": """
async def main(conn):
    cur = conn.cursor()
    await cur.execute("SELECT id, sku FROM orders ORDER BY id")
    orders = await cur.fetchall()
    out = []
    for order_id, sku in orders:
        await cur.execute("SELECT sum(pieces), min(order_id) FROM items WHERE sku = %s", (sku,))
        row = await cur.fetchone()
        out.append((order_id, row[0]))
    return out
""",
}
AIOSQLITE = {
    "a block for the cursor": """
async def main(conn):
    out = []
    for order in await conn.execute_fetchall("SELECT id, customer_id FROM orders ORDER BY id"):
        async with conn.execute("SELECT name FROM customers WHERE id = ?", (order[1],)) as cursor:
            # nobody, perhaps
            row = await cursor.fetchone()
            if row is None:
                continue
        out.append(row[0])
    return out
""",
    "a cursor, text keys": """
async def main(conn):
    out = []
    for order in await conn.execute_fetchall("SELECT id, sku FROM orders ORDER BY id"):
        cursor = await conn.execute("SELECT pieces FROM items WHERE sku = ? ORDER BY pieces", (order[1],))
        rows = await cursor.fetchall()
        out.append([row[0] for row in rows])
    return out
""",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    psycopg = pytest.importorskip("psycopg")
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            connection.execute(SCHEMA)
        yield running


@pytest.mark.postgres
@pytest.mark.parametrize("name", ASYNCPG)
def test_asyncpg(name: str, server: Server, tmp_path: Path) -> None:
    pytest.importorskip("asyncpg")
    workload = f"""
import asyncio
import asyncpg


async def run():
    conn = await asyncpg.connect(
        host={str(server.socket)!r}, user={server.user!r}, password={server.password!r}, database="postgres"
    )
    print(await main(conn))
    await conn.close()


asyncio.run(run())
"""
    before, after = ran(ASYNCPG[name], workload, tmp_path)
    assert after + 30 < before


@pytest.mark.postgres
@pytest.mark.parametrize("name", PSYCOPG)
def test_psycopg(name: str, server: Server, tmp_path: Path) -> None:
    workload = f"""
import asyncio
import psycopg


async def run():
    async with await psycopg.AsyncConnection.connect({server.dsn!r}) as conn:
        print(await main(conn))


asyncio.run(run())
"""
    before, after = ran(PSYCOPG[name], workload, tmp_path)
    assert after + 30 < before


@pytest.mark.parametrize("name", AIOSQLITE)
def test_aiosqlite(name: str, tmp_path: Path) -> None:
    pytest.importorskip("aiosqlite")
    setup = SETUP.replace('":memory:"', '"shop.sqlite"').replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")
    workload = f"""
import asyncio
import os
import aiosqlite
if os.path.exists("shop.sqlite"):
    os.remove("shop.sqlite")
{setup}
conn.commit()


async def run():
    async with aiosqlite.connect("shop.sqlite") as db:
        print(await main(db))


asyncio.run(run())
"""
    before, after = ran(AIOSQLITE[name], workload, tmp_path)
    assert after + 30 < before
