"""Scratch copies of SQLite databases: the original is never written, parameters come from the data, counts repeat."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfprof.errors import PerfprofError, UsageError
from perfprof.optimizer.scratch.databases import opened
from perfprof.optimizer.scratch.samples import parameter_sets
from perfprof.optimizer.scratch.sources import Source, redacted
from perfprof.optimizer.scratch.sqlite import SqliteScratch, copied
from perfprof.profilers.recording import Execution, Frame, Statement
from perfprof.rules.reading.statements import read
from perfprof.rules.schema.needs import needs

SCHEMA = """
CREATE TABLE Orders (id INTEGER PRIMARY KEY, customer_id INTEGER, due TEXT, status TEXT);
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO Orders SELECT i, i % 300, date('2024-01-01', '+' || (i % 365) || ' days'),
                          CASE WHEN i % 100 = 0 THEN 'open' ELSE 'done' END FROM n;
INSERT INTO customers SELECT id, 'c' || id || '@example.org', 'name ' || id FROM Orders WHERE id <= 300;
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop's #1?.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.close()
    return path


@pytest.fixture
def scratch(database: Path, tmp_path: Path) -> Iterator[SqliteScratch]:
    with copied(database, tmp_path) as copy:
        yield copy


def execution(text: str, database: str, *, count: int = 10, rows: int = -1, driver: str = "sqlite3") -> Execution:
    return Execution(
        Statement(text, driver, database), (Frame("/app/shop.py", "f", 3),), "1", count, 0.1, rows, 1, "int"
    )


def test_the_copy_is_private_and_goes_away(database: Path, tmp_path: Path) -> None:
    before = database.read_bytes()
    with copied(database, tmp_path) as copy:
        for file in tmp_path.glob("scratch-*"):  # where an open file cannot be unlinked
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        copy.apply("CREATE INDEX i ON Orders (due)")
        copy.run(read("DELETE FROM orders WHERE customer_id = ?"), (1,))
    assert list(tmp_path.iterdir()) == [database]
    assert database.read_bytes() == before


def test_a_database_that_others_are_writing_is_copied(database: Path, tmp_path: Path) -> None:
    writer = sqlite3.connect(database)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("INSERT INTO Orders (customer_id) VALUES (7)")
    with copied(database, tmp_path) as copy:
        assert next(table.rows for table in copy.catalog.tables() if table.name == "Orders") == 3000
    writer.close()


def test_something_else_than_a_database_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database " * 100)
    with pytest.raises(PerfprofError, match="not a database"), copied(path, tmp_path):
        pass
    assert list(tmp_path.iterdir()) == [path]


def test_writes_are_rolled_back(scratch: SqliteScratch) -> None:
    assert scratch.run(read("DELETE FROM orders WHERE customer_id = ?"), (1,)).rows == 10
    assert scratch.run(read("UPDATE orders SET due = ?"), ("x",)).rows == 3000
    assert scratch.rows("SELECT count(*), max(due) FROM orders") == [(3000, "2024-12-30")]


def test_only_statements_that_are_understood_are_run(scratch: SqliteScratch) -> None:
    for text in ("DROP TABLE orders", "SELECT 1; DROP TABLE orders", "ATTACH 'x' AS y", "PRAGMA user_version = 5"):
        with pytest.raises(PerfprofError):
            scratch.run(read(text), ())
    assert len(scratch.catalog.tables()) == 2


def test_steps_are_exact_and_repeat(scratch: SqliteScratch) -> None:
    statement = read("SELECT * FROM orders WHERE customer_id = ?")
    first, second = scratch.run(statement, (5,)), scratch.run(statement, (5,))
    assert first == second
    assert 6_000 < first.cost < 12_000
    assert scratch.run(read("SELECT * FROM orders WHERE id = ?"), (5,)).cost < 30


def test_an_answer_is_compared_with_and_without_its_order(scratch: SqliteScratch) -> None:
    up = scratch.run(read("SELECT id FROM orders ORDER BY id"), ())
    down = scratch.run(read("SELECT id FROM orders ORDER BY id DESC"), ())
    other = scratch.run(read("SELECT id + 1 FROM orders ORDER BY id"), ())
    assert up.multiset == down.multiset != other.multiset
    assert up.sequence != down.sequence


