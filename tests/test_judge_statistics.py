"""False accepts and power of the decision rule, on made-up noise as it was measured: no timing here."""

from __future__ import annotations

import math
import random

import pytest

from perfprof.optimizer.judge.pairs import Pairs, memory_note
from perfprof.optimizer.judge.statistics import LOOKS, Answered, decide, holm, resolution, student, together
from perfprof.optimizer.judge.verdict import Comparison

CPU_NOISE = 0.031  # sd of the log ratio of a pair, CPU time, busy machine
WALL_NOISE = 0.28


def pairs(chance: random.Random, count: int, ratio: float, noise: float) -> tuple[list[float], list[float]]:
    """Paired times whose noise drifts, as it does on a shared machine: most of the drift hits both sides."""
    before, after, drift = [], [], 0.0
    for _ in range(count):
        drift = 0.7 * drift + chance.gauss(0, 0.05)
        side = noise / math.sqrt(2)
        before.append(ratio * math.exp(drift + chance.gauss(0, side)))
        after.append(math.exp(drift + chance.gauss(0, side)))
    return before, after


def looked(chance: random.Random, ratio: float, noise: float, promise: float = 1.0) -> Answered:
    """As the judge does it: 10 pairs, and more only while it cannot tell."""
    before, after = pairs(chance, LOOKS[-1], ratio, noise)
    for look in LOOKS:
        answer = decide(before[:look], after[:look], promise=promise)
        if answer.decision != "cannot tell":
            break
    return answer


def test_identical_code_is_not_accepted() -> None:
    chance = random.Random(1)
    decisions = [looked(chance, 1.0, CPU_NOISE).decision for _ in range(100)]
    assert decisions.count("faster") <= 1
    assert decisions.count("slower") <= 1
    assert decisions.count("no change") >= 75


def test_identical_code_on_a_noisy_clock_is_rarely_accepted() -> None:
    chance = random.Random(2)
    wrong = sum(looked(chance, 1.0, WALL_NOISE).decision == "faster" for _ in range(80))
    assert wrong <= 4  # three looks at 99 %


def test_a_tenth_is_found() -> None:
    chance = random.Random(3)
    assert sum(looked(chance, 1.10, CPU_NOISE).decision == "faster" for _ in range(60)) >= 59


def test_five_fold_is_certified_in_ten_pairs() -> None:
    chance = random.Random(4)
    for _ in range(30):
        answer = decide(*pairs(chance, 10, 5.0, WALL_NOISE), promise=1.2)
        assert answer.decision == "faster"
        assert answer.low > 2


def test_a_loss_is_called_a_loss() -> None:
    chance = random.Random(5)
    assert decide(*pairs(chance, 20, 0.8, CPU_NOISE)).decision == "slower"


def test_a_gain_below_the_promise_is_no_gain() -> None:
    chance = random.Random(6)
    assert decide(*pairs(chance, 20, 1.08, CPU_NOISE), promise=1.2).decision == "no change"
    assert decide(*pairs(chance, 20, 1.5, CPU_NOISE), promise=1.2).decision == "faster"


def test_few_pairs_show_only_large_effects() -> None:
    assert decide([5.0, 5.2, 4.9], [1.0, 1.0, 1.0], promise=1.2).decision == "faster"
    assert decide([1.2, 1.2, 1.2], [1.0, 1.0, 1.0]).decision == "cannot tell", "that they agree may be chance"
    assert decide([1.0, 1.0], [0.1, 0.1]).decision == "cannot tell"
    chance = random.Random(10)
    wrong = sum(decide(*pairs(chance, 5, 1.0, CPU_NOISE), promise=1.03).decision == "faster" for _ in range(500))
    assert wrong == 0


def test_students_t_is_that_of_the_tables() -> None:
    assert student(2, 0.99) == pytest.approx(9.925, abs=1e-3)
    assert student(5, 0.99) == pytest.approx(4.032, abs=1e-3)
    assert student(8, 0.95) == pytest.approx(2.306, abs=1e-3)


def test_the_same_data_give_the_same_answer() -> None:
    before, after = pairs(random.Random(7), 20, 1.3, WALL_NOISE)
    assert decide(before, after) == decide(before, after)


def test_resolution_is_that_of_the_machine() -> None:
    chance = random.Random(8)
    quiet = resolution(*pairs(chance, 20, 1.0, 0.01))
    loud = resolution(*pairs(chance, 20, 1.0, WALL_NOISE))
    assert quiet == pytest.approx(0.03)
    assert loud > 0.1


def test_a_clear_gain_needs_no_quiet_machine() -> None:
    chance = random.Random(13)
    found = wrong = 0
    for _ in range(60):
        slow = [
            math.exp(0.5 * chance.gauss(0, 1)) for _ in range(10)
        ]  # seconds of the machine, of both sides of a pair
        one, same, fast = (
            [each * ratio * math.exp(chance.gauss(0, 0.03)) for each in slow] for ratio in (1.5, 1.5, 1.0)
        )
        found += Pairs(one, fast).decide().decision == "faster"
        wrong += Pairs(one, same).decide().decision == "faster"
    assert (found, wrong) == (60, 0)
    noisy = [Pairs(*pairs(chance, count, 1.0, WALL_NOISE)).decide() for count in (5, 10, 20) for _ in range(60)]
    assert sum(answer.decision == "faster" for answer in noisy) <= 2


def test_three_pairs_of_identical_code_are_never_a_gain() -> None:
    chance = random.Random(12)
    for noise in (CPU_NOISE, WALL_NOISE):
        wrong = sum(Pairs(*pairs(chance, 3, 1.0, noise)).decide().decision == "faster" for _ in range(400))
        assert wrong <= 2, f"{wrong} of 400 with a noise of {noise}"
    found = sum(Pairs(*pairs(chance, 3, 30.0, CPU_NOISE)).decide().decision == "faster" for _ in range(100))
    assert found == 100


def test_many_claims_are_weighed_harder_than_one() -> None:
    assert holm(1) == pytest.approx((0.99,))
    assert holm(4)[0] == pytest.approx(0.9975)
    assert holm(4)[-1] == pytest.approx(0.99)
    chance = random.Random(9)
    claims = [pairs(chance, 20, ratio, CPU_NOISE) for ratio in (3.0, 1.0, 1.5)]
    assert [answer.decision for answer in together(claims)] == ["faster", "cannot tell", "faster"] or [
        answer.decision for answer in together(claims)
    ] == ["faster", "no change", "faster"]


@pytest.mark.parametrize(("before", "after", "told"), [(8e6, 9e6, 0), (1e3, 9e4, 0), (8e6, 2e7, 1), (2e7, 8e6, 0)])
def test_what_is_paid_in_memory_is_told(before: float, after: float, told: int) -> None:
    note = memory_note(Comparison("bytes", (before,), (after,), before / after, before / after, before / after))
    assert len(note) == told
    assert not told or "8.0 -> 20.0 MB" in note[0]
