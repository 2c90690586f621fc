"""A tuple never changes: a test of the exact type stands for reading what is called in the loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hostile import compiled, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

CALLED = """\
def work(xs, rows, stem):
    found = []
    for x in xs:
        if stem(x) in rows:
            found.append(x)
    return found
"""
YIELDED = "def work(xs, rows, stem):\n    for x in xs:\n        if x not in rows:\n            yield x\n"
BOUND_ANEW = CALLED.replace("            found", "            rows = rows[1:]\n            found")
ADDED_TO = CALLED.replace("            found", "            rows += (1,)\n            found")
OF_A_CLOSURE = CALLED.replace(
    "    found = []\n", "    found = []\n    def more():\n        nonlocal rows\n        rows = ()\n"
)
OF_THE_MODULE = "rows = (1, 2)\ndef work(xs, other, stem):\n    return [x for x in xs if stem(x) in rows]\n"
OF_AN_OBJECT = "def work(xs, rows, stem):\n    return [x for x in xs if stem(x) in rows.names]\n"
LAZY = "def work(xs, rows, stem):\n    found = (x for x in xs if stem(x) in rows)\n    rows = ()\n    return list(found)\n"


def tuples(watch: Watch) -> Seen:
    keys = {"builtins.str": 500, "builtins.int": 500}
    return seen(watch, {"builtins.tuple": 1000} if watch.kind == "collection" else keys, keys, 1000, 1000)


def both(watch: Watch) -> Seen:
    keys = {"builtins.str": 500, "builtins.int": 500}
    kinds = {"builtins.tuple": 500, "builtins.list": 500}
    return seen(watch, kinds if watch.kind == "collection" else keys, keys, 1000, 1000)


def written(source: str, evidence: Callable[[Watch], Seen]) -> list[str]:
    return [new for _, new in rewrites(source, evidence, {"list-membership"})]


@pytest.mark.parametrize("source", [CALLED, YIELDED], ids=["called", "yielded"])
def test_whatever_is_called(source: str) -> None:
    news = written(source, tuples)
    assert news
    for new in news:
        for rows in ((1, "a", 2), [1, "a"], [], (1, [2], "a"), (1, float("nan")), {1: 2}, "a1", range(3)):
            for xs in ([1, "a", 9, 1], ["a"], [], [1.0, True]):
                assert answer(source, xs, rows) == answer(new, xs, rows), new


def answer(source: str, xs: list[Any], rows: Any) -> object:
    rows = rows.copy() if isinstance(rows, list) else rows

    def stem(x: Any) -> Any:
        if isinstance(rows, list):
            rows.append(9)
        return x

    try:
        return list(compiled(source)(xs, rows, stem))  # type: ignore[operator]
    except TypeError as problem:
        return str(problem)


@pytest.mark.parametrize(
    "source",
    [BOUND_ANEW, ADDED_TO, OF_A_CLOSURE, OF_THE_MODULE, OF_AN_OBJECT, LAZY],
    ids=["bound-anew", "added-to", "of-a-closure", "of-the-module", "of-an-object", "lazy"],
)
def test_the_name_may_mean_another_tuple(source: str) -> None:
    assert not written(source, tuples)


def test_a_list_was_seen_as_well() -> None:
    assert not written(CALLED, both)
