"""Old against new over hostile arrays, for loops over their elements: bytes, types, warnings and errors must agree."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hostile import rewrites, seen

from perfprof.profilers.observations import Seen, Watch

numpy = pytest.importorskip("numpy")
pandas = pytest.importorskip("pandas")

RUNS = 100
FULL = "for i in range(len(a)):\n"
BODIES = {
    "scaled": FULL + "        out[i] = a[i] * b[i] + k",
    "divided": FULL + "        out[i] = (a[i] - k) / b[i]",
    "counted": "for i in range(n):\n        out[i] = k + i * 0.5 - a[i]",
    "counter alone": "for i in range(n):\n        out[i] = i",
    "differences": "for i in range(1, n):\n        out[i] = a[i] - a[i - 1]",
    "ahead": "for i in range(len(a) - 1):\n        out[i] = a[i + 1] - a[i]",
    "from to": "for i in range(k, n):\n        out[i] = -a[i]",
    "in place": "for i in range(a.shape[0]):\n        a[i] *= 2.5",
    "added": "for i in range(n):\n        out[i] += a[i] / 3",
    "root": FULL + "        out[i] = math.sqrt(a[i]) + 1 / math.sqrt(b[i])",
    "numpy's": FULL + "        out[i] = np.sqrt(a[i]) - np.floor(b[i]) + np.ceil(a[i]) * np.trunc(b[i])",
    "absolute": FULL + "        out[i] = abs(a[i] - b[i]) + math.fabs(a[i])",
    "inverse": FULL + "        out[i] = 1.0 / a[i] if a[i] != 0 else 0",
    "relu": "for i, x in enumerate(a):\n        out[i] = max(0, x)",
    "largest": FULL + "        out[i] = max(a[i], b[i]) - min(a[i], k)",
    "clipped": FULL + "        if a[i] > 1:\n            a[i] = 1\n        elif a[i] < -k:\n            a[i] = -k",
    "masked": FULL + "        if not (a[i] > b[i] or a[i] == k):\n            out[i] = a[i] / b[i]",
    "between": FULL
    + "        if 0 <= a[i] < k and b[i] != 0:\n            out[i] = b[i]\n        else:\n            out[i] = k",
    "nested": FULL
    + "        if a[i] > 0:\n            out[i] = a[i]\n            if b[i] > out[i]:\n                out[i] = b[i] * k",
    "named": FULL + "        t = a[i] - b[i]\n        if t > 0:\n            u = t * k\n            out[i] = u / t",
    "swapped": FULL + "        t = a[i]\n        a[i] = b[i]\n        b[i] = t",
    "stepped": FULL + "        a[i] += b[i] * k\n        b[i] -= a[i]",
    "flags": FULL + "        out[i] = a[i] > b[i]",
    "not a number": FULL
    + "        if not np.isnan(a[i]) and not math.isinf(b[i]):\n            out[i] = a[i] + b[i]",
    "hits": "for x in a:\n        if x > k:\n            n += 1",
    "more hits": FULL + "        if a[i] == b[i]:\n            n += 2\n        else:\n            out[i] = 0",
    "filled": "for i in range(n):\n        out[i] = 1",
    "real part": FULL + "        out[i] = float(a[i]) * k",
    "copied": "for i in range(n):\n        out[i] = a[i]",
    "from a row": "for i in range(n):\n        out[i] = m[0, i] + m[i][1]",
    "of a row": "for i in range(n):\n        out[i] = m[n - 1, i]".replace("n - 1", "k"),
    "grid": "for i in range(len(m)):\n        for j in range(m.shape[1]):\n            m[i, j] = m[i, j] * a[i] - b[j] + i",
    "outer": "for i in range(n):\n        for j in range(n):\n            m[i, j] = a[i] * b[j] / (i + 0.5)",
    "turned": "for i in range(n):\n        for j in range(n):\n            w[i, j] = m[j, i] - m[i][j]",
    "pixels": "for i in range(m.shape[0]):\n        for j in range(len(m[i])):\n            if m[i, j] > 0:\n                w[i, j] = 255\n            else:\n                w[i, j] = 0",
    "rows hit": "for i in range(n):\n        for j in range(n):\n            if m[i, j] > a[i]:\n                w[i, j] = b[j]\n                n_hits += 1",
}
KINDS = ("float64", "int64", "uint8", "bool")


def source_of(body: str) -> str:
    return (
        "import math\nimport numpy as np\n\n\n"
        "def work(a, b, out, m, w, k, n):\n    n_hits = 0\n"
        f"    {BODIES[body]}\n    return n, n_hits\n"
    )


def imagined(kind: str, given: str) -> Callable[[Watch], Seen]:
    def of(watch: Watch) -> Seen:
        name = watch.id.rpartition(":")[2].rstrip("0123456789")
        kinds = {"base": "numpy.ndarray", "cell": f"numpy.{kind}", "given": given, "number": "builtins.int"}
        return seen(watch, {kinds.get(name, "builtins.int"): 9}, {})

    return of


CASES = [
    pytest.param(source_of(body), new, (kind, given), id=f"{body}-{kind}-{given}")
    for body in BODIES
    for kind, givens in {
        "float64": ("builtins.float", "builtins.int", "numpy.float64"), "int64": ("builtins.int", "builtins.float"),
        "uint8": ("builtins.int", "builtins.float"), "bool": ("builtins.int",),
    }.items()
    for given in (givens if "k" in BODIES[body].replace("mask", "") else givens[:1])
    for _, new in rewrites(source_of(body), imagined(kind, given), {"element-wise-loop"})
]  # fmt: skip


def test_every_loop_over_floats_is_rewritten() -> None:
    done = {str(one.id).partition("-float64")[0] for one in CASES if "-float64" in str(one.id)}
    assert done == {*BODIES}


@pytest.mark.parametrize(("old", "new", "own"), CASES)
@pytest.mark.filterwarnings("ignore")
def test_old_and_new_agree(old: str, new: str, own: tuple[str, str]) -> None:
    def given(chance: random.Random, number: int) -> list[Any]:
        kind = chance.choice(KINDS) if number % 4 == 0 else own[0]
        return arguments(chance, kind, own[1], number % 2 == 0)

    for before, after in both_ends(old, new, given, outcome):
        assert before == after, new


def both_ends(
    old: str, new: str, given: Callable[[random.Random, int], list[Any]], outcome: Callable[[Any, list[Any]], Any]
) -> Iterator[tuple[Any, Any]]:
    """How the old and the new function end over the same arguments, made anew for each; RUNS times."""
    chance = random.Random(old)
    functions = [compiled(old), compiled(new)]
    for number in range(RUNS):
        state = chance.getstate()
        ends = []
        for function in functions:
            chance.setstate(state)
            ends.append(outcome(function, given(chance, number)))
        yield ends[0], ends[1]


def compiled(source: str) -> Any:
    names: dict[str, Any] = {}
    exec(compile(source, "work.py", "exec"), names)
    return names["work"]


FLOATS = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    2.0,
    0.5,
    3.0,
    1e300,
    -1e300,
    5e-324,
    1e-300,
    float("inf"),
    float("-inf"),
    float("nan"),
]
WHOLE = [0, 1, -1, 2, 7, 2**53 + 1, 2**63 - 1, -(2**63)]
CALM = [0.5, 1.0, -1.5, 2.0, 3.25, 0.1, -0.3]


def plain(chance: random.Random, kind: str, shape: Any, calm: bool) -> Any:
    size = int(numpy.prod(shape))
    pools: dict[str, list[Any]] = {"uint8": [0, 1, 2, 255], "bool": [True, False], "int64": WHOLE}
    if kind == "float64":
        values: list[Any] = chance.choices(CALM if calm else CALM * 4 + FLOATS, k=size)
    else:
        values = chance.choices(pools[kind], k=size)
    return numpy.array(values, dtype=kind).reshape(shape)


ODD = {
    "list": lambda one: one.tolist(),
    "float32": lambda one: one.astype("float32"),
    "float16": lambda one: one.astype("float16"),
    "longdouble": lambda one: one.astype("longdouble"),
    "complex": lambda one: one.astype(complex),
    "object": lambda one: one.astype(object),
    "swapped": lambda one: one.astype(one.dtype.newbyteorder()),
    "masked": lambda one: numpy.ma.masked_array(one, one == one.flat[0] if one.size else False),
    "matrix": numpy.asmatrix,
    "series": lambda one: pandas.Series(one.ravel(), index=range(one.size)[::-1]),
    "short": lambda one: one[:-1],
    "backwards": lambda one: one[::-1],
    "every other": lambda one: one.repeat(2)[::2],
    "flat": lambda one: one.ravel(),
    "twofold": lambda one: numpy.stack([one, one]),
    "none": lambda one: one.ravel()[0] if one.size else numpy.array(1.5),
    "same for all": lambda one: numpy.broadcast_to(one.ravel()[:1], one.shape) if one.size else one,
    "sliding": lambda one: numpy.lib.stride_tricks.as_strided(
        one, one.shape, [one.itemsize * (one.ndim - 1)] * one.ndim
    ),
}


def arguments(chance: random.Random, kind: str, given: str, calm: bool) -> list[Any]:
    size = chance.choice([0, 1, 2, 3, 5, 9, 17, 40] if calm else [2, 3, 7])
    arrays = [plain(chance, kind, size, calm) for _ in range(3)] + [
        plain(chance, kind, (size, size), calm) for _ in "mw"
    ]
    if kind != "float64" and chance.random() < 0.5:
        arrays[2] = plain(chance, "float64", size, calm)
    if chance.random() < 0.15:
        arrays[2] = plain(chance, chance.choice(KINDS), size, calm)
    shape = chance.random()
    if shape < 0.1:
        arrays[chance.randrange(5)] = arrays[chance.randrange(5)]
    elif shape < 0.25:
        which = chance.randrange(5)
        arrays[which] = ODD[chance.choice([*ODD])](arrays[which]) if arrays[which].dtype != bool else arrays[which]
    elif shape < 0.35:
        whole = plain(chance, kind, size + 2, calm)
        one, other = chance.sample(range(3), 2)
        arrays[one], arrays[other] = whole[1 : size + 1], whole[: size or None][:size]
    elif shape < 0.4:
        arrays[chance.randrange(5)].flags.writeable = False
    elif shape < 0.45:
        arrays[2] = arrays[3].ravel()[:size]
    k: Any = (
        chance.choice([2.5, 0.5, 1.0, 3.0])
        if calm
        else chance.choice([*FLOATS, 0, 1, -1, 2, 2**53 + 1, 2**70, True, None])
    )
    k = {"builtins.int": 2, "numpy.float64": numpy.float64(0.25)}.get(given, k) if calm else k
    if chance.random() < (0.1 if calm else 0.4):
        k = chance.choice([numpy.float64(0.25), 2, 1, 0, numpy.float32(0.1), numpy.int64(2), numpy.array(1.5)])
    n: Any = size
    if chance.random() < 0.25:
        n = chance.choice([0, size - 1, size + 1, -1, numpy.int64(size), True, float(size)])
    return [*arrays, k, n]


def outcome(function: Any, given: list[Any]) -> Any:
    """The result or the error, the arrays afterwards, and what was warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            result: Any = [(type(one).__name__, repr(one)) for one in function(*given)]
        except Exception as error:
            result = type(error).__name__, str(error)
    return result, [marks(one) for one in given], [(one.category.__name__, str(one.message)) for one in told]


def marks(value: Any) -> Any:
    """Type, shape and bytes; any NaN is as good as another."""
    if isinstance(value, (list, type(None))):
        return repr(value)
    array = numpy.ma.getdata(value) if isinstance(value, numpy.ma.MaskedArray) else numpy.asarray(value)
    kept = array.copy()
    if kept.dtype.kind in "fc":
        kept = numpy.where(kept != kept, kept.dtype.type("nan"), kept)
    hidden = repr(value.mask) if isinstance(value, numpy.ma.MaskedArray) else ""
    bytes_ = repr(kept.tolist()) if kept.dtype.char in "OgG" else kept.tobytes()
    return type(value).__name__, str(array.dtype), array.shape, bytes_, hidden
