"""A planted leak is named with its line, its holder and its pace; what is clean stays clean."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import time
import urllib.request

import pytest
from recorded_servers import free_port, recorded_server, recording

from perfprof.profilers.leaks import Point, growth
from perfprof.profilers.parts import memory
from perfprof.profilers.workload import record

PYTHON = sys.executable

SERVER = """
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

class Session:
    def __init__(self, number):
        self.payload = bytearray(2_000)
        self.number = number

class Registry:
    def __init__(self):
        self.sessions = {}

registry = Registry()
recent = {}
served = 0

def remember(number):
    registry.sessions[number] = Session(number)

def application(environ, start_response):
    global served
    served += 1
    if environ["PATH_INFO"] == "/leak":
        remember(served)
    recent[served % 10] = [str(n) for n in range(20)]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"x"]

class Quiet(WSGIRequestHandler):
    def log_message(self, *rest): pass

make_server("127.0.0.1", int(sys.argv[1]), application, handler_class=Quiet).serve_forever()
"""


def served(folder, path, seconds):
    """At least so long, and on a busy machine as long as it takes for as many requests as an idle one serves."""
    (folder / "app.py").write_text(SERVER)
    port = free_port()
    with recorded_server(folder, PYTHON, "app.py", str(port), port=port, options=("--memory",)) as base:
        begin, requests = time.monotonic(), 0
        while (took := time.monotonic() - begin) < seconds or (requests < 100 * seconds and took < 60):
            with urllib.request.urlopen(base + path) as answer:
                answer.read()
            requests += 1
            time.sleep(0.005)  # reading it all back takes longer than making it
    return recording(folder)


def test_a_planted_leak_is_named_with_line_holder_and_pace(tmp_path):
    with served(tmp_path, "/leak", 4) as found:
        leaks = {leak.kind: leak for leak in memory.leaks(found)}
        (process,) = memory.read(found)
        peak = memory.lines(found, "peak")
        allocated = memory.lines(found, "allocated")
    line = next(leak for leak in leaks.values() if leak.kind == "line")
    assert line.unit == "request"
    assert process.backend == "memray"
    assert process.allocations > 1_000
    assert leaks["container"].name == "dict in __main__.registry"
    assert 0.8 < leaks["container"].growth.per_unit < 1.2
    assert leaks["container"].growth.per_hour > 1_000
    assert (leaks["type"].name, leaks["type"].path) == ("__main__.Session", "Session in dict in __main__.registry")
    with recording(tmp_path) as found:
        (grown,) = [leak for leak in memory.leaks(found) if leak.kind == "line" and leak.growth.per_unit > 1_000]
    assert grown.place[0].function == "__init__"
    assert SERVER.splitlines()[grown.place[0].line - 1].strip() == "self.payload = bytearray(2_000)"
    assert 1_900 < grown.growth.per_unit < 2_400  # bytes a request
    assert any(one.place[0].function == "__init__" for one in peak)
    assert allocated


def test_a_clean_server_stays_clean(tmp_path):
    with served(tmp_path, "/clean", 2) as found:
        assert memory.read(found)
        assert memory.leaks(found) == ()


@pytest.mark.parametrize(("keeps", "grows"), [("mine.append(Row())", False), ("kept.append([Row()])", True)])
def test_a_script_that_gathers_its_result_leaks_only_into_its_modules(tmp_path, keeps, grows):
    """A module that has some objects of the kind does not hold those that are made."""
    (tmp_path / "app.py").write_text(textwrap.dedent(f"""
            import gc, time
            class Row:
                def __init__(self):
                    self.more = []
            last, kept = Row(), []
            def work():
                mine, end, turns = [], time.monotonic() + 2.5, 0
                while time.monotonic() < end or turns < 120:  # as many as an idle machine makes
                    turns += 1
                    for _ in range(10):
                        {keeps}
                        globals()["last"] = Row()
                    gc.collect(0); time.sleep(0.01)
            work()
            """))
    out = tmp_path / "out"
    with record([PYTHON, "app.py"], cwd=tmp_path, folder=tmp_path / "run", trace="memory", output=out) as found:
        assert bool(memory.leaks(found)) == grows


def test_without_memray_tracemalloc_tells_the_peak(tmp_path, monkeypatch):
    (tmp_path / "memray.py").write_text("raise ImportError\n")
    (tmp_path / "app.py").write_text(
        "import gc, time\n"
        "kept = []\n"
        "def load():\n"
        "    kept.append([bytearray(1000) for _ in range(20_000)])\n"
        "load()\n"
        "end = time.monotonic() + 1.0\n"
        "while time.monotonic() < end:\n"
        "    gc.collect(); time.sleep(0.01)\n"
    )
    monkeypatch.setattr("perfprof.profilers.memory.environment", dict)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    out = tmp_path / "out"
    with record([PYTHON, "app.py"], cwd=tmp_path, folder=tmp_path / "run", trace="memory", output=out) as found:
        (process,) = memory.read(found)
        largest = memory.lines(found, "peak")[0]
        assert "say nothing" in found.meta["notes"]
        assert memory.leaks(found) == ()
    assert process.backend == "tracemalloc"
    assert process.peak > 20_000_000
    assert (largest.place[0].function, largest.place[0].line) in {("load", 4), ("<listcomp>", 4)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills itself")
def test_a_killed_program_leaves_its_memory(tmp_path):
    (tmp_path / "app.py").write_text(textwrap.dedent("""
            import os, signal, time
            def load():
                return [bytearray(1_000) for _ in range(100_000)]
            kept = load()
            time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGKILL)
            """))
    out = tmp_path / "out"
    with record([PYTHON, "app.py"], cwd=tmp_path, folder=tmp_path / "run", trace="memory", output=out) as found:
        assert found.meta["exit_code"] == str(128 + signal.SIGKILL)
        assert memory.lines(found, "peak")[0].bytes > 50_000_000


@pytest.mark.parametrize(
    ("values", "grows"),
    [
        ([0, 100, 200, 300, 400, 500, 600], True),
        ([0, 500, 500, 500, 500, 500, 500], False),  # made once
        ([0, 200, 400, 500, 500, 500, 500], False),  # a cache that fills
        ([500, 480, 520, 490, 510, 505, 500], False),  # noise
        ([0, 1, 2, 3, 4, 5, 6], False),  # too little to tell
        ([0, 110, 190, 310, 390, 520, 590], True),  # a leak with noise
    ],
)
def test_only_steady_growth_is_a_leak(values, grows):
    points = [Point(1_000.0 + 36 * index, 10.0 * index, value) for index, value in enumerate(values)]
    found = growth(points, least=40)
    assert (found is not None) == grows
    if found is not None:
        assert found.per_unit == pytest.approx(10, rel=0.1)
        assert found.per_hour == pytest.approx(10_000, rel=0.1)
