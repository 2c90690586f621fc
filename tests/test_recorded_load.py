"""A load that perfprof drives itself: the server is recorded, asked for some seconds, and ended."""

from __future__ import annotations

import subprocess
import sys

import pytest
from recorded_servers import free_port, recording
from test_recorded_requests import FASTAPI

from perfprof.errors import UsageError
from perfprof.profilers.load import Load
from perfprof.profilers.parts import requests


def test_a_server_under_load_is_recorded_and_ended(tmp_path):
    (tmp_path / "app.py").write_text(FASTAPI)
    port = free_port()
    server = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "critical"]
    load = [f"--load=http://127.0.0.1:{port}{path}" for path in ("/orders/1", "/inner/slow")]
    perfprof = [sys.executable, "-m", "perfprof", "record", "-o", "r.sqlite", *load, "--clients=3", "--for=1"]
    done = subprocess.run(
        [*perfprof, "--", *server], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    (tmp_path / "out.txt").write_text(done.stderr)
    assert "requests by 3 clients" in done.stderr
    assert "0 failed" in done.stderr
    with recording(tmp_path) as found:
        routes = {route.route: route for route in requests.read(found)}
    assert routes["/inner/slow"].latencies.percentile(50) > 0.055
    assert 1 <= routes["/inner/slow"].concurrency <= 3
    assert routes["/orders/{number}"].latencies.count > 3


def test_what_is_no_address_is_said():
    with pytest.raises(UsageError, match="no address"):
        Load(["localhost:8000"])
