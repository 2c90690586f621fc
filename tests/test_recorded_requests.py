"""Requests that servers served, started as their users start them: routes, latencies, errors, places."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest
from recorded_servers import free_port, get, recorded_server, recording

from perfprof.profilers.parts import requests
from perfprof.profilers.parts.requests import Route
from perfprof.profilers.workload import record

PYTHON = sys.executable

FLASK = """
import time
from flask import Flask, Response
app = Flask(__name__)

@app.route("/items/<int:number>")
def item(number):
    return {"id": number}

@app.get("/slow")
def slow():
    time.sleep(0.06)
    return Response(iter(["a", "b"]))

@app.get("/boom")
def boom():
    raise ValueError("no")
"""

FASTAPI = """
import asyncio
from fastapi import APIRouter, FastAPI
app = FastAPI()
orders = APIRouter(prefix="/orders")

@orders.get("/{number}")
def order(number: int):
    return {"id": number}

app.include_router(orders)
inner = FastAPI()

@inner.get("/slow")
async def slow():
    await asyncio.sleep(0.06)
    return {}

app.mount("/inner", inner)

@app.get("/boom")
async def boom():
    raise ValueError("no")
"""

DJANGO = """
import os, sys, time
from django.conf import settings
settings.configure(DEBUG=False, SECRET_KEY="x", ROOT_URLCONF="site_", ALLOWED_HOSTS=["*"], MIDDLEWARE=[])
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

def item(request, number):
    return HttpResponse(str(number))

def slow(request):
    time.sleep(0.06)
    return HttpResponse("late")

def boom(request):
    raise ValueError("no")

urlpatterns = [path("items/<int:number>/", item), path("slow/", slow), path("boom/", boom)]
application = get_wsgi_application()
"""

PLAIN = """
from wsgiref.simple_server import make_server, WSGIRequestHandler
import sys

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]

class Quiet(WSGIRequestHandler):
    def log_message(self, *rest): pass

make_server("127.0.0.1", int(sys.argv[1]), application, handler_class=Quiet).serve_forever()
"""


def routes(folder: Path) -> dict[str, Route]:
    with recording(folder) as found:
        return {route.route: route for route in requests.read(found)}


def test_a_fastapi_application_under_uvicorn(tmp_path):
    (tmp_path / "app.py").write_text(FASTAPI)
    port = free_port()
    argv = (PYTHON, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "critical")
    with recorded_server(tmp_path, *argv, port=port) as base:
        for number in range(20):
            assert get(f"{base}/orders/{number}") == 200
        for _ in range(3):
            assert get(f"{base}/inner/slow") == 200
        assert get(f"{base}/boom") == 500
        assert get(f"{base}/none/81ab3344cd") == 404
    found = routes(tmp_path)
    assert found["/orders/{number}"].latencies.count == 20
    assert found["/orders/{number}"].statuses == {200: 20}
    assert found["/boom"].errors == 1
    assert found["/none/{}"].statuses == {404: 1}
    slow = found["/inner/slow"]
    taken = [route.latencies.seconds for route in found.values()]
    assert taken == sorted(taken, reverse=True), "what took longest in all stands first"
    assert 0.055 < slow.latencies.percentile(50) < 30
    assert (slow.place[0].function, Path(slow.place[0].path).name) == ("slow", "app.py")
    assert slow.servers == ("uvicorn",)


def test_a_django_site_under_gunicorn_with_workers(tmp_path):
    (tmp_path / "site_.py").write_text(DJANGO)
    port = free_port()
    argv = (PYTHON, "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "--log-level", "critical")
    with recorded_server(tmp_path, *argv, "site_:application", port=port) as base:
        for number in range(20):
            assert get(f"{base}/items/{number}/") == 200
        assert get(f"{base}/slow/") == 200
        assert get(f"{base}/boom/") == 500
    found = routes(tmp_path)
    assert found["/items/<int:number>/"].statuses == {200: 20}
    assert found["/slow/"].place[0].function == "slow"
    assert found["/slow/"].latencies.longest > 0.055
    assert found["/boom/"].errors == 1
    assert found["/boom/"].servers == ("gunicorn",)


def test_a_flask_application_under_its_own_server(tmp_path):
    (tmp_path / "app.py").write_text(FLASK)
    port = free_port()
    with recorded_server(tmp_path, PYTHON, "-m", "flask", "run", "-p", str(port), port=port) as base:
        for number in range(5):
            assert get(f"{base}/items/{number}") == 200
        assert get(f"{base}/slow") == 200
        assert get(f"{base}/boom") == 500
    found = routes(tmp_path)
    assert found["/items/<int:number>"].statuses == {200: 5}
    assert found["/slow"].latencies.longest > 0.055
    assert (found["/slow"].place[0].function, found["/slow"].servers) == ("slow", ("werkzeug",))
    assert found["/boom"].errors == 1


def test_a_plain_application_under_wsgiref(tmp_path):
    (tmp_path / "app.py").write_text(PLAIN)
    port = free_port()
    with recorded_server(tmp_path, PYTHON, "app.py", str(port), port=port) as base:
        for number in range(5):
            assert get(f"{base}/users/{number}/orders?page=2") == 200
    found = routes(tmp_path)
    assert found["/users/{}/orders"].statuses == {200: 5}
    assert found["/users/{}/orders"].place[0].function == "application"


@pytest.mark.parametrize("framework", ["flask", "fastapi", "django"])
def test_a_test_client_is_seen_too(tmp_path, framework):
    clients = {
        "flask": (FLASK, "client = app.test_client()\nfor n in range(4): client.get(f'/items/{n}')"),
        "fastapi": (
            FASTAPI,
            "from starlette.testclient import TestClient\nclient = TestClient(app)\n"
            "for n in range(4): client.get(f'/orders/{n}')",
        ),
        "django": (
            DJANGO,
            "from django.test import Client\nclient = Client()\nfor n in range(4): client.get(f'/items/{n}/')",
        ),
    }
    program, client = clients[framework]
    name = "site_" if framework == "django" else "app"
    (tmp_path / f"{name}.py").write_text(program)
    (tmp_path / "main.py").write_text(f"from {name} import *\n{textwrap.dedent(client)}\n")
    with record(
        [PYTHON, "main.py"], cwd=tmp_path, folder=tmp_path / "run", sampler="off", output=tmp_path / "out"
    ) as found:
        (route,) = requests.read(found)
    assert route.statuses == {200: 4}, (tmp_path / "out").read_text()
    assert route.servers == ({"flask": "flask", "fastapi": "starlette", "django": "django"}[framework],)
