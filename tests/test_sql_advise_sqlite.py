"""`perfprof advise` on SQLite: all that the shell's .expert finds, chosen for the whole workload by running it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from perfprof.optimizer.indexes.advice import Advice
from perfprof.optimizer.indexes.asked import Asked
from perfprof.optimizer.indexes.sqlite_advise import advise
from perfprof.optimizer.scratch.sources import Source
from perfprof.optimizer.statements.workload import Seen, workload

SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY, tenant INT, email TEXT, deleted TEXT, created TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INT REFERENCES users, state TEXT, placed TEXT, amount INT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
INSERT INTO users SELECT i, i % 90, 'u' || i || '@x.org', CASE WHEN i % 4 = 0 THEN '2024' END, 2000 + i % 24 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO orders SELECT i, 1 + i * 7 % 8000, CASE WHEN i % 60 = 0 THEN 'open' ELSE 'done' END, 2000 + i % 25, i FROM n;
CREATE INDEX users_tenant ON users (tenant); CREATE INDEX users_tenant_created ON users (tenant, created);
CREATE INDEX orders_amount ON orders (amount); CREATE INDEX orders_user ON orders (user_id);
"""
READS = (
    "SELECT id FROM users WHERE tenant = 5 AND deleted IS NULL ORDER BY created DESC LIMIT 5",
    "SELECT id FROM users WHERE email LIKE 'u77%'",
    "SELECT id FROM users WHERE lower(email) = 'u99@x.org'",
    "SELECT id FROM orders WHERE state = 'open' AND placed > '2020'",
    "SELECT u.email, o.amount FROM orders o JOIN users u ON u.id = o.user_id WHERE o.placed = '2003' AND o.state = 'open'",
    "SELECT id FROM orders WHERE placed = '2004' OR state = 'open'",
    "SELECT state, count(*) FROM orders GROUP BY state",
    "SELECT id FROM users WHERE email = 'u500@x.org'",
)
EXPERT = shutil.which("sqlite3")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
    return path


def advised(database: Path, *texts: str, calls: float = 100.0, code: bool = True, complete: bool = False) -> Advice:
    found = workload([Seen(text, calls, code=code) for text in texts], "sqlite")
    source = Source.of(str(database), Path("/"))
    return advise(source, found, Asked(complete=complete), database.parent)


def steps(connection: sqlite3.Connection, text: str) -> int:
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    connection.execute(f"EXPLAIN {text}").fetchall()  # reads the schema, which takes steps too
    connection.set_progress_handler(tick, 1)
    connection.execute(text).fetchall()
    connection.set_progress_handler(None, 0)
    return count


@pytest.mark.skipif(EXPERT is None, reason="needs SQLite's shell")
def test_no_statement_is_served_worse_than_by_the_shells_expert(database: Path) -> None:
    assert EXPERT is not None
    helped = 0
    with closing(sqlite3.connect(database)) as connection:
        for text in READS:
            done = subprocess.run(
                [EXPERT, str(database)], input=f".expert\n{text};\n", capture_output=True, text=True, check=True
            )
            theirs = [line for line in done.stdout.splitlines() if line.startswith("CREATE INDEX")]
            helped += bool(theirs)
            ours = [one.migration.up for one in advised(database, text).proposals]
            assert with_indexes(connection, ours, text) <= 1.05 * with_indexes(connection, theirs, text) + 100, text
    assert helped >= 6


def with_indexes(connection: sqlite3.Connection, creates: list[str], text: str) -> int:
    connection.execute("BEGIN")
    for create in creates:
        connection.execute(create)
    found = steps(connection, text)
    connection.execute("ROLLBACK")
    return found


def test_a_workload_takes_fewer_steps_and_no_statement_more(database: Path) -> None:
    advice = advised(database, *READS, "INSERT INTO orders VALUES (90000, 5, 'open', '2024', 3)")
    with closing(sqlite3.connect(database)) as connection:
        before = [steps(connection, text) for text in READS]
        for one in advice.proposals:
            connection.executescript(one.migration.up)
        after = [steps(connection, text) for text in READS]
        for one in advice.proposals:
            connection.executescript(one.migration.down)
        assert [steps(connection, text) for text in READS] == pytest.approx(before, abs=5)
    assert advice.proposals
    assert all(one.decision == "confirmed" and one.serves and one.built > 0 for one in advice.proposals)
    assert all(new <= 1.1 * old + 100 for old, new in zip(before, after, strict=True))
    assert sum(after) < 0.3 * sum(before)  # one statement counts all rows, whatever is built
    assert sum(after) / sum(before) == pytest.approx(advice.share, rel=0.1)


def test_what_writes_pay_more_for_than_reads_gain_is_not_built(database: Path) -> None:
    read, write = (
        "SELECT id FROM orders WHERE placed = '1999'",
        "INSERT INTO orders VALUES (90000, 5, 'x', '2024', 3)",
    )
    found = workload([Seen(read, 1.0), Seen(write, 1_000_000.0)], "sqlite")
    advice = advise(Source.of(str(database), Path("/")), found, Asked(), database.parent)
    assert advice.proposals == ()
    assert advised(database, read).proposals != ()


