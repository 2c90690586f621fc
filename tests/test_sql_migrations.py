"""Index migrations: what is written, and how the judge decides on a real SQLite."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from perfprof.errors import PerfprofError
from perfprof.optimizer.indexes.validate import judge_migration
from perfprof.optimizer.migrations.sql import changes, folder_of, pending, read
from perfprof.optimizer.patches import Patch
from perfprof.optimizer.scratch.sqlite import SqliteScratch, copied, rebuilt
from perfprof.profilers.recording import Execution, Frame, Statement
from perfprof.rules.catalog import Index, Table
from perfprof.rules.rule import Finding, Migration
from perfprof.rules.schema.ddl import index_migration, index_name, quoted
from perfprof.rules.schema.indexes import Candidate, Key, candidate, covering, merge_all

SCHEMA = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, due TEXT, status TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders SELECT i, i * 7 % 300, date('2024-01-01', '+' || (i % 50) || ' days'), 's' || (i % 2) FROM n;
"""
BY_CUSTOMER = "SELECT id, due FROM orders WHERE customer_id = ?"


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[SqliteScratch]:
    path = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.close()
    with copied(path, tmp_path) as copy:
        yield copy


def run(text: str, count: int = 100, rows: int = -1) -> Execution:
    site = (Frame("/app/shop.py", "list_due", 3),)
    return Execution(Statement(text, "sqlite3", "x"), site, "1", count, 0.1, rows, 1, "int")


def patch(migration: Migration, promise: float = 2.0) -> Patch:
    finding = Finding(
        "abc", "missing-index", "shop.py", 3, 3, "list_due", "orders (customer_id)", "100 executions scan"
    )
    return Patch(
        "missing-index", "scan -> index", (), finding, migration=migration, promise=promise, why="for a look-up"
    )


def on(*columns: str, table: str = "orders", dialect: str = "sqlite") -> Migration:
    new = candidate(table, columns)
    return index_migration(new, index_name(new), dialect, "x")


def outcomes(scratch: SqliteScratch, migration: Migration, *executions: Execution) -> dict[str, str]:
    before = scratch.schema()
    verdict = judge_migration(patch(migration), scratch, executions)
    assert scratch.schema() == before, "the scratch is left as it was found"
    return {"decision": verdict.decision} | {layer.name: layer.outcome for layer in verdict.layers}


def test_a_good_index_is_accepted_with_exact_numbers(scratch: SqliteScratch) -> None:
    verdict = judge_migration(patch(on("customer_id")), scratch, [run(BY_CUSTOMER, rows=1000)])
    assert verdict.decision == "accepted", verdict.layers
    assert [layer.name for layer in verdict.layers] == ["apply", "plan", "results", "counter", "writes", "undo"]
    assert verdict.comparison is not None
    assert verdict.comparison.metric == "vm-steps"
    assert "client CPU" in verdict.reason
    assert verdict.comparison.ratio == verdict.comparison.low > 50
    again = judge_migration(patch(on("customer_id")), scratch, [run(BY_CUSTOMER, rows=1000)])
    assert again.comparison == verdict.comparison
    assert verdict.patch == patch(on("customer_id")).digest


def test_an_accepted_one_can_stay_for_those_that_follow(scratch: SqliteScratch) -> None:
    accepted, again = patch(on("customer_id")), patch(on("customer_id", "status"))
    assert judge_migration(accepted, scratch, [run(BY_CUSTOMER)], keep=True).decision == "accepted"
    assert scratch.valid("ix_orders_customer_id")
    assert judge_migration(again, scratch, [run(BY_CUSTOMER)], keep=True).decision == "rejected"
    assert not scratch.valid("ix_orders_customer_id_status")


def test_an_index_that_nothing_uses_is_rejected(scratch: SqliteScratch) -> None:
    assert outcomes(scratch, on("due"), run(BY_CUSTOMER)) == {
        "decision": "rejected",
        "apply": "passed",
        "plan": "failed",
        "undo": "passed",
    }


def test_an_index_that_halves_nothing_is_rejected(scratch: SqliteScratch) -> None:
    found = outcomes(scratch, on("status"), run("SELECT * FROM orders WHERE status = ?"))
    assert (found["decision"], found["counter"]) == ("rejected", "failed")


def test_a_statement_that_becomes_dearer_is_a_reason_to_reject(scratch: SqliteScratch) -> None:
    # the planner believes that an equality keeps ten rows; here it keeps half the table, where the dates keep a few
    scratch.apply("CREATE INDEX by_due ON orders (due)")
    lured = run("SELECT id, customer_id FROM orders WHERE due BETWEEN ? AND ? AND status = ?", rows=3000)
    pleased = run("SELECT count(*) FROM orders WHERE status = ?", count=100_000)
    verdict = judge_migration(patch(on("status"), promise=1.0), scratch, [lured, pleased])
    assert verdict.decision == "rejected"
    assert "becomes dearer" in verdict.reason


