"""What a finding claims to cost: the scan itself, and not all that its line calls."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfprof.optimizer.argue import Argued, prove
from perfprof.optimizer.options import FixOptions
from perfprof.optimizer.suspects import Suspects, find
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import observe, record
from perfprof.rules.reading.program import Program
from perfprof.rules.rule import Finding

BUSY = """
class Tag:
    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return sum(map(ord, self.name)) == sum(map(ord, other.name)) and self.name == other.name

    def __hash__(self):
        return hash(self.name)


def solve(number):
    return sum(i * number for i in range(40_000))


def beside(numbers, left_out):
    return [solve(number) for number in numbers if number not in left_out]


def searched(names, known):
    found = []
    for name in names:
        if name not in known:
            found.append(name)
    return found


def tagged(tags, known):
    return [tag for tag in tags if tag not in known]


def billed(orders, customers):
    for order in orders:
        for customer in customers:
            if customer["id"] == order["customer"]:
                solve(order["customer"])


def matched(orders, customers):
    found = []
    for order in orders:
        for customer in customers:
            if customer["id"] == order["customer"]:
                found.append(customer)
    return found


def rows(count):
    return [{"customer": number} for number in range(count)], [{"id": number} for number in range(count)]


billed(*rows(40))
matched(*rows(1_500))
beside(range(120), [number * 3 for number in range(40)])
searched([f"n{i}" for i in range(3_000)], [f"m{i}" for i in range(3_000)])
tagged([Tag(f"some long name {i}") for i in range(400)], [Tag(f"another name {i}") for i in range(400)])
"""


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finding]:
    """The findings by function that are not cold, as argued from a recording and from what was counted."""
    folder = tmp_path_factory.mktemp("busy")
    (folder / "app.py").write_text(BUSY)
    argued, suspects = argued_of(folder)
    assert {one.suspect.finding.function for one in suspects.accused} == {
        "beside",
        "billed",
        "matched",
        "searched",
        "tagged",
    }
    dropped = {one.finding.function: one.finding for one in argued.dropped if one.status != "cold"}
    proven = {(one := each.case.suspect.finding).function: one for each in argued.proven}
    return dropped | proven


def argued_of(folder: Path) -> tuple[Argued, Suspects]:
    """What is made of ``app.py`` there."""
    program = Program(folder, lambda path: path.read_text())
    options = FixOptions(folder, only=("list-membership", "nested-loop-join"))
    argv = [sys.executable, "app.py"]
    with record(argv, cwd=folder, folder=folder / "r", output=folder / "out", sampler="loops") as recording:
        suspects = find(options, recording, program, ())
        seen = observe(argv, cwd=folder, folder=folder / "o", watches=suspects.watches).seen
        return prove(suspects, program, seen, ()), suspects


def test_what_its_line_calls_is_no_part_of_a_scan(busy: dict[str, Finding]) -> None:
    """Five thousand comparisons of numbers, in a line that has most of the run."""
    assert "beside" not in busy


def test_a_search_that_takes_long_is_told(busy: dict[str, Finding]) -> None:
    """Nine million comparisons of texts, and 160,000 that the program's own ``__eq__`` makes."""
    assert (busy["searched"].share or 0.0) > 0.05
    assert (busy["tagged"].share or 0.0) > 0.1


def test_what_is_done_with_the_rows_that_match_is_no_part_of_the_walk(busy: dict[str, Finding]) -> None:
    """Forty of 1,600 rows, each of which is worth milliseconds; and a walk over two million that does nothing else."""
    assert "billed" not in busy
    assert (busy["matched"].share or 0.0) > 0.05


def test_time_below_a_place_is_that_of_the_functions_it_called(tmp_path: Path) -> None:
    """Samples with an ``__eq__`` above the lines that were asked for, each counted once."""
    (tmp_path / "app.py").write_text(BUSY)
    argv = [sys.executable, "app.py"]
    with record(argv, cwd=tmp_path, folder=tmp_path / "r", output=tmp_path / "out", sampler="loops") as recording:
        assert below(recording, tmp_path, "tagged") > 0.1
        assert below(recording, tmp_path, "searched") == 0


def below(recording: Recording, folder: Path, name: str) -> float:
    """The share that ``__eq__`` has below the function of this name."""
    module = Program(folder.resolve(), Path.read_text).module(folder.resolve() / "app.py")
    assert module is not None
    function = next(one for one in module.functions if one.qualname == name)
    return recording.share_below(module.path, function.line, function.end_line, {"__eq__"})
