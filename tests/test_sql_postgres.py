"""The scratch PostgreSQL: a private server, a copy of a database that is only read, exact page counts."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from ended import ended

psycopg = pytest.importorskip("psycopg")

from perfprof.errors import PerfprofError  # noqa: E402
from perfprof.optimizer.indexes.validate import judge_migration  # noqa: E402
from perfprof.optimizer.migrations.sql import changes  # noqa: E402
from perfprof.optimizer.patches import Patch  # noqa: E402
from perfprof.optimizer.scratch.databases import opened  # noqa: E402
from perfprof.optimizer.scratch.postgres import Server  # noqa: E402
from perfprof.optimizer.scratch.postgres_copy import copied  # noqa: E402
from perfprof.optimizer.scratch.postgres_scratch import PostgresScratch  # noqa: E402
from perfprof.optimizer.scratch.samples import parameter_sets  # noqa: E402
from perfprof.optimizer.scratch.sources import Source  # noqa: E402
from perfprof.profilers.recording import Execution, Frame, Statement  # noqa: E402
from perfprof.rules import registry  # noqa: E402
from perfprof.rules.reading.program import Program  # noqa: E402
from perfprof.rules.reading.statements import read  # noqa: E402
from perfprof.rules.rule import Case, Level, weigh  # noqa: E402
from perfprof.rules.schema.ddl import index_migration, index_name  # noqa: E402
from perfprof.rules.schema.indexes import candidate  # noqa: E402

pytestmark = pytest.mark.postgres

HOSTILE_TABLE, HOSTILE_COLUMN = 'we"ird; DROP TABLE orders; --\n%s $1', "sel'ect ü"
SCHEMA = """
CREATE SCHEMA archive;
CREATE TABLE customers (id int PRIMARY KEY, email text UNIQUE, region uuid);
CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id int REFERENCES customers, due date, status text, tags jsonb,
                     total numeric GENERATED ALWAYS AS (1.5) STORED);
