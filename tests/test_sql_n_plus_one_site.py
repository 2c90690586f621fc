"""A Django site whose tests run under the recorder: loads in a template, a property and JSON; queries made elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.parts import loads
from perfprof.profilers.workload import record
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, weigh

RULE = registry()["n-plus-one-django"]
FILES = {
    "settings.py": """
SECRET_KEY = "x"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["shop"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
ROOT_URLCONF = "urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
""",
    "urls.py": """
from django.urls import path
from shop import views
urlpatterns = [path("orders/", views.order_list), path("list/", views.OrderList.as_view()), path("api/", views.api)]
""",
    "shop/__init__.py": "",
    "shop/models.py": """
from django.db import models

class Customer(models.Model):
    name = models.CharField(max_length=20)

class OrderQuerySet(models.QuerySet):
    def open(self):
        return self.filter(closed=False).order_by("pk")

class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    closed = models.BooleanField(default=False)
    objects = OrderQuerySet.as_manager()

    @property
    def label(self):
        return f"{self.pk}: {self.customer.name}"

class Item(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    name = models.CharField(max_length=20)
""",
    "shop/views.py": """
from django.http import JsonResponse
from django.shortcuts import render
from django.views.generic import ListView
from shop.models import Order
from shop.selectors import recent_orders

def order_list(request):
    return render(request, "orders.html", {"orders": Order.objects.open()})

class OrderList(ListView):
    template_name = "orders.html"
    context_object_name = "orders"

    def get_queryset(self):
        return Order.objects.order_by("-pk")

def api(request):
    orders = recent_orders()
    return JsonResponse({"orders": [{"label": o.label, "items": [i.name for i in o.items.all()]} for o in orders]})
""",
    "shop/selectors.py": """
from shop.models import Order

def recent_orders():
    return Order.objects.order_by("-pk")[:50]
""",
    "shop/templates/orders.html": "{% for order in orders %}\n{{ order.customer.name }}\n{% endfor %}",
    "shop/tests.py": """
from django.test import TestCase
from shop.models import Customer, Item, Order

class Pages(TestCase):
    @classmethod
    def setUpTestData(cls):
        customers = [Customer.objects.create(name=f"c{i}") for i in range(4)]
        for number in range(12):
            Item.objects.create(order=Order.objects.create(customer=customers[number % 4]), name=f"i{number}")

    def test_orders(self):
        self.assertContains(self.client.get("/orders/"), "c3", count=3)

    def test_list(self):
        self.assertContains(self.client.get("/list/"), "c3", count=3)

    def test_api(self):
        self.assertEqual(self.client.get("/api/").json()["orders"][0], {"label": "12: c3", "items": ["i11"]})
""",
}
TESTS = [sys.executable, "-m", "django", "test", "--settings=settings", "--pythonpath=."]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    pytest.importorskip("django")
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.lstrip("\n"))
    return tmp_path


def cases_of(site: Path) -> tuple[list[Case], int]:
    program = Program(site, lambda path: path.read_text())
    with record(TESTS, cwd=site, folder=site / "record", sampler="off") as recording:
        assert recording.meta["exit_code"] == "0"
        assert RULE.in_loads is not None
        found = [Case(one, program) for one in RULE.in_loads(loads.read(recording), program)]
        return found, sum(one.count for one in recording.executions())


def test_each_query_is_changed_where_it_is_made(site: Path) -> None:
    cases, many = cases_of(site)
    assert all(RULE.worth(case).enough and min(proof.level for proof in weigh(RULE, case)[0]) for case in cases)
    places = {
        (case.suspect.finding.path, case.suspect.finding.function, case.suspect.finding.subject) for case in cases
    }
    assert places == {
        ("shop/views.py", "order_list", "Order.customer"),
        ("shop/views.py", "OrderList.get_queryset", "Order.customer"),
        ("shop/selectors.py", "recent_orders", "Order.customer, items"),
    }
    asked = [case for case in cases if "asked by" in RULE.worth(case).numbers]
    assert len(asked) == 2
    assert all(str(RULE.worth(case).numbers["asked by"]).endswith("orders.html:2") for case in asked)
    for path in ("shop/views.py", "shop/selectors.py"):
        mine = [case for case in cases if case.suspect.finding.path == path]
        edits = [edit for case in mine for edit in RULE.rewrite(case).edits]
        (site / path).write_text(apply_edits((site / path).read_text(), edits))
    text = (site / "shop/views.py").read_text() + (site / "shop/selectors.py").read_text()
    assert 'Order.objects.open().select_related("customer")' in text
    assert 'Order.objects.order_by("-pk").select_related("customer").prefetch_related("items")[:50]' in text
    cases, few = cases_of(site)
    assert cases == []
    assert many - few == 12 * 4 - 1
    assert subprocess.run(TESTS, cwd=site, capture_output=True, check=False).returncode == 0


def test_the_view_s_answers_tell_and_its_functions_are_watched(site: Path) -> None:
    cases, _ = cases_of(site)
    found = next(case for case in cases if case.suspect.finding.function == "recent_orders")
    assert set(RULE.rewrite(found).watched) == {"shop/views.py::api", "shop/models.py::Order.label"}


def test_what_a_library_s_query_leaves_out_is_one_finding(site: Path) -> None:
    views, page = site / "shop/views.py", site / "shop/templates/orders.html"
    own = '    def get_queryset(self):\n        return Order.objects.order_by("-pk")\n'
    views.write_text(views.read_text().replace(own, "    model = Order\n"))
    page.write_text(page.read_text().replace("name }}", "name }}{% for item in order.items.all %}-{% endfor %}"))
    cases, _ = cases_of(site)
    [found] = [case for case in cases if case.suspect.reading.spot is None]
    assert found.suspect.finding.subject == "Order.customer, items"
    [why] = [proof for proof in weigh(RULE, found)[0] if proof.level is Level.OPEN]
    assert why.obligation == "query-is-ours"
    assert 'select_related("customer") and prefetch_related("items")' in why.why
    assert why.where == "template shop/templates/orders.html:2"
