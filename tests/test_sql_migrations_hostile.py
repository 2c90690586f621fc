"""Migrations that meet what is awkward: hostile names, builds that were killed, partitions, models with arguments."""

from __future__ import annotations

# ruff: noqa: F811 (the fixture `server` is imported)
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from test_sql_migrations_frameworks import (
    ENV,
    VALID,
    alembic_project,
    ask,
    django_project,
    hostile,
    indexes,
    on,
    patch,
    put,
    ran,
    server,  # noqa: F401 (a fixture)
)

from perfprof.optimizer.migrations.sql import changes
from perfprof.rules.reading.placeholders import separated
from perfprof.rules.rule import Migration
from perfprof.rules.schema.ddl import index_name, quoted
from perfprof.rules.schema.indexes import candidate
from perfprof.rules.schema.partitions import Part, partitioned_migration

NAMES = [hostile(number) for number in range(100)]
SQL = [f"create table {quoted(name)} (id integer primary key, {quoted(name)} int)" for name in NAMES]


def sqlite_tables(path: Path) -> None:
    connection = sqlite3.connect(path)
    for statement in SQL:
        connection.execute(statement)
    connection.commit()
    connection.close()


def postgres_tables(server: object, database: str, statements: list[str]) -> None:
    import psycopg

    ask(server, "postgres", f"create database {database}")
    with psycopg.connect(server.dsn_of(database), autocommit=True) as connection:  # type: ignore[attr-defined]
        for statement in statements:
            connection.execute(statement)


def test_a_hundred_hostile_names_go_up_and_down_by_sqlite_s_own_reader(tmp_path: Path) -> None:
    sqlite_tables(tmp_path / "x.sqlite")
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    for name in NAMES:
        up, down = changes(tmp_path, patch(on(name, name)))
        connection.executescript(up.after)
        found = connection.execute("select name, tbl_name from sqlite_master where type = 'index' and sql <> ''")
        assert found.fetchall() == [(on(name, name).name, name)]
        connection.executescript(down.after)
    connection.close()
    assert indexes(tmp_path / "x.sqlite") == set()


@pytest.mark.postgres
def test_a_hundred_hostile_names_go_up_and_down_by_psql_s_rules(server: object, tmp_path: Path) -> None:
    import psycopg

    postgres_tables(server, "plain", SQL)
    with psycopg.connect(server.dsn_of("plain"), autocommit=True) as connection:  # type: ignore[attr-defined]
        for name in NAMES:
            up, down = changes(tmp_path, patch(on(name, name, dialect="postgresql")))
            for statement in separated(up.after, "postgresql"):
                connection.execute(statement)
            rows = connection.execute(
                "select t.relname from pg_index i join pg_class c on c.oid = indexrelid join pg_class t on t.oid = indrelid "
                "where c.relname like 'ix%' and indisvalid"
            ).fetchall()
            assert rows == [(name,)]
            for statement in separated(down.after, "postgresql"):
                connection.execute(statement)
            assert connection.execute(VALID).fetchall() == []


