"""HypoPG on a given server: asked without writing, sizes forecast by us."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from perfprof.optimizer.indexes.asked import Asked  # noqa: E402
from perfprof.optimizer.indexes.hypopg_what_if import HypopgWhatIf, has_hypopg  # noqa: E402
from perfprof.optimizer.indexes.planning import selected  # noqa: E402
from perfprof.optimizer.scratch.binaries import account  # noqa: E402
from perfprof.optimizer.scratch.postgres_catalog import PostgresCatalog  # noqa: E402
from perfprof.optimizer.statements.workload import Seen, workload  # noqa: E402
from perfprof.rules.schema.indexes import Key, candidate  # noqa: E402

FOUND = sorted(Path("/usr").glob("share/postgresql/*/extension/hypopg.control"))
PROGRAMS = Path("/usr/lib/postgresql") / FOUND[-1].parts[-3] / "bin" if FOUND else Path()
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not FOUND or not (PROGRAMS / "initdb").exists(), reason="needs a server with HypoPG"),
]
SCHEMA = """
CREATE EXTENSION hypopg;
CREATE TABLE users (id int, tenant int, email text, deleted_at date);
INSERT INTO users SELECT i, i % 100, 'u' || i || '@x.org', CASE WHEN i % 50 > 0 THEN date '2024-01-01' END
FROM generate_series(1, 60000) i;
VACUUM ANALYZE users;
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import tempfile

    who = account()
    with tempfile.TemporaryDirectory(prefix="hypopg-") as name:
        home = Path(name)
        if who.uid >= 0:
            os.chown(home, who.uid, who.gid)

        def run(*command: str) -> None:
            quiet = subprocess.DEVNULL
            subprocess.run(command, check=True, stdout=quiet, stderr=quiet, cwd="/", **who.arguments)  # type: ignore[call-overload]

        data = str(home / "data")
        run(
            str(PROGRAMS / "initdb"),
            "-D",
            data,
            "-U",
            "me",
            "-A",
            "trust",
            "--no-sync",
            "--no-locale",
            "-E",
            "UTF8",
        )
        options = f"-c listen_addresses='' -c unix_socket_directories='{home}' -c fsync=off"
        run(str(PROGRAMS / "pg_ctl"), "-D", data, "-o", options, "-l", str(home / "log"), "-w", "start")
        try:
            dsn = f"host={home} user=me dbname=postgres"
            with psycopg.connect(dsn, autocommit=True) as connection:
                for statement in SCHEMA.split(";\n")[:-1]:
                    connection.execute(statement)
            yield dsn
        finally:
            run(str(PROGRAMS / "pg_ctl"), "-D", data, "-m", "immediate", "stop")


@pytest.fixture
def reader(address: str) -> Iterator[object]:
    with psycopg.connect(address, autocommit=True, options="-c default_transaction_read_only=on") as connection:
        yield connection


def test_it_plans_with_what_is_enabled_and_nothing_else(reader: object) -> None:
    assert has_hypopg(reader)
    what_if = HypopgWhatIf(reader)
    tenant, mail = (candidate("users", (), (Key(name),)) for name in ("tenant", "email"))
    sizes = what_if.add([tenant, mail, candidate("users", (), (Key("nothing"),))])
    assert set(sizes) == {tenant, mail}
    text = "SELECT id FROM users WHERE email = 'u7@x.org'"
    bare = what_if.plan(text, False, frozenset([tenant]))
    helped = what_if.plan(text, False, frozenset([tenant, mail]))
    assert bare.used == frozenset()
    assert helped.used == {mail}
    assert helped.cost < bare.cost / 10
    assert what_if.plan(text, False, frozenset()) == bare


def test_sizes_are_those_that_are_built(reader: object, address: str) -> None:
    some = {name: candidate("users", (), (Key(name),)) for name in ("tenant", "email")}
    sizes = HypopgWhatIf(reader).add(some.values())
    with psycopg.connect(address, autocommit=True) as connection:
        for name, one in some.items():
            connection.execute(f"CREATE INDEX built ON users ({name})")
            built = connection.execute("SELECT pg_relation_size('built')").fetchone()[0]
            connection.execute("DROP INDEX built")
            assert sizes[one] == pytest.approx(built, rel=0.1), name


def test_a_workload_is_planned_with_it(reader: object) -> None:
    texts = [
        "SELECT id FROM users WHERE tenant = 7 AND deleted_at IS NULL",
        "SELECT id FROM users WHERE email = 'u9'",
    ]
    found = workload([Seen(text) for text in texts], "postgresql")
    catalog = PostgresCatalog(reader, "it", partitioned=True)
    picked = selected(HypopgWhatIf(reader), catalog, found, Asked(), 16e6)
    assert {one.names[0] for one in picked.chosen} == {"tenant", "email"}
    assert all(picked.after[query] < picked.before[query] / 5 for query in found.queries)