def test_writes_that_pay_more_than_reads_save_are_a_reason_to_reject(scratch: SqliteScratch) -> None:
    insert = run("INSERT INTO orders (customer_id, due) VALUES (?, ?)", count=500_000)
    found = outcomes(scratch, on("customer_id"), run(BY_CUSTOMER), insert)
    assert (found["decision"], found["counter"], found["writes"]) == ("rejected", "passed", "failed")


def test_filling_the_database_is_no_work_that_pays_for_an_index(scratch: SqliteScratch) -> None:
    fill = run("INSERT INTO orders (customer_id, due, status) VALUES (?, ?, ?)", count=1, rows=3000)
    found = outcomes(scratch, on("customer_id"), run(BY_CUSTOMER, count=3), fill)
    assert found["decision"] == "accepted"


def test_rows_that_a_limit_leaves_open_cannot_be_told(scratch: SqliteScratch) -> None:
    ties = run("SELECT id FROM orders WHERE customer_id = ? ORDER BY due DESC LIMIT ?", rows=300)
    found = outcomes(scratch, on("customer_id", "due"), ties)
    assert (found["decision"], found["results"]) == ("cannot tell", "cannot tell")


def test_updates_and_deletes_are_served_too_and_never_kept(scratch: SqliteScratch) -> None:
    found = outcomes(scratch, on("customer_id"), run("DELETE FROM orders WHERE customer_id = ?", rows=10))
    assert found["decision"] == "accepted"
    assert scratch.rows("SELECT count(*) FROM orders") == [(3000,)]


def test_without_data_nothing_is_accepted() -> None:
    definition = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, due TEXT)"
    with rebuilt(":memory:", [definition], {"orders": 5000}) as empty:
        verdict = judge_migration(patch(on("customer_id")), empty, [run(BY_CUSTOMER)])
    assert (verdict.decision, verdict.comparison) == ("cannot tell", None)
    assert "no data" in verdict.reason


def test_a_migration_that_does_not_apply_is_rejected_not_raised(scratch: SqliteScratch) -> None:
    wrong = replace(on("customer_id"), up="CREATE INDEX x ON orders (nothing);\n")
    assert outcomes(scratch, wrong, run(BY_CUSTOMER))["decision"] == "rejected"
    assert outcomes(scratch, on("id", table="gone"), run(BY_CUSTOMER))["decision"] == "rejected"


def test_a_way_back_that_leaves_something_is_rejected(scratch: SqliteScratch) -> None:
    verdict = judge_migration(patch(replace(on("customer_id"), down="SELECT 1;\n")), scratch, [run(BY_CUSTOMER)])
    assert (verdict.decision, verdict.layers[-1].name) == ("rejected", "undo")


# ------------------------------------------------------------------ candidates


def groups(*parts: str) -> Candidate:
    """ "ab c" is an index on a and b in any order, then c."""
    equal, _, rest = " ".join(parts).partition(" ")
    return candidate("t", tuple(equal), tuple(Key(name) for name in rest.replace(" ", "")))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["a", "a b"], ["ab"]),
        (["ab", "b"], ["ba"]),
        (["abc", "b", "bc"], ["bca"]),
        (["a", "b"], ["a", "b"]),
        (["a b", "a c"], ["ab", "ac"]),
        (["ab", "a c"], ["ab", "ac"]),
        (["ab c", "b"], ["bac"]),
    ],
)
def test_prefixes_are_merged(wanted: list[str], expected: list[str]) -> None:
    found = merge_all([groups(one) for one in wanted], widest=3)
    assert sorted("".join(one.names) for one in found) == sorted(expected)


def test_what_exists_covers_as_a_prefix_as_unique_and_as_primary_key() -> None:
    table = Table("t", ("id", "a", "b"), 5000, ("id",))
    assert covering(groups("a"), [Index("i", "t", ("a", "b"))], table) == "i"
    assert covering(groups("ab"), [Index("i", "t", ("b", "a"))], table) == "i"
    assert covering(groups("b"), [Index("i", "t", ("a", "b"))], table) == ""
    assert covering(groups("a b"), [Index("i", "t", ("b", "a"))], table) == ""
    assert covering(groups("ab"), [Index("u", "t", ("a",), unique=True)], table) == "u"
    assert covering(groups("a"), [Index("p", "t", ("a",), partial="b = 1")], table) == ""
    assert covering(groups("a"), [Index("broken", "t", ("a",), valid=False)], table) == ""
    assert covering(candidate("t", ("id", "a")), [], table) == "the primary key"


# ------------------------------------------------------------------ names and text


