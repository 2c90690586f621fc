"""What a patch costs where there is less to walk than in the calls that were seen."""

from __future__ import annotations

import inspect
import pickle
import sys
from pathlib import Path

import pytest

from perfprof.optimizer.judge import Judge, Settings
from perfprof.optimizer.judge.benchmark import _Bench, _Class, _with_fewer
from perfprof.optimizer.judge.pairs import Pairs
from perfprof.optimizer.judge.replay import Case, Limits
from perfprof.optimizer.judge.trial import Trial
from perfprof.optimizer.judge.verdict import Layer
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.optimizer.project import Command, Project
from perfprof.profilers.inside.replaying.shortening import Place, _cut, _names, _places, _shortened
from perfprof.rules.rule import Level

QUICK = Settings(seeds=(0, 1), function_seconds=0.5, workload_seconds=2.0, limits=Limits(examples=20))
OLD = """\
class Checked:
    def __init__(self, val):
        self.val = val

    def lacks(self, *items):
        missing = []
        for one in items:
            if one not in self.val:
                missing.append(one)
        return missing
"""
PLAIN = "type(self.val) is list and set(map(type, self.val)) <= {str}"
BUILDS = OLD.replace(
    "missing = []", f"missing = []\n        known = set(self.val) if {PLAIN} else self.val"
).replace("in self.val:", "in (known if type(one) is str else self.val):")
GUARDED = BUILDS.replace(PLAIN, f"len(items) > 8 and {PLAIN}")
WORKLOAD = """\
from module import Checked
names = [str(number) for number in range(1000)]
print(Checked(names).lacks(*names))
"""


@pytest.mark.parametrize(("new", "told"), [(BUILDS, True), (GUARDED, False)])
def test_a_patch_says_where_few_look_ups_make_it_slower(tmp_path: Path, new: str, *, told: bool) -> None:
    """A set of 1,000 names costs hundred times what it takes to find three of the first."""
    (tmp_path / "module.py").write_text(OLD)
    (tmp_path / "workload.py").write_text(WORKLOAD)
    functions = ("module.py::Checked.lacks",)
    project = Project(tmp_path, (tmp_path,), Command((sys.executable, "workload.py")))
    with Judge(project, settings=QUICK) as judge:
        judge.baseline()
        judge.observe(functions)
        change = FileChange("module.py", OLD, new)
        verdict = judge.patch(Patch("r", "t", (change,), level=Level.PROVED, functions=functions))
    layer = next(one for one in verdict.layers if one.name == "function")
    assert layer.outcome == "passed", verdict.reason
    assert ("in `items` instead of 1,000" in verdict.reason) == told, verdict.reason


class Held:
    kinds = tuple(range(40))

    def __init__(self) -> None:
        self.rows = [[number] * 20 for number in range(30)]
        self.few = [1, 2]


def test_arguments_attributes_and_rows_are_cut() -> None:
    long = {"rows": {1: "a", 2: "b"}, "long": tuple(range(20)), "text": "a" * 40, "shared": Held}
    labels = [one.label for one in _places({**long, "held": Held()}, {**long, "held": Held()}, frozenset())]
    assert labels == ["`long`", "`held.rows`", "each of `held.rows`"]
    assert _cut({1: [1, 2, 3], 2: [4]}, 2, rows=True) == {1: [1, 2], 2: [4]}
    assert _cut(dict.fromkeys(range(9)), 2, rows=False) == {0: None, 1: None}


class Player:
    def __init__(self, number: int, size: int = 20) -> None:
        self.prefs = list(range(number, number + size))
        self.other = list(range(size))
        self.number = number


def first_of_all(players: list[Player], first: int) -> list[int]:
    return [first + one.prefs[0] for one in players]


