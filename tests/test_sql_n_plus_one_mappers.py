"""The pages of `n-plus-one-django` and `n-plus-one-sqlalchemy`: their examples run under the real recorder."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.optimizer.writing.formatting import format_touched
from perfprof.profilers.parts import loads
from perfprof.profilers.workload import record
from perfprof.rules import registry
from perfprof.rules.examples import Example, examples
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, weigh

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
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)
django.setup()


class Country(models.Model):
    name = models.CharField(max_length=9)

    class Meta:
        app_label = "shop"


class Customer(models.Model):
    name = models.CharField(max_length=9)
    country = models.ForeignKey(Country, models.CASCADE)

    class Meta:
        app_label = "shop"


class Orders(models.QuerySet):
    def recent(self):
        return self.filter(id__gt=0).order_by("id")


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    objects = Orders.as_manager()

    class Meta:
        app_label = "shop"


class Item(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")

    class Meta:
        app_label = "shop"


with connection.schema_editor() as editor:
    for model in (Country, Customer, Order, Item):
        editor.create_model(model)
Country.objects.bulk_create(Country(id=i, name=f"n{i}") for i in range(1, 8))
Customer.objects.bulk_create(Customer(id=i, name=f"c{i}", country_id=i % 7 + 1) for i in range(1, 9))
Order.objects.bulk_create(Order(id=i, customer_id=i % 8 + 1) for i in range(1, 13))
Item.objects.bulk_create(Item(id=i, order_id=i % 12 + 1) for i in range(1, 30))
"""
SQLALCHEMY = """
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


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


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as first:
    first.add_all(Country(id=i, name=f"n{i}") for i in range(1, 8))
    first.add_all(Customer(id=i, name=f"c{i}", country_id=i % 7 + 1) for i in range(1, 9))
    first.add_all(Order(id=i, customer_id=i % 8 + 1) for i in range(1, 13))
    first.add_all(Item(id=i, order_id=i % 12 + 1) for i in range(1, 30))
    first.commit()
"""
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


class Bench:
    """A folder with models, one example and a script that prints what its ``ledger`` gives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, rule: str, source: str, workload: str = "") -> None:
        (self.folder / "models.py").write_text(MODELS[rule])
        (self.folder / "example.py").write_text(f"{HEADS[rule]}\n\n{source}")
        (self.folder / "workload.py").write_text(workload or RUNS[rule])

    def cases(self, name: str) -> tuple[list[Case], int]:
        """The rule's cases with proofs, and how many statements ran."""
        rule = RULES[name]
        program = Program(self.folder, lambda path: path.read_text())
        argv = [sys.executable, "workload.py"]
        with record(argv, cwd=self.folder, folder=self.folder / "record", sampler="off") as recording:
            assert recording.meta["exit_code"] == "0"
            assert rule.in_loads is not None
            suspects = list(rule.in_loads(loads.read(recording), program))
            statements = sum(one.count for one in recording.executions())
        found = [Case(one, program) for one in suspects]
        return [replace(one, proofs=weigh(rule, one)[0]) for one in found], statements

    def rewritten(self, name: str, case: Case) -> None:
        """Put the patch into the folder."""
        finding = case.suspect.finding
        edits = RULES[name].rewrite(case).edits
        for path in {edit.path or finding.path for edit in edits}:
            before = (self.folder / path).read_text()
            after = apply_edits(before, [edit for edit in edits if (edit.path or finding.path) == path])
            (self.folder / path).write_text(format_touched(before, after, self.folder / path, self.folder))

    def printed(self) -> str:
        run = [sys.executable, "workload.py"]
        return subprocess.run(run, cwd=self.folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "pyproject.toml").write_text("[tool.black]\nline-length = 110\n")
    return Bench(tmp_path)


def proven(name: str, cases: list[Case]) -> list[Case]:
    return [one for one in cases if RULES[name].worth(one).enough and all(proof.level for proof in one.proofs)]


@pytest.mark.parametrize(("name", "example"), REWRITES)
def test_before_becomes_after_with_the_same_answer(name: str, example: Example, bench: Bench) -> None:
    bench.write(name, example.before)
    before = bench.printed()
    cases, many = bench.cases(name)
    (case,) = proven(name, cases)
    bench.rewritten(name, case)
    after = (bench.folder / "example.py").read_text()
    assert after.removeprefix(HEADS[name]).lstrip() == example.after
    assert bench.printed() == before
    cases, few = bench.cases(name)
    assert few < many - 5
    assert not proven(name, cases)


@pytest.mark.parametrize(("name", "example"), LOOKALIKES)
def test_a_look_alike_is_left_alone_for_its_reason(name: str, example: Example, bench: Bench) -> None:
    bench.write(name, example.before)
    cases, _ = bench.cases(name)
    assert cases, "it must at least be looked at"
    assert not proven(name, cases)
    failing = {proof.obligation for one in cases for proof in one.proofs if not proof.level}
    assert example.obligation in failing
