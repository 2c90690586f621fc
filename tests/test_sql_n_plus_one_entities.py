"""Statements of SQLAlchemy whose option would fail, or cost, in a branch or a caller that no recorded run has seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from mappers import SQLALCHEMY_BASE, SQLALCHEMY_ENGINE, Mapped, functions, places, proven

MODELS = (
    SQLALCHEMY_BASE
    + """

class Country(Base):
    __tablename__ = "country"
    id: Mapped[int] = mapped_column(primary_key=True)


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    points: Mapped[int] = mapped_column(default=0)
    country_id: Mapped[int] = mapped_column(ForeignKey("country.id"))
    country: Mapped[Country] = relationship()


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship()
    items: Mapped[list[Item]] = relationship()
"""
    + SQLALCHEMY_ENGINE
    + """with Session(engine) as first:
    first.add_all(Country(id=i) for i in range(1, 20))
    first.add_all(Customer(id=i, name=f"c{i}", country_id=i) for i in range(1, 20))
    first.add_all(Order(id=i, customer_id=i) for i in range(1, 13))
    first.add_all(Item(id=i, order_id=i % 12 + 1) for i in range(1, 40))
    first.commit()
"""
)
STAY = {
    "told": """
    return [o.customer.name for o in session.scalars(select(Order).options(lazyload(Order.customer)))]""",
    "committed_sometimes": """
    names = []
    for o in session.scalars(select(Order).order_by(Order.id)).all():
        if o.id > 90:
            session.commit()
        names.append(o.customer.name)
    return names""",
    "paid_sometimes": """
    points = []
    for o in session.scalars(select(Order).order_by(Order.id)).all():
        if o.id > 90:
            session.execute(update(Customer).where(Customer.id == o.customer_id).values(points=1))
        points.append(o.customer.points)
    return points""",
    "added_sometimes": """
    sizes = []
    for o in session.scalars(select(Order).order_by(Order.id)).all():
        if o.id > 90:
            session.add(Item(order_id=o.id))
        sizes.append(len(o.items))
    return sizes""",
    "cleared_sometimes": """
    sizes = []
    for o in session.scalars(select(Order).order_by(Order.id)).all():
        if o.id > 90:
            session.query(Item).filter(Item.order_id == o.id).delete()
        sizes.append(len(o.items))
    return sizes""",
    "moved_sometimes": """
    names = []
    for o in session.scalars(select(Order).order_by(Order.id)).all():
        if o.id > 90:
            o.customer_id = 1
        names.append(o.customer.name)
    return names""",
    "dumped": """
    return [(len(vars(o)), o.customer.name) for o in session.scalars(select(Order).order_by(Order.id))]""",
    "searched": """
    statement = select(Order.id) if few else select(Order)
    return session.scalars(statement.order_by(statement.selected_columns.id)).all()""",
    "use_searched": "return [o.customer.name for o in searched(session)]",
    "narrowed": """
    statement = select(Order)
    if few:
        statement = statement.with_only_columns(Order.id)
    return session.scalars(statement.order_by(Order.id)).all()""",
    "use_narrowed": "return [o.customer.name for o in narrowed(session)]",
    "keys_and_all": """
    keys = session.scalars(statement.with_only_columns(Order.id)).all()
    return keys, session.scalars(statement).all()""",
    "use_keys": "return [o.customer.name for o in keys_and_all(session, select(Order).order_by(Order.id))[1]]",
}
GENERIC = """
from sqlalchemy import select


def all_of(session, model):
    return session.scalars(select(model).order_by(model.id)).all()
"""
TAIL = """
def generic(session):
    return [o.customer.name for o in all_of(session, Order)]


def brought(session):
    statement = select(Order).options(joinedload(Order.customer)).order_by(Order.id)
    return [o.customer.country.id for o in session.scalars(statement)]


def counted(session, statement):
    total = session.scalar(statement.with_only_columns(func.count()).order_by(None))
    return total, session.scalars(statement).all()


def page(session):
    total, orders = counted(session, select(Order).order_by(Order.id))
    return total, [len(o.items) for o in orders]


async def walked(session):
    names = []
    for o in await session.scalars(select(Order).where(Order.id > 0).order_by(Order.id)):
        names.append((await session.run_sync(lambda _: o.customer)).name)
    session.expunge_all()
    for o in (await session.execute(select(Order).where(Order.id > 1).order_by(Order.id))).scalars():
        names.append((await session.run_sync(lambda _: o.items))[0].id)
    return names
"""
WORKLOAD = """
import asyncio
import os
import sqlite3

import example
from models import Session, engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

for name in {names!r}:
    with Session(engine) as session:
        print(getattr(example, name)(session))
with engine.connect() as source:
    copy = sqlite3.connect("copy.sqlite")
    source.connection.driver_connection.backup(copy)
    copy.close()


async def main():
    other = create_async_engine("sqlite+aiosqlite:///copy.sqlite")
    async with AsyncSession(other) as session:
        print(await example.walked(session))
    await other.dispose()


asyncio.run(main())
os.remove("copy.sqlite")
"""


def test_statements_that_ask_otherwise_elsewhere_stay_as_they_are(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("aiosqlite")
    head = "from generic import all_of\nfrom models import Customer, Item, Order\n"
    head += "from sqlalchemy import func, select, update\nfrom sqlalchemy.orm import joinedload, lazyload\n"
    text = functions(head, STAY, "session, few=False").replace(
        "def keys_and_all(session, few=False)", "def keys_and_all(session, statement)"
    )
    called = [*(name for name in STAY if name not in ("searched", "narrowed", "keys_and_all"))]
    names = [*called, "generic", "brought", "page"]
    site = Mapped(tmp_path)
    workload = WORKLOAD.format(names=names)
    site.write({"models.py": MODELS, "generic.py": GENERIC, "example.py": text + TAIL, "workload.py": workload})
    cases, before = site.cases("n-plus-one-sqlalchemy")
    assert sorted(places(proven(cases))) == [
        ("brought", "Order.customer.country"),
        ("page", "Order.items"),
        ("walked", "Order.customer"),
        ("walked", "Order.items"),
    ]
    looked_at = {case.suspect.finding.function for case in cases}
    assert {*STAY, "all_of"} - {"use_searched", "use_narrowed", "keys_and_all"} <= looked_at
    printed = site.printed()
    site.rewrite(*proven(cases))
    assert site.printed() == printed
    assert site.cases()[1] < before - 40
