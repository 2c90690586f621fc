"""Migrations in Django's and Alembic's projects: from nothing to applied and back, with the frameworks themselves."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from perfprof.optimizer.migrations.choose import changes, pending
from perfprof.optimizer.migrations.django import short
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.rules.rule import Finding, Migration
from perfprof.rules.schema.ddl import index_migration, index_name, quoted
from perfprof.rules.schema.indexes import Candidate, Key

MODELS = """from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=20)


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, db_index=False)
    due = models.DateField(db_column="due_on")
    status = models.CharField(max_length=9)

    class Meta:
        ordering = ["pk"]


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, db_index=False)
    number = models.IntegerField()

    class Meta:
        db_table = "order lines"
        indexes = [
            models.Index(fields=["number"], name="by_number"),  # for the list
            models.Index(fields=["number", "order"], name="by_both"),
        ]
"""
SETTINGS = """
SECRET_KEY = "x"
DATABASES = {"default": __DATABASE__}
INSTALLED_APPS = ["shop"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
"""
MANAGE = """import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
"""
ENV = """from alembic import context
from sqlalchemy import create_engine

with create_engine("__URL__").connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
FIRST = '''"""First."""

from alembic import op
from sqlalchemy import DDL

revision: str = "aaaa"
down_revision: str | None = None


def upgrade():
    for statement in __UP__:
        op.execute(DDL(statement.replace('%', '%%')))


def downgrade():
    for statement in __DOWN__:
        op.execute(DDL(statement.replace('%', '%%')))
'''


def ran(folder: Path, *argv: str) -> str:
    result = subprocess.run([sys.executable, *argv], cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def patch(migration: Migration) -> Patch:
    finding = Finding("abc", "missing-index", "shop.py", 3, 3, "list_due", "a\nb", "100 executions scan")
    return Patch("missing-index", "scan -> index", (), finding, migration=migration, why="for a look-up")


def on(table: str, *keys: Key | str, dialect: str = "sqlite") -> Migration:
    columns = tuple(one if isinstance(one, Key) else Key(one) for one in keys)
    new = Candidate(table, tuple(frozenset([one]) for one in columns), columns)
    return index_migration(new, index_name(new), dialect, "x")


def put(root: Path, *migrations: Migration) -> list[FileChange]:
    """Write the files of all migrations of one run."""
    made: list[FileChange] = []
    for one in migrations:
        made += changes(root, patch(one), None, made)
    for change in made:
        (root / change.path).parent.mkdir(parents=True, exist_ok=True)
        (root / change.path).write_text(change.after)
    return made


def django_project(root: Path, database: str) -> Path:
    pytest.importorskip("django")
    (root / "shop/migrations").mkdir(parents=True)
    for name, text in {
        "manage.py": MANAGE,
        "settings.py": SETTINGS.replace("__DATABASE__", database),
        "shop/__init__.py": "",
        "shop/migrations/__init__.py": "",
        "shop/models.py": MODELS,
    }.items():
        (root / name).write_text(text)
    ran(root, "manage.py", "makemigrations", "shop", "-v0")
    ran(root, "manage.py", "migrate", "-v0")
    return root


def alembic_project(root: Path, url: str, tables: list[str], drop: list[str]) -> Path:
    pytest.importorskip("alembic")
    (root / "db/versions").mkdir(parents=True)
    (root / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/db\n")
    (root / "db/env.py").write_text(ENV.replace("__URL__", url))
    first = FIRST.replace("__UP__", repr(list(tables)))
    (root / "db/versions/aaaa_first.py").write_text(first.replace("__DOWN__", repr(list(drop))))
    (root / "db/script.py.mako").write_text("")
    ran(root, "-m", "alembic", "upgrade", "head")
    return root


def indexes(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    found = {
        name for (name,) in connection.execute("select name from sqlite_master where type = 'index' and sql <> ''")
    }
    connection.close()
    return found


WANTED = (
    on("shop_order", "customer_id", Key("due_on", descending=True)),
    on("shop_order", "status"),
    on("order lines", "order_id"),
    on("shop_customer", "name"),
)


def test_django_applies_it_goes_back_and_has_nothing_left_to_make(tmp_path: Path) -> None:
    site = django_project(tmp_path, '{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}')
    before = indexes(site / "db.sqlite3")
    made = put(site, *WANTED)
    names = sorted({change.path for change in made if not change.before})
    assert str(pending(site, WANTED[0])).endswith(names[0])
    assert pending(site, on("shop_order", "due_on")) is None
    assert [name[:21] for name in names] == [f"shop/migrations/000{number}_" for number in (2, 3, 4, 5)]
    assert 'fields=["customer", "-due"]' in (site / "shop/models.py").read_text()
    ran(site, "manage.py", "makemigrations", "--check", "--dry-run")
    ran(site, "manage.py", "check")
    ran(site, "manage.py", "migrate", "-v0")
    assert indexes(site / "db.sqlite3") - before == {short(one.name) for one in WANTED}
    ran(site, "manage.py", "migrate", "shop", "0001", "-v0")
    assert indexes(site / "db.sqlite3") == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('ordering = ["pk"]', 'ordering = ["pk"]\n        indexes = COMMON'),
        ("class Meta:\n        ordering", "class Meta(Base.Meta):\n        ordering"),
        (
            "class Order(models.Model)",
            "class Shape(models.Model):\n    class Meta:\n        db_table = 'shop_order'\n\n\nclass Order(models.Model)",
        ),
    ],
    ids=["computed", "inherited", "two models of one table"],
)
def test_what_django_s_models_do_not_say_for_sure_is_left_to_sql(old: str, new: str, tmp_path: Path) -> None:
    (tmp_path / "shop/migrations").mkdir(parents=True)
    (tmp_path / "manage.py").write_text(MANAGE)
    (tmp_path / "shop/migrations/0001_initial.py").write_text("")
    assert old in MODELS
    (tmp_path / "shop/models.py").write_text(MODELS.replace(old, new))
    made = put(tmp_path, on("shop_order", "status"))
    assert all("models.Index" not in change.after for change in made if not change.path.endswith("models.py"))
    assert not any(change.path.endswith("models.py") for change in made)


def test_two_leaves_are_not_guessed_between(tmp_path: Path) -> None:
    (tmp_path / "shop/migrations").mkdir(parents=True)
    (tmp_path / "manage.py").write_text(MANAGE)
    (tmp_path / "shop/models.py").write_text(MODELS)
    for name in ("0001_a", "0001_b"):
        (tmp_path / f"shop/migrations/{name}.py").write_text("")
    up = next(iter(put(tmp_path, on("shop_order", "status"))))
    assert up.path.endswith(".up.sql")
    assert (
        "shop has 2 latest migrations (0001_a, 0001_b), so this is plain SQL: makemigrations --merge first"
        in up.after
    )


def hostile(number: int) -> str:
    """A name of 1 to 63 bytes with what breaks quoting."""
    chance = random.Random(number)
    pool = [
        '"',
        "'",
        "\n",
        "\\",
        ";",
        "--",
        "%",
        "%s",
        ":a",
        "::",
        "$$",
        "`",
        "select",
        "Ä",
        "名",
        " ",
        "/*",
        "{x}",
        "?",
        "é",
    ]
    name = f"{number}" + "".join(chance.choice(pool) for _ in range(chance.randint(1, 12)))
    return name.encode()[:63].decode("utf-8", "ignore")


def test_a_hundred_hostile_names_go_up_and_down_by_alembic(tmp_path: Path) -> None:
    names = [hostile(number) for number in range(100)]
    up = [f"create table {quoted(name)} ({quoted(name)} int)" for name in names]
    project = alembic_project(tmp_path, "sqlite:///x.sqlite", up, [])
    made = put(project, *(on(name, name) for name in names))
    assert len(made) == 100
    ran(project, "-m", "alembic", "upgrade", "head")
    connection = sqlite3.connect(project / "x.sqlite")
    found = dict(connection.execute("select tbl_name, name from sqlite_master where type = 'index' and sql <> ''"))
    assert set(found) == set(names)
    connection.close()
    ran(project, "-m", "alembic", "downgrade", "aaaa")
    assert indexes(project / "x.sqlite") == set()


def test_alembic_with_two_heads_is_left_to_sql(tmp_path: Path) -> None:
    project = alembic_project(tmp_path, "sqlite:///x.sqlite", ["create table t (a int)"], ["drop table t"])
    (project / "db/versions/bbbb.py").write_text('revision = "bbbb"\ndown_revision = None\n')
    up, _ = put(project, on("t", "a"))
    assert up.path.endswith(".up.sql")
    assert "Alembic has 2 heads (aaaa, bbbb), so this is plain SQL: alembic merge heads first" in up.after


# ------------------------------------------------------------------ PostgreSQL


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    pytest.importorskip("psycopg")
    from perfprof.optimizer.scratch.postgres import Server

    with Server.start(tmp_path_factory.mktemp("pg")) as running:
        yield running


def ask(server: object, database: str, statement: str) -> list[tuple[object, ...]]:
    import psycopg

    with psycopg.connect(server.dsn_of(database), autocommit=True) as connection:  # type: ignore[attr-defined]
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


VALID = "select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname like 'ix%'"


@pytest.mark.postgres
def test_django_on_postgresql_builds_it_beside_writers_and_removes_remains(server: object, tmp_path: Path) -> None:
    ask(server, "postgres", "create database site")
    where = {"USER": server.user, "PASSWORD": server.password, "HOST": str(server.socket)}  # type: ignore[attr-defined]
    settings = {"ENGINE": "django.db.backends.postgresql", "NAME": "site", **where}
    site = django_project(tmp_path, repr(settings))
    migration = on("shop_order", "customer_id", Key("due_on", descending=True), dialect="postgresql")
    made = put(site, migration)
    text = next(change.after for change in made if "migrations" in change.path)
    assert "AddIndexConcurrently" in text
    assert "atomic = False" in text
    name = short(migration.name)
    ask(server, "site", f'create index "{name}" on shop_order (status)')
    ask(server, "site", f"update pg_index set indisvalid = false where indexrelid = '\"{name}\"'::regclass")
    ran(site, "manage.py", "makemigrations", "--check", "--dry-run")
    ran(site, "manage.py", "migrate", "-v0")
    assert ask(server, "site", VALID) == [(name, True)]
    assert "due_on DESC" in str(ask(server, "site", f"select indexdef from pg_indexes where indexname = '{name}'"))
    ran(site, "manage.py", "migrate", "shop", "0001", "-v0")
    assert ask(server, "site", VALID) == []


@pytest.mark.postgres
def test_alembic_on_postgresql_goes_up_and_down_outside_of_a_transaction(server: object, tmp_path: Path) -> None:
    ask(server, "postgres", "create database other")
    host = quote(str(server.socket), safe="")  # type: ignore[attr-defined]
    url = f"postgresql+psycopg://{server.user}:{server.password}@/other?host={host}"  # type: ignore[attr-defined]
    names = [name for name in map(hostile, range(100)) if "\0" not in name]
    up = [f"create table {quoted(name)} ({quoted(name)} int)" for name in names]
    project = alembic_project(tmp_path, url, up, [])
    put(project, *(on(name, name, dialect="postgresql") for name in names))
    ran(project, "-m", "alembic", "upgrade", "head")
    built = ask(server, "other", VALID)
    assert len(built) == len(names)
    assert all(valid for _, valid in built)
    ran(project, "-m", "alembic", "downgrade", "aaaa")
    assert ask(server, "other", VALID) == []
