"""Look-alikes of the mappers' N+1 that an option would break: every function below must stay as it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from mappers import SQLALCHEMY_BASE, SQLALCHEMY_ENGINE, Mapped, functions, places, proven

from perfprof.rules.eager.places import _query_part

DJANGO_MODELS = """
import django
from django.conf import settings
from django.db import connections, models

FILES = {"ENGINE": "django.db.backends.sqlite3"}
settings.configure(
    DATABASES={"default": {**FILES, "NAME": ":memory:"}, "far": {**FILES, "NAME": "far.sqlite"}},
    DATABASE_ROUTERS=["models.Router"],
    INSTALLED_APPS=["django.contrib.contenttypes"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)


class Router:
    def db_for_read(self, model, **hints):
        return "far" if model.__name__ == "Far" else None

    db_for_write = db_for_read

    def allow_relation(self, first, second, **hints):
        return True


django.setup()
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType


class Base(models.Model):
    class Meta:
        abstract = True
        app_label = "contenttypes"


class Living(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(gone=False)


class Customer(Base):
    name = models.CharField(max_length=9)


class Soft(Base):
    name = models.CharField(max_length=9)
    gone = models.BooleanField(default=False)
    objects = Living()

    class Meta(Base.Meta):
        base_manager_name = "objects"


class Far(Base):
    name = models.CharField(max_length=9)


class Node(Base):
    parent = models.ForeignKey("self", models.CASCADE, null=True)


class Order(Base):
    customer = models.ForeignKey(Customer, models.CASCADE)
    soft = models.ForeignKey(Soft, models.CASCADE)
    far = models.ForeignKey(Far, models.CASCADE, db_constraint=False)


class Special(Order):
    note = models.ForeignKey(Customer, models.CASCADE, related_name="+")


class Item(Base):
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    size = models.IntegerField()


class Tag(Base):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.IntegerField()
    target = GenericForeignKey()


for name in ("default", "far"):
    with connections[name].schema_editor() as editor:
        for model in (ContentType, Customer, Soft, Far, Node, Order, Special, Item, Tag):
            if name == "default" or model is Far:
                editor.create_model(model)
Customer.objects.bulk_create(Customer(id=i, name=f"c{i}") for i in range(1, 20))
Soft.objects.bulk_create(Soft(id=i, name=f"s{i}") for i in range(1, 20))
Far.objects.bulk_create(Far(id=i, name=f"f{i}") for i in range(1, 20))
for i in range(1, 13):
    Special.objects.create(id=i, customer_id=i, soft_id=i, far_id=i, note_id=i)
Item.objects.bulk_create(Item(id=i, order_id=i % 12 + 1, size=i) for i in range(1, 40))
Node.objects.bulk_create([Node(id=1)] + [Node(id=i, parent_id=i - 1) for i in range(2, 12)])
kinds = [ContentType.objects.get_for_model(one) for one in (Order, Customer)]
Tag.objects.bulk_create(Tag(id=i, content_type=kinds[i % 2], object_id=i) for i in range(1, 11))
"""
DJANGO = {
    "only": 'return [o.customer.name for o in Order.objects.order_by("id").only("customer")]',
    "deferred_beside": 'return [len(o.items.all()) for o in Order.objects.order_by("id").only("customer")]',
    "locked_later": """
    orders = Order.objects.filter(id__gt=0).order_by("id")
    first = orders.select_for_update().get(id=1)
    return [first.id] + [o.customer.name for o in orders]""",
    "some_orders": "return Order.objects.filter(id__lt=12)",
    "use_some_orders": """
    names = [o.customer.name for o in some_orders()]
    mine = some_orders()
    return names + list(mine.union(Order.objects.filter(id=12)).values_list("id", flat=True))""",
    "iterated": 'return [len(o.items.all()) for o in Order.objects.order_by("id").iterator()]',
    "iterated_later": """
    orders = Order.objects.order_by("id")
    sizes = [len(o.items.all()) for o in orders]
    return sizes + [o.id for o in orders.iterator()]""",
    "values": 'return [(o["id"], o["customer__name"]) for o in Order.objects.values("id", "customer__name")]',
    "ordered": 'return [[i.id for i in o.items.order_by("-size")] for o in Order.objects.order_by("id")]',
    "sliced": "return [o.customer.name for o in Order.objects.all()[:9]]",
    "distinct": 'return [o.customer.name for o in Order.objects.order_by("id").distinct()]',
    "raw": 'return [o.customer.name for o in Order.objects.raw("select * from contenttypes_order order by id")]',
    "soft": 'return [o.soft.name for o in Order.objects.order_by("id")]',
    "far": 'return [o.far.name for o in Order.objects.order_by("id")]',
    "single": "return Order.objects.get(id=2).customer.name, len(Order.objects.get(id=3).items.all())",
    "prefetched": """
    orders = Order.objects.order_by("id").select_related("customer").prefetch_related("items")
    return [(o.customer.name, len(o.items.all())) for o in orders]""",
    "written": """
    for o in Order.objects.order_by("id"):
        o.items.create(size=len(o.items.all()))""",
    "locked": """
    from django.db import transaction
    with transaction.atomic():
        return [o.customer.name for o in Order.objects.order_by("id").select_for_update()]""",
    "climbed": """
    depths = []
    for node in Node.objects.filter(id__gt=4).order_by("id"):
        depth = 0
        while node.parent is not None:
            node, depth = node.parent, depth + 1
        depths.append(depth)
    return depths""",
    "generic": """
    tags = Tag.objects.order_by("id").prefetch_related("target")
    return [tag.target.customer.name if isinstance(tag.target, Order) else tag.target.name for tag in tags]""",
    "grouped": """
    from django.db.models import Count
    return [(g["customer"], g["n"]) for g in Order.objects.values("customer").annotate(n=Count("id"))]""",
    "reborn": """
    gone = {id(o) for o in Order.objects.order_by("id")}
    orders = [Order(customer_id=i % 12 + 1) for i in range(300)]  # some at the same addresses
    return [o.customer.name for o in orders], len(gone)""",
    "one_in_twenty": """
    return [o.customer.name for o in Order.objects.order_by("id") if o.id == 3]""",
}
SQLALCHEMY_MODELS = (
    SQLALCHEMY_BASE
    + """

class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    items: Mapped[list["Item"]] = relationship()
    lines = relationship("Item", lazy="dynamic", viewonly=True)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "plain"}


class Special(Order):
    __mapper_args__ = {"polymorphic_identity": "special"}
    note_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), nullable=True)
    note: Mapped[Customer] = relationship(foreign_keys=note_id)


