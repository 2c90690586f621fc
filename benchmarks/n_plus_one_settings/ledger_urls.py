"""The addresses of django-ledger."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("ledger/", include("django_ledger.urls", namespace="django_ledger"))]
