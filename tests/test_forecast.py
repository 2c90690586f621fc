"""What the best rewrite of a place can make of its function: where that is too little, nobody is bothered."""

from __future__ import annotations

import math

import pytest

from perfprof.optimizer.forecast import Forecast, ceiling, comparisons
from perfprof.rules.rule import Evidence


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


def test_what_takes_no_time_is_not_what_is_slow() -> None:
    """Ninety tests of a list of forty elements in a run of two seconds, whatever the lines around them take."""
    numbers = {"entries": 1, "rounds": 87.0, "elements": 41.7}
    assert comparisons(numbers) < 4_000
    assert comparisons({"entries": 1, "rounds": 87.0}) == comparisons({"times": 3, "elements": 9}) == math.inf
    evidence = Evidence(True, "", numbers, 3.3)
    assert "too short" in Forecast(0.02, 200, 2.0, 0.01).too_little(0.02, evidence, 1.2)
    assert not Forecast(0.02, 200, 2.0, 0.01).too_little(0.02, evidence, 1.2, plain=False)
    assert not Forecast(0.02, 200, 2.0, 0.0).too_little(0.02, evidence, 1.2)
    many = Evidence(True, "", {**numbers, "entries": 1_000}, 3.3)
    assert not Forecast(0.02, 200, 2.0, 0.01).too_little(0.02, many, 1.2)


def test_one_sample_may_be_chance() -> None:
    """One of thirty samples, where the scan takes 1 ms of 400, and where it takes 50 ms."""
    short = Evidence(True, "", {"entries": 22, "rounds": 264.0, "elements": 17.0}, 2.1)
    assert "one sample" in Forecast(0.04, 30, 0.4, 0.01).too_little(0.033, short, 1.2)
    assert not Forecast(0.08, 30, 0.4, 0.01).too_little(0.067, short, 1.2)
    long = Evidence(True, "", {"entries": 2, "rounds": 2000.0, "elements": 1250.0}, 80.0)
    assert not Forecast(0.04, 30, 0.4, 0.01).too_little(0.033, long, 1.2)


def test_results_of_short_calls_are_not_kept() -> None:
    """Calls of 1.5 us, and of 30 us."""
    often = Evidence(True, "", {"calls": 50_000, "different": 800, "again": 0.98}, 15.0)
    assert "kept result" in Forecast(0.03, 280, 2.8, 0.01).too_little(0.027, often, 1.3)
    seldom = Evidence(True, "", {"calls": 2_500, "different": 800, "again": 0.98}, 15.0)
    assert not Forecast(0.03, 280, 2.8, 0.01).too_little(0.027, seldom, 1.3)
