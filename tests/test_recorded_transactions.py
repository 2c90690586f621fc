"""Transactions in a recording: where they begin, how they end, and what they wait for, for every driver."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from perfprof.optimizer.recorded import as_run, summary
from perfprof.optimizer.reports.document import document
from perfprof.profilers.parts import statements, transactions
from perfprof.profilers.parts.transactions import Transaction
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import record

SQLITE = """
import sqlite3, time

db = sqlite3.connect(":memory:")
db.execute("create table t (id int, v int)")

def pay(i):
    with db:
        db.execute("insert into t values (?, ?)", (i, i))
        time.sleep(0.1)
        db.execute("update t set v = v + 1 where id = ?", (i,))

def quick(i):
    db.execute("insert into t values (?, ?)", (i, i))
    db.commit()

def refused():
    with db:
        db.execute("delete from t")
        raise KeyError

def explicit():
    cursor = db.cursor()
    cursor.execute("begin immediate")
    cursor.execute("delete from t where id = 1")
    cursor.execute("rollback")

def forgotten():
    db.execute("insert into t values (0, 0)")
    time.sleep(1.1)
    db.execute("select 1")

for i in range(5): pay(i)
for i in range(100): quick(i)
try: refused()
except KeyError: pass
explicit()
db.execute("select count(*) from t").fetchone()
forgotten()
"""


def recorded(folder: Path, source: str, *arguments: str) -> Recording:
    (folder / "app.py").write_text(source)
    output = folder / "out"
    recording = record(
        [sys.executable, "app.py", *arguments],
        cwd=folder,
        folder=folder / "record",
        sampler="off",
        output=output,
    )
    assert recording.meta["exit_code"] == "0", output.read_text()
    return recording


def by_place(recording: Recording) -> dict[tuple[str, str], Transaction]:
    return {(one.place[0].function, one.outcome): one for one in transactions.read(recording)}


def test_where_it_began_how_it_ended_and_what_it_waited_for(tmp_path: Path) -> None:
    with recorded(tmp_path, SQLITE) as recording:
        found = by_place(recording)
        told = "\n".join(
            summary(recording, tmp_path, document(as_run(recording, "app.py", "", tmp_path, kept=False)))
        )
    assert set(found) == {
        ("pay", "committed"),
        ("quick", "committed"),
        ("refused", "rolled back"),
        ("explicit", "rolled back"),
        ("forgotten", "never ended"),
    }
    pay = found["pay", "committed"]
    assert (pay.latencies.count, pay.statements, pay.most) == (5, 10, 2)
    assert {(statement.text[:6], count) for statement, _, count in pay.members} == {("insert", 5), ("update", 5)}
    (pause,) = pay.pauses
    assert (pause.statement.text[:6], pause.place[0].line, pause.count) == ("insert", 9, 5)
    assert 0.49 < pay.idle <= pay.latencies.seconds
    assert found["quick", "committed"].latencies.count == 100
    assert found["explicit", "rolled back"].statements == 1  # begin and rollback are none of the program's own
    assert 1 < found["forgotten", "never ended"].latencies.longest < 60
    assert "app.py:9 pay · 5 committed, 2 statements each" in told
    assert "idle, most behind app.py:9 pay (insert into t" in told
    assert "1 never ended" in told


PSYCOPG = """
import asyncio, sys
import psycopg

def pay(db):
    with db.transaction():
        db.execute("select 1")
        db.execute("select 2")

def implicit(db):
    db.execute("select 3")
    db.commit()

def undone(db):
    db.execute("select 4")
    db.rollback()

def alone(db):
    db.execute("select 5")

async def later(about):
    async with await psycopg.AsyncConnection.connect(**about) as db:
        await db.execute("select 6")

user, password, host = sys.argv[1:]
about = dict(dbname="postgres", user=user, password=password, host=host)
with psycopg.connect(**about) as db:
    pay(db), implicit(db), implicit(db), undone(db)
with psycopg.connect(autocommit=True, **about) as db:
    alone(db), pay(db)
asyncio.run(later(about))
"""
PSYCOPG2 = """
import sys
import psycopg2

def pay(db):
    with db, db.cursor() as cursor:
        cursor.execute("select 1")
        cursor.execute("select 2")

def implicit(db):
    db.cursor().execute("select 3")
    db.commit()

def undone(db):
    db.cursor().execute("select 4")
    db.rollback()

def alone(db):
    db.cursor().execute("select 5")

def later(db):
    db.cursor().execute("select 6")
    db.commit()

