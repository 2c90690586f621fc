"""What the best rewrite of a place can make of its function: where that is too little, nobody is bothered."""

from __future__ import annotations

import ast
import math
from typing import Any

import pytest

from perfprof.optimizer.forecast import Forecast, ceiling, pace
from perfprof.profilers.observations import Seen
from perfprof.rules.bounds import CHARACTER, ENTRY, MOVED, compiling, computing, making, moving, searching
from perfprof.rules.rule import Bound, Case, Evidence, Finding, Suspect

FOUND = Finding("f", "common-subexpression", "a.py", 1, 1, "f", "xs", "")
TEXTS = Seen("f:base0", 9, {"builtins.list": 9}, 838, 838, 9 * 838, {"builtins.str": 64})
CASE = Case(Suspect(FOUND, None), None, {"f:base0": TEXTS})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("share", "around", "gain", "most"),
    [
        (0.5, 1.0, 1.0, 2.0),  # half of the program, and nothing is known of the rewrite
        (0.5, 1.0, 2.0, 1.33),
        (0.5, 0.5, 1.0, math.inf),
        (0.1, 0.2, 100.0, 1.98),
    ],
)
def test_ceiling(share: float, around: float, gain: float, most: float) -> None:
    assert ceiling(share, around, 10**9, gain) == pytest.approx(most, rel=0.01)


def test_few_samples_leave_room() -> None:
    """Four samples of two hundred may be eight by chance, so that a function of twelve is still worth a try."""
    assert ceiling(0.02, 0.06, 200, 50.0) > 2.0
    assert ceiling(0.02, 0.06, 100_000, 50.0) < 1.6
    assert ceiling(0.02, 0.06, 0, 50.0) > 10


def said(share: float, around: float, promise: float, samples: int = 160) -> str:
    """What is told of a scan with this share of a run of a second."""
    return Forecast(around, samples, 1.0, 0.01).too_little(share, Evidence(True, "", gain=80.0), promise)


def test_what_is_too_little_is_said() -> None:
    """A scan of 2.5 % of the run in a function of 45 %, and the same in one of 4 %."""
    assert "6% of its function's time" in said(0.025, 0.45, 1.2)
    assert not said(0.025, 0.04, 1.2)
    assert not said(0.025, 0.45, 1.1)


def test_much_of_the_run_is_told_in_any_case() -> None:
    """A tenth of a program that is one long function."""
    assert not said(0.1, 1.0, 1.2, 10_000)
    assert said(0.04, 1.0, 1.2, 10_000)


STRINGS = ("builtins.str",)
OWN = ("shop.Tag",)


def told(bound: Bound, lines: float, seconds: float, **known: Any) -> str:
    """What is told of a scan in a function of its own, from a recording of so many seconds."""
    evidence = Evidence(True, "", {}, 80.0, bound)
    return Forecast(lines, 200, seconds, 0.01, **known).too_little(lines, evidence, 1.2)


def test_what_takes_no_time_is_not_what_is_slow() -> None:
    """Ninety tests of a list of forty texts in a run of two seconds, whatever the lines around them take; and 900,000."""
    few, many = searching(87, 41.7, STRINGS, STRINGS), searching(870_000, 41.7, STRINGS, STRINGS)
    assert "too short" in told(few, 0.99, 2.0)
    assert not told(many, 0.99, 2.0)
    assert Forecast(1.0, 200, 2.0, 0.01).share(0.99, few) < 0.001 < Forecast(1.0, 200, 2.0, 0.01).share(0.99, many)
    assert Forecast(1.0, 200, 2.0, 0.01).share(0.99, None) == 0.99


def test_a_slow_machine_takes_longer() -> None:
    """Nine milliseconds of a second on the reference are 27 on one of a third its pace."""
    short = Bound(0.009)
    assert "too short" in told(short, 0.5, 1.0)
    assert "too short" not in told(short, 0.5, 1.0, pace=3.0)
    assert pace() >= 1.0