def test_names_are_readable_stable_and_short() -> None:
    plain = index_name(candidate("orders", ("customer_id",), (Key("due"),)))
    assert plain == "ix_orders_customer_id_due"
    taken = index_name(candidate("orders", ("customer_id",), (Key("due"),)), {plain.upper()})
    assert taken.startswith(plain + "_")
    for table, column in [("t" * 80, "c"), ("tä\n;", 'c"'), ("Orders", "x"), ("select", "x y")]:
        names = {index_name(candidate(table, (column,))) for _ in range(2)}
        assert len(names) == 1
        assert len(names.pop().encode()) <= 63
    down = candidate("t", ("a",), (Key("b", descending=True), Key("c")))
    assert index_name(down) != index_name(candidate("t", ("a",), (Key("b"), Key("c"))))


def test_a_name_is_quoted_or_refused() -> None:
    assert quoted('a"b') == '"a""b"'
    for name in ("", "a\0b"):
        with pytest.raises(PerfprofError):
            quoted(name)


def test_postgresql_builds_outside_of_a_transaction_and_without_if_not_exists() -> None:
    migration = on("customer_id", dialect="postgresql")
    assert 'CREATE INDEX CONCURRENTLY "ix_orders_customer_id" ON "orders" ("customer_id");' in migration.up
    assert "NOT EXISTS" not in migration.up
    assert "BEGIN;" not in migration.up
    lines = migration.up.splitlines()
    assert lines.index("SET lock_timeout = 0;") < lines.index("SET statement_timeout = 0;")
    assert "indisvalid" in lines[1]
    assert 'DROP INDEX CONCURRENTLY IF EXISTS "ix_orders_customer_id";' in migration.down


# ------------------------------------------------------------------ files


def test_a_pair_of_files_is_written_and_read_back(tmp_path: Path, scratch: SqliteScratch) -> None:
    migration = on("customer_id", "due")
    verdict = judge_migration(patch(on("customer_id")), scratch, [run(BY_CUSTOMER)])
    up, down = changes(tmp_path, patch(migration), verdict)
    assert (up.path, down.path) == (
        "migrations/0001_orders_customer_id_due.up.sql",
        "migrations/0001_orders_customer_id_due.down.sql",
    )
    (tmp_path / "migrations").mkdir()
    for change in (up, down):
        assert change.before == ""
        (tmp_path / change.path).write_text(change.after)
    script = read(tmp_path / down.path)
    assert (script.up, script.down) == (migration.up, migration.down)
    assert "vm-steps" in up.after
    assert pending(tmp_path / "migrations", migration) == tmp_path / up.path
    assert pending(tmp_path / "migrations", on("due")) is None


def test_the_files_are_run_by_the_plain_client(tmp_path: Path) -> None:
    up, down = changes(tmp_path, patch(on("customer_id")))
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    connection.executescript(SCHEMA)
    connection.executescript(up.after)
    assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()
    connection.executescript(down.after)
    assert not connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ([], "0001_"),
        (["0007_x.sql", "0003_y.sql"], "0008_"),
        (["12_x.sql"], "13_"),
        (["20240131120000_x.sql"], "20240131120001_"),
        (["009.sql", "README.md"], "010_"),
    ],
)
def test_numbers_go_on(present: list[str], expected: str, tmp_path: Path) -> None:
    folder = tmp_path / "db" / "migrations"
    folder.mkdir(parents=True)
    for name in present:
        (folder / name).write_text("SELECT 1;")
    up, _ = changes(tmp_path, patch(on("due")))
    assert Path(up.path).name.startswith(expected)
    assert folder_of(tmp_path) == (folder if present else tmp_path / "migrations")


def test_two_migrations_of_one_run_get_two_numbers(tmp_path: Path) -> None:
    first = changes(tmp_path, patch(on("due")))
    second = changes(tmp_path, patch(on("status")), taken=[change.path for change in first])
    assert second[0].path == "migrations/0002_orders_status.up.sql"


def test_a_hostile_name_stays_inside_its_comment_and_its_quotes(tmp_path: Path) -> None:
    table, column = 'o"; DROP TABLE orders; --', "c\n; DROP TABLE orders; --"
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    connection.executescript(SCHEMA)
    connection.execute(f"CREATE TABLE {quoted(table)} ({quoted(column)})")
    migration = on(column, table=table)
    hostile = replace(patch(migration), why=f"for {table} {column}")
    up, down = changes(tmp_path, hostile)
    for change in (up, down):
        assert set(Path(change.path).name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.")
        connection.executescript(change.after)
        (tmp_path / "migrations").mkdir(exist_ok=True)
        (tmp_path / change.path).write_text(change.after)
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (3000,)
    assert read(tmp_path / up.path).up == migration.up


def test_half_a_pair_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "0001_x.up.sql").write_text("SELECT 1;")
    with pytest.raises(PerfprofError, match="cannot be read"):
        read(tmp_path / "0001_x.up.sql")


def test_check_imports_nothing_of_sql() -> None:
    code = (
        "import sys, perfprof.rules as r; r.registry();"
        "print({'sqlglot', 'sqlparse', 'psycopg'} & set(sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
    )
