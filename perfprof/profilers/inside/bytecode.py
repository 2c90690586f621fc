"""Where a code object loops: for each instruction the first line of the innermost loop around it.

The interpreter answers signals only at backward jumps, calls and function starts, so the line of a sample inside a
loop is an accident. The loop it is in is not.
"""

from __future__ import annotations

from itertools import pairwise
from types import CodeType

from . import releases
from .flow import Flow, instructions_of, named, turns

_BEGIN = named("RESUME")


def loop_lines(code: CodeType) -> list[int]:
    """For each instruction (``f_lasti // 2``) the first line of the innermost loop, else its own line.

    What lets go of a comprehension's result belongs to the comprehension (releases.py).
    """
    told = _told_lines(code)
    own = _own_lines(code, told)
    instructions = list(instructions_of(code.co_code))
    if not turns(instructions):
        return own
    found = list(own)
    flow = Flow(code, instructions)
    loops = flow.loops()
    for loop in sorted(loops, key=len, reverse=True):  # the largest first, inner ones over it
        offsets = [instructions[index].offset // 2 for index in loop]
        first = min((told[offset] for offset in offsets if told[offset]), default=0)
        for offset in offsets if first else ():
            found[offset] = first
    for release, made, is_call in releases.of_comprehensions(code, flow, loops):
        found[release // 2] = own[made // 2] if is_call else found[made // 2]
    for one, behind in pairwise(instructions):  # a frame that calls stands at the end of the caches
        first, last = one.offset // 2, behind.offset // 2
        found[first + 1 : last] = [found[first]] * (last - first - 1)
    return found


def beginning(code: CodeType) -> int:
    """Up to which ``f_lasti`` nothing of the program's has run in it: what a tick there tells is of its caller."""
    begins = (one.offset for one in instructions_of(code.co_code) if one.operation in _BEGIN)
    return next(begins, -1)


def _told_lines(code: CodeType) -> list[int]:
    """The line of each instruction, 0 where the compiler gives none, as where a handler begins."""
    lines = [0] * (len(code.co_code) // 2)
    for start, end, line in code.co_lines():
        lines[start // 2 : end // 2] = [line or 0] * (end // 2 - start // 2)
    return lines


def _own_lines(code: CodeType, told: list[int]) -> list[int]:
    """The same, where an instruction without a line has that of the one before."""
    lines = list(told)
    last = code.co_firstlineno
    for offset, line in enumerate(told):
        lines[offset] = last = line or last
    return lines
