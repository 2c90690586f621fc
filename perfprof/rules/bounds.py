"""Bounds: what a scan itself can take of a run at most, from what was counted.

The lines of a scan may be dear for another reason: something else that they call. What a search takes by itself is known
from how many elements it met, for code of the interpreter compares the builtin ones. Seconds, measured on CPython 3.11
at 3 GHz (``benchmarks/compared_elements.py``): a search that finds nothing takes 7 - 15 ns for each number or short text,
13 - 25 ns for each flat tuple, up to 3 times that where a list is larger than what the processor keeps near.
A class that compares in Python takes 50 - 200 ns, and as much more as its own code takes, which a recording shows.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Collection

from perfprof.rules import guards
from perfprof.rules.rule import Bound, Case

SEARCH = 2e-7  # what one search, copy or move takes, however short its list is
PLAIN = 15e-9
TUPLE = 30e-9
OTHER = 1e-6  # an element of any other class, beside what its own code takes
ROW = 2e-5  # a row of a loop in Python, which may do anything before it compares
PLAIN_ROW = 3e-7  # one of which only plain attributes and items are read (36 - 100 ns)
LOOKED_UP = 2e-6  # a pattern that ``re`` has kept (0.9 us)
MOVED = 4e-9  # an element that is copied or moved within memory, counted as used once more, and given back
ENTRY = 2e-8  # the same of a dict
CHARACTER = 5e-10
HASHED = 50e-9  # an element that a builtin takes in, which may hash or compare it
FAR = 20_000  # elements from which on they no longer lie near
FARTHER = 3.0
MOST = 9  # operands that are looked for
EQUALITY = frozenset({"__eq__", "__ne__", "__hash__"})


def searching(searches: float, size: float, kinds: Collection[str], wanted: Collection[str]) -> Bound:
    """So many searches by ``==`` of a collection of ``size`` elements of these exact types.

    wanted: the types of what is looked for; none of either if they are not known.
    """
    return _each(searches, size, {*kinds, *wanted} if kinds and wanted else (), PLAIN)


def computing(node: ast.expr, times: float, case: Case) -> Bound | None:
    """So many calls of one builtin such as ``set`` or ``sorted`` over its operands, the watches ``base0`` and on.

    None where code of the program may run in it: a key, a comprehension, a call in the call.
    """
    name = _builtin(node)
    if not name:
        return None
    bases = [seen for number in range(MOST) if (seen := case.watched(f"base{number}")) is not None]
    size = sum(seen.mean_length for seen in bases)
    kinds = {kind for seen in bases for kind in seen.elements}
    return _each(times, size * (math.log2(max(size, 2)) if name == "sorted" else 1), kinds, HASHED)


def _builtin(node: ast.expr) -> str:
    """The name of the one function that is called, with names alone; empty if there is more."""
    parts = list(ast.walk(node))
    calls = [one for one in parts if isinstance(one, ast.Call)]
    more = any(isinstance(one, ast.comprehension | ast.Attribute | ast.Subscript | ast.keyword) for one in parts)
    alone = len(calls) == 1 and not more and isinstance(calls[0].func, ast.Name)
    return calls[0].func.id if alone else ""  # type: ignore[attr-defined]


def moving(times: float, size: float, each: float = MOVED) -> Bound:
    """So many copies, or moves, of ``size`` elements."""
    return Bound(times * (SEARCH + size * each * _distance(size)))


def compiling(times: float) -> Bound:
    """So many look-ups of a pattern in the cache of ``re``; what is compiled is seen where that is done."""
    return Bound(times * LOOKED_UP, frozenset({"_compile"}))


def making(times: float, parts: float) -> Bound:
    """So many lists, dicts or sets of constants."""
    return Bound(times * (SEARCH + parts * HASHED))


def looping(rounds: float, rows: float, *, plain: bool = False) -> Bound:
    """So many walks in Python over ``rows`` rows; plain: see `searching.plain_rows`."""
    return Bound(rounds * rows * (PLAIN_ROW if plain else ROW))


def _each(times: float, size: float, kinds: Collection[str], plain: float) -> Bound:
    known = set(kinds)
    flat = {name for name in known if name in guards.FLAT}
    tuples = {name for name in known if name.startswith(guards.TUPLE) and guards.key_types([name])}
    if not known or known - flat - tuples:
        return Bound(times * (SEARCH + size * OTHER), EQUALITY)
    each = max(plain, TUPLE) if tuples else plain
    return Bound(times * (SEARCH + size * each * _distance(size)))


def _distance(size: float) -> float:
    return FARTHER if size > FAR else 1.0
