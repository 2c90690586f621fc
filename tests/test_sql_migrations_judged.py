"""The whole way of a migration in a project of Django's: judged, tested with the application's suite, applied, taken back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from test_sql_migrations_frameworks import django_project, indexes, ran

WORK = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from shop.models import Customer
found = [list(Customer.objects.filter(name=f"n{n}").order_by("pk").values_list("pk")) for n in range(60)]
assert all(len(one) == 1 for one in found)
"""
PASSES = """
from django.test import TestCase
from shop.models import Customer


class CustomerTest(TestCase):
    def test_it(self):
        Customer.objects.create(name="a")
        self.assertEqual(Customer.objects.filter(name="a").count(), 1)
"""
FAILS = """
    def test_nobody_adds_indexes(self):
        from django.db import connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'shop_customer'")
            self.assertEqual(cursor.fetchone()[0], 0)
"""


@pytest.mark.parametrize("fails", [False, True], ids=["passes", "fails"])
def test_the_application_s_tests_run_with_the_migration_applied(fails: bool, tmp_path: Path) -> None:
    site = django_project(tmp_path, '{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}')
    (site / "work.py").write_text(WORK)
    (site / "shop/tests.py").write_text(PASSES + (FAILS if fails else ""))
    fill = "from shop.models import Customer as C; C.objects.bulk_create(C(name=f'n{n}') for n in range(4000))"
    ran(site, "manage.py", "shell", "-c", fill)
    before = indexes(site / "db.sqlite3")
    command = [sys.executable, "-m", "perfprof", "fix", "--apply", "--only", "missing-index", "--json", "out.json"]
    command += ["--tests", f"{sys.executable} manage.py test -v0", "--", sys.executable, "work.py"]
    done = subprocess.run(command, cwd=site, capture_output=True, text=True, check=False)
    told = json.loads((site / "out.json").read_text())
    (verdict,) = told["verdicts"]
    assert verdict["tests"] == ("failed" if fails else "passed"), done.stdout + done.stderr
    written = list((site / "shop/migrations").glob("0002*.py"))
    if fails:
        assert verdict["decision"] == "rejected"
        assert "with the migration applied" in verdict["reason"]
        assert not written
        return
    assert len(written) == 1
    ran(site, "manage.py", "makemigrations", "--check", "--dry-run")
    ran(site, "manage.py", "migrate", "-v0")
    assert len(indexes(site / "db.sqlite3")) == len(before) + 1
    ran(site, "manage.py", "migrate", "shop", "0001", "-v0")
    assert indexes(site / "db.sqlite3") == before
    ran(site, "-m", "perfprof", "fix", "--undo")
    assert not list((site / "shop/migrations").glob("0002*.py"))