def test_redundant_indexes_go_and_come_back(database: Path) -> None:
    advice = advised(database, *READS, complete=True)
    assert {one.name: one.reason for one in advice.removals} == {
        "users_tenant": "unused",
        "orders_amount": "unused",
    }
    kept = advised(database, *READS)
    assert [(one.name, one.reason, one.instead) for one in kept.removals] == [
        ("users_tenant", "prefix", "users_tenant_created")
    ]
    query = "SELECT name, sql FROM sqlite_master ORDER BY name"
    with closing(sqlite3.connect(database)) as connection:
        before = connection.execute(query).fetchall()
        for one in advice.removals:
            connection.executescript(one.migration.up)
        assert len(connection.execute(query).fetchall()) == len(before) - 2
        for one in advice.removals:
            connection.executescript(one.migration.down)
        assert connection.execute(query).fetchall() == before


def test_the_file_is_not_touched_and_statistics_are_used(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("ANALYZE")
        connection.commit()
    held = database.read_bytes()
    advice = advised(database, *READS)
    assert database.read_bytes() == held
    assert not any("no statistics" in note for note in advice.notes)
    assert sorted(path.name for path in database.parent.iterdir()) == ["shop.sqlite"]


def test_the_command_writes_migrations(database: Path) -> None:
    (database.parent / "pyproject.toml").write_text("")
    (database.parent / "queries.sql").write_text(";\n".join(READS) + ";\n")
    command = [
        sys.executable,
        "-m",
        "perfprof",
        "advise",
        "--database",
        "sqlite:///shop.sqlite",
        "--json",
        "-",
        "queries.sql",
    ]
    done = subprocess.run(command, cwd=database.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["advice"]["dialect"] == "sqlite"
    files = sorted((database.parent / ".perfprof").rglob("*.up.sql"))
    assert files
    with closing(sqlite3.connect(database)) as connection:
        for path in files:
            connection.executescript(path.read_text())


def told(folder: Path, statements: str) -> subprocess.CompletedProcess[str]:
    (folder / "pyproject.toml").write_text("")
    (folder / "queries.sql").write_text(statements)
    command = [sys.executable, "-m", "perfprof", "advise", "--database", "sqlite:///shop.sqlite", "queries.sql"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_nothing_is_proposed_for_tables_without_rows(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as connection:
        connection.execute("create table book (id integer primary key, isbn text, title text)")
    done = told(tmp_path, "select * from book where isbn = '12' order by title;\nselec from;\n")
    assert done.returncode == 0, done.stderr
    assert "1 statement planned: no index to build or to drop" in done.stdout
    assert "no rows in book: no index was tried there" in done.stdout
    assert "1 statement could not be read" in done.stdout


@pytest.mark.parametrize(("text", "says"), [("", ""), ("selec from;", "1 statement could not be read")])
def test_a_file_without_statements_is_an_error(tmp_path: Path, text: str, says: str) -> None:
    sqlite3.connect(tmp_path / "shop.sqlite").executescript("create table t (a)")
    done = told(tmp_path, text)
    assert done.returncode == 2
    assert "queries.sql: there is no statement to plan" in done.stderr
    assert says in done.stderr


def test_an_index_goes_whose_work_a_new_one_does_and_none_that_compares_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("""
            CREATE TABLE notes (id INTEGER PRIMARY KEY, owner TEXT, at INT, body TEXT, tag TEXT UNIQUE);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
            INSERT INTO notes SELECT i, 'o' || i % 200, i * 7919 % 20000, 'body', 't' || i FROM n;
            CREATE INDEX by_owner ON notes (owner); CREATE INDEX by_owner_nocase ON notes (owner COLLATE NOCASE);
            CREATE INDEX by_owner_down ON notes (owner DESC); CREATE UNIQUE INDEX by_owner_id ON notes (owner, id);
            ANALYZE;
        """)
    text = "SELECT body FROM notes WHERE owner = 'o7' ORDER BY at DESC LIMIT 3"
    found = workload([Seen(text, 100.0, code=True)], "sqlite")
    advice = advise(Source.of(str(path), tmp_path), found, Asked(), tmp_path)
    assert len(advice.proposals) == 1
    assert [(one.name, one.reason) for one in advice.removals] == [("by_owner", "prefix")]


@pytest.mark.parametrize("spelling", ["json_extract(data, '$.kind')", "data ->> '$.kind'"])
def test_a_key_of_a_document_is_indexed_as_it_is_spelt(tmp_path: Path, spelling: str) -> None:
    path = tmp_path / "documents.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("""
            CREATE TABLE documents (id INTEGER PRIMARY KEY, data TEXT, vip INT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
            INSERT INTO documents SELECT i, json_object('kind', 'k' || i % 900), i % 100 = 0 FROM n;
        """)
    texts = [f"SELECT id FROM documents WHERE {spelling} = 'k7'", "SELECT id FROM documents WHERE vip"]
    found = workload([Seen(text, 100.0, code=True) for text in texts], "sqlite")
    advice = advise(Source.of(str(path), tmp_path), found, Asked(), tmp_path)
    ups = " ".join(one.migration.up for one in advice.proposals)
    assert f"(({spelling}))" in ups
    assert '("id") WHERE "vip"' in ups
    assert advice.measured_share < 0.1
