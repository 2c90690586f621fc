"""Addresses for the tests of django-survey-and-report."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import urls
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("survey/", include("survey.urls")),
    path("accounts/", include(urls)),
    path("", include("survey.urls")),
]
