"""What answers of Django and SQLAlchemy compare by: columns and bodies, not what was loaded along with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()
from django.db import connection, models
from django.http import HttpResponse, JsonResponse

class A(models.Model):
    name = models.CharField(max_length=9)
    class Meta: app_label = "x"

class B(models.Model):
    a = models.ForeignKey(A, models.CASCADE, related_name="bs")
    class Meta: app_label = "x"

with connection.schema_editor() as editor:
    editor.create_model(A); editor.create_model(B)
A.objects.create(name="n"); B.objects.create(a_id=1)
from replaying.shapes import Shape

def shape(value):
    one = Shape(shut=lambda kind: kind.__module__ != "__main__")
    return one.write(value), one.opaque

lazy, eager = list(B.objects.all()), list(B.objects.select_related("a"))
assert shape(lazy) == shape(eager), "what came along is not the answer"
assert shape(list(A.objects.all())) == shape(list(A.objects.prefetch_related("bs")))
eager[0].a_id = 2
assert shape(lazy) != shape(eager), "columns are"
assert shape(A.objects.all()) == shape(A.objects.prefetch_related("bs")) and not shape(A.objects.all())[1]
asked = A.objects.all(); len(asked)
assert shape(asked) != shape(A.objects.none())
assert shape(HttpResponse("x")) == shape(HttpResponse("x")) != shape(HttpResponse("y"))
assert shape(HttpResponse("x", status=201)) != shape(HttpResponse("x"))
assert shape(JsonResponse({"a": 1})) != shape(JsonResponse({"a": 2}))

from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

class Base(DeclarativeBase): pass
class P(Base):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
class C(Base):
    __tablename__ = "c"
    id: Mapped[int] = mapped_column(primary_key=True)
    p_id: Mapped[int] = mapped_column(ForeignKey("p.id"))
    p: Mapped[P] = relationship()
engine = create_engine("sqlite://"); Base.metadata.create_all(engine)
with Session(engine) as s: s.add_all([P(id=1), C(id=1, p_id=1)]); s.commit()
with Session(engine) as s: one = s.scalars(select(C)).all()
with Session(engine) as s: two = s.scalars(select(C).options(selectinload(C.p))).all()
assert shape(one) == shape(two)
"""


def test_what_was_loaded_along_is_no_part_of_the_answer() -> None:
    inside = Path(__file__).parents[1] / "perfprof" / "profilers" / "inside"
    ran = subprocess.run([sys.executable, "-c", SCRIPT, str(inside)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
