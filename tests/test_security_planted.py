"""Nothing of the user's data and no credential stays in a file: values are planted everywhere, then all files are read.

And what a given server sees of perfprof: reads only, with timeouts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

PLANTED = [
    "plantedliteral7391",
    "planted'quoted7392",
    "plantedbind7393",
    "planted-row-7394@x.org",
    "plantederror7395",
    "plantedcomment7396",
    "739700007397",
    "plantedkey7398",
    "plantedheader7399",
    "plantedpassword7400",
]
# The values come from outside when it runs: what stands in the source is the author's own and stays in a patch.
APP = """
import json
import sqlite3
import sys


def load(path="shop.sqlite"):
    conn = sqlite3.connect(path)
    conn.row_factory = sqlite3.Row
    return conn


def names(conn, planted):
    keys = [row["id"] for row in conn.execute("SELECT id FROM users ORDER BY id")]
    found = []
    for key in keys:
        row = conn.execute("SELECT name FROM users WHERE id = ?", (key,)).fetchone()
        found.append(row["name"])
    return found


def known(conn, wanted):
    have = [row["name"] for row in conn.execute("SELECT name FROM users")]
    return [name for name in wanted if name in have]


def leak(conn, planted):
    literal, quoted, bind, mail, error, comment, number, key, header, password = planted
    conn.execute(f"SELECT * FROM users WHERE name = '{literal}' /* {comment} */").fetchall()
    conn.execute("SELECT * FROM users WHERE name = '" + quoted.replace("'", "''") + f"' AND id < {number}").fetchall()
    conn.execute("SELECT * FROM users WHERE name = :n", {"n": bind}).fetchall()
    conn.execute(f"SELECT * FROM users WHERE name = X'{literal.encode().hex()}' OR name LIKE '%{mail}%'").fetchall()
    conn.execute("INSERT INTO users (name, secret) VALUES (?, ?)", (mail, password))
    conn.execute(f"PRAGMA key = '{password}'")
    conn.execute(f"CREATE TEMP TABLE copied AS SELECT * FROM users WHERE name = '{literal}'")
    conn.execute("DROP TABLE copied")
    conn.executemany("UPDATE users SET secret = ? WHERE name = ?", [(key, header), (key, mail)])
    try:
        conn.execute(f"SELECT nothing_like_it FROM users WHERE name = '{error}'")
    except sqlite3.OperationalError as problem:
        known_problem = problem
    try:
        raise KeyError(error)
    except KeyError as problem:
        known_problem = problem
    conn.rollback()
    return {key: [password]}[key]


def main():
    with open("planted.json") as file:
        planted = json.load(file)
    conn = load()
    leak(conn, planted)
    assert names(conn, planted)
    for _ in range(4):
        assert len(known(conn, [f"user {n}" for n in range(900)])) == 400


if __name__ == "__main__":
    main()
"""
TEST = """
import json
import app


def test_names():
    conn = app.load()
    assert app.names(conn, []) == [f"user {n}" for n in range(400)]
    assert app.known(conn, ["user 3", "none"]) == ["user 3"]


def test_leak():
    with open("planted.json") as file:
        assert app.leak(app.load(), json.load(file))
"""


def perfprof(
    folder: Path, *argv: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "perfprof", *argv]
    env = {**os.environ, **(environment or {})}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=env)


def leaks(folder: Path, but: frozenset[str] = frozenset(), values: list[str] = PLANTED) -> list[str]:
    """Files below a folder that hold a planted value, plain, doubled in its quotes, in hexadecimal or as a JSON string."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in but:
            data = path.read_bytes()
            for value in values:
                shapes = [value, value.replace("'", "''"), value.encode().hex(), value.replace("'", "&#x27;")]
                found += [f"{path.relative_to(folder)}: {value}" for shape in shapes if shape.encode() in data]
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import json
    import sqlite3

    folder = tmp_path_factory.mktemp("planted")
    (folder / "app.py").write_text(APP)
    (folder / "test_app.py").write_text(TEST)
    (folder / "planted.json").write_text(json.dumps(PLANTED))
    connection = sqlite3.connect(folder / "shop.sqlite")
    connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE, secret TEXT)")
    connection.executemany("INSERT INTO users (name) VALUES (?)", [(f"user {n}",) for n in range(400)])
    connection.commit()
    connection.close()
    return folder


OWN = frozenset(["planted.json"])


def test_recordings_comparisons_and_reports_hold_no_value(project: Path) -> None:
    for name, *more in (("b.rec", "--memory"), ("a.rec",)):
        done = perfprof(project, "record", *more, "-o", name, "--", sys.executable, "app.py")
        assert done.returncode == 0, done.stderr
    compared = perfprof(project, "compare", "a.rec", "b.rec")
    for kind in ("html", "json", "sarif", "markdown", "svg", "speedscope", "collapsed", "chrome"):
        done = perfprof(project, "report", f"--{kind}", f"out.{kind}")
        assert done.returncode == 0, done.stderr
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--perfprof"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout
    assert leaks(project, OWN) == []
    assert not [value for value in PLANTED for one in (compared, tested, done) if value in one.stdout + one.stderr]


