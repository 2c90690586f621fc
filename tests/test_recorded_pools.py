"""Connections: pools that run out, statements that are slow, and what each request asked of databases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.optimizer.comparing.figures import figures
from perfprof.optimizer.reports.recorded import sections
from perfprof.profilers.parts import connects, pools, requests, statements
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import record

POOL = """
import threading, time
from sqlalchemy import create_engine, text
from sqlalchemy.exc import TimeoutError
engine = create_engine("sqlite:///x.db", pool_size=2, max_overflow=0, pool_timeout={timeout})
taken, asks, ended = [], threading.Event(), threading.Event()

def report():
    with engine.connect() as connection:
        taken.append(1)
        asks.wait()
        ended.wait({hold})
        connection.execute(text("select 1"))

def order():
    try:
        with engine.connect() as connection:
            connection.execute(text("select 2"))
    except TimeoutError:
        print("timeout")

order()
holders = [threading.Thread(target=report) for _ in range({holders})]
for one in holders: one.start()
while len(taken) < len(holders): time.sleep(0.01)
asks.set()
order()
ended.set()
for one in holders: one.join()
print("done")
"""


def recorded(folder: Path, source: str, *arguments: str) -> Recording:
    (folder / "app.py").write_text(source)
    argv = [sys.executable, "app.py", *arguments]
    recording = record(argv, cwd=folder, folder=folder / "run", output=folder / "out", slow_query=0.3)
    assert recording.meta["exit_code"] == "0", (folder / "out").read_text()
    return recording


def test_planted_exhaustion_is_named_with_its_place(tmp_path: Path) -> None:
    with recorded(tmp_path, POOL.format(timeout=60, holders=2, hold=0.6)) as recording:
        (pool,) = pools.read(recording)
        (section,) = (one for one in sections(recording, tmp_path) if one["subject"] == "pools")
    assert (pool.name, pool.size, pool.most) == ("SQLAlchemy QueuePool", 2, 2)
    assert pool.wanted == 3, "two out, and one who waits"
    assert [(site.place[0].line, site.latencies.count) for site in pool.made] == [(5, 1)]
    assert pool.exhausted
    assert pools.total(pool.checkouts).count == 4
    assert [site.place[0].function for site in pool.waits] == ["order"]
    assert 0.2 < pool.waits[0].latencies.longest < 60
    assert [site.place[0].function for site in pool.holds] == ["report"]
    assert pool.holds[0].latencies.count == 2
    said = "\n".join(section["brief"])
    assert "exhausted: 1 waited" in said
    assert "app.py:17 order" in said
    assert "app.py:9 report" in said


def test_who_gives_up_is_told_and_a_wide_pool_is_clean(tmp_path: Path) -> None:
    with recorded(tmp_path, POOL.format(timeout=0.1, holders=2, hold=60)) as recording:
        (pool,) = pools.read(recording)
        assert [site.place[0].function for site in pool.timeouts] == ["order"]
        assert not pool.waits
    assert (tmp_path / "out").read_text() == "timeout\ndone\n"
    with recorded(tmp_path, POOL.format(timeout=60, holders=1, hold=60)) as recording:
        (pool,) = pools.read(recording)
    assert not pool.exhausted


SERVED = """
import sqlite3, threading, time, urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server
db = sqlite3.connect("x.db", check_same_thread=False)
db.create_function("nap", 1, lambda seconds: time.sleep(seconds) or 1)
db.execute("create table t (id integer primary key, name text)")
db.executemany("insert into t values (?, ?)", [(i, str(i)) for i in range(50)])

def app(environ, start):
    if environ["PATH_INFO"] == "/orders":
        for i in range(7):
            db.execute("select name from t where id = ?", (i,)).fetchall()
    elif environ["PATH_INFO"] == "/slow":
        db.execute("select nap(0.4)").fetchone()
        sqlite3.connect("x.db").close()
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"x"]

class Quiet(WSGIRequestHandler):
    def log_message(self, *a):
        pass

server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
for path in ("/orders", "/orders", "/slow", "/"):
    urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}").read()
