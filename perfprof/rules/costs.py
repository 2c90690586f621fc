"""The cost model: what a scan costs against a look-up, in units of one empty turn of ``for`` (about 4 ns).

Measured on CPython 3.11 and 3.13 (ratios of interleaved medians of thread CPU time); see docs/decisions/0003.
"""

from __future__ import annotations

ROW = 9.0  # one row of a loop in Python: next, read the key, compare
ELEMENT = 2.0  # one element of `x in xs` (1.6 for int, 2.5 for str)
INDEX = 40.0  # one row put into a dict of lists, its key tested
SET = 10.0  # one element put into a set (5.5 for int, 11 for str), its type looked at
POSITION = 20.0  # one element put into a dict of positions, its type looked at
COUNTED = 25.0  # one element counted in a dict, its type looked at
COPIED = 0.35  # one element copied with the list that it stands in
ADDED = 8.0  # one element added in place, its type looked at
MOVED = 0.02  # one element moved within a list
ENDS = 10.0  # one call at an end of a list or deque
PROBE = 8.0  # one look-up with its guard
FIRST = 0.5  # the part of a collection that is walked until a match, on average


def narrowing_gain(rounds: float, rows: float, first: bool) -> float:
    """The ratio old/new when ``rounds`` walks over ``rows`` rows ask an index instead."""
    walked = rows * (FIRST if first else 1.0)
    return (rounds * walked * ROW) / max(rows * INDEX + rounds * (PROBE + 2 * ROW), 1.0)


def membership_gain(rounds: float, elements: float, found: float = FIRST) -> float:
    """The ratio old/new when ``rounds`` tests of ``x in xs`` ask a set built once."""
    return (rounds * elements * found * ELEMENT + rounds) / max(elements * SET + rounds * PROBE, 1.0)


def position_gain(rounds: float, elements: float) -> float:
    """The ratio old/new when ``rounds`` calls of ``xs.index(x)`` ask a dict built once."""
    return (rounds * elements * FIRST * ELEMENT + rounds) / max(elements * POSITION + rounds * 2 * PROBE, 1.0)


def count_gain(rounds: float, elements: float) -> float:
    """The ratio old/new when ``rounds`` calls of ``xs.count(x)`` ask a dict built once."""
    return (rounds * elements * ELEMENT + rounds) / max(elements * COUNTED + rounds * PROBE, 1.0)


def growth_gain(elements: float) -> float:
    """The ratio old/new when a container of ``elements`` on average is added to instead of copied."""
    return (ADDED + elements * COPIED) / ADDED


def deque_gain(elements: float) -> float:
    """The ratio old/new when the beginning of a list of ``elements`` on average is that of a deque."""
    return (ENDS + elements * MOVED) / ENDS
