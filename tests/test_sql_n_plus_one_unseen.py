"""Query sets whose option would be wrong in a state of the data, or a branch, that no recorded run has seen.

Each function prints right answers when it is recorded and patched; with other rows, or called otherwise, it would not.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from mappers import Mapped, functions, places, proven

MODELS = """
import django
from django.conf import settings
from django.db import connection, models

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType


class Base(models.Model):
    class Meta:
        abstract = True
        app_label = "contenttypes"


class Tenants(models.Manager):
    only = None

    def get_queryset(self):
        found = super().get_queryset()
        return found if Tenants.only is None else found.filter(size=Tenants.only)


class Customer(Base):
    name = models.CharField(max_length=9)
    points = models.IntegerField(default=0)


class Product(Base):
    stock = models.IntegerField(default=0)


class Order(Base):
    customer = models.ForeignKey(Customer, models.CASCADE)
    referrer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="+")
    shipper = models.ForeignKey(Customer, models.DO_NOTHING, related_name="+", db_constraint=False)
    name = models.CharField(max_length=9, default="o")


class Comment(Base):
    kind = models.ForeignKey(ContentType, models.CASCADE)
    number = models.IntegerField()
    about = GenericForeignKey("kind", "number")


class Legacy(Base):
    customer = models.ForeignKey(Customer, models.DO_NOTHING, related_name="+")

    class Meta:
        managed = False
        app_label = "contenttypes"
        db_table = "legacy"


class Item(Base):
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.CASCADE)
    size = models.IntegerField()


class Bit(Base):
    order = models.ForeignKey(Order, models.CASCADE, related_name="bits")
    size = models.IntegerField()
    objects = Tenants()


with connection.schema_editor() as editor:
    for model in (ContentType, Customer, Product, Order, Item, Bit, Comment):
        editor.create_model(model)
Customer.objects.bulk_create(Customer(id=i, name=f"c{i}") for i in range(1, 20))
Product.objects.bulk_create(Product(id=i) for i in range(1, 5))
Order.objects.bulk_create(Order(id=i, customer_id=i, referrer_id=i, shipper_id=i) for i in range(1, 13))
Item.objects.bulk_create(Item(id=i, order_id=i % 12 + 1, product_id=i % 4 + 1, size=i) for i in range(1, 40))
Bit.objects.bulk_create(Bit(id=i, order_id=i % 12 + 1, size=i) for i in range(1, 40))
kinds = [ContentType.objects.get_for_model(one) for one in (Order, Customer)]
Comment.objects.bulk_create(Comment(id=i, kind=kinds[i % 2], number=i % 15 + 1) for i in range(1, 20))
connection.cursor().execute("create table legacy as select id, customer_id from contenttypes_order")
"""
STAY = {
    "no_constraint": 'return [o.shipper.name for o in Order.objects.order_by("id")]',
    "unmanaged": 'return [o.customer.name for o in Legacy.objects.order_by("id")]',
    "paid_sometimes": """
    for o in Order.objects.order_by("id"):
        customer = o.customer
        if o.id > 90:
            customer.points += 1
            customer.save()""",
    "filled_sometimes": """
    for o in Order.objects.order_by("id"):
        if not o.items.all():
            Item.objects.create(order=o, product_id=1, size=1)
    return 1""",
    "updated_sometimes": """
    names = []
    for o in Order.objects.order_by("id"):
        if o.id > 90:
            Customer.objects.filter(id=o.customer_id).update(name="late")
        names.append(o.customer.name)
    return names""",
    "copied_sometimes": """
    sizes = []
    for o in Order.objects.order_by("id"):
        if o.id > 90:
            o.pk = None
            o.save()
        sizes.append(len(o.items.all()))
    return sizes""",
    "refreshed": """
    names = []
    for o in Order.objects.order_by("id"):
        o.refresh_from_db()
        names.append(o.customer.name)
    return names""",
    "seen_before": """
    seen, new = [], []
    for o in Order.objects.order_by("id"):
        found = o.items.exclude(product_id__in=seen)
        for item in o.items.exclude(product_id__in=seen):
            new.append(item.product_id)
            seen.append(item.product_id)
    return new""",
    "other_limit": """
    counts = []
    for o in Order.objects.order_by("id"):
        counts.append(o.items.filter(size__gt=LIMIT).count())
        raise_limit()
    return counts""",
    "all_related": 'return [str(o.referrer and o.referrer.name) for o in Order.objects.select_related().order_by("id")]',
    "own_sql": 'return [o.customer.name for o in Order.objects.extra(where=["name = \'o\'"]).order_by("id")]',
    "dumped": """
    keys = []
    for o in Order.objects.order_by("id"):
        keys.append((len(vars(o)), len(o.items.all())))
    return keys""",
    "multiplied": 'return [(o.id, o.items.count()) for o in Order.objects.order_by("items__size", "id")]',
    "of_a_tenant": 'return [(o.id, o.bits.count()) for o in Order.objects.order_by("id")]',
    "got_singly": """
    orders = Order.objects.order_by("id")
    sizes = [len(o.items.all()) for o in orders]
    return sizes, [orders.get(id=n % 12 + 1).name for n in range(30)]""",
    "kept": """
    orders = Order.objects.order_by("id")
    cache.set("orders", orders)
    return [o.customer.name for o in orders]""",
    "some": """
    orders = Order.objects.order_by("id")
    return orders.extra(where=[f"name = '{name}'"]) if name else orders""",
    "use_some": "return [o.customer.name for o in some('')]",
    "chosen": 'return {1: Order.objects.filter(id__gt=2).order_by("id")}[1]',
    "use_chosen": "return [o.customer.name for o in chosen()]",
    "short": 'return [o.name for o in chosen().only("name")]',
    "handed": 'return Order.objects.filter(id__gt=3).order_by("id")',
    "use_handed": "return [o.customer.name for o in handed()]",
    "lock_handed": "return lock(handed())",
    "two_away": "return handed().filter(id__gt=4)",
}
TAIL = """
LIMIT = 3


