"""SQL as it stands in files: named queries, scripts of psql, documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.optimizer.statements.sources import seen

NAMED = """-- name: get-user^
-- One of them; with a word
SELECT * FROM orders WHERE customer_id = :customer_id LIMIT :n;

-- name: drop_order!
DELETE FROM orders WHERE id = :id

-- name: find_open(limit, state)
-- record_class: Order
SELECT id FROM orders WHERE state = '-- name: x' AND created > :since::timestamptz
-- :name by-email :one
select id from customers where lower(email) = :email
"""
PSQL = r"""
\set ON_ERROR_STOP on
\c shop
BEGIN;
\echo 'it''s; here'
SELECT * FROM orders WHERE path LIKE 'a\gone%';
SELECT id FROM customers WHERE email = :'mail' AND id > :id \gset
SELECT count(*) FROM pay WHERE who = 7 \g /dev/null
COPY customers (id, email) FROM stdin;
1	a;b'c
2	\N
\.
SELECT * FROM notes WHERE body = 'y' \watch 5
\if :x
  SELECT * FROM orders WHERE state = 'open';
\endif
"""
YAML = """
# queries
queries:
  by_customer: SELECT * FROM orders WHERE customer_id = %s
  open: |
    SELECT id FROM orders
    WHERE state = 'a;b'
  note: select nothing and nobody
"""


def texts(path: Path, content: str) -> list[str]:
    path.write_text(content)
    found = (
        " ".join(line for line in one.text.splitlines() if not line.startswith("--"))
        for one in seen(path, "postgresql")
    )
    return [" ".join(one.split()) for one in found]


def test_a_name_begins_a_query(tmp_path: Path) -> None:
    assert texts(tmp_path / "queries.sql", NAMED) == [
        "SELECT * FROM orders WHERE customer_id = :customer_id LIMIT :n",
        "DELETE FROM orders WHERE id = :id",
        "SELECT id FROM orders WHERE state = '-- name: x' AND created > :since::timestamptz",
        "select id from customers where lower(email) = :email",
    ]


def test_what_psql_takes_for_itself_is_left_out(tmp_path: Path) -> None:
    assert texts(tmp_path / "script", PSQL) == [
        "BEGIN",
        r"SELECT * FROM orders WHERE path LIKE 'a\gone%'",
        "SELECT id FROM customers WHERE email = :mail AND id > :id",
        "SELECT count(*) FROM pay WHERE who = 7",
        "COPY customers (id, email) FROM stdin",
        "SELECT * FROM notes WHERE body = 'y'",
        "SELECT * FROM orders WHERE state = 'open'",
    ]


@pytest.mark.parametrize(
    "content",
    [
        YAML,
        '{"a": ["SELECT * FROM orders WHERE customer_id = %s", {"b": "SELECT id FROM orders WHERE state = \'a;b\'"}]}',
    ],
)
def test_documents_hold_queries(tmp_path: Path, content: str) -> None:
    assert texts(tmp_path / "document", content)[:2] == [
        "SELECT * FROM orders WHERE customer_id = %s",
        "SELECT id FROM orders WHERE state = 'a;b'",
    ]


def test_a_script_is_no_document(tmp_path: Path) -> None:
    assert texts(tmp_path / "script", "VALUES (1);\nPRAGMA x = 1;") == ["VALUES (1)", "PRAGMA x = 1"]
    assert texts(tmp_path / "broken", "a: [SELECT 1;") == ["a: [SELECT 1"]