def test_what_was_not_counted_of_the_same_run_bounds_nothing() -> None:
    """A run that somebody ended by hand."""
    assert not told(Bound(1e-6), 0.5, 1.0, counted=False)


def test_comparisons_in_python_take_what_was_recorded() -> None:
    """A thousand tests of ten objects with an ``__eq__`` that has a third of the run, and with one that has nothing."""
    bound = searching(1_000, 10, OWN, OWN)
    dear = Forecast(0.9, 200, 10.0, 0.01, lambda names: 0.3 if "__eq__" in names else 0.0)
    assert dear.share(0.9, bound) == pytest.approx(0.301, abs=0.001)
    assert Forecast(0.9, 200, 10.0, 0.01).share(0.9, bound) == pytest.approx(0.001, abs=0.001)


@pytest.mark.parametrize(
    ("kinds", "least", "most"),
    [
        (("builtins.int",), 7e-9, 20e-9),
        (("builtins.int", "builtins.tuple[builtins.int,builtins.str]"), 25e-9, 60e-9),
        (("builtins.int", "shop.Tag"), 2e-7, 5e-6),
        (("builtins.tuple[shop.Tag]",), 2e-7, 5e-6),
        ((), 2e-7, 5e-6),
    ],
)
def test_elements_cost_what_their_dearest_type_does(kinds: tuple[str, ...], least: float, most: float) -> None:
    """Seconds an element; of unknown ones nothing is taken for granted, nor of unknown ones that are looked for."""
    assert least <= searching(1, 10_000, kinds, ("builtins.int",)).seconds / 10_000 <= most
    assert least <= searching(1, 10_000, ("builtins.int",), kinds).seconds / 10_000 <= most


@pytest.mark.parametrize(
    "text", ["set(f(xs))", "sorted(xs, key=f)", "set(x for x in xs)", "max(self.all)", "f(g(xs))"]
)
def test_what_code_of_the_program_may_run_in_has_no_bound(text: str) -> None:
    """A key, a call within, a comprehension, an attribute."""
    assert computing(ast.parse(text, mode="eval").body, 10, CASE) is None


def test_a_builtin_is_bound_by_its_operands() -> None:
    """Nine sets of 838 texts are no 7 % of 0.7 seconds; a sort takes more than a set."""
    made, ordered = (computing(ast.parse(text, mode="eval").body, 9, CASE) for text in ("set(xs)", "sorted(xs)"))
    assert made is not None
    assert ordered is not None
    assert made.seconds < 0.001 < 0.002 < ordered.seconds


def test_results_of_short_calls_are_not_kept() -> None:
    """Calls of 1.5 us, and of 30 us."""
    often = Evidence(True, "", {"calls": 50_000, "different": 800, "again": 0.98}, 15.0)
    assert "kept result" in Forecast(0.03, 280, 2.8, 0.01).too_little(0.027, often, 1.3)
    seldom = Evidence(True, "", {"calls": 2_500, "different": 800, "again": 0.98}, 15.0)
    assert not Forecast(0.03, 280, 2.8, 0.01).too_little(0.027, seldom, 1.3)


@pytest.mark.parametrize(("each", "most"), [(CHARACTER, 0.01), (MOVED, 0.05), (ENTRY, 0.25)])
def test_what_is_copied_takes_little_beside_what_makes_it(each: float, most: float) -> None:
    """A thousand additions to what is 10,000 long: milliseconds, whatever the calls in the same line take."""
    assert 0.001 < moving(1_000, 10_000, each).seconds < most
    assert "too short" in told(moving(100, 1_000, each), 0.9, 2.0)


def test_what_a_pattern_matches_is_no_part_of_looking_it_up() -> None:
    """A thousand texts that take long to match; compiling them is what was recorded of it."""
    assert "too short" in told(compiling(1_000), 0.9, 2.0)
    compiled = Forecast(0.9, 200, 2.0, 0.01, lambda names: 0.5 if "_compile" in names else 0.0)
    assert compiled.share(0.9, compiling(1_000)) == pytest.approx(0.501)
    assert "too short" in told(making(1_000, 5), 0.9, 2.0)
