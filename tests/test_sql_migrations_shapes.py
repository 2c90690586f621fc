"""Shapes of Django's and Alembic's projects: where revisions lie, what they replace, how models are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfprof.optimizer.migrations.alembic_places import heads_of, place_of
from perfprof.optimizer.migrations.planned import Texts
from tests.test_sql_migrations_frameworks import (
    ENV,
    FIRST,
    MANAGE,
    SETTINGS,
    alembic_project,
    indexes,
    on,
    put,
    ran,
)

SQLITE = '{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}'


def site(root: Path, files: dict[str, str], apps: str = '["shop"]') -> Path:
    """A project of Django's with these files, migrated."""
    pytest.importorskip("django")
    settings = SETTINGS.replace("__DATABASE__", SQLITE).replace('["shop"]', apps)
    for name, text in {"manage.py": MANAGE, "settings.py": settings, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    for folder in {(root / name).parent for name in files if name.endswith(".py")} - {root}:
        (folder / "__init__.py").touch()
    return root


def goes_both_ways(root: Path, app: str, before: str) -> list[str]:
    """Names of the indexes that `migrate` builds and that going back to ``before`` takes away; nothing else is left to make."""
    ran(root, "manage.py", "makemigrations", "--check", "--dry-run")
    ran(root, "manage.py", "migrate", "-v0")
    built = sorted(name for name in indexes(root / "db.sqlite3") if name.startswith("ix_"))
    ran(root, "manage.py", "migrate", app, before, "-v0")
    assert not [name for name in indexes(root / "db.sqlite3") if name.startswith("ix_")]
    return built


ORDER = (
    "from django.db import models\n\n\nclass Order(models.Model):\n    status = models.CharField(max_length=9)\n"
)
FIRST_OF = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = {needs}
    replaces = {replaces}
    operations = {operations}
"""
MADE = """[migrations.CreateModel("Order", [("id", models.AutoField(auto_created=True, primary_key=True, serialize=False,
        verbose_name="ID")), ("status", models.CharField(max_length=9))])]"""


def step(needs: str = "[]", replaces: str = "[]", operations: str = "[]") -> str:
    return FIRST_OF.format(needs=needs, replaces=replaces, operations=operations)


def test_squashed_migrations_have_one_leaf(tmp_path: Path) -> None:
    folder = "shop/migrations"
    root = site(
        tmp_path,
        {
            "shop/models.py": ORDER,
            f"{folder}/0001_initial.py": step(operations=MADE),
            f"{folder}/0002_more.py": step('[("shop", "0001_initial")]'),
            f"{folder}/0001_squashed_0002_more.py": step(
                replaces='[("shop", "0001_initial"), ("shop", "0002_more")]', operations=MADE
            ),
            f"{folder}/0003_last.py": step('[("shop", "0002_more")]'),
        },
    )
    made = put(root, on("shop_order", "status"))
    assert made[0].path == f"{folder}/0004_ix_shop_order_status.py"
    assert '[("shop", "0003_last")]' in made[0].after
    assert goes_both_ways(root, "shop", "0003") == ["ix_shop_order_status"]


def test_a_migration_of_another_app_has_the_same_name(tmp_path: Path) -> None:
    files = {
        "shop/models.py": ORDER,
        "shop/migrations/0001_initial.py": step('[("people", "0001_initial")]', operations=MADE),
        "people/models.py": "",
        "people/migrations/0001_initial.py": step(),
    }
    root = site(tmp_path, files, '["people", "shop"]')
    made = put(root, on("shop_order", "status"))
    assert '[("shop", "0001_initial")]' in made[0].after
    assert goes_both_ways(root, "shop", "0001") == ["ix_shop_order_status"]


def test_merged_leaves_are_one(tmp_path: Path) -> None:
    files = {
        "shop/models.py": ORDER,
        "shop/migrations/0001_initial.py": step(operations=MADE),
        "shop/migrations/0002_a.py": step('[("shop", "0001_initial")]'),
        "shop/migrations/0002_b.py": step('[("shop", "0001_initial")]'),
        "shop/migrations/0003_merge.py": step('[("shop", "0002_a"), ("shop", "0002_b")]'),
    }
    root = site(tmp_path, files)
    assert '[("shop", "0003_merge")]' in put(root, on("shop_order", "status"))[0].after
    assert goes_both_ways(root, "shop", "0003") == ["ix_shop_order_status"]


def test_a_label_and_a_place_of_their_own(tmp_path: Path) -> None:
    apps = (
        "from django.apps import AppConfig\n\n\nclass C(AppConfig):\n    name = 'stores.shop'\n    label = 'st'\n"
    )
    files = {
        "stores/shop/models.py": ORDER,
        "stores/shop/apps.py": apps,
        "stores/shop/migrations/0001_old.py": "",
        "moved/st/0001_initial.py": step(operations=MADE),
    }
    root = site(tmp_path, files, '["stores.shop"]\nMIGRATION_MODULES = {"st": "moved.st"}')
    for folder in ("stores", "moved"):
        (root / folder / "__init__.py").touch()
    made = put(root, on("st_order", "status"))
    assert [change.path for change in made] == ["moved/st/0002_ix_st_order_status.py", "stores/shop/models.py"]
    assert goes_both_ways(root, "st", "0001") == ["ix_st_order_status"]


BASES = """from django.db import models


class Named(models.Model):
    name = models.CharField(max_length=9)

    class Meta:
        abstract = True
        ordering = ["name"]


class Order(Named):
    status: str = models.CharField(max_length=9)

    class Meta:
        verbose_name = "an order"


class Late(Order):
    class Meta:
        proxy = True


class Line(Named):
    number = models.IntegerField()
"""


def test_models_in_a_package_with_abstract_and_proxy_ones(tmp_path: Path) -> None:
    files = {
        "shop/models/__init__.py": "from .all import *\n",
        "shop/models/all.py": BASES.replace("\n", "\r\n"),
        "shop/migrations/__init__.py": "",
    }
    root = site(tmp_path, files)
    ran(root, "manage.py", "makemigrations", "shop", "-v0")
    made = put(root, on("shop_order", "status"), on("shop_order", "name"), on("shop_line", "number"))
    edited = [change for change in made if change.path.endswith("all.py")]
    assert len(edited) == 2, "Line has no Meta of its own, and inherits one: RunSQL"
    assert all(change.before.count("\n") == change.before.count("\r\n") for change in edited)
    assert all(change.after.count("\n") == change.after.count("\r\n") for change in edited)
    for change in made:  # line ends as they are
        (root / change.path).write_bytes(change.after.encode())
    assert goes_both_ways(root, "shop", "0001") == [
        "ix_shop_line_number",
        "ix_shop_order_name",
        "ix_shop_order_status",
    ]


ROUTER = """class Router:
    def allow_migrate(self, db, app_label, **hints):
        return (db == "shops") == (app_label == "shop")
"""


def test_two_databases_with_a_router(tmp_path: Path) -> None:
    root = site(tmp_path, {"shop/models.py": ORDER, "shop/migrations/__init__.py": "", "router.py": ROUTER})
    settings = (root / "settings.py").read_text()
    second = (
        '{"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "other.sqlite3"}, "shops": ' + SQLITE + "}"
    )
    settings = settings.replace('{"default": ' + SQLITE + "}", second) + 'DATABASE_ROUTERS = ["router.Router"]\n'
    (root / "settings.py").write_text(settings)
    ran(root, "manage.py", "makemigrations", "shop", "-v0")
    put(root, on("shop_order", "status"))
    ran(root, "manage.py", "makemigrations", "--check", "--dry-run")
    for database in ("default", "shops"):
        ran(root, "manage.py", "migrate", "--database", database, "-v0")
    assert indexes(root / "other.sqlite3") == set()
    assert indexes(root / "db.sqlite3") == {"ix_shop_order_status"}
    ran(root, "manage.py", "migrate", "shop", "0001", "--database", "shops", "-v0")
    assert indexes(root / "db.sqlite3") == set()


# ------------------------------------------------------------------ Alembic

TABLES = ["create table orders (id int, status text)"]
PLACES = {
    "flask": {
        "alembic.ini": None,
        "migrations/alembic.ini": "[alembic]\nfile_template = %%(rev)s\n",
        "db": "migrations",
    },
    "below": {"alembic.ini": "[alembic]\nscript_location = src/deep/db\n", "db": "src/deep/db"},
    "package": {"alembic.ini": "[alembic]\nscript_location = deep.er:db\n", "db": "deep/er/db"},
    "pyproject": {
        "alembic.ini": None,
        "pyproject.toml": '[tool.alembic]\nscript_location = "%(here)s/db"\n',
        "db": "db",
    },
    "versions": {
        "alembic.ini": "[alembic]\nscript_location = db\nversion_locations = db/versions db/more\n",
        "db": "db",
    },
}


@pytest.mark.parametrize("shape", PLACES)
def test_alembic_s_revisions_lie_where_the_project_has_them(shape: str, tmp_path: Path) -> None:
    told = {**PLACES[shape]}
    folder = str(told.pop("db"))
    project = alembic_project(tmp_path, f"sqlite:///{tmp_path}/x.sqlite", TABLES, ["drop table orders"])
    if folder != "db":
        (project / folder).parent.mkdir(parents=True, exist_ok=True)
        (project / "db").rename(project / folder)
    for name, text in told.items():
        (project / name).unlink(missing_ok=True)
        if text is not None:
            (project / name).write_text(text)
    if shape == "versions":
        (project / "db/more").mkdir()
        later = FIRST.replace("__UP__", "[]").replace("__DOWN__", "[]").replace('"aaaa"', '"bbbb"')
        (project / "db/more/bbbb_more.py").write_text(later.replace("= None", '= "aaaa"'))
    made = put(project, on("orders", "status"))
    expected = "db/more" if shape == "versions" else f"{folder}/versions"
    assert [str(Path(change.path).parent) for change in made] == [expected]
    place = place_of(Texts(project))
    assert place is not None
    assert not place.several
    assert len(heads_of(Texts(project), place)) == 1
    if shape == "versions":
        ran(project, "-m", "alembic", "upgrade", "head")
        assert indexes(project / "x.sqlite") == {"ix_orders_status"}
        ran(project, "-m", "alembic", "downgrade", "-1")
        assert indexes(project / "x.sqlite") == set()


def test_one_revision_for_several_databases_is_left_to_sql(tmp_path: Path) -> None:
    project = alembic_project(tmp_path, "sqlite:///x.sqlite", TABLES, ["drop table orders"])
    (project / "db/env.py").write_text(ENV.replace("__URL__", "sqlite:///x.sqlite") + "\n# engine_name\n")
    up, _ = put(project, on("orders", "status"))
    assert up.path.endswith(".up.sql")
    assert "serves several databases" in up.after


FLASK = '''from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class OrderLine(db.Model):
    """A line."""

    id = db.Column(db.Integer, primary_key=True)
    status = db.Column(db.String(9))


class HTTPLog(db.Model):
    id = db.Column(db.Integer, primary_key=True)
'''


def test_flask_s_models_get_the_index_under_the_name_that_it_makes(tmp_path: Path) -> None:
    tables = ["create table order_line (id int, status text)", "create table http_log (id int)"]
    project = alembic_project(tmp_path, "sqlite:///x.sqlite", tables, [])
    (project / "models.py").write_text(FLASK)
    put(project, on("order_line", "status"), on("http_log", "id"))
    text = (project / "models.py").read_text()
    assert '"""A line."""\n    __table_args__ = (Index("ix_order_line_status", "status"),)\n' in text
    assert 'class HTTPLog(db.Model):\n    __table_args__ = (Index("ix_http_log_id", "id"),)\n    id' in text
    compile(text, "models.py", "exec")
    ran(project, "-m", "alembic", "upgrade", "head")
    assert indexes(project / "x.sqlite") == {"ix_order_line_status", "ix_http_log_id"}


MIXINS = """from sqlalchemy import Column, Index, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Timed:
    made_on = Column(String)


class Counted(Timed):
    number = Column(Integer)


class Arguments:
    __table_args__ = {"sqlite_autoincrement": True}


class Order(Counted, Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)


class Line(Arguments, Base):
    __tablename__ = "lines"
    id = Column(Integer, primary_key=True)
"""


def test_mixins_of_the_same_file_are_read(tmp_path: Path) -> None:
    tables = ["create table orders (id int, made_on text)", "create table lines (id int)"]
    project = alembic_project(tmp_path, "sqlite:///x.sqlite", tables, [])
    (project / "models.py").write_text(MIXINS)
    put(project, on("orders", "made_on"), on("lines", "id"))
    text = (project / "models.py").read_text()
    assert '__table_args__ = (Index("ix_orders_made_on", "made_on"),)' in text
    assert "ix_lines_id" not in text, "its arguments come from a mixin"
    ran(project, "-c", "import models")
