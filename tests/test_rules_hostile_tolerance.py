"""Old against new over hostile arrays where a tolerance is set: floats within it, and nothing else may differ."""

from __future__ import annotations

import random
import warnings
from typing import Any

import pytest
from hostile import rewrites
from test_rules_hostile_elements import KINDS, arguments, both_ends, imagined, plain

from perfprof.profilers.inside.replaying.nearness import Room, near

numpy = pytest.importorskip("numpy")

WITHIN = 1e-9
FULL = "for i in range(len(a)):\n        "
BODIES = {
    "square": FULL + "out[i] = a[i] ** 2",
    "cube": FULL + "out[i] = k * a[i] ** 3 / 7",
    "root": FULL + "out[i] = a[i] ** 0.5",
    "inverse": FULL + "out[i] = a[i] ** -1",
    "power": FULL + "out[i] = abs(a[i]) ** b[i]",
    "base": FULL + "out[i] = 2.0 ** a[i]",
    "nothing": FULL + "out[i] = a[i] ** 0",
    "itself": FULL + "out[i] = a[i] ** 1.0",
    "exp": FULL + "out[i] = math.exp(-a[i])",
    "exp of NumPy": FULL + "out[i] = np.exp(a[i] * b[i])",
    "log": FULL + "out[i] = math.log(a[i]) * 2",
    "log of NumPy": FULL + "out[i] = np.log(a[i])",
    "logs": FULL + "out[i] = np.log10(a[i]) * math.log2(b[i]) * np.log1p(a[i]) * math.expm1(b[i])",
    "waves": FULL + "out[i] = math.sin(a[i]) * np.cos(b[i]) / math.tan(a[i])",
    "hyperbolic": FULL + "out[i] = np.tanh(a[i]) * math.sinh(b[i]) / math.cosh(a[i])",
    "sigmoid": FULL + "out[i] = 1 / (1 + math.exp(-a[i]))",
    "gauss": FULL + "out[i] = np.exp(-((a[i] - k) ** 2) / 8)",
    "distance": FULL + "out[i] = math.sqrt((a[i] - k) ** 2 + b[i] ** 2)",
    "squares": FULL + "s += a[i] ** 2",
    "squares of differences": FULL + "d = a[i] - b[i]\n        s += d ** 2\n        t += a[i]",
    "waves summed": FULL + "s += np.sin(a[i])",
    "waves taken away": FULL + "s -= math.sin(a[i]) * b[i]",
    "product": FULL + "s *= math.exp(a[i] / 8)",
    "start": "t = 0\n    " + FULL + "t += a[i] ** 2",
    "chosen": FULL + "if a[i] > 0:\n            s += math.log(a[i])\n            out[i] = np.log(a[i])",
    "grid": "for i in range(n):\n        for j in range(n):\n            s += m[i, j] ** 2 * a[j]",
    "side by side": "for x, y in zip(a, b):\n        s += (x - y) ** 2",
}
LEFT = {
    "difference": FULL + "out[i] = math.exp(a[i]) - b[i]",
    "added": FULL + "out[i] += np.sin(a[i])",
    "compared": FULL + "if math.exp(a[i]) > k:\n            out[i] = a[i]",
    "jumps": FULL + "out[i] = np.floor(a[i] ** 2)",
    "of a log": FULL + "out[i] = np.log(a[i] ** 2)",
    "of a wave": FULL + "out[i] = np.sin(math.exp(a[i]))",
    "exponent": FULL + "out[i] = k ** np.sin(a[i])",
    "sum that is read": FULL + "s += a[i] ** 2\n        out[i] = s",
    "divided": FULL + "s /= a[i] ** 2",
    "unknown": FULL + "out[i] = np.arctan(a[i])",
}


def source_of(body: str) -> str:
    return (
        "import math\nimport numpy as np\n\n\ndef work(a, b, out, m, w, k, n, s, t):\n"
        f"    {body}\n    return n, s, t\n"
    )


def written(body: str, tolerance: float) -> list[str]:
    evidence = imagined("float64", "builtins.float")
    return [new for _, new in rewrites(source_of(body), evidence, {"element-wise-loop"}, tolerance)]


CASES = [
    pytest.param(source_of(body), new, id=name) for name, body in BODIES.items() for new in written(body, WITHIN)
]


def test_every_loop_is_rewritten_and_none_without_a_tolerance() -> None:
    assert [str(one.id) for one in CASES] == [*BODIES]
    assert not [name for name, body in (BODIES | LEFT).items() if written(body, 0.0)]


@pytest.mark.parametrize("name", LEFT)
def test_what_may_be_all_error_is_left(name: str) -> None:
    assert written(LEFT[name], WITHIN) == []


def test_a_tolerance_below_what_functions_are_off_is_not_enough() -> None:
    assert written(BODIES["sigmoid"], 1e-15) == []


@pytest.mark.parametrize(("old", "new"), CASES)
@pytest.mark.filterwarnings("ignore")
def test_old_and_new_agree(old: str, new: str) -> None:
    for (result, told), (other, other_told) in both_ends(old, new, hostile, outcome):
        assert told == other_told, new
        assert near(Room(), result).distance(near(Room(), other)) <= WITHIN, (result, other, new)


def hostile(chance: random.Random, number: int) -> list[Any]:
    kind = chance.choice(KINDS) if number % 5 == 0 else "float64"
    given = arguments(chance, kind, "builtins.float", number % 2 == 0)
    first = given[0]
    if (
        number % 3 == 0
        and type(first) is numpy.ndarray
        and first.dtype == float
        and first.size > 1
        and first.flags.writeable
    ):  # cancels out
        half = len(given[0]) // 2
        given[0][:half] = plain(chance, "float64", given[0][:half].shape, True)
        given[0][half : 2 * half] = -given[0][:half]
    return [*given, *chance.choices([0, 0.0, -0.0, 1.5, numpy.float64(0.25), 1e16, True, 2**60], k=2)]


def outcome(function: Any, given: list[Any]) -> Any:
    """The result or the error with the arrays afterwards, and what was warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            result: Any = function(*given)
        except Exception as error:
            result = type(error).__name__, str(error)
    said = [(one.category.__name__, str(one.message)) for one in told]
    arrays = [one for one in given if type(one) is numpy.ndarray]
    return (result, [repr(one.tolist()) if one.dtype.char in "gG" else one for one in arrays]), said
