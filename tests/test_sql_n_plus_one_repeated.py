"""Statements that a loop repeats: found by the recording, told with the way to go, never patched."""

from __future__ import annotations

from pathlib import Path

import pytest
from mappers import Mapped, functions
from test_sql_n_plus_one_hostile import DJANGO_MODELS
from test_sql_n_plus_one_mappers import HEADS, SQLALCHEMY

from perfprof.rules import registry
from perfprof.rules.examples import examples
from perfprof.rules.rule import Case

RULE = registry()["n-plus-one-repeated"]
SETTINGS = """
class Setting(Base):
    name = models.CharField(max_length=9)


with connections["default"].schema_editor() as editor:
    editor.create_model(Setting)
Setting.objects.bulk_create(Setting(id=i, name=f"s{i}") for i in range(1, 13))
"""
TOLD = {
    "one_by_one": ("return [Customer.objects.get(id=o.customer_id).name for o in Order.objects.all()]", "in_bulk"),
    "always_the_same": (
        "return [(o.id, Customer.objects.filter(id__gt=2).count()) for o in Order.objects.all()]",
        "ask once before the loop",
    ),
    "counted": ("return [Item.objects.filter(order_id=o.id).count() for o in Order.objects.all()]", "Count('pk')"),
    "asked_whether": (
        "return [Item.objects.filter(order_id=o.id).exists() for o in Order.objects.all()]",
        "which keys exist",
    ),
    "the_first": (
        "return [Item.objects.filter(order=o).order_by('-id').first() for o in Order.objects.all()]",
        "annotate the parents with a Subquery",
    ),
    "made": ("return [Item.objects.create(order=o, size=1).size for o in Order.objects.all()]", "bulk_create"),
    "saved": (
        """
    for customer in Customer.objects.all():
        customer.name = customer.name.upper()
        customer.save()""",
        "bulk_update",
    ),
    "got_or_made": (
        """
    for o in Order.objects.all():
        Customer.objects.get_or_create(name=f"new{o.id}")""",
        "get_or_create",
    ),
    "of_a_table_of_settings": (
        "return [Setting.objects.get(id=number).name for number in range(1, 9)]",
        "read it once before the loop",
    ),
    "helper": ("return Customer.objects.get(id=number).name", ""),
    "through_a_helper": ("return [helper(o.customer_id) for o in Order.objects.all()]", "in_bulk"),
    "within_two": (
        """
    return [Item.objects.filter(order_id=o.id, size=s).count() for o in Order.objects.all() for s in range(3)]""",
        "count all keys at once",
    ),
    "few": ("return [Customer.objects.get(id=number).name for number in range(1, 4)]", ""),
    "no_loop": ("return Customer.objects.get(id=1).name, Customer.objects.get(id=2).name", ""),
    "relation": ("return [o.customer.name for o in Order.objects.order_by('id')]", ""),
    "by_a_driver": (
        """
    with connections["default"].cursor() as cursor:
        for number in range(9):
            cursor.execute("INSERT INTO contenttypes_setting (name) VALUES (%s)", [str(number)])""",
        "executemany",
    ),
}


def why(cases: list[Case]) -> dict[str, list[str]]:
    """What is told of each function; nothing of those with too few turns."""
    found: dict[str, list[str]] = {}
    for case in cases:
        if RULE.worth(case).enough:
            assert not any(proof.level for proof in case.proofs), "it is told, never applied"
            found.setdefault(case.suspect.finding.function, []).append(case.proofs[0].why)
    return found


def test_each_repetition_is_told_with_the_way_to_go(tmp_path: Path) -> None:
    pytest.importorskip("django")
    bodies = {name: body for name, (body, _) in TOLD.items()}
    head = "from django.db import connections\nfrom models import Customer, Item, Order, Setting\n"
    example = functions(head, bodies, "").replace("def helper():", "def helper(number):")
    calls = "".join(f"print(example.{name}())\n" for name in bodies if name != "helper")
    site = Mapped(tmp_path)
    workload = f"import models\nimport example\n{calls}"
    site.write({"models.py": DJANGO_MODELS + SETTINGS, "example.py": example, "workload.py": workload})
    cases, _ = site.cases(RULE.name)
    found = why([case for case in cases if case.suspect.finding.path == "example.py"])
    assert set(found) == {name for name, (_, advice) in TOLD.items() if advice}
    for name, (_, advice) in TOLD.items():
        assert not advice or any(advice in one for one in found[name]), (name, found[name])
    messages = {case.suspect.finding.function: case.suspect.finding.message for case in cases}
    assert messages["through_a_helper"].endswith("through helper")
    assert messages["within_two"].endswith("in a loop within a loop")