user, password, host = sys.argv[1:]
db = psycopg2.connect(dbname="postgres", user=user, password=password, host=host)
pay(db), implicit(db), implicit(db), undone(db), pay(db), later(db)
db.autocommit = True
alone(db)
db.close()
"""
ASYNCPG = """
import asyncio, sys
import asyncpg

async def pay(db):
    async with db.transaction():
        await db.execute("select 1")
        await db.fetch("select 2 where $1 > 0", 1)

async def implicit(db):
    async with db.transaction():
        await db.fetch("select 3")

async def undone(db):
    try:
        async with db.transaction():
            await db.fetch("select 4")
            raise KeyError
    except KeyError:
        pass

async def alone(db):
    await db.fetch("select 5")

async def later(db):
    async with db.transaction():
        await db.fetch("select 6")

async def main():
    user, password, host = sys.argv[1:]
    db = await asyncpg.connect(database="postgres", user=user, password=password, host=host)
    for deed in (pay, implicit, implicit, undone, alone, pay, later):
        await deed(db)
    await db.close()

asyncio.run(main())
"""


@pytest.mark.postgres
def test_drivers_of_postgresql(tmp_path: Path) -> None:
    for library in ("psycopg", "psycopg2", "asyncpg"):
        pytest.importorskip(library)
    from perfprof.optimizer.scratch.postgres import Server

    (tmp_path / "pg").mkdir()
    with Server.start(tmp_path / "pg") as server:
        about = (server.user, server.password, str(server.socket))
        for source in (PSYCOPG, PSYCOPG2, ASYNCPG):
            with recorded(tmp_path, source, *about) as recording:
                found = transactions.read(recording)
            counts: Counter[tuple[str, str, str]] = Counter()
            for one in found:  # one for each way to a place
                counts[one.place[0].function, one.outcome, "times"] += one.latencies.count
                counts[one.place[0].function, one.outcome, "statements"] += one.statements
            assert counts == {
                ("pay", "committed", "times"): 2,
                ("pay", "committed", "statements"): 4,
                ("implicit", "committed", "times"): 2,
                ("implicit", "committed", "statements"): 2,
                ("undone", "rolled back", "times"): 1,
                ("undone", "rolled back", "statements"): 1,
                ("later", "committed", "times"): 1,
                ("later", "committed", "statements"): 1,
            }


AIOSQLITE = """
import asyncio
import aiosqlite

async def pay(db):
    await db.execute("insert into t values (1)")
    await asyncio.sleep(0.05)
    await db.commit()

async def main():
    async with aiosqlite.connect(":memory:") as db:
        await db.execute("create table t (id int)")
        for _ in range(3):
            await pay(db)

asyncio.run(main())
"""
SQLALCHEMY = """
import time
from sqlalchemy import create_engine, text
engine = create_engine("sqlite:///app.db")

def pay():
    with engine.begin() as db:
        db.execute(text("insert into t values (1)"))
        time.sleep(0.05)

with engine.begin() as db:
    db.execute(text("create table t (id int)"))
for _ in range(3):
    pay()
"""


@pytest.mark.parametrize(("library", "source"), [("aiosqlite", AIOSQLITE), ("sqlalchemy", SQLALCHEMY)])
def test_through_a_library_above_the_driver(library: str, source: str, tmp_path: Path) -> None:
    pytest.importorskip(library)
    with recorded(tmp_path, source) as recording:
        pay = by_place(recording)["pay", "committed"]
    assert (pay.latencies.count, pay.statements) == (3, 3)
    assert pay.pauses[0].place[0].function == "pay"
    assert pay.idle > 0.14


FETCHED = """
import sqlite3, time
db = sqlite3.connect(":memory:", isolation_level=None)
db.create_function("slow", 1, lambda value: time.sleep(0.01) or value)
db.execute("create table t (id int)")
db.executemany("insert into t values (?)", [(i,) for i in range(20)])
db.execute("begin")
db.execute("select slow(id) from t").fetchall()
cursor = db.execute("select slow(id) + 1 from t")
while cursor.fetchmany(5): pass
db.execute("commit")
"""


def test_rows_that_sqlite_looks_for_when_they_are_fetched_are_the_statement_s_time(tmp_path: Path) -> None:
    with recorded(tmp_path, FETCHED) as recording:
        took = {one.statement.text: one.latencies.seconds for one in statements.read(recording)}
        summed = {one.statement.text: one.seconds for one in recording.executions()}
        (whole,) = (one for one in transactions.read(recording) if one.first == "begin")
    for text in ("select slow(id) from t", "select slow(id) + ? from t"):
        assert took[text] > 0.19
        assert summed[text] > 0.19
    assert whole.busy > 0.38, "both statements: 0.4 s"
