"""SQLAlchemy's asyncio: what objects are asked for later is loaded by the statement, in whichever module that stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from mappers import Mapped, places, proven
from test_sql_n_plus_one_mappers import SQLALCHEMY

MODELS = (
    SQLALCHEMY.replace("class Base(DeclarativeBase):", "class Base(AsyncAttrs, DeclarativeBase):")
    .replace(
        "\nfrom sqlalchemy.orm",
        "\nfrom sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession, create_async_engine\nfrom sqlalchemy.orm",
    )
    .replace('create_engine("sqlite://")', 'create_engine("sqlite:///shop.sqlite")')
    .replace("Base.metadata.create_all(engine)", "Base.metadata.drop_all(engine)\nBase.metadata.create_all(engine)")
    + 'later = create_async_engine("sqlite+aiosqlite:///shop.sqlite")\n'
)
STORE = """
from models import Item, Order
from sqlalchemy import select


async def orders(session):
    return (await session.scalars(select(Order).order_by(Order.id))).all()


async def streamed(session):
    result = await session.execute(select(Order).where(Order.id > 2).order_by(Order.id))
    return result.scalars().all()


def items():
    return select(Item).order_by(Item.id)


async def raising(session):
    from sqlalchemy.orm import raiseload

    return (await session.scalars(select(Order).options(raiseload(Order.customer)).order_by(Order.id))).all()
"""
SERVICE = """
import store
from models import Order
from sqlalchemy import select


async def names(session):
    return [(await order.awaitable_attrs.customer).name for order in await store.orders(session)]


async def sizes(session):
    found = []
    for order in await store.streamed(session):
        found.append(len(await order.awaitable_attrs.items))
    return found


async def refused(session):
    errors = 0
    for order in await store.raising(session):
        try:
            await order.awaitable_attrs.customer
        except Exception:
            errors += 1
    return errors


async def inside(session):
    def listed(plain):
        return [order.customer.name for order in plain.scalars(select(Order).order_by(-Order.id))]

    return await session.run_sync(listed)


async def single(session):
    order = await session.get(Order, 3)
    return (await order.awaitable_attrs.customer).name
"""
WORKLOAD = """
import asyncio
import service
from models import AsyncSession, later


async def main():
    for function in (service.names, service.sizes, service.refused, service.inside, service.single):
        async with AsyncSession(later) as session:
            print(await function(session))
    await later.dispose()


asyncio.run(main())
"""


def test_the_statement_s_module_gets_the_option(tmp_path: Path) -> None:
    pytest.importorskip("aiosqlite")
    site = Mapped(tmp_path)
    site.write({"models.py": MODELS, "store.py": STORE, "service.py": SERVICE, "workload.py": WORKLOAD})
    before = site.printed()
    cases, many = site.cases("n-plus-one-sqlalchemy")
    found = proven(cases)
    assert set(places(found)) == {
        ("orders", "Order.customer"),
        ("streamed", "Order.items"),
        ("inside.<locals>.listed", "Order.customer"),
    }
    site.rewrite(*found)
    assert (
        "(await session.scalars(select(Order).order_by(Order.id).options(selectinload(Order.customer)))).all()"
        in (tmp_path / "store.py").read_text().replace("\n        ", "").replace("\n    )", ")")
    )
    assert site.printed() == before
    cases, few = site.cases("n-plus-one-sqlalchemy")
    assert proven(cases) == []
    assert many - few == 8 + 10 + 8 - 3
