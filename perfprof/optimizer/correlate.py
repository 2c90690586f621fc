"""Join the recording with the code: which functions are hot, and what share a place has."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfprof.optimizer.called import unseen_shares
from perfprof.profilers.recording import Recording
from perfprof.rules.reading.program import Function, Program


@dataclass(frozen=True, eq=False, slots=True)
class Hot:
    """A function, the share of all samples that have it on their stack, and what more of them may be its own; 0 to 1."""

    function: Function
    share: float
    unseen: float = 0.0


def hot_functions(recording: Recording, program: Program, paths: Sequence[Path], least: float) -> list[Hot]:
    """Functions below ``paths`` with at least that share, hottest first.

    A function that executed a statement counts as hot as well: what it waits for need not show in CPU samples.
    """
    asking: dict[Path, set[int]] = defaultdict(set)
    for frame in (frame for one in recording.executions() for frame in one.site):
        asking[Path(frame.path)].add(frame.line)
    unseen = unseen_shares(recording, program, least)
    called = {one.module.path for one in unseen}
    found: list[Hot] = []
    for path in sorted({*map(Path, recording.files()), *asking, *called}):
        module = program.module(path) if any(path.is_relative_to(one) for one in paths) else None
        lines = asking.get(path, set())
        for function in module.functions if module is not None else ():
            share = recording.share(str(path), function.line, function.end_line)
            asks = any(function.line <= line <= function.end_line for line in lines)
            more = unseen.get(function, 0.0)
            if max(share, more) >= least or asks:
                found.append(Hot(function, share, more))
    found.sort(key=lambda one: (-max(one.share, one.unseen), one.function.module.relative, one.function.line))
    return found


def share_of(recording: Recording, function: Function, first: int, last: int, unseen: float = 0.0) -> float:
    """The share of all samples that belongs to these lines of a function; ``unseen``: what callers may have of it.

    The sampler inside the process is woken where a loop turns, so what an iteration does without calling anything stands
    on the line of its loop: that is counted for the lines within, all of it.
    """
    path = str(function.module.path)
    within = recording.share(path, first, last)
    if "loops" not in recording.meta.get("sampler", ""):
        return within
    around = [(low, high) for low, high in _turning(function, first, last) if low <= high]
    if not around and not _turns(function, first, last):
        within = max(within, unseen)
    return min(within + sum(recording.own_share(path, low, high) for low, high in around), 1.0)


def _turning(function: Function, first: int, last: int) -> tuple[tuple[int, int], ...]:
    """Lines, other than these, on which the innermost loop around them is seen to turn."""
    around = [node for node in _loops(function) if node.lineno <= first and last <= (node.end_lineno or 0)]
    loop = max(around, key=lambda node: (node.lineno, node.col_offset), default=None)
    if loop is None:
        return ()
    if isinstance(loop, ast.expr):  # a comprehension turns on any of its lines
        return (loop.lineno, first - 1), (last + 1, loop.end_lineno or 0)
    return ((loop.lineno, min(loop.lineno, first - 1)),)


def _turns(function: Function, first: int, last: int) -> bool:
    """Whether a loop stands in these lines: its own turns are seen."""
    return any(first <= node.lineno and (node.end_lineno or 0) <= last for node in _loops(function))


def _loops(function: Function) -> list[ast.stmt | ast.expr]:
    loops: list[ast.stmt | ast.expr] = [*function.every(ast.For, ast.AsyncFor, ast.While)]
    return [*loops, *function.every(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)]
