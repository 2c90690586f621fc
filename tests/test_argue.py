"""What rules are told of a recording: places within one request."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from perfprof.optimizer.argue import prove
from perfprof.optimizer.options import FixOptions
from perfprof.optimizer.suspects import find, within_requests
from perfprof.profilers.workload import record
from perfprof.rules.reading.program import Program

CLIENT = """
import sqlite3
from flask import Flask

app = Flask(__name__)
db = sqlite3.connect(":memory:")
db.execute("create table t (id integer primary key, v int)")

@app.get("/one/<int:key>")
def one(key):
    return str(find(key))

def find(key):
    return db.execute("select v from t where id = ?", (key,)).fetchone()

def warm():
    for key in range(20):
        find(key)

warm()
client = app.test_client()
for key in range(20):
    client.get(f"/one/{key}")
"""

SLEEPY = """
import sqlite3
import time

db = sqlite3.connect(":memory:")
db.create_function("nap", 1, lambda seconds: time.sleep(seconds))
db.execute("create table t (id integer primary key)")


def slow(keys):
    for key in keys:
        db.execute("insert into t values (?) on conflict do update set id = coalesce(nap(0.05), id)", (key,))


def quick(keys):
    for key in keys:
        db.execute("update t set id = id where id = ?", (key,))


db.execute("insert into t values (1)")
slow([1] * 40)
quick(range(6))
"""


def test_a_statement_of_a_request_has_no_place_outside_of_it(tmp_path: Path) -> None:
    """The loop that sends requests is nobody's N+1; one that calls the same function without a request is."""
    (tmp_path / "app.py").write_text(CLIENT)
    argv = [sys.executable, "app.py"]
    with record(argv, cwd=tmp_path, folder=tmp_path / "r", output=tmp_path / "out", sampler="loops") as recording:
        found = [one for one in within_requests(recording) if "select" in one.statement.text]
        whole = [one for one in recording.executions() if "select" in one.statement.text]
    places = Counter[tuple[str, ...]]()
    for one in found:
        places[tuple(frame.function for frame in one.site)] += one.count
    assert places == {("find", "one"): 20, ("find", "warm", "<module>"): 20}
    assert any(one.site[-1].function == "<module>" and one.site[1].function == "one" for one in whole)


def test_what_a_loop_waits_for_counts_for_its_share(tmp_path: Path) -> None:
    """It sleeps inside of the statement: no CPU sample shows it; and nothing is said of what takes no time."""
    (tmp_path / "app.py").write_text(SLEEPY)
    program = Program(tmp_path, lambda path: path.read_text())
    options = FixOptions(tmp_path, min_share=0.1)
    with record(
        [sys.executable, "app.py"], cwd=tmp_path, folder=tmp_path / "r", output=tmp_path / "out"
    ) as recording:
        suspects = find(options, recording, program, ())
        argued = prove(suspects, program, {}, tuple(recording.executions()))
    assert [one.finding.function for one in argued.dropped] == ["slow"]
    assert argued.hidden == 1
