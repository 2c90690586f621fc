"""Functions that are said to compute from their arguments alone: called twice, in between something else is called."""

from __future__ import annotations

import copy
import importlib
import itertools
import operator
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from perfprof.rules.reading.computing import COMPUTING, INSIDE

TEXTS: list[Any] = ["ab-c", "-", "x: 1"]
GIVEN: list[tuple[Any, ...]] = [
    (),
    *[
        (one,)
        for one in (*TEXTS, "A", 7, 0.5, b"YWI=", b"abcd", [3, 1, 2], {"a": 1}, [2.0, 4.0, 6.0], ["b", "a"], [1, 1])
    ],
    *[(one, other) for one in (*TEXTS, "NFC") for other in (*TEXTS, ["x", "ab"])],
    *itertools.permutations([5, 2, 9], 2),
    *itertools.permutations([5, 2, 9], 3),
    (0.5, 0.25),
    (0.5, 0.25, 0.125),
    ([3, 1, 2], 2),
    (2, [3, 1, 2]),
    ([1, 2], [3, 4]),
    ("-", "+", "a-b"),
    (operator.add, [1, 2, 3]),
    (None, [0, 1]),
    (bool, [0, 1]),
    ("<h", 1),
    ("<h", b"ab"),
    (None, "abc", "abd"),
    (pow, [(2, 3)]),
    (b"ab", 7),
    ("1",),
    ("LATIN SMALL LETTER A",),
    (b"6162",),
    (b"MFRGG===",),
    (zlib.compress(b"abab"),),
    ("<h",),
    ("a b c", 9),
]


def found(name: str) -> Any:
    module, _, function = name.partition(".")
    return getattr(importlib.import_module(INSIDE.get(module, module)), function, None)


def told(function: Any, given: tuple[Any, ...]) -> str:
    """What comes of a call, also of what it changed, and of what walking the result gives."""
    given = copy.deepcopy(given)
    result = function(*given)
    if hasattr(result, "digest"):
        return str(result.digest())
    if hasattr(result, "ratio"):
        return str(result.ratio())
    walked = (
        [[*one] if hasattr(one, "__next__") else one for one in _some(result)]
        if hasattr(result, "__next__")
        else result
    )
    return repr((walked, given)) if " at 0x" not in repr(walked) else str(type(walked))


def _some(walked: Any) -> Iterator[Any]:
    for one in itertools.islice(walked, 5):
        yield (one[0], [*one[1]]) if isinstance(one, tuple) and hasattr(one[-1], "__next__") else one


@pytest.mark.parametrize("name", sorted(COMPUTING))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_equal_arguments_give_equal_results(name: str) -> None:
    function = found(name)
    if not callable(function):  # a constant, or of a later Python
        return
    worked = 0
    for given in GIVEN:
        try:
            first = told(function, given)
        except Exception:
            continue
        worked += 1
        assert told(function, given) == first
    assert worked, name


def test_what_depends_on_something_else_is_none_of_them() -> None:
    other = "time.time random.random os.getcwd os.abspath os.listdir locale.str decimal.Decimal uuid.uuid4 datetime.now operator.attrgetter re.L"
    assert not COMPUTING & {*other.split()}
