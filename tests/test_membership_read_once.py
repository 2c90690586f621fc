"""What a loop appends is read once before and after the rewrite: an attribute may be computed, and be another each time."""

from __future__ import annotations

import pytest
from hostile import compiled, rewrites, seen

from perfprof.profilers.observations import Seen, Watch

VALUES = {"attribute": "node.name", "item": "node['name']", "text": "f'{node.name}'"}
SOURCE = """\
def work(nodes, names):
    names = [name + '' for name in names]
    found = []
    for node in nodes:
        if {value} in names:
            found.append(node.number)
        else:
            names.append({value})
    return found, names
"""


class Counting:
    """Its name is another each time somebody reads it."""

    def __init__(self) -> None:
        self.number = 0

    @property
    def name(self) -> str:
        self.number += 1
        return f"n{self.number % 5}"

    def __getitem__(self, key: str) -> str:
        return self.name


def imagined(watch: Watch) -> Seen:
    keys = {"builtins.str": 500}
    return seen(watch, {"builtins.list": 1000} if watch.kind == "collection" else keys, keys, 1000, 1000)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_the_same_number_of_reads(value: str) -> None:
    source = SOURCE.format(value=value)
    news = [new for _, new in rewrites(source, imagined, {"list-membership"})]
    assert news
    for new in news:
        old_work, new_work = compiled(source), compiled(new)
        for size in range(12):
            nodes = [Counting() for _ in range(size)]
            more = [Counting() for _ in range(size)]
            assert old_work(nodes, ["n3"]) == new_work(more, ["n3"])  # type: ignore[operator]
            assert [one.number for one in nodes] == [one.number for one in more]
