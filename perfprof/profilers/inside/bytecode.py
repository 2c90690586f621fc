"""Where a code object loops: for each instruction the first line of the innermost loop around it.

The interpreter answers signals only at backward jumps, calls and function starts, so the line of a sample inside a
loop is an accident. The loop it is in is not.
"""

from __future__ import annotations

import opcode
from collections.abc import Iterator
from types import CodeType

_EXTENDED = opcode.opmap["EXTENDED_ARG"]
_CACHE = opcode.opmap.get("CACHE", -1)
_HANDLER = opcode.opmap.get("PUSH_EXC_INFO", -1)
_ABSOLUTE = frozenset(opcode.hasjabs)  # 3.10: a jump to a smaller offset goes back
_RELATIVE = frozenset(
    number
    for name, number in opcode.opmap.items()
    if name.startswith(("JUMP_BACKWARD", "POP_JUMP_BACKWARD")) and "NO_INTERRUPT" not in name  # that one awaits
)


def loop_lines(code: CodeType) -> list[int]:
    """For each instruction (``f_lasti // 2``) the first line of the innermost loop, else its own line."""
    own = _own_lines(code)
    found = list(own)
    loops = _loops(code.co_code)
    for start, end in sorted(loops, key=lambda loop: loop[0] - loop[1]):  # the largest first, inner ones over it
        found[start:end] = [min(own[start:end])] * (end - start)
    return found


def _own_lines(code: CodeType) -> list[int]:
    """The line of each instruction; one without a line has that of the one before."""
    lines = [0] * (len(code.co_code) // 2)
    last = code.co_firstlineno
    for start, end, line in code.co_lines():
        last = line if line is not None else last
        lines[start // 2 : end // 2] = [last] * (end // 2 - start // 2)
    return lines


def _loops(code: bytes) -> list[tuple[int, int]]:
    """First instruction and end of each loop.

    Exception handlers lie behind the rest of the code since 3.11; a jump from there back into a loop would stretch
    the loop over all that is between, so it does not count.
    """
    ends: dict[int, int] = {}
    handlers = len(code)
    for offset, operation, target in _jumps(code):
        if operation == _HANDLER:
            handlers = min(handlers, offset)
        elif target < handlers <= offset or target > offset:
            continue
        else:
            ends[target] = max(ends.get(target, 0), offset)
    return [(start // 2, end // 2 + 1) for start, end in ends.items()]


def _jumps(code: bytes) -> Iterator[tuple[int, int, int]]:
    """Offset, operation and target of the jumps that may go back; and where exception handlers begin."""
    argument, offset = 0, 0
    while offset < len(code):
        operation = code[offset]
        argument = argument << 8 | code[offset + 1]
        behind = offset + 2
        while behind < len(code) and code[behind] == _CACHE:
            behind += 2
        if operation in _RELATIVE:
            yield offset, operation, behind - 2 * argument
        elif operation in _ABSOLUTE:
            yield offset, operation, 2 * argument
        elif operation == _HANDLER:
            yield offset, operation, 0
        if operation != _EXTENDED:
            argument = 0
        offset = behind
