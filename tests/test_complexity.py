"""Exponents of functions whose growth is known, by counted steps."""

from __future__ import annotations

import ast
import copy
from typing import Any

import pytest

from perfprof.profilers.inside.replaying.complexity.counting import Steps, counted
from perfprof.profilers.inside.replaying.complexity.growth import Growth, grown
from perfprof.profilers.inside.replaying.complexity.scaling import Scaled

SOURCE = """
from collections import deque

def tags(words, known):
    return [word for word in words if word in known]

def match(orders, customers):
    found = []
    for order in orders:
        for customer in customers:
            if customer["id"] == order["customer"]:
                found.append((order, customer))
                break
    return found

def dedupe(rows):
    seen = []
    for row in rows:
        if row not in seen:
            seen.append(row)
    return seen

def counts(rows):
    return {row: rows.count(row) for row in rows}

def drain(rows):
    rows = list(rows)
    while rows:
        rows.pop(0)

def bubble(rows):
    for end in range(len(rows) - 1, 0, -1):
        for at in range(end):
            if rows[at] > rows[at + 1]:
                rows[at], rows[at + 1] = rows[at + 1], rows[at]

def ordered(rows):
    return sorted(rows)

def index(orders, customers):
    by_id = {customer["id"]: customer for customer in customers}
    return [by_id.get(order["customer"]) for order in orders]

def prefixes(rows):
    return [sum(rows[:at]) for at in range(len(rows))]

def constant(rows):
    return rows[0]

def helper(rows, wanted):
    return next((row for row in rows if row == wanted), None)

def through_a_helper(rows):
    return [helper(rows, row) for row in rows]

class Repository:
    def __init__(self, items):
        self.items = items

    def find(self, key):
        for item in self.items:
            if item == key:
                return item

def lookups(repository, keys):
    return [repository.find(key) for key in keys]

def literal(rows):
    match_ = 0
    for row in rows:
        match row:
            case 1 | 2:
                match_ += 1
            case _:
                match_ -= 1
    return match_
"""
ORDERS = [{"id": i, "customer": i % 40} for i in range(80)]
CUSTOMERS = [{"id": i} for i in range(40)]


def growth(name: str, *arguments: Any) -> Growth:
    steps = Steps()
    space: dict[str, Any] = {"__name__": "counted", **steps.names()}
    exec(compile(counted(ast.parse(SOURCE)), "counted.py", "exec"), space)
    if name == "lookups":
        arguments = (space["Repository"](arguments[0]), *arguments[1:])
    function = space[name]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]

    def fresh() -> dict[str, Any]:
        return dict(zip(names, copy.deepcopy(arguments), strict=True))

    return grown(lambda given: function(**given), fresh, steps)


@pytest.mark.parametrize(
    ("name", "arguments", "exponent"),
    [
        ("tags", (list(range(60)), list(range(30, 90))), 2),
        ("match", (ORDERS, CUSTOMERS), 2),
        ("dedupe", (list(range(50)) * 2,), 2),
        ("counts", (list(range(60)),), 2),
        ("drain", (list(range(60)),), 2),
        ("bubble", (list(range(60, 0, -1)),), 2),
        ("ordered", (list(range(60)),), 1),
        ("index", (ORDERS, CUSTOMERS), 1),
        ("prefixes", (list(range(60)),), 2),
        ("through_a_helper", (list(range(60)),), 2),
        ("lookups", (list(range(60)), list(range(60))), 2),
        ("literal", ([1, 2, 3] * 20,), 1),
        ("constant", ([1, 2, 3],), 0),
    ],
)
def test_the_exponent_is_right(name: str, arguments: tuple[Any, ...], exponent: int) -> None:
    found = growth(name, *arguments)
    if exponent == 0:
        assert not found.exponent
    else:
        assert found.exponent == pytest.approx(exponent, abs=0.12), found.points


def test_each_argument_has_its_part() -> None:
    found = growth("tags", list(range(60)), list(range(30, 90)))
    assert found.parts == {"words": pytest.approx(1, abs=0.1), "known": pytest.approx(1, abs=0.1)}


def test_counting_changes_no_result() -> None:
    steps = Steps()
    plain: dict[str, Any] = {"__name__": "plain"}
    exec(compile(SOURCE, "plain.py", "exec"), plain)
    space: dict[str, Any] = {"__name__": "counted", **steps.names()}
    exec(compile(counted(ast.parse(SOURCE)), "counted.py", "exec"), space)
    calls = [
        ("tags", ([1, 2], [2])),
        ("match", (ORDERS, CUSTOMERS)),
        ("dedupe", ([1, 1.0, True, 2],)),
        ("prefixes", ([1, 2],)),
    ]
    for name, arguments in calls:
        assert space[name](*copy.deepcopy(arguments)) == plain[name](*copy.deepcopy(arguments))


def test_copies_are_new_and_still_match() -> None:
    scaled = Scaled(3)
    left, right = scaled.argument([1, "a", None]), scaled.argument({1: ("a", True)})
    assert len(set(left)) == 7  # None stays what it is
    assert [left[3], left[6]] == [key for key in right if key != 1]
    assert all(value[1] is True and value[0] in left for value in right.values())