@pytest.mark.parametrize("number", range(3))
def test_the_page_s_examples_are_told(tmp_path: Path, number: int) -> None:
    pytest.importorskip("django")
    site = Mapped(tmp_path)
    example = "from models import Customer, Item, Order\n\n\n" + examples(RULE.page)[number].before
    text = example.replace("Item.objects.create(order=order)", "Item.objects.create(order=order, size=1)")
    site.write(
        {
            "models.py": DJANGO_MODELS,
            "example.py": text,
            "workload.py": "import models\nfrom example import *\nledger()\n",
        }
    )
    cases, _ = site.cases(RULE.name)
    assert set(why([case for case in cases if case.suspect.finding.path == "example.py"])) == {"ledger"}


def test_a_session_s_look_ups_are_told(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    bodies = {
        "ledger": "return [session.scalars(select(Customer).where(Customer.id == n)).one().name for n in range(1, 8)]",
        "by_key": "return [session.get(Customer, n).name for n in range(1, 8)]",
        "counted": "return [session.scalar(select(func.count()).where(Order.customer_id == n)) for n in range(1, 8)]",
    }
    head = HEADS["n-plus-one-sqlalchemy"] + "\nfrom sqlalchemy import func\n"
    example = functions(head, bodies, "session")
    calls = "".join(f"with Session(engine) as s:\n    example.{name}(s)\n" for name in bodies)
    workload = f"import example\nfrom models import Session, engine\n{calls}"
    site = Mapped(tmp_path)
    site.write({"models.py": SQLALCHEMY, "example.py": example, "workload.py": workload})
    cases, _ = site.cases(RULE.name)
    told = why(cases)
    assert any("in_(keys)" in one for one in told["ledger"])
    assert any("finds them in the session" in one for one in told["by_key"])
    assert any("group_by(key)" in one for one in told["counted"])


def test_a_loop_over_pieces_of_work_is_not_told(tmp_path: Path) -> None:
    """Two calls up, or with several tables a turn, no one statement can take the place of the loop's."""
    example = """
def page(conn, n):
    conn.execute("SELECT name FROM customers WHERE id = ?", (n,)).fetchone()
    conn.execute("SELECT id FROM orders WHERE customer = ?", (n,)).fetchone()
    return conn.execute("SELECT id FROM bills WHERE customer = ?", (n,)).fetchone()


def pages(conn):
    for n in range(30):
        page(conn, n)


def name(conn, n):
    return conn.execute("SELECT name FROM customers WHERE id = ?", (n,)).fetchone()


def greeting(conn, n):
    return f"Dear {name(conn, n)}"


def greetings(conn):
    for n in range(30):
        greeting(conn, n)


def names(conn):
    for n in range(30):
        name(conn, n)
"""
    workload = """
import sqlite3
import example
conn = sqlite3.connect(":memory:")
for table in ("customers", "orders", "bills"):
    conn.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT, customer INTEGER)")
example.pages(conn), example.greetings(conn), example.names(conn)
"""
    site = Mapped(tmp_path)
    site.write({"example.py": example, "workload.py": workload})
    cases, _ = site.cases(RULE.name)
    told = {case.suspect.finding.function for case in cases if case.suspect.finding.path == "example.py"}
    assert told <= {"names"}
    assert not told & {"pages", "greetings"}


@pytest.mark.parametrize("mapper", ["peewee", "tortoise"])
def test_other_mappers_are_told_with_their_line(mapper: str, tmp_path: Path) -> None:
    pytest.importorskip(mapper)
    site = Mapped(tmp_path)
    site.write({"example.py": OTHERS[mapper], "workload.py": "import example\nexample.run()\n"})
    cases, _ = site.cases(RULE.name)
    told = why([case for case in cases if case.suspect.finding.path == "example.py"])
    assert any("in_(keys)" in one or "__in=keys" in one for one in told["names"])


OTHERS = {
    "peewee": """
from peewee import ForeignKeyField, Model, SqliteDatabase, TextField

db = SqliteDatabase(":memory:")


class Customer(Model):
    name = TextField()

    class Meta:
        database = db


class Order(Model):
    customer = ForeignKeyField(Customer)

    class Meta:
        database = db


def names():
    return [order.customer.name for order in Order.select()]


def run():
    db.create_tables([Customer, Order])
    for number in range(9):
        Order.create(customer=Customer.create(name=str(number)))
    names()
""",
    "tortoise": """
from tortoise import Tortoise, fields, run_async
from tortoise.models import Model


class Customer(Model):
    id = fields.IntField(primary_key=True)
    name = fields.TextField()


class Order(Model):
    id = fields.IntField(primary_key=True)
    customer = fields.ForeignKeyField("models.Customer")


async def names():
    found = []
    for order in await Order.all():
        found.append((await order.customer).name)
    return found


async def main():
    await Tortoise.init(db_url="sqlite://:memory:", modules={"models": ["example"]})
    await Tortoise.generate_schemas()
    for number in range(9):
        await Order.create(customer=await Customer.create(name=str(number)))
    await names()


def run():
    run_async(main())
""",
}
