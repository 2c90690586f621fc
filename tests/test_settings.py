"""Settings of pools, connections and caches: told from real recordings, and written where the number stands."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from perfprof.optimizer.writing.edits import apply_edits
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import record
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, weigh

POOL = """
import os, threading, time
from sqlalchemy import create_engine, text

engine, asked = {engine}, []

def report(number):
    asked.append(number)
    with engine.connect() as connection:
        while len(asked) < {threads}: time.sleep(0.01)  # all want one at once, however long it takes to start them
        time.sleep(0.1)
        return connection.execute(text("select :n"), {{"n": number}}).scalar()

threads = [threading.Thread(target=report, args=(n,)) for n in range({threads})]
for one in threads: one.start()
for one in threads: one.join()
print("done")
"""


def recorded(folder: Path, source: str) -> Recording:
    (folder / "app.py").write_text(source)
    recording = record(
        [sys.executable, "app.py"], cwd=folder, folder=folder / "run", output=folder / "out", sampler="off"
    )
    assert recording.meta["exit_code"] == "0", (folder / "out").read_text()
    return recording


def cases(rule: str, recording: Recording, folder: Path, room: int = -1) -> list[Case]:
    """What the rule finds worth it, with its proofs."""
    program = Program(folder, lambda path: path.read_text())
    told = registry()[rule]
    assert told.in_settings is not None
    found = [Case(suspect, program) for suspect in told.in_settings(recording, program, room)]
    return [case for case in found if told.worth(case).enough]


def opened_by(rule: str, case: Case) -> str:
    """The obligation that stays open, "" if none does."""
    return next((proof.obligation for proof in weigh(registry()[rule], case)[0] if proof.level is Level.OPEN), "")


def rewritten(rule: str, case: Case, folder: Path) -> str:
    (edit,) = registry()[rule].rewrite(case).edits
    return apply_edits((folder / edit.path).read_text(), [edit])


SIZES = {
    'create_engine("sqlite:///x.db", pool_size=2, max_overflow=0)': (
        'create_engine("sqlite:///x.db", pool_size=6, max_overflow=0)'
    ),
    'create_engine("sqlite:///x.db", max_overflow=1, pool_size=1)': (
        'create_engine("sqlite:///x.db", max_overflow=1, pool_size=5)'
    ),
    'create_engine(\n    "sqlite:///x.db",\n    pool_size=1,  # "one", they said\n    max_overflow=0  # none\n)': (
        'create_engine(\n    "sqlite:///x.db",\n    pool_size=6,  # "one", they said\n    max_overflow=0  # none\n)'
    ),
}


@pytest.mark.parametrize("before", SIZES, ids=["plain", "overflow", "lines"])
def test_a_pool_gets_as_many_as_were_wanted(before: str, tmp_path: Path) -> None:
    with recorded(tmp_path, POOL.format(engine=before, threads=6)) as recording:
        (case,) = cases("pool-exhausted", recording, tmp_path)
    assert opened_by("pool-exhausted", case) == ""
    assert SIZES[before] in rewritten("pool-exhausted", case, tmp_path)


LEFT = {
    'create_engine("sqlite:///x.db", pool_size=int(os.environ.get("N", 2)), max_overflow=0)': "size-is-written",
    'create_engine("sqlite:///x.db", **{"pool_size": 2, "max_overflow": 0})': "size-is-written",
    '(lambda make: make("sqlite:///x.db", pool_size=2, max_overflow=0))(create_engine)': "size-is-written",
    'create_engine("sqlite:///x.db", pool_size=2, max_overflow=0) if os.getpid() else '
    'create_engine("sqlite:///x.db", pool_size=3, max_overflow=0)': "size-is-written",
}


@pytest.mark.parametrize("engine", LEFT, ids=["environment", "unpacked", "elsewhere", "two"])
def test_a_size_that_is_not_a_number_there_is_left_alone(engine: str, tmp_path: Path) -> None:
    with recorded(tmp_path, POOL.format(engine=engine, threads=6)) as recording:
        (case,) = cases("pool-exhausted", recording, tmp_path)
    assert opened_by("pool-exhausted", case) == LEFT[engine]


def test_hazards_of_a_larger_pool(tmp_path: Path) -> None:
    engine = 'create_engine("sqlite:///x.db", pool_size=2, max_overflow=0)'
    with recorded(tmp_path, POOL.format(engine=engine, threads=30)) as recording:
        (case,) = cases("pool-exhausted", recording, tmp_path)
        assert opened_by("pool-exhausted", case) == "demand-is-bounded", "30 at once are a queue's business"
    with recorded(tmp_path, POOL.format(engine=engine, threads=6)) as recording:
        (tmp_path / "gunicorn.conf.py").write_text("workers = 2\npreload_app = True\n")
        (case,) = cases("pool-exhausted", recording, tmp_path)
        assert opened_by("pool-exhausted", case) == "made-after-the-fork"
    with recorded(tmp_path, POOL.format(engine=engine, threads=2)) as recording:
        assert cases("pool-exhausted", recording, tmp_path) == []


CACHE = """
import sqlite3
connection = {connect}
connection.execute("create table t (a, b)")
for number in range(600):
    connection.execute("select a from t where b = ?", (number,)).fetchall()
    connection.execute("select b from t where a = ?", (number,)).fetchall()
