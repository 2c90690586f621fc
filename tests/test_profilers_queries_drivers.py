"""Drivers beyond sqlite3 and psycopg: what they execute is recorded with its place, and they stay as they are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfprof.profilers.workload import record

AIOSQLITE = """
import asyncio
import aiosqlite

async def main():
    async with aiosqlite.connect(":memory:") as db:
        await db.execute("create table t (id int)")
        await db.executemany("insert into t values (?)", [(1,), (2,)])
        for i in range(3):
            async with db.execute("select * from t where id = ?", (i,)) as cursor:
                await cursor.fetchall()

asyncio.run(main())
"""
PSYCOPG2 = """
import sys
import psycopg2, psycopg2.extras
user, password, host = sys.argv[1:]
made = psycopg2.connect(dbname="postgres", user=user, password=password, host=host,
                        cursor_factory=psycopg2.extras.DictCursor)
cursor = made.cursor()
assert type(cursor).__name__ == "DictCursor" and isinstance(cursor, psycopg2.extras.DictCursor)
cursor.execute("create temp table t (id int)")
cursor.executemany("insert into t values (%s)", [(0,), (1,)])
for i in range(4):
    cursor.execute("select * from t where id = %s", (i,))
    cursor.fetchall()
with made.cursor("named") as named:
    named.execute("select * from t")
    assert len(list(named)) == 2
"""
ASYNCPG = """
import asyncio, sys
import asyncpg
user, password, host = sys.argv[1:]

async def one(made, i):
    return await made.fetchrow("select $1::int", i)

async def main():
    made = await asyncpg.connect(database="postgres", user=user, password=password, host=host)
    for i in range(4):
        await one(made, i)
    prepared = await made.prepare("select id from generate_series(1, $1) id")
    await prepared.fetch(3)
    async with made.transaction():
        async for row in made.cursor("select 5"):
            pass
    await made.close()

asyncio.run(main())
"""


def recorded(folder: Path, program: str, *arguments: str) -> dict[str, tuple[int, int]]:
    """Statement -> (executions, rows) of a program that ends well."""
    (folder / "app.py").write_text(program)
    argv = [sys.executable, "app.py", *arguments]
    output = folder / "out"
    with record(argv, cwd=folder, folder=folder / "record", sampler="off", output=output) as recording:
        assert recording.meta["exit_code"] == "0", output.read_text()
        found: dict[str, tuple[int, int]] = {}
        for one in recording.executions():
            count, rows = found.get(one.statement.text, (0, 0))
            found[one.statement.text] = (count + one.count, rows + max(one.rows, 0))
            assert one.site, one.statement.text
            assert one.site[0].path.endswith("app.py")
            assert "secret" not in one.statement.database
        return found


def test_aiosqlite_is_noted_where_it_is_awaited(tmp_path: Path) -> None:
    pytest.importorskip("aiosqlite")
    found = recorded(tmp_path, AIOSQLITE)
    assert found["select * from t where id = ?"] == (3, 2)
    assert found["insert into t values (?)"] == (1, 2)
    assert found["create table t (id int)"][0] == 1


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("library", "program", "expected"),
    [
        ("psycopg2", PSYCOPG2, {"select * from t where id = %s": (4, 2), "select * from t": (1, 0)}),
        ("asyncpg", ASYNCPG, {"select $1::int": (4, 4), "select id from generate_series(?, $1) id": (1, 3)}),
    ],
)
def test_drivers_of_postgresql(
    library: str, program: str, expected: dict[str, tuple[int, int]], tmp_path: Path
) -> None:
    pytest.importorskip(library)
    from perfprof.optimizer.scratch.postgres import Server

    (tmp_path / "pg").mkdir()
    with Server.start(tmp_path / "pg") as server:
        found = recorded(tmp_path, program, server.user, server.password, str(server.socket))
    assert {text: found.get(text) for text in expected} == expected
