"""The pages of `n-plus-one-django` and `n-plus-one-sqlalchemy`: their examples run under the real recorder."""

from __future__ import annotations

from pathlib import Path

import pytest
from mappers import SQLALCHEMY_BASE, SQLALCHEMY_ENGINE, Mapped, proven

from perfprof.rules import registry
from perfprof.rules.examples import Example, examples

RULES = {name: registry()[name] for name in ("n-plus-one-django", "n-plus-one-sqlalchemy")}
ALL = [(name, one) for name, rule in RULES.items() for one in examples(rule.page)]
REWRITES = [pytest.param(name, one, id=f"{name}-{one.number}") for name, one in ALL if one.after]
LOOKALIKES = [pytest.param(name, one, id=f"{name}-{one.obligation}") for name, one in ALL if one.obligation]

DJANGO = """
import django
from django.conf import settings
from django.db import connection, models

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)
django.setup()


class Country(models.Model):
    name = models.CharField(max_length=9)

    class Meta:
        app_label = "contenttypes"


class Customer(models.Model):
    name = models.CharField(max_length=9)
    country = models.ForeignKey(Country, models.CASCADE)

    class Meta:
        app_label = "contenttypes"


class Orders(models.QuerySet):
    def recent(self):
        return self.filter(id__gt=0).order_by("id")


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    objects = Orders.as_manager()

    class Meta:
        app_label = "contenttypes"


class Item(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")

    class Meta:
        app_label = "contenttypes"


with connection.schema_editor() as editor:
    for model in (Country, Customer, Order, Item):
        editor.create_model(model)
Country.objects.bulk_create(Country(id=i, name=f"n{i}") for i in range(1, 8))
Customer.objects.bulk_create(Customer(id=i, name=f"c{i}", country_id=i % 7 + 1) for i in range(1, 9))
Order.objects.bulk_create(Order(id=i, customer_id=i % 8 + 1) for i in range(1, 13))
Item.objects.bulk_create(Item(id=i, order_id=i % 12 + 1) for i in range(1, 30))
"""
SQLALCHEMY = (
    SQLALCHEMY_BASE
    + """

class Country(Base):
    __tablename__ = "country"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country_id: Mapped[int] = mapped_column(ForeignKey("country.id"))
    country: Mapped[Country] = relationship()


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship()
    items: Mapped[list["Item"]] = relationship()
"""
    + SQLALCHEMY_ENGINE
    + """with Session(engine) as first:
    first.add_all(Country(id=i, name=f"n{i}") for i in range(1, 8))
    first.add_all(Customer(id=i, name=f"c{i}", country_id=i % 7 + 1) for i in range(1, 9))
    first.add_all(Order(id=i, customer_id=i % 8 + 1) for i in range(1, 13))
    first.add_all(Item(id=i, order_id=i % 12 + 1) for i in range(1, 30))
    first.commit()
"""
)
HEADS = {
    "n-plus-one-django": "from models import Country, Customer, Item, Order\n",
    "n-plus-one-sqlalchemy": "from models import Country, Customer, Item, Order\nfrom sqlalchemy import select, update\n",
}
MODELS = {"n-plus-one-django": DJANGO, "n-plus-one-sqlalchemy": SQLALCHEMY}
RUNS = {
    "n-plus-one-django": "from example import *\nprint(ledger())\n",
    "n-plus-one-sqlalchemy": "from example import *\nfrom models import Session, engine\n"
    "with Session(engine) as session:\n    print(ledger(session))\n",
}


@pytest.fixture
def bench(tmp_path: Path) -> Mapped:
    (tmp_path / "pyproject.toml").write_text("[tool.black]\nline-length = 110\n")
    return Mapped(tmp_path)


def write(bench: Mapped, rule: str, source: str) -> None:
    head = f"{HEADS[rule]}\n\n"
    bench.write({"models.py": MODELS[rule], "example.py": head + source, "workload.py": RUNS[rule]})


@pytest.mark.parametrize(("name", "example"), REWRITES)
def test_before_becomes_after_with_the_same_answer(name: str, example: Example, bench: Mapped) -> None:
    write(bench, name, example.before)
    before = bench.printed()
    cases, many = bench.cases(name)
    (case,) = proven(cases)
    bench.rewrite(case)
    after = (bench.folder / "example.py").read_text()
    assert after.replace(HEADS[name], "").lstrip() == example.after
    assert bench.printed() == before
    cases, few = bench.cases(name)
    assert few < many - 5
    assert not proven(cases)


@pytest.mark.parametrize(("name", "example"), LOOKALIKES)
def test_a_look_alike_is_left_alone_for_its_reason(name: str, example: Example, bench: Mapped) -> None:
    write(bench, name, example.before)
    cases, _ = bench.cases(name)
    assert cases, "it must at least be looked at"
    assert not proven(cases)
    failing = {proof.obligation for one in cases for proof in one.proofs if not proof.level}
    assert example.obligation in failing