def hostile_models() -> str:
    """Models that Django does not make, for tables whose names it would not quote right."""
    classes = [
        f"class M{number}(models.Model):\n    id = models.AutoField(primary_key=True)\n"
        f"    field = models.IntegerField(null=True, db_column={name!r})\n\n"
        f"    class Meta:\n        managed = False\n        db_table = {name!r}\n"
        for number, name in enumerate(NAMES)
    ]
    return "from django.db import models\n\n\n" + "\n\n".join(classes)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_hundred_hostile_names_go_up_and_down_by_django(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database, running = '{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}', None
    if kind == "postgresql":
        running = request.getfixturevalue("server")
        ask(running, "postgres", "create database hostile_site")
        where = {"USER": running.user, "PASSWORD": running.password, "HOST": str(running.socket)}
        database = repr({"ENGINE": "django.db.backends.postgresql", "NAME": "hostile_site", **where})
    site = django_project(tmp_path, database)
    (site / "shop/models.py").write_text((site / "shop/models.py").read_text() + hostile_models().split("\n", 1)[1])
    ran(site, "manage.py", "makemigrations", "shop", "-v0")
    ran(site, "manage.py", "migrate", "-v0")
    if running is None:
        sqlite_tables(site / "db.sqlite3")
    else:
        import psycopg

        with psycopg.connect(running.dsn_of("hostile_site"), autocommit=True) as connection:
            for statement in SQL:
                connection.execute(statement)
    made = put(site, *(on(name, name, dialect=kind) for name in NAMES))
    assert len(made) == 100
    ran(site, "manage.py", "migrate", "-v0")
    built = {name for name, valid in ask(running, "hostile_site", VALID) if valid} if running else ours(site)
    assert len(built) == 100
    ran(site, "manage.py", "makemigrations", "--check", "--dry-run")
    ran(site, "manage.py", "migrate", "shop", "0002", "-v0")
    assert (ask(running, "hostile_site", VALID) if running else sorted(ours(site))) == []


def ours(site: Path) -> set[str]:
    return {name for name in indexes(site / "db.sqlite3") if name.startswith("ix_")}


# ------------------------------------------------------------------ a build that was killed


def killed_build(server: object, database: str, statement: str) -> None:
    """CREATE INDEX CONCURRENTLY that waits for an older transaction, and whose backend is then terminated."""
    import psycopg

    with psycopg.connect(server.dsn_of(database)) as older:  # type: ignore[attr-defined]
        older.execute("insert into t values (0, 0)")  # its transaction stays open: the build waits for it

        def build() -> None:
            with psycopg.connect(server.dsn_of(database), autocommit=True) as connection:  # type: ignore[attr-defined]
                connection.execute(statement)

        failed: list[Exception] = []
        thread = threading.Thread(target=lambda: _caught(build, failed))
        thread.start()
        waiting = (
            "select pid from pg_stat_activity where query like 'CREATE INDEX CONC%' and wait_event_type = 'Lock'"
        )
        for _ in range(1200):
            found = ask(server, database, waiting)
            if found:
                break
            time.sleep(0.05)
        ask(server, database, f"select pg_terminate_backend({found[0][0]})")
        thread.join(60)
        assert failed, "the build was terminated"


def _caught(what: object, failed: list[Exception]) -> None:
    try:
        what()  # type: ignore[operator]
    except Exception as error:
        failed.append(error)


@pytest.mark.postgres
def test_the_remains_of_a_killed_build_are_taken_away(server: object, tmp_path: Path) -> None:
    import psycopg

    postgres_tables(
        server,
        "killed",
        ["create table t (id int, a int)", "insert into t select i, i from generate_series(1, 99) i"],
    )
    migration = on("t", "a", dialect="postgresql")
    create = next(one for one in separated(migration.up, "postgresql") if one.startswith("CREATE INDEX"))
    killed_build(server, "killed", create)
    assert ask(server, "killed", VALID) == [(migration.name, False)], "it left an INVALID index"
    with psycopg.connect(server.dsn_of("killed"), autocommit=True) as connection:  # type: ignore[attr-defined]
        with pytest.raises(psycopg.errors.DuplicateTable):
            connection.execute(create)
        for statement in separated(migration.up, "postgresql"):
            connection.execute(statement)
    assert ask(server, "killed", VALID) == [(migration.name, True)]


@pytest.mark.postgres
def test_alembic_takes_the_remains_away_too(server: object, tmp_path: Path) -> None:
    ask(server, "postgres", "create database killed_alembic")
    project = alembic_project(tmp_path, url_of(server, "killed_alembic"), ["create table t (id int, a int)"], [])
    migration = on("t", "a", dialect="postgresql")
    put(project, migration)
    create = next(one for one in separated(migration.up, "postgresql") if one.startswith("CREATE INDEX"))
    killed_build(server, "killed_alembic", create)
    assert ask(server, "killed_alembic", VALID) == [(migration.name, False)]
    ran(project, "-m", "alembic", "upgrade", "head")
    assert ask(server, "killed_alembic", VALID) == [(migration.name, True)]


def url_of(server: object, database: str) -> str:
    host = quote(str(server.socket), safe="")  # type: ignore[attr-defined]
    return f"postgresql+psycopg://{server.user}:{server.password}@/{database}?host={host}"  # type: ignore[attr-defined]


# ------------------------------------------------------------------ partitions

PARTITIONED = [
    "create table shop_order (id int, customer_id int, due date) partition by range (id)",
    "create table low partition of shop_order for values from (0) to (100)",
    "create table high partition of shop_order for values from (100) to (200)",
]
PARTED = "select c.relname, indisvalid from pg_index join pg_class c on c.oid = indexrelid where c.relname like 'ix%' order by 1"


def partitioned() -> Migration:
    new = candidate("shop_order", ("customer_id",))
    return partitioned_migration(new, index_name(new), "x", [Part("", "low"), Part("", "high")])


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["django", "alembic"])
def test_a_partitioned_table_goes_up_and_down_part_by_part(kind: str, server: object, tmp_path: Path) -> None:
    database = f"parts_{kind}"
    postgres_tables(server, database, PARTITIONED)
    if kind == "alembic":
        project = alembic_project(tmp_path, url_of(server, database), [], [])
        there, back = ("-m", "alembic", "upgrade", "head"), ("-m", "alembic", "downgrade", "aaaa")
    else:
        project = parted_site(tmp_path, server, database)
        there, back = ("manage.py", "migrate", "-v0"), ("manage.py", "migrate", "shop", "0001", "-v0")
    (made,) = put(project, partitioned())
    assert made.path.endswith(".py")
    ran(project, *there)
    names = ["ix_high_customer_id", "ix_low_customer_id", "ix_shop_order_customer_id"]
    assert ask(server, database, PARTED) == [(name, True) for name in names]
    ran(project, *back)
    assert ask(server, database, PARTED) == []


