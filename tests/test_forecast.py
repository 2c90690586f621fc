"""What the best rewrite of a place can make of its function: where that is too little, nobody is bothered."""

from __future__ import annotations

import math

import pytest

from perfprof.optimizer.forecast import ceiling, too_little


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


def test_what_is_too_little_is_said() -> None:
    """A scan of 2.5 % of the run in a function of 45 %, and the same in one of 4 %."""
    said = too_little(0.025, 0.45, 160, 80.0, 1.2)
    assert "6% of its function's time" in said
    assert not too_little(0.025, 0.04, 160, 80.0, 1.2)
    assert not too_little(0.025, 0.45, 160, 80.0, 1.1)


def test_much_of_the_run_is_told_in_any_case() -> None:
    """A tenth of a program that is one long function."""
    assert not too_little(0.1, 1.0, 10_000, 80.0, 1.2)
    assert too_little(0.04, 1.0, 10_000, 80.0, 1.2)
