"""What rules are told of a recording: places within one request."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from perfprof.optimizer.argue import within_requests
from perfprof.profilers.workload import record

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
