"""Answers of a private method, which its class keeps under another name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfprof.optimizer.judge import Judge
from perfprof.optimizer.judge.foreign import RULE
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Command, Project
from perfprof.rules.rule import Level

OLD = """\
class _Shop:
    def __price(self, item, out):
        out.write("asked")
        return item * 3 % 101

    def total(self, items, out):
        return sum(self.__price(item, out) for item in items)
"""
RUN = """\
from core import _Shop

with open("out.txt", "w") as out:
    print([_Shop().total(range(n), out) for n in range(6)])
"""


@pytest.mark.parametrize(
    ("new", "outcome"), [("3 * item % 101", "passed"), ("(3 * item % 101, out.write('.'))[0] + 1", "failed")]
)
def test_a_private_method_s_answers_are_compared(tmp_path: Path, new: str, outcome: str) -> None:
    changed = OLD.replace("item * 3 % 101", new)
    (tmp_path / "core.py").write_text(OLD)
    (tmp_path / "run.py").write_text(RUN)
    functions = ("core.py::_Shop.__price",)
    patch = Patch(RULE, "t", (FileChange("core.py", OLD, changed),), level=Level.OBSERVED, functions=functions)
    with Judge(Project(tmp_path, (tmp_path,), Command((sys.executable, "run.py")))) as judge:
        verdict = judge.patch(patch)
    told = {layer.name: layer for layer in verdict.layers}
    assert told["answers"].outcome == outcome, verdict