def test_a_program_that_fails_leaves_no_value_in_a_file(project: Path) -> None:
    code = "import json; planted = json.load(open('planted.json')); raise ValueError(planted[4])"
    done = perfprof(project, "record", "--", sys.executable, "-c", code)
    assert done.returncode == 1
    assert PLANTED[4] in done.stderr  # the program's own traceback is its own business
    failing = perfprof(project, "fix", "--tests", f'{sys.executable} -c "{code}"', "--", sys.executable, "app.py")
    assert failing.returncode == 3
    assert leaks(project, OWN) == []


def test_what_fix_writes_holds_no_value(project: Path) -> None:
    tests = f"{sys.executable} -m pytest -q -p no:cacheprovider"
    only = ["--only", "list-membership", "--only", "missing-index"]
    command = ["fix", "--apply", *only, "--json", "out.json", "--tests", tests, "--", sys.executable, "app.py"]
    done = perfprof(project, *command)
    assert done.returncode in (0, 1), done.stderr
    assert "set" in (project / "app.py").read_text()  # something was applied, so all steps ran
    assert leaks(project, OWN) == []
    assert not [value for value in PLANTED if value in done.stdout + done.stderr]
    assert not list((project / ".perfprof").rglob("calls")), "captured calls are deleted"


# ------------------------------------------------------------------ PostgreSQL

DRIVERS = {
    "psycopg": """
import psycopg
with psycopg.connect(DSN, autocommit=True) as conn:
    for statement in TEXTS:
        conn.execute(statement)
    conn.execute("SELECT * FROM users WHERE name = %s", (PLANTED[2],))
    conn.cursor().executemany("INSERT INTO users (name) VALUES (%s)", [(one,) for one in PLANTED])
    with conn.cursor().copy("COPY users (name) FROM STDIN") as copy:
        copy.write_row(("x" + PLANTED[3],))
    for statement, values in BAD:
        try:
            conn.execute(statement, values)
        except psycopg.Error:
            pass
""",
    "psycopg2": """
import psycopg2
conn = psycopg2.connect(DSN)
conn.autocommit = True
cursor = conn.cursor()
for statement in TEXTS:
    cursor.execute(statement)
cursor.execute("SELECT * FROM users WHERE name = %s", (PLANTED[2],))
for statement, values in BAD:
    try:
        cursor.execute(statement, values)
    except psycopg2.Error:
        pass
""",
    "asyncpg": """
import asyncio
import asyncpg
async def main():
    conn = await asyncpg.connect(host=HOST, user=USER, password=PASSWORD, database="shop")
    for statement in TEXTS:
        await conn.execute(statement)
    await conn.fetch("SELECT * FROM users WHERE name = $1", PLANTED[2])
    try:
        await conn.execute("INSERT INTO users (name) VALUES ($1)", "one")
    except asyncpg.PostgresError:
        pass
    await conn.close()
asyncio.run(main())
""",
}
HEAD = """
import json, os
PLANTED = json.load(open("planted.json"))
DSN, HOST, USER, PASSWORD = (os.environ[name] for name in ("DSN", "PG_HOST", "PG_USER", "PG_PASSWORD"))
TEXTS = [
    f"SELECT * FROM users WHERE name = '{PLANTED[0]}' -- {PLANTED[5]}",
    f"SELECT * FROM users WHERE name = $tag${PLANTED[1]}$tag$ AND id < {PLANTED[6]}",
    f"SELECT * FROM users WHERE name = E'a\\\\n{PLANTED[7]}' OR name = U&'{PLANTED[8]}'",
    f"DO 'BEGIN PERFORM 1; /* {PLANTED[8]} */ END'",
    f"SET application_name = '{PLANTED[8]}'",
    f"CREATE ROLE r{os.getpid()} PASSWORD '{PLANTED[9]}'",
    f"ALTER ROLE r{os.getpid()} PASSWORD '{PLANTED[9]}'",
    f"CREATE TEMP TABLE copied AS SELECT * FROM users WHERE name = '{PLANTED[0]}'",
    f"CREATE TEMP VIEW seen AS SELECT * FROM users WHERE name = '{PLANTED[0]}'",
    f"COPY (SELECT '{PLANTED[0]}') TO PROGRAM 'cat >/dev/null # {PLANTED[9]}'",
]
BAD = [("INSERT INTO users (name) VALUES (%s)", ("one",)), ("SELECT * FROM nowhere WHERE x = %s", (PLANTED[4],))]
"""
SETTINGS = """
CREATE FUNCTION told() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE LOG 'told % statement_timeout=% lock_timeout=% read_only=%', current_setting('application_name'),
    current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('default_transaction_read_only');
END $$;
CREATE EVENT TRIGGER at_login ON login EXECUTE FUNCTION told();
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    psycopg = pytest.importorskip("psycopg")
    from perfprof.optimizer.scratch.postgres import Server

    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            connection.execute("CREATE DATABASE shop")
            connection.execute(f"CREATE ROLE planted_user LOGIN SUPERUSER PASSWORD '{PLANTED[9]}'")
            for setting in ("log_statement = 'all'", "log_line_prefix = '%a|'", "log_min_messages = 'log'"):
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
        with psycopg.connect(running.dsn_of("shop"), autocommit=True) as connection:
            connection.execute("CREATE TABLE users (id serial PRIMARY KEY, name text UNIQUE, customer int)")
            connection.execute(
                "INSERT INTO users (name, customer) SELECT 'n' || i, i % 900 FROM generate_series(1, 9000) i"
            )
            connection.execute("INSERT INTO users (name) VALUES ('one')")
            connection.execute(SETTINGS)
        yield running


def surroundings(server: object, folder: Path) -> dict[str, str]:
    import json

    (folder / "planted.json").write_text(json.dumps(PLANTED))
    host = str(server.socket)  # type: ignore[attr-defined]
    dsn = f"host={host} user=planted_user password={PLANTED[9]} dbname=shop"
    return {"DSN": dsn, "PG_HOST": host, "PG_USER": "planted_user", "PG_PASSWORD": PLANTED[9]}


@pytest.mark.postgres
@pytest.mark.parametrize("driver", DRIVERS)
def test_no_driver_s_values_are_recorded(driver: str, server: object, tmp_path: Path) -> None:
    pytest.importorskip(driver)
    (tmp_path / "app.py").write_text(HEAD + DRIVERS[driver])
    environment = surroundings(server, tmp_path)
    done = perfprof(tmp_path, "record", "--", sys.executable, "app.py", environment=environment)
    assert done.returncode == 0, done.stderr
    assert perfprof(tmp_path, "report", "--html", "out.html", "--json", "out.json").returncode == 0
    assert "users" in (tmp_path / "out.json").read_text()
    assert leaks(tmp_path, OWN) == []


ASKS = """
import os, psycopg
def ask(conn):
    return [conn.execute("SELECT id FROM users WHERE customer = %s", (n,)).fetchall() for n in range(300)]