def parted_site(root: Path, server: object, database: str) -> Path:
    import test_sql_migrations_frameworks as frameworks

    models = (
        "from django.db import models\n\n\nclass Order(models.Model):\n    customer_id = models.IntegerField()\n\n"
        "    class Meta:\n        managed = False\n"
    )
    whole, frameworks.MODELS = frameworks.MODELS, models
    try:
        where = {"USER": server.user, "PASSWORD": server.password, "HOST": str(server.socket)}  # type: ignore[attr-defined]
        return django_project(root, repr({"ENGINE": "django.db.backends.postgresql", "NAME": database, **where}))
    finally:
        frameworks.MODELS = whole


# ------------------------------------------------------------------ SQLAlchemy's models

BASE = "from sqlalchemy import Column, Index, Integer, String\nfrom sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\nclass Base(DeclarativeBase):\n    pass\n\n\n"
SHAPES = {
    "none": ("", "    __table_args__ = (INDEX,)\n"),
    "a tuple": (
        '    __table_args__ = (Index("old", "id"),)\n',
        '    __table_args__ = (Index("old", "id"), INDEX)\n',
    ),
    "options": ("    __table_args__ = {'comment': 'x'}\n", "    __table_args__ = (INDEX, {'comment': 'x'})\n"),
    "both": (
        '    __table_args__ = (Index("old", "id"), {"comment": "ö"})\n',
        '    __table_args__ = (Index("old", "id"), INDEX, {"comment": "ö"})\n',
    ),
    "empty": ("    __table_args__ = ()\n", "    __table_args__ = (INDEX,)\n"),
}


