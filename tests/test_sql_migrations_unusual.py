"""Projects of Django's and Alembic's that a stranger has: tables of others, users of one's own, schemas, async engines."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from perfprof.rules.schema.ddl import index_migration
from perfprof.rules.schema.indexes import Key, candidate
from tests.test_sql_migrations_frameworks import alembic_project, indexes, on, put, ran
from tests.test_sql_migrations_shapes import MADE, ORDER, goes_both_ways, site, step

FOREIGN = """from django.db import models


class Legacy(models.Model):
    code = models.IntegerField()

    class Meta:
        managed = False
        db_table = "legacy"
"""
TESTS = """from django.test import TestCase


class Some(TestCase):
    def test_something(self):
        self.assertTrue(True)
"""


def test_a_table_of_others_may_be_missing_where_tests_run(tmp_path: Path) -> None:
    root = site(tmp_path, {"shop/models.py": FOREIGN, "shop/migrations/__init__.py": "", "shop/tests.py": TESTS})
    ran(root, "manage.py", "makemigrations", "shop", "-v0")
    with sqlite3.connect(root / "db.sqlite3") as connection:
        connection.execute("create table legacy (id integer primary key, code integer)")
    connection.close()
    put(root, on("legacy", "code"))
    ran(root, "manage.py", "test", "-v0")
    assert goes_both_ways(root, "shop", "0001") == ["ix_legacy_code"]


def test_a_model_of_an_app_that_lies_elsewhere(tmp_path: Path) -> None:
    away = ORDER + "\n    class Meta:\n        app_label = 'sales'\n"
    files = {
        "shop/models.py": away,
        "shop/migrations/0001_initial.py": step(),
        "sales/models.py": "from shop.models import Order\n",
        "sales/migrations/0001_initial.py": step(operations=MADE),
    }
    root = site(tmp_path, files, '["sales", "shop"]')
    made = put(root, on("sales_order", "status"))
    assert [change.path for change in made] == ["sales/migrations/0002_ix_sales_order_status.py", "shop/models.py"]
    assert goes_both_ways(root, "sales", "0001") == ["ix_sales_order_status"]


USERS = """from django.contrib.auth.models import AbstractUser
from django.db import models


class Stamped(models.Model):
    made = models.DateField(null=True)

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["made"], name="%(app_label)s_%(class)s_made")]


class User(AbstractUser):
    phone = models.CharField(max_length=9)


class Staff(User):
    room = models.CharField(max_length=9)


class Note(Stamped):
    text = models.CharField(max_length=9)


class Memo(Stamped):
    text = models.CharField(max_length=9)

    class Meta(Stamped.Meta):
        ordering = ["text"]


class Card(Stamped):
    text = models.CharField(max_length=9)

    class Meta:
        ordering = ["text"]
"""


def test_users_of_one_s_own_children_and_inherited_indexes(tmp_path: Path) -> None:
    apps = '["django.contrib.contenttypes", "django.contrib.auth", "shop"]\nAUTH_USER_MODEL = "shop.User"'
    root = site(tmp_path, {"shop/models.py": USERS, "shop/migrations/__init__.py": ""}, apps)
    ran(root, "manage.py", "makemigrations", "shop", "-v0")
    ran(root, "manage.py", "migrate", "-v0")
    made = put(
        root,
        on("shop_user", "phone"),
        on("shop_user", "email"),
        on("shop_staff", "room"),
        on("shop_note", "text"),
        on("shop_memo", "text"),
        on("shop_card", "text"),
        on("shop_user_groups", "group_id", "user_id"),
    )
    assert sum(change.path.endswith(".sql") for change in made) == 2, "a table between two models has none"
    assert (root / "shop/models.py").read_text().count("shop_card_text") == 1
    assert goes_both_ways(root, "shop", "0001") == [
        "ix_shop_card_text",
        "ix_shop_memo_text",
        "ix_shop_note_text",
        "ix_shop_staff_room",
        "ix_shop_user_email",
        "ix_shop_user_phone",
    ]


ASYNC = """import asyncio

from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine


def run(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    engine = create_async_engine("__URL__")
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
"""


def test_alembic_with_an_async_engine(tmp_path: Path) -> None:
    pytest.importorskip("aiosqlite")
    tables = ["create table orders (id int, status text)"]
    project = alembic_project(tmp_path, f"sqlite:///{tmp_path}/x.sqlite", tables, ["drop table orders"])
    (project / "db/env.py").write_text(ASYNC.replace("__URL__", f"sqlite+aiosqlite:///{tmp_path}/x.sqlite"))
    put(project, on("orders", "status"))
    for _ in range(2):
        ran(project, "-m", "alembic", "upgrade", "head")
        assert indexes(project / "x.sqlite") == {"ix_orders_status"}
        ran(project, "-m", "alembic", "downgrade", "-1")
        assert indexes(project / "x.sqlite") == set()


SCHEMAS = """from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]


class Billed(Base):
    __tablename__ = "orders"
    __table_args__ = {"schema": "billing"}
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
"""


def test_the_class_of_the_schema_gets_the_index(tmp_path: Path) -> None:
    project = alembic_project(tmp_path, "sqlite:///x.sqlite", [], [])
    (project / "models.py").write_text(SCHEMAS)
    for schema, times in (("billing", 1), ("elsewhere", 1), ("public", 2)):
        one = candidate("orders", (), [Key("status")], schema)
        put(project, index_migration(one, f"ix_{schema}", "postgresql", "x"))
        assert (project / "models.py").read_text().count("Index(") == times
    text = (project / "models.py").read_text()
    assert '__table_args__ = (Index("ix_billing", "status"), {"schema": "billing"})' in text
    assert '__tablename__ = "orders"\n    __table_args__ = (Index("ix_public", "status"),)\n' in text
    ran(project, "-c", "import models")