with psycopg.connect(os.environ["DSN"], autocommit=True, application_name="program") as conn:
    ask(conn)
    conn.execute("UPDATE users SET customer = 7 WHERE name = 'nobody'")
    conn.execute("DELETE FROM users WHERE name = 'nobody'")
"""


@pytest.mark.postgres
def test_the_given_server_sees_reads_with_timeouts_and_no_password_is_kept(server: object, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(ASKS)
    environment = surroundings(server, tmp_path)
    log = server.socket.parent / "log"  # type: ignore[attr-defined]
    start = len(log.read_text())
    url = f"postgresql://planted_user:{PLANTED[9]}@/shop?host={quote(environment['PG_HOST'], safe='')}"
    done = perfprof(
        tmp_path,
        "fix",
        "--only",
        "missing-index",
        "--json",
        "out.json",
        "--database",
        url,
        "--",
        sys.executable,
        "app.py",
        environment=environment,
    )
    assert '"missing-index"' in (tmp_path / "out.json").read_text(), done.stdout + done.stderr
    mine = [line for line in log.read_text()[start:].splitlines() if line.startswith(("perfprof|", "pg_dump|"))]
    told = [line for line in mine if "told perfprof" in line or "told pg_dump" in line]
    assert told
    assert all("statement_timeout=5s lock_timeout=1s read_only=on" in line for line in told), told
    texts = [
        line.split(": ", 2)[-1].strip().upper() for line in mine if "statement: " in line or "execute " in line
    ]
    written = [text for text in texts if text.split(" ")[0] in ("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "DROP", "ALTER", "TRUNCATE")]  # fmt: skip
    assert len(texts) > 10
    assert written == []
    assert leaks(tmp_path, OWN) == []
    assert PLANTED[9] not in done.stdout + done.stderr


@pytest.mark.postgres
def test_no_error_tells_the_password(server: object, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(ASKS)
    (tmp_path / "q.sql").write_text("SELECT 1 FROM users;")
    environment = surroundings(server, tmp_path)
    host = quote(environment["PG_HOST"], safe="")
    secret = PLANTED[9]
    wrong = [
        f"postgresql://planted_user:{secret}x@/shop?host={host}",
        f"postgresql://planted_user:{secret}@/nowhere?host={host}",
        f"postgresql://planted_user:{secret}@localhost:1/shop",
        f"postgresql://planted_user:{secret}@no.such.host.invalid/shop",
        f"postgresql://planted_user:{secret}%zz@/shop?host={host}&sslmode=wrong",
        f"postgresql://planted_user@/shop?host={host}&password={secret}&nonsense=1",
        f"postgres://{secret}:{secret}@[::1/shop",
        f"mysql://planted_user:{secret}@localhost/shop",
    ]
    for url, *more in (*((url,) for url in wrong), (wrong[0], "--debug")):
        done = perfprof(tmp_path, "advise", *more, "--database", url, "q.sql", environment=environment)
        assert done.returncode in (1, 2), (url, done.stdout, done.stderr)
        assert secret not in done.stdout + done.stderr, (url, done.stderr)
    assert leaks(tmp_path, OWN, [secret]) == []
