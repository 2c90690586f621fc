"""What is timed and for how long: the dear calls, the changed functions in the running workload, few pairs of dear runs."""

from __future__ import annotations

import asyncio
import importlib
import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from perfprof.optimizer.judge import Judge, Settings
from perfprof.optimizer.judge.benchmark import _classes
from perfprof.optimizer.judge.clocked import Clocks
from perfprof.optimizer.judge.processes import Ran
from perfprof.optimizer.judge.replay import Call, Case, Limits
from perfprof.optimizer.judge.trial import Trial
from perfprof.optimizer.judge.verdict import Layer
from perfprof.optimizer.judge.whole import Side, WorkloadTimes, workload_benchmark
from perfprof.optimizer.judge.workbench import Workbench
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Command, Project
from perfprof.profilers.inside.replaying.slots import slots
from perfprof.rules.rule import Level

QUICK = Settings(seeds=(0, 1), function_seconds=0.5, workload_seconds=2.0, limits=Limits(examples=20))


@pytest.mark.parametrize(
    ("costs", "blobs"),
    [
        ([0.001, 0.7], [b"0", b"1"]),  # cheap and dear at one size: the dear one is what it is about
        ([0.001, 0.002, 0.003, 2.0, 9.0], [b"0", b"2", b"3"]),  # but not what would take the whole budget
        ([8.0, 9.0], [b"0"]),
        ([0.001, 0.002, 0.003], [b"0", b"1", b"2"]),
    ],
)
def test_the_dearest_call_is_timed(costs: list[float], blobs: list[bytes]) -> None:
    calls = tuple(Call("a.py::f", str(number).encode(), size=5000) for number in range(len(costs)))
    [found] = _classes(Case("x", (), calls), dict(enumerate(costs)), 3.0)
    assert list(found.blobs) == blobs
    assert found.seconds == pytest.approx(sum(costs[int(blob)] for blob in blobs))


def timed(
    old: float, new: float, *, parts: tuple[float, float] | None = None, noise: float = 0.03
) -> tuple[WorkloadTimes, int]:
    """The benchmark of a workload that takes so many CPU seconds on each side, and the pairs it made."""
    chance = random.Random(11)

    def run(side: Side, seed: int) -> Ran:
        cpu = (old if side == "old" else new) * math.exp(chance.gauss(0, noise))
        return Ran(("x",), 0, cpu, cpu, 1000, "")

    def part(side: Side) -> float:
        return math.nan if parts is None else parts[side == "new"] * math.exp(chance.gauss(0, noise))

    times = workload_benchmark(run, promise=1.2, seconds=20.0, part=part)
    assert times.cpu is not None
    return times, len(times.cpu.before)


def test_five_pairs_tell_a_plain_gain() -> None:
    times, pairs = timed(1.5, 1.0)
    assert (times.answered.decision, pairs) == ("faster", 5)


def test_dear_runs_get_their_few_pairs_and_no_more() -> None:
    assert timed(8.0, 5.0)[1] == 5
    times, pairs = timed(40.0, 4.0)
    assert (times.answered.decision, pairs) == ("faster", 3)
    assert times.answered.low > 7
    assert timed(45.0, 45.0)[1] == 3
    assert timed(400.0, 400.0)[1] == 1


def test_changed_functions_tell_what_the_whole_cannot() -> None:
    times, pairs = timed(1.03, 1.0, parts=(0.03, 0.001))
    assert times.parted is not None
    assert (times.parted.decision, pairs) == ("faster", 5)
    assert times.answered.decision != "faster"
    same, _ = timed(1.0, 1.0, parts=(0.03, 0.03))
    assert same.parted is not None
    assert same.parted.decision != "faster"
    unknown, _ = timed(1.0, 1.0, parts=(0.0, 0.0))
    assert unknown.parted is None


@pytest.mark.parametrize(("unconfirmed", "decision"), [(True, "cannot tell"), (False, "accepted")])
def test_clocks_alone_accept_nothing(*, unconfirmed: bool, decision: str) -> None:
    times, _ = timed(1.03, 1.0, parts=(0.03, 0.001))
    trial = Trial(Patch("r", "t", (), level=Level.PROVED), Case("x", (), ()), answered=times.parted)
    trial.layers.append(Layer("answers", "passed", ""))
    trial.unconfirmed = unconfirmed
    verdict = trial.verdict()
    assert verdict.decision == decision
    assert ("no call could be replayed" in verdict.reason) == unconfirmed


@pytest.fixture
def clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.setenv("PERFPROF_CLOCKS", str(tmp_path))
    module = importlib.import_module("perfprof.profilers.inside.replaying.clocks")
    yield module
    module._totals.clear()


