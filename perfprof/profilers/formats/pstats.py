"""What cProfile saves and ``pstats`` loads: a marshalled table of functions and their callers, not stacks.

Written from samples, the numbers of calls are numbers of samples, and times are CPU seconds. Read, stacks are made of the
table by giving each caller its share of a function's time, which is exact only where a function costs the same
from everywhere.
"""

from __future__ import annotations

import marshal
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from perfprof.profilers.formats.profile import Lane, Profile, Stack
from perfprof.profilers.stacks import Frame

Key = tuple[str, int, str]
Row = tuple[int, int, float, float, Mapping[Key, tuple[int, int, float, float]]]

_LEAST = 1e-4  # of the whole: a stack that is rarer is not followed further
_DEEP = 200
_DICTIONARY = (b"{", b"\xfb")  # how a marshalled dict begins


def write(profile: Profile) -> bytes:
    """All lanes together; a function stands at the first of its lines that was seen."""
    own: dict[Key, float] = defaultdict(float)
    whole: dict[Key, float] = defaultdict(float)
    edges: dict[Key, dict[Key, float]] = defaultdict(lambda: defaultdict(float))
    first = _first_lines(profile)
    for lane in profile.lanes:
        for stack, seconds in lane.stacks.items():
            keys = [(frame.path, first[frame.path, frame.function], frame.function) for frame in stack]
            if keys:
                own[keys[-1]] += seconds
            for key in set(keys):
                whole[key] += seconds
            for caller, called in set(pairwise(keys)):
                edges[called][caller] += seconds
    table = {}
    for key, total in whole.items():
        callers = {caller: (_count(time), _count(time), 0.0, float(time)) for caller, time in edges[key].items()}
        table[key] = (_count(total), _count(total), float(own[key]), float(total), callers)
    return marshal.dumps(table)


def read(data: bytes) -> Profile | None:
    """A table of functions; None if it is none."""
    if data[:1] not in _DICTIONARY:
        return None
    try:
        table = marshal.loads(data)  # noqa: S302 (plain values only; pstats does the same)
        stacks: dict[Stack, float] = defaultdict(float)
        for stack, seconds in _stacks(table):
            stacks[stack] += seconds
    except (ValueError, EOFError, TypeError, AttributeError, KeyError):
        return None
    note = "cProfile keeps callers, not stacks: the time of a function is shared among them in proportion"
    return Profile((Lane("cProfile", 0, "", stacks),), "cProfile", note) if stacks else None


def _stacks(table: Mapping[Key, Row]) -> Iterator[tuple[Stack, float]]:
    """Walk down from the functions that nobody calls."""
    called = _called(table)
    everything = sum(row[2] for row in table.values())
    roots = [key for key, row in table.items() if not row[4]] or list(table)[:1]
    waiting: list[tuple[tuple[Key, ...], float]] = [((key,), 1.0) for key in roots]
    while waiting:
        stack, share = waiting.pop()
        _, _, own, total, _ = table[stack[-1]]
        if own * share:
            yield tuple(Frame(path, function, line) for path, line, function in stack), own * share
        if total * share > _LEAST * everything and len(stack) < _DEEP:
            waiting.extend(((*stack, key), share * part) for key, part in called[stack[-1]] if key not in stack)


def _called(table: Mapping[Key, Row]) -> Mapping[Key, list[tuple[Key, float]]]:
    """What each function calls, with the share of the called one's time that goes to it."""
    called: dict[Key, list[tuple[Key, float]]] = defaultdict(list)
    for key, (_, _, _, total, callers) in table.items():
        for caller, (_, _, _, time) in callers.items():
            called[caller].append((key, time / total if total else 0.0))
    return called


def _first_lines(profile: Profile) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], Any] = {}
    for lane in profile.lanes:
        for frame in (frame for stack in lane.stacks for frame in stack):
            known = found.get((frame.path, frame.function), frame.line)
            found[frame.path, frame.function] = min(known, frame.line)
    return found


def _count(seconds: float) -> int:
    return max(round(seconds / 0.005), 1)