def test_the_catalog_knows_indexes_behind_constraints_and_partial_ones(scratch: SqliteScratch) -> None:
    scratch.apply("CREATE INDEX p ON Orders (due DESC, lower(status)) WHERE status = 'open'")
    by_name = {index.name: index for index in scratch.catalog.indexes()}
    assert by_name["p"].columns == ("due", "(expression)")
    assert by_name["p"].descending == (True, False)
    assert by_name["p"].partial == "status = 'open'"
    assert [index.columns for index in by_name.values() if index.unique] == [("email",)]


def test_plans_tell_scans_look_ups_inner_sides_and_sorts(scratch: SqliteScratch) -> None:
    plan = scratch.catalog.plan(
        "SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.due = ? ORDER BY o.id + 1"
    )
    scans = [(step.table, step.index, step.filtered, step.inner) for step in plan if step.step == "scan"]
    assert scans == [("Orders", "", True, False), ("customers", "rowid", False, True)]
    assert [step.step for step in plan][-1] == "sort"
    assert scratch.catalog.plan("SELECT nothing FROM orders") == ()


def test_what_if_leaves_no_trace(scratch: SqliteScratch) -> None:
    before = scratch.schema()
    create = "CREATE INDEX perhaps ON Orders (customer_id)"
    (plan,) = scratch.catalog.what_if((create,), ("SELECT * FROM orders WHERE customer_id = ?",))
    assert [step.index for step in plan] == ["perhaps"]
    assert scratch.schema() == before


def test_parameters_come_from_the_column_they_are_compared_with(scratch: SqliteScratch) -> None:
    sets = parameter_sets(read("SELECT * FROM orders WHERE customer_id = ? AND due = ?"), scratch)
    present = {(row[1], row[2]) for row in scratch.rows("SELECT * FROM Orders")}
    assert len(sets) == 4
    assert all(values in present for values in sets[:3])
    assert not scratch.rows(f"SELECT 1 FROM Orders WHERE customer_id = {sets[3][0]}")


def test_rows_of_the_recorded_run_decide_between_frequent_and_rare_values(scratch: SqliteScratch) -> None:
    statement = read("SELECT * FROM orders WHERE status = ?")
    scratch.apply("UPDATE Orders SET status = 'open' WHERE id % 4 = 0")
    assert parameter_sets(statement, scratch, mean_rows=750)[0] == ("open",)
    assert parameter_sets(statement, scratch, mean_rows=2250)[0] == ("done",)


def test_bounds_of_ranges_keep_about_as_many_rows_as_were_recorded(scratch: SqliteScratch) -> None:
    statement = read("SELECT * FROM orders WHERE due BETWEEN ? AND ? LIMIT ?")
    few = scratch.run(statement, parameter_sets(statement, scratch, mean_rows=12)[0]).rows
    assert 5 <= few <= 30
    newer = read("SELECT * FROM orders WHERE due > ?")
    many = scratch.run(newer, parameter_sets(newer, scratch, mean_rows=2500)[0]).rows
    assert many > 2000


def test_the_same_parameters_every_time(scratch: SqliteScratch) -> None:
    statement = read("SELECT * FROM orders WHERE customer_id IN (?, ?) AND due < ? AND status LIKE ?")
    assert parameter_sets(statement, scratch, 5) == parameter_sets(statement, scratch, 5)


def test_hostile_names_are_quoted_everywhere(tmp_path: Path) -> None:
    table, column = 'ta"ble; DROP TABLE x; --\n', "sel'ect \"ü"
    path = tmp_path / "x.sqlite"
    connection = sqlite3.connect(path)
    quoted = ['"' + name.replace('"', '""') + '"' for name in (table, column)]
    connection.execute(f"CREATE TABLE {quoted[0]} (id INTEGER PRIMARY KEY, {quoted[1]} TEXT)")
    connection.executemany(f"INSERT INTO {quoted[0]} ({quoted[1]}) VALUES (?)", [(f"v{i}",) for i in range(2000)])
    connection.commit()
    connection.close()
    with copied(path, tmp_path) as scratch:
        assert [table.columns for table in scratch.catalog.tables()] == [("id", column)]
        assert scratch.catalog.distinct(table, (column,)) == 2000
        statement = read(f"SELECT id FROM {quoted[0]} WHERE {quoted[1]} = ?")
        ran = [scratch.run(statement, values).rows for values in parameter_sets(statement, scratch, 1)]
        assert ran == [1, 1, 1, 0]


