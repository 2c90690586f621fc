"""Old against new over hostile arrays, for sums over their elements, elements looked up by others, and arrays side by side."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hostile import rewrites, seen
from test_rules_hostile_elements import KINDS, arguments, both_ends, outcome, plain

from perfprof.profilers.observations import Seen, Watch

numpy = pytest.importorskip("numpy")

FULL = "for i in range(len(a)):\n        "
SUMS = {
    "plain": FULL + "s += a[i]",
    "products": FULL + "s += a[i] * b[i]",
    "of items": "for x in a:\n        s += x * k",
    "taken away": FULL + "s -= a[i] / 3",
    "product": FULL + "s *= a[i]",
    "quotient": FULL + "s /= a[i]",
    "written out": FULL + "s = s + abs(a[i] - b[i])",
    "two": FULL + "s += a[i]\n        t += a[i] * b[i]",
    "start of whole numbers": "t = 0\n    " + FULL + "t += a[i]",
    "start of a float": "t = 0.0\n    " + FULL + "t += a[i]",
    "start at none": "t = -0.0\n    " + FULL + "t += a[i]",
    "start unknown": FULL + "k += a[i]",
    "of Python's floats": "t = 0.5\n    " + FULL + "t += float(a[i])",
    "root": FULL + "t += math.sqrt(a[i])",
    "chosen": FULL + "if a[i] > k:\n            s += a[i]\n            n += 1",
    "chosen of one": FULL + "if a[i] > k:\n            s += a[i] * b[0]\n            out[i] = a[i] - b[0]",
    "chosen but one": "for i in range(len(b)):\n        if i != n:\n            s *= m[0, 1] - b[i]",
    "either": FULL + "if a[i] > 0:\n            s += a[i]\n        else:\n            t -= a[i]",
    "running": FULL + "s += a[i]\n        out[i] = s",
    "running mean": FULL + "s += a[i]\n        n += 1\n        out[i] = s / (i + 1)",
    "running by a test": FULL + "s += a[i]\n        if s > k:\n            out[i] = s",
    "named": FULL + "d = a[i] - b[i]\n        s += d * d",
    "range": "for i in range(1, n):\n        s += a[i] - a[i - 1]",
    "grid": "for i in range(len(m)):\n        for j in range(m.shape[1]):\n            s += m[i, j] * a[i]",
    "grid by columns": "for j in range(n):\n        for i in range(n):\n            s += m[i, j]",
    "grid chosen": "for i in range(n):\n        for j in range(n):\n            if m[i, j] > k:\n                s += m[i, j] * w[i, j]",
    "side by side": "for x, y in zip(a, b):\n        s += x * y",
    "three side by side": "for i, (x, y, z) in enumerate(zip(a, b, out)):\n        w[i, 0] = x + y * z",
}
GATHERS = {
    "looked up": "for i in range(len(p)):\n        out[i] = a[p[i]]",
    "looked up and summed": "for i in range(len(p)):\n        s += a[p[i]] * b[i]",
    "by items": "for j in p:\n        s += a[j]",
    "by names": "for i in range(n):\n        j = p[i]\n        out[i] = a[j] - b[j]",
    "by pairs": "for i, j in zip(p, q):\n        s += a[i] * b[j]",
    "added": "for i in range(n):\n        out[i] += a[p[i]] * k",
    "chosen": "for i in range(n):\n        if a[p[i]] > k:\n            out[i] = b[p[i]]",
    "grid": "for i in range(n):\n        for j in range(n):\n            m[i, j] = a[p[j]] - b[p[i]]",
}


def source_of(body: str) -> str:
    return (
        "import math\nimport numpy as np\n\n\ndef work(a, b, out, m, w, k, n, s, t, p, q):\n"
        f"    {body}\n    return n, s, t, k\n"
    )


def imagined(kind: str, given: str) -> Callable[[Watch], Seen]:
    def of(watch: Watch) -> Seen:
        word = watch.id.rpartition(":")[2]
        kinds = {"base": "numpy.ndarray", "cell": f"numpy.{kind}", "given": given, "number": "builtins.int"}
        found = kinds.get(word.rstrip("0123456789"), "builtins.int")
        return seen(watch, {found: 9}, {})

    return of


def gathering(source: str) -> Callable[[Watch], Seen]:
    """Evidence for a program that takes indices from `p` and `q`."""
    lines = source.splitlines()

    def of(watch: Watch) -> Seen:
        word = watch.id.rpartition(":")[2].rstrip("0123456789")
        text = lines[watch.line - 1][watch.column : watch.end_column]
        kinds = {
            "base": "numpy.ndarray",
            "given": "builtins.float",
            "number": "builtins.int",
            "cell": "numpy.float64",
        }
        index = word == "cell" and text[0] in "pqij"
        return seen(watch, {"numpy.int64" if index else kinds.get(word, "builtins.int"): 9}, {})

    return of


CASES = [
    pytest.param(source_of(body), new, "float64", id=name)
    for name, body in SUMS.items()
    for _, new in rewrites(source_of(body), imagined("float64", "builtins.float"), {"element-wise-loop"})
] + [
    pytest.param(source_of(body), new, "float64", id=f"gather {name}")
    for name, body in GATHERS.items()
    for _, new in rewrites(source_of(body), gathering(source_of(body)), {"element-wise-loop"})
]


def test_every_loop_is_rewritten() -> None:
    assert [str(one.id) for one in CASES] == [*SUMS, *(f"gather {name}" for name in GATHERS)]


@pytest.mark.parametrize(("old", "new", "kind"), CASES)
@pytest.mark.filterwarnings("ignore")
def test_old_and_new_agree(old: str, new: str, kind: str) -> None:
    def given(chance: random.Random, number: int) -> list[Any]:
        some = chance.choice(KINDS) if number % 5 == 0 else kind
        arrays = arguments(chance, some, "builtins.float", number % 2 == 0)
        return [*arrays, *numbers(chance), *indices(chance, len_of(arrays[0]))]

    for before, after in both_ends(old, new, given, outcome):
        assert before == after, new


def len_of(array: Any) -> int:
    return len(array) if getattr(array, "ndim", 1) else 1


def numbers(chance: random.Random) -> list[Any]:
    """What is summed up begins with anything."""
    pool = [
        0,
        0.0,
        -0.0,
        1.5,
        numpy.float64(0.25),
        2**53 + 1,
        2**70,
        True,
        numpy.float32(0.1),
        numpy.int64(3),
        1e308,
    ]
    return [chance.choice(pool[:5] if chance.random() < 0.7 else pool) for _ in "st"]


def indices(chance: random.Random, size: int) -> list[Any]:
    """Places in an array, some before its begin or beyond its end, and arrays that are no indices."""
    found: list[Any] = []
    for _ in "pq":
        low, high = (0, max(size, 1)) if chance.random() < 0.6 else (-size - 1, size + 2)
        array = numpy.array([chance.randrange(low, high) for _ in range(size)], dtype="int64")
        if chance.random() < 0.1:
            array = array.astype(chance.choice(["int32", "uint8", "float64", "bool", "uint64", object]))
        if chance.random() < 0.05:
            array = array.tolist()
        if chance.random() < 0.05:
            array = plain(chance, "float64", size, True)
        found.append(array)
    return found