def model(arguments: str, table: str = "orders") -> str:
    return (
        f'class {table.title()}(Base):\n    __tablename__ = "{table}"\n{arguments}\n'
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        '    customer: Mapped[int] = mapped_column("customer_id")\n    due: Mapped[int]\n    status = Column(String)\n'
    )


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_alembic_check_stays_clean(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url, up, models = "sqlite:///x.sqlite", [], BASE
    if kind == "postgresql":
        running = request.getfixturevalue("server")
        ask(running, "postgres", "create database clean")
        url = url_of(running, "clean")
    for number, (before, _) in enumerate(SHAPES.values()):
        table = f"orders{number}"
        models += model(before.replace("old", f"old{number}"), table) + "\n\n"
        columns = (
            "id integer not null primary key, customer_id integer not null, due integer not null, status varchar"
        )
        up.append(f"create table {table} ({columns})")
        up += [f"create index old{number} on {table} (id)"] if "old" in before else []
        comment = "ö" if "ö" in before else "x" if "'x'" in before else ""
        up += [f"comment on table {table} is '{comment}'"] if kind == "postgresql" and comment else []
    (tmp_path / "models.py").write_text(models)
    project = alembic_project(tmp_path, url, up, [])
    given = "connection=connection, target_metadata=Base.metadata"
    env = ENV.replace("__URL__", url).replace("connection=connection", given)
    (project / "db/env.py").write_text(f"import sys; sys.path.insert(0, '.')\nfrom models import Base\n{env}")
    ran(project, "-m", "alembic", "check")
    wanted = [on(f"orders{number}", "customer_id", "due", dialect=kind) for number in range(len(SHAPES))]
    put(project, *wanted)
    for number, (migration, (_, after)) in enumerate(zip(wanted, SHAPES.values(), strict=True)):
        index = f'Index("{migration.name}", "customer_id", "due")'
        assert (
            after.replace("INDEX", index).replace("old", f"old{number}").strip()
            in (project / "models.py").read_text()
        )
    ran(project, "-m", "alembic", "upgrade", "head")
    ran(project, "-m", "alembic", "check")
    ran(project, "-m", "alembic", "downgrade", "aaaa")


LEFT = {
    "a function": "    @declared_attr\n    def __table_args__(cls):\n        return ()\n",
    "computed": "    __table_args__ = COMMON\n",
    "a sum": "    __table_args__ = COMMON + ({},)\n",
    "starred": "    __table_args__ = (*COMMON, *MORE)\n",
}


@pytest.mark.parametrize("shape", LEFT)
def test_arguments_that_are_not_written_down_stay(shape: str, tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(BASE + model(LEFT[shape]))
    (tmp_path / "db/versions").mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/db\n")
    assert [change.path for change in put(tmp_path, on("orders", "due")) if "models" in change.path] == []


# ------------------------------------------------------------------ squawk

# IF NOT EXISTS would take an invalid or a different index of this name for ours. What a partitioned table gets ON ONLY
# itself is made in a moment, cannot be made CONCURRENTLY, and waits for its lock for 5 s at most.
REFUSED = {"prefer-robust-stmts"}
PARTS = {"require-concurrent-index-creation", "require-concurrent-index-deletion", "require-statement-timeout"}


@pytest.mark.skipif(shutil.which("squawk", path=str(Path(sys.executable).parent)) is None, reason="squawk-cli")
@pytest.mark.parametrize(
    "migration", [on("t", "a", dialect="postgresql"), partitioned()], ids=["plain", "partitioned"]
)
def test_squawk_has_nothing_to_say(migration: Migration, tmp_path: Path) -> None:
    squawk = str(Path(sys.executable).with_name("squawk"))
    for change in changes(tmp_path, patch(migration)):
        (tmp_path / "x.sql").write_text(change.after)
        command = [squawk, "--reporter", "json", str(tmp_path / "x.sql")]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
        assert {one["rule_name"] for one in told} <= REFUSED | (PARTS if "ONLY" in migration.up else set()), told