def test_what_is_walked_in_each_row_is_cut() -> None:
    """An attribute of objects in a list, if the function reads it: a comprehension is a function of its own before 3.12."""
    players = [Player(number) for number in range(3)]
    names = frozenset(_names(first_of_all.__code__))
    given = {"players": players, "first": 1}
    (place,) = _places(given, given, names)
    assert place.label == "`prefs` of each of `players`"
    short, whole = _shortened(inspect.signature(first_of_all), pickle.dumps(((players, 1), {})), place, 2)
    (cut, _), _ = pickle.loads(short)
    assert whole == 20
    assert [(one.prefs, len(one.other)) for one in cut] == [([n, n + 1], 20) for n in range(3)]


@pytest.mark.parametrize("odd", [[1], Player(9, 3), "text"])
def test_rows_that_differ_are_cut_where_each_has_it(odd: object) -> None:
    given = {"players": [Player(1), odd]}
    found = [one.inner for one in _places(given, given, frozenset({"prefs"}))]
    assert found == (["prefs"] if isinstance(odd, Player) else [])


def test_everything_else_stays_in_a_call_cut_short() -> None:
    def work(first: list[int], *rest: int, last: int) -> None: ...

    blob = pickle.dumps((([1, 2], *range(50)), {"last": 3}))
    short, whole = _shortened(inspect.signature(work), blob, Place("rest"), 3)
    assert (pickle.loads(short), whole) == ((([1, 2], 0, 1, 2), {"last": 3}), 50)


@pytest.mark.parametrize(
    ("sizes", "slower"),
    [
        ([(100, 1e-3, 3e-3), (1, 0.1, 0.05)], True),  # most calls lose more than the one wins
        ([(100, 10e-6, 40e-6), (1, 0.1, 0.01)], False),  # 3 ms lost for 90 won
        ([(100, 1e-6, 2.5e-6), (1, 0.1, 0.0998)], False),  # a microsecond is nothing
        ([(1, 1e-3, 3e-3), (100, 0.1, 0.01)], False),  # few calls
    ],
)
def test_a_loss_for_most_calls_is_no_gain(sizes: list[tuple[int, float, float]], *, slower: bool) -> None:
    classes = [_Class(f"size {at}", "f", (), weight, old) for at, (weight, old, _) in enumerate(sizes)]
    bench = _Bench(None, Case("x", (), ()), classes)  # type: ignore[arg-type]
    for one, (_, old, new) in zip(classes, sizes, strict=True):
        bench._pairs[one.label] = Pairs([old * (1 + at / 1000) for at in range(10)], [new] * 10)
    usual = bench._usual()
    assert bool(usual) == slower
    assert usual == ("slower for most calls that were seen (100 of 101)" if slower else "")
    trial = Trial(Patch("r", "t", (), level=Level.PROVED), Case("x", (), ()), usual=usual)
    trial.layers.append(Layer("replay", "passed", ""))
    trial.answered = Pairs([1.0] * 10, [0.5] * 10).decide()
    assert trial.verdict().decision == ("cannot tell" if slower else "accepted")


def test_the_most_elements_with_which_it_is_slower_are_told_and_ten_decide() -> None:
    found = [
        {"place": "`items`", "size": size, "of": 1500, "old": 100e-6, "new": new}
        for size, new in ((3, 600e-6), (1, 300e-6), (10, 500e-6))
    ]
    most = "slower with 10 elements or fewer in `items` instead of 1,500: 0.20x (100 -> 500 us)"
    assert list(_with_fewer(found)) == [most]
    one = _Class("size 1500", "f", (), 1, 0.1)
    bench = _Bench(None, Case("x", (), ()), [one])  # type: ignore[arg-type]
    pairs = bench._pairs[one.label] = Pairs([0.1] * 10, [0.01] * 10)
    bench._short = found
    assert (bench.times(pairs.decide()).usual, bench.times(pairs.decide()).losses) == (most, ())
    for unfelt in (found[:2], [{**one, "new": 190e-6} for one in found]):
        bench._short = unfelt
        assert bench.times(pairs.decide()).usual == ""
        assert bench.times(pairs.decide()).losses == tuple(_with_fewer(unfelt))
