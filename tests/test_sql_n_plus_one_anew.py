"""What a loop asks anew of each object's relation: told along with the query, with the same answers, or left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from mappers import Mapped, functions, places, proven
from test_sql_n_plus_one_hostile import DJANGO_MODELS

MODELS = (
    DJANGO_MODELS.replace(
        'for name in ("default", "far"):\n',
        """class Line(Base):
    order = models.ForeignKey(Order, models.CASCADE)
    gone = models.BooleanField(default=False)
    tags = models.ManyToManyField(Customer)
    objects = Living()


for name in ("default", "far"):
""",
    ).replace("Special, Item, Tag):", "Special, Item, Line, Tag):")
    + ("Line.objects.bulk_create(Line(id=i, order_id=i % 12 + 1, gone=i % 3 == 0) for i in range(1, 40))\n")
)
HEAD = "from models import Customer, Item, Line, Order\n"
ALONG = {
    "filtered": 'return [[i.id for i in o.items.filter(size__gt=30)] for o in Order.objects.order_by("id")]',
    "excluded": """
    least, found = 9, []
    orders = Order.objects.filter(id__lt=11).order_by("-id")
    for o in orders:
        for item in o.items.filter(size__gt=least).exclude(size=20):
            found.append((o.id, item.id))
    return found""",
    "any_at_all": 'return ["some" if o.items.filter(size=12) else "none" for o in Order.objects.order_by("id")]',
    "counted": 'return [o.items.count() for o in Order.objects.order_by("id")[:9]]',
    "counted_some": 'return [o.items.filter(size__in=[1]).count() for o in Order.objects.order_by("id")]',
    "existing": "return [o.items.exists() for o in Order.objects.all()]",
    "existing_some": """
    size = 38
    return [o.id for o in Order.objects.order_by("id") if o.items.filter(size=size).exists()]""",
}
ALONG["counted_some"] = ALONG["counted_some"].replace("size__in=[1]", "size__lte=13")
ALONE = {
    "narrowed_by_its_manager": 'return [[i.id for i in o.line_set.filter(id__gt=5)] for o in Order.objects.order_by("id")]',
    "ordered": 'return [[i.id for i in o.items.order_by("-size")] for o in Order.objects.order_by("id")]',
    "cut": 'return [[i.id for i in o.items.filter(size__gt=3)[:2]] for o in Order.objects.order_by("id")]',
    "kept": 'return [o.items.filter(size__gt=3) for o in Order.objects.order_by("id")][0].count()',
    "own_key": 'return [len(o.items.filter(size=o.id)) for o in Order.objects.order_by("id")]',
    "over_a_relation": """
    return [len(o.items.filter(order__customer__name="c1")) for o in Order.objects.order_by("id")]""",
    "in_two_ways": """
    orders = Order.objects.order_by("id")
    return [(len(o.items.filter(size=1)), len(o.items.filter(size=2))) for o in orders]""",
    "multiplied": 'return [o.items.count() for o in Order.objects.filter(items__size__gt=3).order_by("id")]',
    "in_any_order": "return [o.items.count() for o in Order.objects.filter(id__gt=0)]",
    "living_counted": 'return [o.line_set.count() for o in Order.objects.order_by("id")]',
    "many_to_many": 'return [l.tags.filter(name="c1").count() for l in Line.objects.order_by("id")]',
    "made": "return Order.objects.order_by('id')",
    "made_elsewhere": "return [o.items.count() for o in made()]",
    "helper": "return len(order.items.filter(size__gt=3))",
    "asked_in_a_helper": 'return [helper(o) for o in Order.objects.order_by("id")]',
    "written": """
    found = []
    for o in Order.objects.order_by("id"):
        Item.objects.create(order_id=o.id % 12 + 1, size=50)
        found.append(o.items.filter(size=50).count())
    Item.objects.filter(size=50).delete()
    return found""",
    "bound_anew": """
    size, found = 1, []
    for o in Order.objects.order_by("id"):
        found.append(o.items.filter(size__gt=size).count())
        size += 3
    return found""",
    "walked_twice": """
    orders = Order.objects.order_by("id")
    return [o.items.count() for o in orders] + [o.id for o in orders]""",
    "grouped": """
    from django.db.models import Count
    orders = Order.objects.annotate(n=Count("items")).order_by("id")
    return [(o.n, o.items.filter(size=3).count()) for o in orders]""",
}


def site_of(folder: Path, bodies: dict[str, str]) -> Mapped:
    example = functions(HEAD, bodies, "").replace("def helper():", "def helper(order):")
    called = [name for name in bodies if name not in ("helper", "made")]
    calls = "".join(f"print({name!r}, example.{name}())\n" for name in called)
    site = Mapped(folder)
    workload = f"import models\nimport example\n{calls}"
    site.write({"models.py": MODELS, "example.py": example, "workload.py": workload})
    return site


def test_what_each_turn_asks_alike_is_told_along(tmp_path: Path) -> None:
    pytest.importorskip("django")
    site = site_of(tmp_path, ALONG)
    before = site.printed()
    (tmp_path / "far.sqlite").unlink()
    cases, many = site.cases("n-plus-one-django")
    (tmp_path / "far.sqlite").unlink()
    found = proven(cases)
    assert {function for function, _ in places(found)} == set(ALONG)
    site.rewrite(*found)
    assert site.printed() == before
    (tmp_path / "far.sqlite").unlink()
    cases, few = site.cases("n-plus-one-django")
    assert proven(cases) == []
    assert many - few > 70


def test_what_is_not_one_question_stays(tmp_path: Path) -> None:
    pytest.importorskip("django")
    site = site_of(tmp_path, ALONE)
    cases, _ = site.cases("n-plus-one-django")
    assert places(proven(cases)) == []
    looked_at = {function for function, _ in places(cases)}
    assert looked_at >= set(ALONE) - {"helper", "asked_in_a_helper", "made_elsewhere", "kept"}
