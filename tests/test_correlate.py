"""Which share of the samples belongs to a place in the code."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfprof.optimizer.correlate import share_of
from perfprof.profilers.workload import record
from perfprof.rules.reading.program import Program

APP = """
def fresh(rows, known):
    found = []
    for row in rows:
        if row not in known:
            found.append(row)
    return found

def listed(rows, known):
    return [
        row
        for row in rows
        if row not in known
    ]

def plain(n):
    total = 0
    for i in range(n):
        total += i
    return total

rows = list(range(2_500))
for _ in range(2):
    fresh(rows, rows[1_000:])
    listed(rows, rows[1_000:])
plain(2_000_000)
"""


def test_what_a_loop_does_without_a_call_belongs_to_its_lines(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    command = [sys.executable, "app.py"]
    with record(command, cwd=tmp_path, folder=tmp_path / "run", sampler="loops") as recording:
        module = Program(tmp_path.resolve(), Path.read_text).module(tmp_path.resolve() / "app.py")
        assert module is not None
        functions = {function.qualname: function for function in module.functions}
        shares = {name: share_of(recording, functions[name], line, line) for name, line in LINES.items()}
        whole = {name: recording.share(module.path, one.line, one.end_line) for name, one in functions.items()}
    for name, share in shares.items():
        assert share == pytest.approx(whole[name], abs=0.15), name
    assert shares["fresh"] > 0.1


LINES = {"fresh": 5, "listed": 13, "plain": 19}
