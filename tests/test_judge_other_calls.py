"""Captured calls whose objects do not come through the pickle whole: what raises only here tells nothing of a patch."""

from __future__ import annotations

import importlib
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from perfprof.optimizer.judge.processes import Processes
from perfprof.optimizer.judge.replay import Call, Case, Stage, play
from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.weighing import weigh_replay
from perfprof.optimizer.patches import FileChange

SOURCE = """
class Search:
    def __init__(self, found):
        self.found, self.near = found, found.count

    def __getstate__(self):
        return self.found

    def __setstate__(self, found):
        self.found = found

    def act(self, x):
        return self.near(x) + len(self.found)

    def size(self, x):
        return len(self.found)

    def first(self, x):
        return self.found[x]
"""


@pytest.mark.parametrize(
    ("method", "returned", "outcome"),
    [("act", True, "cannot tell"), ("size", True, "passed"), ("first", False, "passed")],
)
def test_a_call_that_only_raises_here(
    method: str, returned: bool, outcome: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``act`` needs what its class does not pickle; ``first`` raised in the workload as well."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "searching.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(project))
    one = importlib.import_module("searching").Search([3, 3, 4])
    blob = pickle.dumps(((one, 9), {}), 4)
    monkeypatch.delitem(sys.modules, "searching")
    change = FileChange("searching.py", SOURCE, SOURCE.replace("(self, x):\n", "(self, x):\n        y = x\n"))
    call = Call(f"searching.py::Search.{method}", blob, seconds=0.1, returned=returned)
    case = Case("one", (change,), (call,))
    processes = Processes()
    try:
        stage = Stage(processes, sys.executable, Tree.plant(project, tmp_path / "old"), tmp_path)
        with ThreadPoolExecutor(1) as executor:
            told = play(stage, [case], executor, seeds=(0,))
    finally:
        processes.close()
    weighed = weigh_replay(case, told["one"])
    assert weighed.outcome == outcome, weighed
    assert ("raises" in weighed.reason) == (outcome != "passed")
