"""Reading SQL: placeholders, fingerprints, tables, how columns are used, and what is a plain look-up."""

from __future__ import annotations

import subprocess
import sys

import pytest

from perfprof.rules.reading.placeholders import template
from perfprof.rules.reading.statements import read, split


def shown(text: str, dialect: str) -> str:
    return template(text, dialect).rendered(lambda number: f"<{number}>")


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        ("sqlite", "a = ? AND b = ?", "a = <0> AND b = <1>"),
        ("sqlite", "a = ?1 AND b = ?2 AND c = ?1", "a = <0> AND b = <1> AND c = <0>"),
        ("sqlite", "a = :x AND b = @y AND c = $z AND d = :x", "a = <0> AND b = <1> AND c = <2> AND d = <0>"),
        ("sqlite", "a = '?' AND \"b?\" = ? AND [c?] = ? -- ?", "a = '?' AND \"b?\" = <0> AND [c?] = <1> -- ?"),
        ("sqlite", "a LIKE '%x' ESCAPE '\\' AND b = ?", "a LIKE '%x' ESCAPE '\\' AND b = <0>"),
        ("sqlite", "a = 'it''s ?' /* ? */ AND a %s = ?", "a = 'it''s ?' /* ? */ AND a %s = <0>"),
        ("postgresql", "a = %s AND b = %(k)s AND c = %(k)s", "a = <0> AND b = <1> AND c = <1>"),
        ("postgresql", "a = $1 AND b = $2 AND c::int = $1", "a = <0> AND b = <1> AND c::int = <0>"),
        ("postgresql", "a %% 2 = ? AND xs[1:n] = %s", "a % 2 = <0> AND xs[1:n] = <1>"),
        ("postgresql", "a = %s AND b = '%%x' AND \"c%%\" = 1", "a = <0> AND b = '%x' AND \"c%\" = 1"),
        ("postgresql", "a = $1 AND b = '%%x'", "a = <0> AND b = '%%x'"),
        ("postgresql", "tags ? 'new' AND tags ?| %s AND x = ?", "tags ? 'new' AND tags ?| <0> AND x = <1>"),
        (
            "postgresql",
            "b = $$ ? %s $$ AND c = E'\\'?' AND @ d > %s",
            "b = $$ ? %s $$ AND c = E'\\'?' AND @ d > <0>",
        ),
    ],
)
def test_placeholders_are_found_where_values_are_expected(dialect: str, text: str, expected: str) -> None:
    assert shown(text, dialect) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a FROM t WHERE b = 1", "select  A from T where b=? -- note"),
        ("SELECT a FROM t WHERE b IN (1, 2, 3)", "SELECT a FROM t WHERE b IN (?)"),
        ("INSERT INTO t (a) VALUES (1), (2)", "INSERT INTO t (a) VALUES (?)"),
        ('SELECT "a" FROM "t"', "SELECT a FROM t"),
        ("SELECT a FROM t WHERE b = :x", "SELECT a FROM t WHERE b = ?2"),
    ],
)
def test_fingerprints_forget_literals_and_spelling(one: str, other: str) -> None:
    assert read(one).fingerprint == read(other).fingerprint


def test_fingerprints_tell_apart_what_differs() -> None:
    texts = ["SELECT a FROM t WHERE b = %s", "SELECT b FROM t WHERE b = %s", 'SELECT "A" FROM t WHERE b = %s']
    assert len({read(text, "postgresql").fingerprint for text in texts}) == 3


def test_sqlite_knows_no_case_in_names() -> None:
    assert read('SELECT "A" FROM [T]').fingerprint == read("SELECT a FROM t").fingerprint


def test_tables_with_aliases_and_without_the_names_that_with_defines() -> None:
    statement = read(
        "WITH recent AS (SELECT * FROM orders) SELECT * FROM recent r JOIN customers AS c ON c.id = r.cid"
    )
    assert {(use.name, use.alias) for use in statement.tables} == {("orders", "orders"), ("customers", "c")}


def uses_of(
    text: str, table: str, columns: dict[str, tuple[str, ...]], dialect: str = "sqlite"
) -> set[tuple[str, str]]:
    statement = read(text, dialect)
    return {
        (use.column.name, use.how)
        for name, uses in statement.by_table(columns)
        for use in uses
        if name.name == table
    }


COLUMNS = {"orders": ("id", "customer_id", "due", "status", "note"), "customers": ("id", "email", "name")}