CREATE TABLE archive.orders (id int, customer_id int);
CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
INSERT INTO customers SELECT i, 'c' || i || '@example.org', gen_random_uuid() FROM generate_series(0, 399) i;
INSERT INTO orders (customer_id, due, status, tags)
SELECT i % 400, date '2024-01-01' + i % 365, 's' || i % 3, '{"new": 1}' FROM generate_series(1, 8000) i;
INSERT INTO archive.orders SELECT i, i % 1000 FROM generate_series(1, 20000) i;
CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION forbid();
"""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        yield running


@pytest.fixture(scope="session")
def source(server: Server) -> Source:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE shop")
    table, column = (psycopg.sql.Identifier(name) for name in (HOSTILE_TABLE, HOSTILE_COLUMN))
    with psycopg.connect(server.dsn_of("shop"), autocommit=True) as connection:
        connection.execute(SCHEMA)
        connection.execute(psycopg.sql.SQL("CREATE TABLE {} (id int PRIMARY KEY, {} text)").format(table, column))
        fill = "INSERT INTO {} SELECT i, 'v' || i FROM generate_series(1, 3000) i"
        connection.execute(psycopg.sql.SQL(fill).format(table))
        connection.execute("ANALYZE")
    return Source.of(url(server, "shop"), Path("/"))


@pytest.fixture(scope="session")
def scratch(source: Source, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresScratch]:
    with copied(source, server, tmp_path_factory.mktemp("dump")) as copy:
        yield copy


def url(server: Server, database: str) -> str:
    return f"postgresql://{server.user}:{server.password}@/{database}?host={quote(str(server.socket), safe='')}"


def run(text: str, database: str, *, count: int = 100, rows: int = -1) -> Execution:
    site = (Frame("/app/shop.py", "list_due", 3),)
    return Execution(Statement(text, "psycopg", database), site, "1", count, 0.1, rows, 1, "int")


def asked(statement: str, scratch: PostgresScratch, mean_rows: float = -1) -> list[int]:
    reading = read(statement, "postgresql")
    return [scratch.run(reading, values).rows for values in parameter_sets(reading, scratch, mean_rows)]


# ------------------------------------------------------------------ the server


def test_nobody_else_can_connect(server: Server) -> None:
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
    with psycopg.connect(server.dsn) as connection:
        (addresses,) = connection.execute("SHOW listen_addresses").fetchone()
    assert addresses == ""
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=str(server.socket), user=server.user, dbname="postgres", password="wrong")
    assert server.password not in repr(server)


def _gone(home: Path) -> bool:
    """Who guards root's server is not root, and may only empty the folder if TMPDIR is root's alone."""
    return not home.exists() or (os.geteuid() == 0 and not any(home.iterdir()))


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_the_program_however_that_ends(end: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import signal, sys, time; from pathlib import Path; from perfprof.optimizer.scratch.postgres import Server\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell in the background has it ignored
        "with Server.start(Path(sys.argv[1])) as s:\n"
        "    print(s.socket.parent, (s.socket.parent / 'data/postmaster.pid').read_text().split()[0], flush=True)\n"
        "    time.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert child.stdout is not None
    home, pid = child.stdout.readline().decode().split()
    os.kill(int(pid), 0)
    child.send_signal(end)
    child.wait()
    child.stdout.close()
    for _ in range(600):
        if _gone(Path(home)):
            break
        time.sleep(0.1)
    assert _gone(Path(home))
    assert ended([int(pid)])


# ------------------------------------------------------------------ the copy


def test_the_copy_has_schema_data_and_statistics(scratch: PostgresScratch) -> None:
    rows = {(table.schema, table.name): (table.rows, table.primary_key) for table in scratch.catalog.tables()}
    assert rows["", "orders"] == (8000, ("id",))
    assert rows["archive", "orders"] == (20000, ())
    assert rows["", HOSTILE_TABLE] == (3000, ("id",))
    assert {index.columns for index in scratch.catalog.indexes() if index.table == "customers"} == {
        ("id",),
        ("email",),
    }
    assert scratch.catalog.distinct("orders", ("customer_id",)) == 400


def test_the_source_can_only_be_read(source: Source) -> None:
    with pytest.raises(PerfprofError, match="read-only"), source.connected() as connection:
        connection.execute("DELETE FROM orders")
    with source.connected() as connection:
        shown = [connection.execute(f"SHOW {name}").fetchone()[0] for name in ("statement_timeout", "lock_timeout")]
    assert shown == ["5s", "1s"]


def test_a_large_database_is_sampled_and_keeps_its_row_counts(
    source: Source, server: Server, tmp_path: Path
) -> None:
    from perfprof.optimizer.scratch import postgres_copy

    whole, postgres_copy._WHOLE = postgres_copy._WHOLE, 100_000
    try:
        with copied(source, server, tmp_path, most_bytes=400_000) as copy:
            (held,) = copy.rows("SELECT count(*) FROM orders")[0]
            assert 0 < int(str(held)) < 6000
            assert next(one.rows for one in copy.catalog.tables() if one.key == "orders") == 8000
            assert "sample" in copy.note
    finally:
        postgres_copy._WHOLE = whole


def test_neither_errors_nor_notes_hold_credentials(
    server: Server, scratch: PostgresScratch, tmp_path: Path
) -> None:
    wrong = Source.of(url(server, "shop").replace(server.password, "Wr0ng:p%40ss"), tmp_path)
    with pytest.raises(PerfprofError) as caught, copied(wrong, server, tmp_path):
        pass
    said = str(caught.value) + repr(caught.value) + scratch.note + repr(wrong)
    assert caught.value.__cause__ is None
    for secret in ("Wr0ng", server.password, server.user):
        assert secret not in said
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_does_not_exist_is_one_clear_error(server: Server, tmp_path: Path) -> None:
    with opened([run("SELECT 1 FROM t", "h:5432/nothing")], tmp_path, url(server, "nothing")) as (found, lost):
        assert found == ()
        assert 'database "nothing" does not exist' in lost[0].reason
        assert server.password not in lost[0].reason


# ------------------------------------------------------------------ running statements


def test_parameters_are_chosen_for_every_type(scratch: PostgresScratch) -> None:
    assert asked("SELECT * FROM orders WHERE customer_id = %s", scratch, 20) == [20, 20, 20, 0]
    assert asked("SELECT * FROM customers WHERE region = %(r)s", scratch, 1) == [1, 1, 1, 0]
    assert asked("SELECT * FROM customers WHERE id = ANY(%s)", scratch, 1) == [1, 1, 1]
    assert asked("SELECT * FROM orders WHERE tags ? 'new' AND id = $1 LIMIT ?", scratch, 1)[:1] == [1]
    assert 5 <= asked("SELECT * FROM orders WHERE due BETWEEN %s AND %s", scratch, 22)[0] <= 70
    assert asked("SELECT * FROM orders WHERE id %% 2 = 0 AND due >= %s", scratch, 4000)[0] > 2000


def test_writes_never_stay(scratch: PostgresScratch) -> None:
    assert asked("DELETE FROM orders WHERE customer_id = %s", scratch, 20)[0] == 20
    assert asked("UPDATE orders SET status = %s WHERE customer_id = %s RETURNING id", scratch, 20)[0] == 20
    assert scratch.rows("SELECT count(*) FROM orders") == [(8000,)]


def test_recorded_statements_have_no_rights_over_the_server(scratch: PostgresScratch) -> None:
    for text in ("SELECT pg_read_file('/etc/passwd')", "SELECT lo_export(1, '/tmp/x')", "SELECT * FROM pg_authid"):
        with pytest.raises(PerfprofError, match="permission denied"):
            scratch.run(read(text, "postgresql"), ())
    with pytest.raises(PerfprofError):
        scratch.run(read("COPY orders TO PROGRAM 'true'", "postgresql"), ())


def test_what_a_server_says_of_a_value_is_not_repeated(scratch: PostgresScratch) -> None:
    with pytest.raises(PerfprofError) as caught:
        scratch.run(read("SELECT * FROM orders WHERE id = %s", "postgresql"), ("s3cr3t",))
    assert "s3cr3t" not in str(caught.value)


def test_plans_tell_scans_joins_and_what_would_be(scratch: PostgresScratch) -> None:
    (step,) = scratch.catalog.plan("SELECT * FROM orders WHERE customer_id = %s")
    assert (step.table, step.index, step.filtered) == ("orders", "", True)
    assert abs(step.rows - 20) <= 1  # the planner scales with the file, which writes that were rolled back lengthen
    before = scratch.schema()
    create = 'CREATE INDEX perhaps ON "orders" ("customer_id")'
    (plan,) = scratch.catalog.what_if((create,), ("SELECT * FROM orders WHERE customer_id = %s",))
    assert [one.index for one in plan] == ["perhaps"]
    assert scratch.schema() == before
    assert scratch.catalog.plan("SELECT nothing FROM nowhere") == ()


# ------------------------------------------------------------------ the whole way


def found_for(scratch: PostgresScratch, *executions: Execution) -> list[Case]:
    rule = registry()["missing-index"]
    assert rule.in_statements is not None
    program = Program(Path("/app"), lambda path: None)
    cases = [Case(one, program, catalog=scratch.catalog) for one in rule.in_statements(executions, scratch.catalog)]
    return [case for case in cases if rule.worth(case).enough]


def test_from_statements_to_an_accepted_migration(scratch: PostgresScratch, tmp_path: Path) -> None:
    rule = registry()["missing-index"]
    executions = [
        run("SELECT id FROM orders WHERE customer_id = %s", "x", rows=2000),
        run("SELECT id FROM orders WHERE customer_id = %s AND due > %s", "x", rows=200),
    ]
    (case,) = found_for(scratch, *executions)
    proofs, level = weigh(rule, case)
    assert level is Level.OBSERVED, proofs
    migration = rule.rewrite(case).migration
    assert migration is not None
    before = scratch.schema()
    verdict = judge_migration(
        Patch(rule.name, rule.title, (), migration=migration, promise=2.0), scratch, executions
    )
    assert verdict.decision == "accepted", verdict.layers
    assert verdict.comparison is not None
    assert (verdict.comparison.metric, verdict.comparison.ratio > 2) == ("shared-buffers", True)
    assert scratch.schema() == before
    scratch.apply(migration.up)
    assert found_for(scratch, *executions) == []
    scratch.apply(migration.down)


@pytest.mark.parametrize(
    ("schema", "table", "column"), [("", HOSTILE_TABLE, HOSTILE_COLUMN), ("archive", "orders", "customer_id")]
)
def test_hostile_names_and_other_schemas_go_the_whole_way(
    scratch: PostgresScratch, server: Server, tmp_path: Path, schema: str, table: str, column: str
) -> None:
    new = candidate(table, (column,), schema=schema)
    migration = index_migration(new, index_name(new), "postgresql", "x")
    name = psycopg.sql.Identifier(*filter(None, (schema, table))).as_string().replace("%", "%%")
    text = f"SELECT * FROM {name} WHERE {psycopg.sql.Identifier(column).as_string()} = %s"
    patch = Patch("missing-index", "scan -> index", (), migration=migration, promise=2.0, why=f"for {text}")
    verdict = judge_migration(patch, scratch, [run(text, "x", rows=100 if not schema else 2000)])
    assert verdict.decision == "accepted", verdict.layers
    up, down = changes(tmp_path, patch, verdict)
    environment = server.environment(scratch.connection.info.dbname)
    before = scratch.schema()
    for change in (up, down):
        file = tmp_path / Path(change.path).name
        file.write_text(change.after)
        command = [server.binaries["psql"], "-qX", "-v", "ON_ERROR_STOP=1", "-f", str(file)]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        assert scratch.valid(migration.name) is (change is up)
    assert scratch.schema() == before


def test_what_a_failed_concurrent_build_left_is_replaced(scratch: PostgresScratch) -> None:
    new = candidate("orders", ("status",))
    migration = index_migration(new, index_name(new), "postgresql", "x")
    scratch.apply(f'CREATE INDEX "{migration.name}" ON orders (due)')
    scratch.rows(
        f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{migration.name}'::regclass RETURNING 1"
    )
    assert not scratch.valid(migration.name)
    scratch.apply(migration.up)
    assert scratch.valid(migration.name)
    with pytest.raises(PerfprofError, match="already exists"):
        scratch.apply(migration.up)
    scratch.apply(migration.down)


def test_a_recorded_postgresql_database_is_opened_with_the_given_url(
    source: Source, server: Server, tmp_path: Path
) -> None:
    executions = [run("SELECT id FROM orders WHERE customer_id = %s", "db.example.org:5432/shop")]
    with opened(executions, tmp_path, url(server, "shop")) as (found, lost):
        (one,) = found
        assert (one.scratch.metric, one.scratch.filled, lost) == ("shared-buffers", True, ())
        assert one.executions == tuple(executions)