made_later = type(
    "Later",  # a name that no module binds
    (Base,),
    {
        "__module__": __name__,
        "__tablename__": "later",
        "id": mapped_column(Integer, primary_key=True),
        "customer_id": mapped_column(ForeignKey("customer.id")),
        "customer": relationship(Customer),
    },
)
"""
    + SQLALCHEMY_ENGINE
    + """with Session(engine) as first:
    first.add_all(Customer(id=i, name=f"c{i}") for i in range(1, 20))
    first.add_all(Special(id=i, customer_id=i, note_id=i) for i in range(1, 13))
    first.add_all(Item(id=i, order_id=i % 12 + 1) for i in range(1, 40))
    first.add_all(made_later(id=i, customer_id=i) for i in range(1, 13))
    first.commit()
"""
)
SQLALCHEMY = {
    "aliased_class": """
    other = aliased(Order)
    return [o.customer.name for o in session.scalars(select(other).order_by(other.id))]""",
    "of_a_subclass": "return [o.note.name for o in session.scalars(select(Order).order_by(Order.id))]",
    "in_parts": "return [o.customer.name for o in session.scalars(select(Order).execution_options(yield_per=5))]",
    "dynamic": "return [o.lines.count() for o in session.scalars(select(Order).order_by(Order.id))]",
    "columns": "return [name for name in session.scalars(select(Customer.name).order_by(Customer.id))]",
    "single": "return session.get(Order, 3).customer.name, len(session.get(Order, 4).items)",
    "loaded": """
    orders = session.scalars(select(Order).order_by(Order.id).options(selectinload(Order.items))).all()
    return [len(o.items) for o in orders]""",
    "expired": """
    orders = session.scalars(select(Order).order_by(Order.id)).all()
    session.commit()
    return [o.customer_id for o in orders]""",
    "of_a_class_without_a_name": """
    return [one.customer.name for one in session.scalars(select(made_later).order_by(made_later.id))]""",
    "from_text": """
    orders = session.scalars(select(Order).from_statement(text("select * from orders order by id"))).all()
    return [o.customer.name for o in orders]""",
}


def test_hostile_query_sets_stay_as_they_are(tmp_path: Path) -> None:
    pytest.importorskip("django")
    head = "from models import Customer, Far, Item, Node, Order, Soft, Tag\n"
    calls = "".join(f"print(example.{name}())\n" for name in DJANGO)
    workload = f"import models\nimport example\n{calls}"
    site = Mapped(tmp_path)
    site.write({"models.py": DJANGO_MODELS, "example.py": functions(head, DJANGO, ""), "workload.py": workload})
    cases, _ = site.cases("n-plus-one-django")
    assert places(proven(cases)) == [
        ("climbed", "Node.parent")
    ], "the first step of a climb may be brought, no further one"
    looked_at = {case.suspect.finding.function for case in cases}
    assert {"locked_later", "some_orders", "soft", "far", "climbed", "ordered"} <= looked_at


def test_hostile_statements_stay_as_they_are(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    head = "from models import Customer, Item, Order, Special, made_later\nfrom sqlalchemy import select, text\n"
    head += "from sqlalchemy.orm import aliased, selectinload\n"
    calls = "".join(f"with Session(engine) as s:\n    print(example.{name}(s))\n" for name in SQLALCHEMY)
    workload = f"import example\nfrom models import Session, engine\n{calls}"
    site, example = Mapped(tmp_path), functions(head, SQLALCHEMY, "session")
    site.write({"models.py": SQLALCHEMY_MODELS, "example.py": example, "workload.py": workload})
    cases, _ = site.cases("n-plus-one-sqlalchemy")
    assert places(proven(cases)) == []
    assert {"aliased_class", "of_a_subclass", "in_parts", "of_a_class_without_a_name"} <= {
        case.suspect.finding.function for case in cases
    }


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Post.query.paginate(1)", "Post.query"),
        (
            "Post.query.filter_by(id=1).order_by(Post.id).paginate(1)",
            "Post.query.filter_by(id=1).order_by(Post.id)",
        ),
        ("session.query(Post).first_or_404()", "session.query(Post)"),
        ("session.query(Post).limit(3)", "session.query(Post).limit(3)"),
        ("pages(Post)", None),
    ],
)
def test_the_option_goes_to_the_query_not_to_what_a_library_made_of_it(text: str, query: str | None) -> None:
    found = _query_part(ast.parse(text, mode="eval").body)
    assert (ast.unparse(found) if found is not None else None) == query
