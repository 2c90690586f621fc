"""Call trees of requests, also in interpreters that have no pyinstrument."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.profilers.parts import trees
from perfprof.profilers.workload import record

APP = """
import threading, time, urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server
def helper():
    time.sleep(0.04)
def crunch():
    return sum(i * i for i in range(200_000))
def app(environ, start):
    if environ["PATH_INFO"] == "/slow":
        helper(); crunch()
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"x"]
class Quiet(WSGIRequestHandler):
    def log_message(self, *a): pass
server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
for path in ("/slow", "/fast", "/slow"):
    print(urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}").read())
server.shutdown()
"""


def other_python() -> list[str]:
    """An interpreter of another version than ours, without our site-packages; none on most machines of users."""
    for version in ("3.13", "3.12", "3.10"):
        found = shutil.which(f"python{version}")
        if found and not sys.version.startswith(version):
            works = (
                subprocess.run([found, "-c", "import wsgiref"], capture_output=True, check=False).returncode == 0
            )
            if works:
                return [found]
    return []


@pytest.mark.parametrize("python", [[sys.executable], other_python()], ids=["ours", "another"])
def test_slowest_requests_have_a_tree(tmp_path: Path, python: list[str]) -> None:
    if not python:
        pytest.skip("there is no other interpreter here")
    (tmp_path / "app.py").write_text(APP)
    argv = [*python, "app.py"]
    with record(argv, cwd=tmp_path, folder=tmp_path / "run", output=tmp_path / "out", tree="/slow") as recording:
        assert recording.meta["exit_code"] == "0", (tmp_path / "out").read_text()
        found = trees.read(recording)
        notes = recording.meta["notes"]
    assert (tmp_path / "out").read_text() == "b'x'\n" * 3
    assert [tree.name for tree in found] == ["GET /slow"] * 2
    assert "helper  app.py" in found[0].text
    assert "crunch  app.py" in found[0].text
    assert found[0].seconds >= found[1].seconds >= 0.04
    assert ("plain Python" in notes) == (python != [sys.executable])


def test_without_pyinstrument_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "hide.py").write_text(
        "import importlib.util as u, sys\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'pyinstrument' else find(name, *rest)\n"
        "from perfprof.__main__ import main\nmain()\n"
    )
    argv = [sys.executable, "hide.py", "record", "--tree", "/", "--", sys.executable, "-c", "print(1)"]
    ran = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "pip install 'perfprof[trees]'" in ran.stderr