server.shutdown()
"""


def test_statements_and_connections_of_each_route(tmp_path: Path) -> None:
    with recorded(tmp_path, SERVED) as recording:
        routes = {route.route: route for route in requests.read(recording)}
        timed = {one.statement.text: one for one in statements.read(recording)}
        told = figures(recording, tmp_path)
        (section,) = (one for one in sections(recording, tmp_path) if one["subject"] == "statements")
    assert {name: route.queries for name, route in routes.items()} == {"/orders": 14, "/slow": 1, "/": 0}
    assert routes["/slow"].query_seconds > 0.39
    assert routes["/slow"].connections == 1
    assert told["queries a request"].value == 15 / 4, "statements of the start belong to no request"
    slow, fast = timed["select nap(?)"], timed["select name from t where id = ?"]
    assert (slow.slower(0.3), fast.slower(0.3)) == (1, 0)
    assert slow.latencies.percentile(95) > 0.39
    assert (fast.latencies.count, fast.rows) == (14, 14)
    assert "1 took longer than 300 ms" in section["says"]
    assert section["rows"][0][0] == "select nap(?)", "slow ones come first"
    assert section["rows"][0][-1] == "app.py:14 app"


def test_the_limit_of_slow_statements_is_a_setting(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.perfprof]\nslow-query-ms = 20000\n")
    (tmp_path / "app.py").write_text(SERVED)
    argv = [sys.executable, "-m", "perfprof", "record", "--", sys.executable, "app.py"]
    ran = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "none took longer than 20.0 s" in ran.stderr


PSYCOPG_POOL = """
import sys, threading, time
from psycopg_pool import ConnectionPool
user, password, host = sys.argv[1:]
about = f"dbname=postgres user={user} password={password} host={host}"
with ConnectionPool(about, min_size=2, max_size=2, open=True) as pool:
    pool.wait(60)
    taken, asks = [], threading.Event()

    def report():
        with pool.connection() as connection:
            taken.append(1)
            asks.wait()
            time.sleep(0.6)

    def order():
        with pool.connection() as connection:
            connection.execute("select 2")

    holders = [threading.Thread(target=report) for _ in range(2)]
    for one in holders: one.start()
    while len(taken) < 2: time.sleep(0.01)
    asks.set()
    order()
    for one in holders: one.join()
"""
ASYNCPG_POOL = """
import asyncio, sys
import asyncpg
user, password, host = sys.argv[1:]

async def report(pool, taken, asks):
    async with pool.acquire() as connection:
        taken.append(1)
        await asks.wait()
        await asyncio.sleep(0.6)

async def order(pool):
    async with pool.acquire() as connection:
        await connection.fetch("select 2")

async def main():
    about = {"database": "postgres", "user": user, "password": password, "host": host}
    async with asyncpg.create_pool(min_size=2, max_size=2, **about) as pool:
        taken, asks = [], asyncio.Event()
        holders = [asyncio.create_task(report(pool, taken, asks)) for _ in range(2)]
        while len(taken) < 2: await asyncio.sleep(0.01)
        asks.set()
        await order(pool)
        await asyncio.gather(*holders)

asyncio.run(main())
"""


@pytest.mark.postgres
def test_pools_of_postgresql_drivers(tmp_path: Path) -> None:
    pytest.importorskip("psycopg_pool")
    pytest.importorskip("asyncpg")
    from perfprof.optimizer.scratch.postgres import Server

    (tmp_path / "pg").mkdir()
    with Server.start(tmp_path / "pg") as server:
        about = (server.user, server.password, str(server.socket))
        for name, source in (("psycopg_pool ConnectionPool", PSYCOPG_POOL), ("asyncpg Pool", ASYNCPG_POOL)):
            with recorded(tmp_path, source, *about) as recording:
                (pool,) = pools.read(recording)
                opened = connects.read(recording)
            assert (pool.name, pool.size, pool.most, pool.wanted) == (name, 2, 2, 3)
            assert len(pool.made) == 1
            assert sum(one.latencies.count for one in opened) == (2 if "psycopg" in name else 0)
            assert pools.total(pool.checkouts).count == 3
            assert [site.place[0].function for site in pool.waits] == ["order"]
            assert [site.place[0].function for site in pool.holds] == ["report"]
            assert 0.2 < pool.waits[0].latencies.longest < 60
