"""Relations that a mapper loads one by one, named in the report of a recording."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from perfprof.optimizer.reports.recorded import loads
from perfprof.profilers.workload import record

PROGRAM = """
import os
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool

class Base(DeclarativeBase): pass

class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship()

def report(session):
    orders = session.scalars(select(Order)).all()
    return [order.customer.id for order in orders]

def main():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Customer(id=i) for i in range(12)])
        session.flush()
        session.add_all([Order(id=i, customer_id=i) for i in range(12)])
        session.commit()
    with Session(engine) as session:
        report(session)

if os.fork() == 0:  # two processes, one row
    main()
    os._exit(0)
main()
os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_relation_is_named_with_its_places(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    (tmp_path / "app.py").write_text(PROGRAM)
    argv = [sys.executable, "app.py"]
    with record(argv, cwd=tmp_path, folder=tmp_path / "run", sampler="off", output=tmp_path / "out") as recording:
        section = loads.section(recording, tmp_path)
    assert section is not None
    assert section["says"] == "24 loads of 1 relation or field"
    (line,) = section["brief"]
    assert line.startswith("Order.customer (SQLAlchemy) · 24 x, up to 12 for one query's objects")
    assert "app.py:21 report" in line
    assert line.endswith("objects from app.py:20 report")