def test_columns_are_classed_and_given_to_their_table() -> None:
    text = (
        "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id"
        " WHERE status = ? AND due BETWEEN ? AND ? AND email LIKE ? AND note IS NULL AND o.id IN (?, ?)"
        " GROUP BY name ORDER BY due DESC"
    )
    assert uses_of(text, "orders", COLUMNS) == {
        ("customer_id", "join"),
        ("status", "equality"),
        ("due", "range"),
        ("note", "null"),
        ("id", "in"),
        ("due", "order"),
    }
    assert uses_of(text, "customers", COLUMNS) == {("id", "join"), ("email", "like"), ("name", "group")}


def test_either_side_of_a_comparison_may_be_the_column() -> None:
    (use,) = read("SELECT 1 FROM t WHERE ? < t.a").uses
    assert (use.column.name, use.how, use.role, use.parameter) == ("a", "range", "low", 0)


def test_what_stands_under_or_and_not_is_optional() -> None:
    uses = read("SELECT 1 FROM t WHERE a = ? AND (b = ? OR c = ?) AND NOT d = ?").uses
    assert {use.column.name: use.optional for use in uses} == {"a": False, "b": True, "c": True, "d": True}


def test_a_function_around_a_column_is_kept() -> None:
    (use,) = read("SELECT 1 FROM t WHERE lower(t.name) = ?").uses
    assert (use.column.name, use.wrapped) == ("name", "LOWER(t.name)")


def test_correlated_subqueries_are_blocks_of_their_own() -> None:
    text = (
        "SELECT * FROM orders o WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = o.customer_id AND c.name = ?)"
    )
    assert uses_of(text, "customers", COLUMNS) == {("id", "join"), ("name", "equality")}


def test_writes_are_known_with_their_columns() -> None:
    update = read("UPDATE t SET a = ?, b = b + 1 WHERE c = ?")
    assert (update.kind, update.writes, update.changes, update.values) == ("update", "t", ("a", "b"), (("a", 0),))
    assert read("INSERT INTO main.t (a, b) VALUES (?, ?)").writes == "main.t"
    assert read("REPLACE INTO t (a) VALUES (?)").kind == "insert"
    cte = read("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "postgresql")
    assert not cte.reads_only
    assert cte.writes == "t"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SELECT a, b FROM t WHERE k = ?", ""),
        ("SELECT t.a, u.b FROM t JOIN u ON u.id = t.u_id WHERE t.k = ? AND t.live = 1 ORDER BY t.a", ""),
        ("SELECT a FROM t WHERE k = ? LIMIT 1", "it has LIMIT"),
        ("SELECT a FROM t WHERE k = ? LIMIT 1 OFFSET 5", "it has LIMIT"),
        ("SELECT max(a) FROM t WHERE k = ?", "it has an aggregate"),
        ("SELECT DISTINCT a FROM t WHERE k = ?", "it has DISTINCT"),
        ("SELECT a FROM t WHERE k = ? GROUP BY a", "it has GROUP BY"),
        ("SELECT row_number() OVER (ORDER BY a) FROM t WHERE k = ?", "it has a window function"),
        ("SELECT a FROM t WHERE k = ? UNION SELECT b FROM u", "it is not a single SELECT"),
        ("SELECT a FROM t WHERE k = (SELECT max(x) FROM u)", "it has a subquery"),
        ("WITH x AS (SELECT 1) SELECT a FROM x WHERE k = ?", "it has WITH"),
        ("SELECT ?", "it reads no table"),
        ("UPDATE t SET a = 1", "it is not a single SELECT"),
        ("SELEC a", "it cannot be parsed"),
    ],
)
def test_only_plain_look_ups_are_called_plain(text: str, why: str) -> None:
    assert read(text).complex == why


def test_row_locks_are_not_plain() -> None:
    assert read("SELECT a FROM t WHERE k = %s FOR UPDATE", "postgresql").complex == "it locks rows"


def test_several_statements_in_one_text_are_refused() -> None:
    statement = read("SELECT 1; DROP TABLE t")
    assert (statement.kind, statement.parsed, statement.reads_only) == ("other", False, False)


def test_a_script_is_split_into_its_statements() -> None:
    script = "CREATE TABLE a (x);-- done\n;\nCREATE TRIGGER r AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END; SELECT ';'"
    assert [piece.split()[0] for piece in split(script)] == ["CREATE", "CREATE", "SELECT"]


def test_nothing_heavy_is_imported_before_a_statement_is_read() -> None:
    code = "import sys, perfprof.rules.reading.statements; print({'sqlglot', 'sqlparse'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
    )


def test_merge_is_read_although_its_update_names_no_table() -> None:
    statement = read("MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN UPDATE SET x = 1", "postgresql")
    assert (statement.kind, statement.writes) == ("merge", "a")