"""


@pytest.mark.parametrize(
    ("connect", "after"),
    [
        ('sqlite3.connect(":memory:", cached_statements=0)', "cached_statements=128"),
        ('sqlite3.connect(":memory:", cached_statements=2)', "cached_statements=128"),
        ('sqlite3.connect(":memory:")', ""),
        ('sqlite3.connect(":memory:", cached_statements=len("abc"))', ""),
    ],
)
def test_a_cache_that_is_off_is_switched_on(connect: str, after: str, tmp_path: Path) -> None:
    with recorded(tmp_path, CACHE.format(connect=connect)) as recording:
        found = cases("statement-cache", recording, tmp_path)
    assert len(found) == bool(after)
    for case in found:
        assert opened_by("statement-cache", case) == ""
        assert after in rewritten("statement-cache", case, tmp_path)


def test_a_cache_that_may_be_off_for_a_pooler_is_told(tmp_path: Path) -> None:
    from perfprof.rules.settings.caches import KINDS, Cache

    source = 'import psycopg\nconnection = psycopg.connect("dbname=x", prepare_threshold=None)\n'
    (tmp_path / "app.py").write_text(source)
    program = Program(tmp_path, lambda path: path.read_text())
    function = program.function_at(tmp_path / "app.py", 2)
    assert function is not None
    (call,) = (node for node in ast.walk(function.module.tree) if isinstance(node, ast.Call))
    from perfprof.rules.findings import finding
    from perfprof.rules.rule import Suspect

    found = Cache(KINDS[3], function, call, -1, 4, 4_000)
    case = Case(Suspect(finding("statement-cache", function, call, "x", ""), found), program)
    assert opened_by("statement-cache", case) == "no-pooler-wants-it"


HTTP = """
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import requests

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *a): pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/users/"
session = requests.Session()

def names(ids):
    return [ASK(f"{url}{one}").text for one in ids]

print(len(names(range(20))))
server.shutdown()
"""


def test_a_connection_each_call_is_told(tmp_path: Path) -> None:
    pytest.importorskip("requests")
    with recorded(tmp_path, HTTP.replace("ASK", "requests.get")) as recording:
        (case,) = cases("connection-per-call", recording, tmp_path)
    assert opened_by("connection-per-call", case) == "nothing-is-kept-beside"
    assert case.suspect.finding.message == "20 connections for 20 requests"
    with recorded(tmp_path, HTTP.replace("ASK", "session.get")) as recording:
        assert cases("connection-per-call", recording, tmp_path) == []


def test_the_whole_of_fix_writes_the_size(tmp_path: Path) -> None:
    engine = 'create_engine("sqlite:///x.db", pool_size=2, max_overflow=0)'
    (tmp_path / "app.py").write_text(POOL.format(engine=engine, threads=6))
    argv = [sys.executable, "-m", "perfprof", "fix", "--apply", "--only", "pool-exhausted", "--", sys.executable]
    ran = subprocess.run([*argv, "app.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "pool_size=6" in (tmp_path / "app.py").read_text(), ran.stdout + ran.stderr


TEXTS = {
    "make(\n    url,  # the 'url'\n)": "make(\n    url,  # the 'url'\n    a=12,\n    b=7,\n)",
    "make(\n\turl,\n\tc=1\n\t# last\n)": "make(\n\turl,\n\tc=1,\n\t# last\n\ta=12,\n\tb=7,\n)",
    "make(url, a=1, b = 0, c='#')": "make(url, a=12, b = 7, c='#')",
    "make(b=0, a=1)": "make(b=7, a=12)",
    "make('é', name=\"it's # not\")": "make('é', name=\"it's # not\", a=12, b=7)",
    'make(url, c="""x\n# y\n""")': 'make(url, c="""x\n# y\n""", a=12, b=7)',
    "make()": "make(a=12, b=7)",
}


@pytest.mark.parametrize("before", TEXTS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_options_are_written_and_all_else_stays(before: str, newline: str, tmp_path: Path) -> None:
    from perfprof.rules.settings.written import edit

    source = f"é = 'ü'; e = {before}\nprint(e)\n".replace("\n", newline)
    program = Program(tmp_path, lambda path: source)
    function = program.function_at(tmp_path / "m.py", 1)
    assert function is not None
    call = next(one for one in ast.walk(function.module.tree) if isinstance(one, ast.Call))
    after = apply_edits(source, [edit(function, call, {"a": "12", "b": "7"})])
    assert after == source.replace(before.replace("\n", newline), TEXTS[before].replace("\n", newline))