def raise_limit():
    global LIMIT
    LIMIT += 1


def lock(orders):
    return orders.select_for_update().first()


class View:
    queryset = Order.objects.filter(id__lt=12).order_by("id")

    def get_queryset(self):
        return self.queryset.all()

    def list(self):
        return [len(o.items.all()) for o in self.get_queryset()]

    def add(self, pk):
        order = self.get_queryset().get(pk=pk)
        order.items.create(product_id=1, size=1)
        return [item.size for item in order.items.all()]


class Page:
    def __init__(self):
        self.found = Order.objects.filter(id__lt=11).order_by("id")

    @property
    def open(self):
        return Order.objects.filter(id__lt=10).order_by("id")

    def names(self):
        return [o.customer.name for o in self.found], [o.customer.name for o in self.open]

    def short(self):
        return [o.name for o in self.found.only("name")], [o.name for o in self.open.only("name")]


def shared_product():
    out = []
    for o in Order.objects.order_by("id"):
        for item in o.items.all():
            item.product.stock += item.size
            out.append(item.product.stock)
    return out


def brought_under_a_name():
    orders = Order.objects.order_by("id").prefetch_related(
        Prefetch("items", queryset=Item.objects.filter(size__gt=3), to_attr="big")
    )
    for o in orders:
        o.big.sort(key=lambda item: item.id)
    return [[item.product.stock for item in o.big] for o in orders]


def shared_objects():
    for comment in Comment.objects.order_by("id"):
        if comment.about:
            comment.about.name += "!"
            print(comment.about.name)


def commented():
    return [comment.about and comment.about.name for comment in Comment.objects.order_by("id")]


def filtered_on_the_way():
    Item.objects.filter(id__gt=30).update(order=1)
    orders = Order.objects.filter(id__lt=9).order_by("id")
    return [[item.product.stock for item in o.items.order_by("-size")] for o in orders]


def controls():
    limit = 3
    names = [o.customer.name for o in Order.objects.filter(id__gt=0).order_by("id")]
    sizes = [p.items.filter(size__gt=limit).count() for p in Order.objects.filter(id__gt=1).order_by("id")]
    return names, sizes
"""
CONTROLS = (
    "controls",
    "filtered_on_the_way",
    "commented",
    "shared_objects",
    "shared_product",
    "brought_under_a_name",
)
UNCALLED = {"some", "chosen", "short", "handed", "lock_handed", "two_away"}


@pytest.fixture
def site(tmp_path: Path) -> Mapped:
    pytest.importorskip("django")
    head = "from django.core.cache import cache\nfrom django.db.models import Prefetch\nfrom models import *\n"
    text = functions(head, STAY, "").replace("def some()", "def some(name)") + TAIL
    calls = "".join(f"print(example.{name}())\n" for name in STAY if name not in UNCALLED)
    more = "View().list() Page().names() shared_product() brought_under_a_name() shared_objects() commented() controls() filtered_on_the_way()".split()
    calls += "".join(f"print(example.{one})\n" for one in more)
    found = Mapped(tmp_path)
    found.write({"models.py": MODELS, "example.py": text, "workload.py": f"import models\nimport example\n{calls}"})
    return found


def test_what_no_run_has_seen_keeps_query_sets_as_they_are(site: Mapped) -> None:
    cases, _ = site.cases("n-plus-one-django")
    patched = places(proven(cases))
    assert sorted(one for one in patched if one[0] in CONTROLS) == [
        ("brought_under_a_name", "Item.product"),
        ("commented", "Comment.about"),
        ("controls", "Order.customer"),
        ("controls", "Order.items"),
        ("filtered_on_the_way", "Item.product"),
        ("shared_product", "Order.items"),
    ]
    assert not [one for one in patched if one[0] in {*STAY, "View.get_queryset", "Page.__init__", "Page.open"}]
    looked_at = {case.suspect.finding.function for case in cases}
    assert {*STAY} - {"use_some", "use_chosen", "use_handed", "short", "lock_handed", "two_away"} <= looked_at
    before = site.printed()
    site.rewrite(*proven(cases))
    assert site.printed() == before