def test_a_clock_changes_no_answer(clocks: ModuleType) -> None:
    def talk(first: int) -> Iterator[int]:
        try:
            got = yield first
            while got:
                got = yield got * 2
        except ValueError:
            yield -1
        finally:
            closed.append(True)
        return 7

    async def later(items: list[int]) -> list[int]:
        await asyncio.sleep(0)
        return sorted(items)

    closed: list[bool] = []
    clocks.watch({"talk": talk}, "talk", "m.py::talk")
    clocked = clocks.local(talk)
    generator = clocked(1)
    assert (next(generator), generator.send(4), generator.throw(ValueError)) == (1, 8, -1)
    with pytest.raises(StopIteration) as end:
        next(generator)
    assert end.value.value == 7
    early = clocked(1)
    next(early)
    early.close()
    assert closed == [True, True]
    assert asyncio.run(clocks.local(later)([2, 1])) == [1, 2]
    with pytest.raises(ZeroDivisionError):
        clocks.local(lambda: 1 / 0)()
    assert clocks._totals[0]._seconds > 0


MODULE = """\
import asyncio
import contextlib


class Store:
    def __init__(self, rows):
        self.rows = rows

    @property
    def total(self):
        return sum(i * i for i in range(20_000))

    @staticmethod
    def plain(n):
        return sum(i * i for i in range(n))

    def walked(self):
        for row in self.rows:
            yield sum(i * i for i in range(row))

    async def later(self):
        await asyncio.sleep(0)
        return self.plain(20_000)


def made(n):
    def inner():
        return sum(i * i for i in range(n))

    return inner
"""
WORKLOAD = """\
import asyncio
import os
import module

store = module.Store([20_000])
print(store.total, store.plain(20_000), list(store.walked()), asyncio.run(store.later()), module.made(20_000)())
if os.fork() == 0:
    store.plain(20_000)
    os._exit(0)
os.wait()
"""


@pytest.mark.parametrize(
    "name", ["Store.total", "Store.plain", "Store.walked", "Store.later", "made.<locals>.inner"]
)
def test_functions_of_every_kind_carry_a_clock(tmp_path: Path, name: str) -> None:
    (tmp_path / "module.py").write_text(MODULE)
    (tmp_path / "workload.py").write_text(WORKLOAD)
    bench = Workbench(Project(tmp_path, (tmp_path,), Command((sys.executable, "workload.py"))))
    try:
        clock = Clocks(bench, [f"module.py::{name}"])
        clock.write(bench.old, ())
        ran = bench.run_workload(bench.old, more=clock.started())
        assert ran.well, ran.output
        assert clock.seconds() > 0
        assert len([*clock._notes.iterdir()]) == 2, "one for each process"
    finally:
        bench.close()


NESTED = """\
def outer(values):
    def doubled(value):
        return 2 * value

    return sum(doubled(value) for value in values)


def maker(values):
    def doubled(value):
        return 2 * value

    return [doubled for _ in values]


def later(values):
    def doubled(value):
        return 2 * value

    return (doubled(value) for value in values)
"""


def test_a_function_that_never_leaves_is_timed_with_the_one_around_it(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(NESTED)
    bench = Workbench(Project(tmp_path, (tmp_path,), Command((sys.executable, "-c", "import module"))))
    names = [
        "outer",
        "outer.<locals>.doubled",
        "maker",
        "maker.<locals>.doubled",
        "later",
        "later.<locals>.doubled",
    ]
    try:
        Clocks(bench, [f"module.py::{name}" for name in names]).write(bench.old, ())
        text = (bench.old.path / "module.py").read_text()
    finally:
        bench.close()
    clocked = [part.partition("(")[0] for part in text.split("\n\ndef ") if ".local(doubled)" in part]
    assert clocked == ["maker", "later"]


GENERATOR = """\
def walked(rows, wanted):
    for row in rows:
        if row in wanted:
            yield row


async def awaited(rows, wanted):
    return [row for row in rows if row in wanted]
"""
FASTER = GENERATOR.replace(
    "    for row in rows:\n        if row in wanted:",
    "    known = set(wanted) if type(wanted) is list and set(map(type, wanted)) <= {int} else wanted\n"
    "    for row in rows:\n        if row in (known if type(row) is int else wanted):",
)


def test_calls_of_generators_and_coroutines_are_replayed(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(GENERATOR)
    (tmp_path / "workload.py").write_text(
        "import asyncio\nfrom module import awaited, walked\n"
        "print(len(list(walked(list(range(900)), list(range(0, 1800, 2))))), asyncio.run(awaited([1, 2], [2])))\n"
    )
    functions = ("module.py::walked", "module.py::awaited")
    project = Project(tmp_path, (tmp_path,), Command((sys.executable, "workload.py")))
    with Judge(project, settings=QUICK) as judge:
        judge.baseline()
        assert judge.observe(functions) == 2
        change = FileChange("module.py", GENERATOR, FASTER)
        verdict = judge.patch(Patch("r", "t", (change,), level=Level.PROVED, functions=functions[:1]))
    assert verdict.decision != "rejected", verdict.reason
    told = {layer.name: layer for layer in verdict.layers}
    assert told["replay"].outcome == "passed", told["replay"].reason
    assert "function" in told


def test_modules_are_no_part_of_an_input() -> None:
    class Holder:
        def __init__(self) -> None:
            self.library, self.names, self.rows = math, vars(sys.modules[__name__]), [1, 2]

    values = [slot.value for slot in slots([[Holder()]])]
    assert [1, 2] in values
    assert not any(value is sys.modules["builtins"] or value is vars(sys.modules["builtins"]) for value in values)
    assert len(values) < 10
