"""Keeping a call pickles what it was given; where that hangs or kills the program, the run is probed without it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfprof.optimizer import workload
from perfprof.optimizer.options import FixOptions
from perfprof.optimizer.project import Command
from perfprof.optimizer.suspects import Accused, Suspects
from perfprof.rules import registry
from perfprof.rules.reading.program import Program

MODULE = """\
import os
import threading


class Rows(list):
    def __reduce__(self):
        {deed}


def unknown(rows, wanted):
    found = []
    for row in rows:
        if row not in wanted:
            found.append(row)
    return found


unknown(Rows(range(50)), list(range(20)))
"""


@pytest.mark.parametrize("deed", ["os._exit(3)", "lock = threading.Lock(); lock.acquire(); lock.acquire()"])
def test_a_program_that_pickling_stops_is_observed_without(
    deed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workload, "PATIENCE", 4.0)
    path = tmp_path / "module.py"
    path.write_text(MODULE.format(deed=deed))
    program = Program(tmp_path, lambda one: one.read_text())
    module = program.module(path)
    assert module is not None
    rule = registry()["list-membership"]
    assert rule.in_function is not None
    accused = [Accused(rule, one) for function in module.functions for one in rule.in_function(function, program)]
    options = FixOptions(tmp_path, workload=Command((sys.executable, "module.py")))
    observed = workload.observe(options, tmp_path / "run", Suspects(tuple(accused), 1, 0), 0.1)
    assert observed.exit_code == 0
    assert observed.calls is None
    assert next(seen.count for name, seen in observed.seen.items() if name.endswith(":base0")) == 50
