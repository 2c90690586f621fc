"""Which share of the samples belongs to a place in the code."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfprof.optimizer.correlate import hot_functions, share_of
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


CALLS = """
from names import Names

class Counter:
    def __init__(self):
        self.count = 0

    def add(self, known):
        self.count += known

def main():
    names, counter = Names(range(2_500)), Counter()
    for i in range(20_000):
        counter.add(i in names)
        names.has(i)
    cheap(3)

def cheap(n):
    for i in range(n):
        round(i)

main()
"""
NAMES = """
class Names:
    def __init__(self, names):
        self.names = list(names)

    def has(self, name):
        return name in self.names

    def __contains__(self, name):
        return name in self.names
"""


def test_what_a_search_takes_may_be_of_the_function_that_was_called(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CALLS)
    (tmp_path / "names.py").write_text(NAMES)
    command = [sys.executable, "app.py"]
    root = tmp_path.resolve()
    with record(command, cwd=tmp_path, folder=tmp_path / "run", sampler="loops") as recording:
        program = Program(root, Path.read_text)
        found = {one.function.qualname: one for one in hot_functions(recording, program, [root], 0.05)}
        searches = [found["Names.has"], found["Names.__contains__"]]
        shares = [share_of(recording, one.function, one.function.line + 1, 99, one.unseen) for one in searches]
        loop = found["main"].function
        assert share_of(recording, loop, loop.line + 4, loop.line + 4, 0.0) > 0.5
    assert min(shares) > 0.5, "whichever of the two it was"
    assert found["Counter.add"].share < 0.05, "a function that begins has used nothing"
