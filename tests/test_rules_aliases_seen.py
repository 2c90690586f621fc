"""What only a run can tell: whether what a method of some object changes is the collection that the loop searches."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfprof.profilers.workload import observe
from perfprof.rules import registry
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Case, Level, weigh

ORDERS = """
class Order:
    def __init__(self, lines, sku):
        self.lines = lines
        self._sku = sku

    @property
    def sku(self):
        self.lines.append(self._sku)
        return self._sku


def counted(orders, names):
    return [names.count(order.sku) for order in orders]


names = [str(number) for number in range(60)]
"""
RUNS = {
    "apart": "counted([Order([], str(number)) for number in range(60)], names)",
    "one-of-them": "counted([Order(names if number == 50 else [], str(number)) for number in range(60)], names)",
    "the-list": "counted([Order(names, str(number)) for number in range(60)], names)",
}


@pytest.mark.parametrize("run", RUNS)
def test_a_list_that_an_object_holds_too_is_found_in_the_run(run: str, tmp_path: Path) -> None:
    (tmp_path / "orders.py").write_text(ORDERS)
    (tmp_path / "app.py").write_text(f"from orders import *\n{RUNS[run]}\n")
    program = Program(tmp_path, lambda path: path.read_text())
    module, rule = program.module(tmp_path / "orders.py"), registry()["list-count"]
    assert module is not None
    assert rule.in_function is not None
    (suspect,) = (one for function in module.functions for one in rule.in_function(function, program))
    found = observe([sys.executable, "app.py"], cwd=tmp_path, folder=tmp_path / "run", watches=suspect.watches)
    assert found.exit_code == 0
    proofs, level = weigh(rule, Case(suspect, program, found.seen))
    told = {proof.obligation: proof.level for proof in proofs}["collection-unchanged"]
    assert (level, told) == ((Level.OBSERVED,) * 2 if run == "apart" else (Level.OPEN,) * 2)
