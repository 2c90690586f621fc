"""A Django REST site with an admin: loads by nested serializers, ``source=``, method fields and columns of a list page."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from test_sql_n_plus_one_site import RULE, TESTS, cases_of

from perfprof.optimizer.writing.edits import apply_edits

FILES = {
    "settings.py": """
SECRET_KEY = "x"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages", "django.contrib.admin", "rest_framework", "shop"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
ROOT_URLCONF = "urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages"]}}]
REST_FRAMEWORK = {"DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination", "PAGE_SIZE": 100}
""",
    "urls.py": """
from django.contrib import admin
from django.urls import include, path
from rest_framework.routers import DefaultRouter
from shop import views
router = DefaultRouter()
router.register("orders", views.OrderViewSet)
router.register("customers", views.CustomerViewSet, basename="customer")
urlpatterns = [path("api/", include(router.urls)), path("items/", views.ItemList.as_view()), path("admin/", admin.site.urls)]
""",
    "shop/__init__.py": "",
    "shop/models.py": """
from django.db import models

class Country(models.Model):
    name = models.CharField(max_length=20)

class Customer(models.Model):
    name = models.CharField(max_length=20)
    country = models.ForeignKey(Country, models.CASCADE)

class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders")
    closed = models.BooleanField(default=False)

class Item(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    name = models.CharField(max_length=20)
    size = models.IntegerField(default=1)
""",
    "shop/serializers.py": """
from rest_framework import serializers
from shop.models import Customer, Item, Order

class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = ["id", "name"]

class OrderSerializer(serializers.ModelSerializer):
    customer_name = serializers.CharField(source="customer.name")
    country = serializers.CharField(source="customer.country.name")
    items = ItemSerializer(many=True)
    class Meta:
        model = Order
        fields = ["id", "customer_name", "country", "items"]

class CustomerSerializer(serializers.ModelSerializer):
    first = serializers.SerializerMethodField()
    country_name = serializers.SerializerMethodField()
    def get_first(self, customer):
        return [order.pk for order in customer.orders.all()]
    def get_country_name(self, customer):
        return customer.country.name
    class Meta:
        model = Customer
        fields = ["id", "first", "country_name"]
""",
    "shop/views.py": """
from rest_framework import generics, viewsets
from shop.models import Customer, Item, Order
from shop.serializers import CustomerSerializer, ItemSerializer, OrderSerializer

class OrderViewSet(viewsets.ModelViewSet):
    queryset = Order.objects.order_by("id")
    serializer_class = OrderSerializer

class CustomerViewSet(viewsets.ModelViewSet):
    serializer_class = CustomerSerializer
    def get_queryset(self):
        return Customer.objects.order_by("id")

class ItemList(generics.ListAPIView):
    serializer_class = ItemSerializer
    queryset = Item.objects.all()
""",
    "shop/admin.py": """
from django.contrib import admin
from shop.models import Order

@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["id", "who", "number"]
    def who(self, order):
        return order.customer.name
    def number(self, order):
        return order.items.count()
""",
    "shop/tests.py": """
from django.contrib.auth.models import User
from django.test import TestCase
from shop.models import Country, Customer, Item, Order

class Pages(TestCase):
    @classmethod
    def setUpTestData(cls):
        customers = [Customer.objects.create(name=f"c{i}", country=Country.objects.create(name=f"n{i}")) for i in range(4)]
        for number in range(12):
            Item.objects.create(order=Order.objects.create(customer=customers[number % 4]), name=f"i{number}")

    def test_orders(self):
        self.assertEqual(self.client.get("/api/orders/").json()["results"][0]["country"], "n0")

    def test_customers(self):
        self.assertEqual(self.client.get("/api/customers/").json()["results"][0]["first"], [1, 5, 9])

    def test_admin(self):
        self.client.force_login(User.objects.create_superuser("a", password="b"))
        self.assertContains(self.client.get("/admin/shop/order/"), "c3")
""",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    pytest.importorskip("rest_framework")
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.lstrip("\n"))
    return tmp_path


def test_a_serializer_s_loads_lead_to_the_view_s_query_set_and_the_admin_s_to_its_option(site: Path) -> None:
    cases, many = cases_of(site)
    found = {(case.suspect.finding.function, case.suspect.finding.subject): case for case in cases}
    ours = {
        ("<module>", "Order.customer, customer__country, items"): 'Order.objects.order_by("id").select_related('
        '"customer__country").prefetch_related("items")',
        (
            "CustomerViewSet.get_queryset",
            "Customer.country, orders",
        ): 'Customer.objects.order_by("id").select_related('
        '"country").prefetch_related("orders")',
    }
    edits = [edit for name in ours for edit in RULE.rewrite(found[name]).edits]
    assert [edit.source for edit in edits] == list(ours.values())
    for name, option in (
        ("OrderAdmin.who", 'list_select_related = ("customer",) of shop.admin.OrderAdmin'),
        ("OrderAdmin.number", 'prefetch_related("items") in get_queryset of shop.admin.OrderAdmin'),
    ):
        (case,) = [one for one in cases if one.suspect.finding.function == name]
        assert any(option in proof.why for proof in (one.check(case) for one in RULE.safe_if))
    (site / "shop/views.py").write_text(apply_edits((site / "shop/views.py").read_text(), edits))
    cases, few = cases_of(site)
    assert {case.suspect.finding.function for case in cases} == {"OrderAdmin.who", "OrderAdmin.number"}
    assert many - few == 36 + 8 - 2
    assert subprocess.run(TESTS, cwd=site, capture_output=True, check=False).returncode == 0
