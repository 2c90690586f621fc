"""What the project goes on to do with a query set besides walking it: a lock, a union, fewer columns, a cache.

An option stays with a query set wherever it goes, so a use that was not recorded, or that fetched one object only, can
break by it: PostgreSQL locks no nullable side of a join, a union wants equal columns, a deferred column takes no join.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfprof.rules.eager.journey import Journey, below, nodes_of, word_of

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function

CHANGES = frozenset(
    "select_for_update only defer union intersection difference iterator aiterator distinct Prefetch extra".split()
)
_KEEPS = frozenset("set aset add aadd get_or_set dump dumps".split())
_KEEPERS = ("cache", "pickle", "redis", "dill")


def called_later(journey: Journey) -> frozenset[str]:
    """Methods of `CHANGES` that the project calls on what this expression gives; "cache" if it is kept in one."""
    return frozenset(word for function in journey.given for word in _called(function, journey))


def _called(function: Function, journey: Journey) -> Iterator[str]:
    for call in nodes_of(function):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        words = set(_changes(call))
        if words and any(journey.gives(part, function) for part in below(call.func.value)):
            yield from words
        elif call.func.attr in _KEEPS and _keeper(call.func.value) and _kept(call, function, journey):
            yield "cache"


def _changes(call: ast.Call) -> Iterator[str]:
    if isinstance(call.func, ast.Attribute) and call.func.attr in CHANGES:
        yield call.func.attr
    if any(word_of(one) == "Prefetch" for one in ast.walk(call)):
        yield "Prefetch"


def _keeper(node: ast.expr) -> bool:
    return any(word in word_of(part).lower() for part in below(node) for word in _KEEPERS)


def _kept(call: ast.Call, function: Function, journey: Journey) -> bool:
    return any(journey.gives(part, function) for one in call.args for part in ast.walk(one))
