"""Django's connections under a real gunicorn and a real PostgreSQL: opened for each request, and kept with the patch."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfprof.optimizer.scratch.postgres import Server
from perfprof.optimizer.scratch.room import Room
from perfprof.profilers.parts import connects
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import record
from perfprof.rules import registry
from tests.test_settings import cases, opened_by, rewritten

pytestmark = pytest.mark.postgres

SETTINGS = """import json, os
SECRET_KEY = "x"
ROOT_URLCONF = "site_urls"
ALLOWED_HOSTS = ["*"]
given = json.loads(os.environ["SITE_DATABASE"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "USER": given["USER"],
        "PASSWORD": given["PASSWORD"],
        "HOST": given["HOST"],  # from outside
    }
}
"""
SITE = """import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
URLS = """from django.db import connection
from django.http import HttpResponse
from django.urls import path

def index(request):
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        return HttpResponse(str(cursor.fetchone()))

urlpatterns = [path("", index)]
"""
# gunicorn in a process of its own, asked thirty times, then told to go.
RUN = """import socket, subprocess, sys, time, urllib.request
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
server = subprocess.Popen([sys.executable, "-m", "gunicorn", *sys.argv[1:], "-b", f"127.0.0.1:{port}", "--log-level",
                           "critical", "site_app:application"])
for _ in range(600):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
        break
    except OSError:
        time.sleep(0.1)
for _ in range(30):
    urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
server.terminate()
server.wait()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("server")) as found:
        yield found


def served(folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Recording:
    for name, text in (("site_app", SITE), ("site_urls", URLS), ("run", RUN)):
        (folder / f"{name}.py").write_text(text)
    if not (folder / "site_settings.py").exists():
        (folder / "site_settings.py").write_text(SETTINGS)
    given = {"USER": server.user, "PASSWORD": server.password, "HOST": str(server.socket)}
    monkeypatch.setenv("SITE_DATABASE", json.dumps(given))
    argv = [sys.executable, "run.py", *arguments]
    recording = record(argv, cwd=folder, folder=folder / "run", output=folder / "out", sampler="off")
    assert recording.meta["exit_code"] == "0", (folder / "out").read_text()
    return recording


def test_connections_of_each_request_are_kept_by_the_patch(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql://{server.user}:{server.password}@/postgres?host={server.socket}"
    room = Room(url, tmp_path).connections
    assert 15 <= room <= 20
    with served(tmp_path, server, monkeypatch, "-w", "1", "--threads", "2") as recording:
        (case,) = cases("connection-per-request", recording, tmp_path, room)
        (unknown,) = cases("connection-per-request", recording, tmp_path)
    assert case.suspect.finding.message == "31 connections for 31 requests"
    assert "% of the requests' time" in registry()["connection-per-request"].worth(case).reason
    assert opened_by("connection-per-request", case) == ""
    assert opened_by("connection-per-request", unknown) == "server-keeps-as-many", "without --database"
    after = rewritten("connection-per-request", case, tmp_path)
    assert '"CONN_MAX_AGE": 60,' in after
    assert "# from outside" in after
    (tmp_path / "site_settings.py").write_text(after)
    with served(tmp_path, server, monkeypatch, "-w", "1", "--threads", "2") as recording:
        assert sum(one.latencies.count for one in connects.read(recording)) <= 2
        assert cases("connection-per-request", recording, tmp_path, room) == []


LATER = 'DATABASES["default"].update(json.loads("{}"))\n'
HELD = {
    '"CONN_MAX_AGE": int(os.environ.get("AGE", 0)),': "setting-is-written",
    '"OPTIONS": {"pool": False},': "setting-is-written",
    '"DISABLE_SERVER_SIDE_CURSORS": True,': "no-pooler-in-transaction-mode",
}


def test_settings_that_are_left_alone(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(tmp_path, server, monkeypatch, "-w", "1") as recording:
        for line, obligation in HELD.items():
            text = SETTINGS.replace("  # from outside", f"\n        {line}")
            (tmp_path / "site_settings.py").write_text(text)
            (case,) = cases("connection-per-request", recording, tmp_path, 17)
            assert opened_by("connection-per-request", case) == obligation, line
        for later in ('DATABASES["default"]["CONN_MAX_AGE"] = 5\n', "DATABASES = make(DATABASES)\n", LATER):
            (tmp_path / "site_settings.py").write_text(SETTINGS + later)
            (case,) = cases("connection-per-request", recording, tmp_path, 17)
            assert opened_by("connection-per-request", case) == "setting-is-written", later
        (tmp_path / "site_settings.py").write_text(SETTINGS)
        (case,) = cases("connection-per-request", recording, tmp_path, 0)
        assert opened_by("connection-per-request", case) == "server-keeps-as-many"
        (tmp_path / "other_settings.py").write_text(SETTINGS)
        (case,) = cases("connection-per-request", recording, tmp_path, 17)
        assert opened_by("connection-per-request", case) == "setting-is-written", "two files"