def test_a_database_that_is_gone_is_rebuilt_from_what_was_recorded(tmp_path: Path) -> None:
    recorded = [
        execution("CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER DEFAULT 5)", ":memory:", count=1),
        execution("INSERT INTO t (k) VALUES (?)", ":memory:", count=5000),
        execution("SELECT id FROM t WHERE k = ?", ":memory:"),
    ]
    with opened(recorded, tmp_path) as (found, lost):
        (one,) = found
        assert (one.scratch.filled, one.scratch.catalog.tables()[0].rows) == (False, 5000)
        assert lost == ()


@pytest.mark.parametrize(
    ("where", "rows", "wanted"),
    [("k = ?", 600, ["t (k)"]), ("k = ?", 200 * 4000, []), ("k = ?", 0, []), ("k = ? AND j = ?", 600, [])],
)
def test_a_key_that_was_asked_for_is_wanted_without_data(
    where: str, rows: int, wanted: list[str], tmp_path: Path
) -> None:
    """What the statement gave tells how many rows a key has; where there are two, nothing tells which one narrows."""
    recorded = [
        execution("CREATE TABLE t (id INTEGER PRIMARY KEY, j INTEGER, k INTEGER)", ":memory:", count=1),
        execution("INSERT INTO t (k) VALUES (?)", ":memory:", count=5000),
        execution(f"SELECT id FROM t WHERE {where}", ":memory:", count=200, rows=rows),
    ]
    with opened(recorded, tmp_path) as ((one,), _):
        found = list(needs(one.executions, one.scratch.catalog))
    assert [f"{need.table.name} ({', '.join(need.candidate.names)})" for need in found] == wanted


def test_what_cannot_be_tried_is_said_and_does_not_stop_the_rest(database: Path, tmp_path: Path) -> None:
    recorded = [
        execution("SELECT id FROM orders WHERE due = ?", str(database)),
        execution("SELECT 1 FROM gone WHERE k = ?", "/nowhere/gone.sqlite"),
        execution("SELECT 1 FROM t WHERE k = %s", "db.example.org:5432/shop", driver="psycopg"),
    ]
    with opened(recorded, tmp_path) as (found, lost):
        assert [one.scratch.database for one in found] == [str(database)]
        assert [one.database for one in lost] == ["/nowhere/gone.sqlite", "db.example.org:5432/shop"]
        assert "--database" in lost[1].reason


@pytest.mark.parametrize("form", ["sqlite:///{name}", "{name}"])
def test_a_database_can_be_given_as_url_or_as_path(form: str, database: Path) -> None:
    source = Source.of(
        form.format(name=database.name.replace("?", "%3F") if ":" in form else database.name), database.parent
    )
    assert (source.dialect, source.name) == ("sqlite", str(database))


@pytest.mark.parametrize("url", ["sqlite:///nothing.db", "mysql://u:secret@h/d", "nothing.db", ""])
def test_what_is_no_database_is_wrong_use(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Source.of(url, tmp_path)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://bob:s3cr3t@db/shop",
        "postgresql://bob:s3c@r3t/s3cr3t@db/shop",
        "connection to postgresql+psycopg://bob:s3cr3t@db failed",
        "host=db user=bob password=s3cr3t",
        "password = 's3cr3t with \\'s3cr3t'",
    ],
)
def test_credentials_are_blotted_out(text: str) -> None:
    assert "s3c" not in redacted(text)
    assert "r3t" not in redacted(text)


def test_a_source_does_not_show_its_password() -> None:
    source = Source.of("postgresql://bob:s3cr3t@db:6000/shop?sslmode=require", Path("/"))
    assert source.name == "db:6000/shop"
    assert "s3cr3t" not in repr(source) + source.without_secrets(
        "FATAL: bob s3cr3t postgresql://bob:s3cr3t@db/shop"
    )
    assert "bob" not in source.without_secrets('password authentication failed for user "bob"')
    assert source.environment()["PGPASSWORD"] == "s3cr3t"
