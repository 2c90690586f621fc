"""What answers of Django and SQLAlchemy compare by: columns and bodies, not what was loaded along with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from perfprof.optimizer.judge.watching import watched
from perfprof.profilers.inside.replaying.frameworks import content

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


def test_responses_of_flask_are_looked_into() -> None:
    flask = pytest.importorskip("flask")
    one, same, other, status = (flask.Response(text) for text in ("a", "a", "b", "a"))
    status.status_code = 404
    stream = flask.Response(part for part in ("a", "b"))
    assert content(one) == content(same) is not None
    assert content(one) not in (content(other), content(status))
    assert content(stream) is None, "what is sent piece by piece is not known yet"


def test_a_registered_function_is_watched_below_its_decorators(tmp_path: Path) -> None:
    text = (
        "kept = []\n\n\ndef route(function):\n    kept.append(function)\n    return function\n\n\n"
        "class Views:\n    @staticmethod\n    @route\n    def shown(n):\n        return n + 1\n\n"
        "    def plain(self):\n        return 2\n\n\n@route\ndef listed(n):\n    return n\n"
    )
    (tmp_path / "_perfprof_seen.py").write_text(
        "seen = []\n\n\ndef around(label):\n    def wrap(found):\n        def call(*args):\n            seen.append(label)\n"
        "            return found(*args)\n        return call\n    return wrap\n\n\ndef watch(names, name, label):\n"
        "    seen.append('below ' + name)\n"
    )
    names: dict[str, Any] = {}
    changed = watched("m.py", text, ["listed", "Views.shown", "Views.plain"], tmp_path, "_perfprof_seen")
    exec(compile(changed, "m.py", "exec"), names)
    assert [names["kept"][1](5), names["kept"][0](5), names["Views"].shown(1)] == [5, 6, 2]
    assert names["_perfprof_seen"].seen == [
        "below Views.plain",
        "m.py::listed",
        "m.py::Views.shown",
        "m.py::Views.shown",
    ]
