"""The ways through a code object and its loops, on Python 3.10 to 3.14; ``dis`` is not imported, for its cost."""

from __future__ import annotations

import opcode
from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple


def named(*prefixes: str) -> frozenset[int]:
    """The operations of this interpreter whose names begin so."""
    return frozenset(number for name, number in opcode.opmap.items() if name.startswith(prefixes))


_EXTENDED = opcode.opmap["EXTENDED_ARG"]
_CACHE = opcode.opmap.get("CACHE", -1)
_ABSOLUTE = frozenset(opcode.hasjabs)  # 3.10: a jump to a smaller offset goes back
_BACKWARD = named("JUMP_BACKWARD", "POP_JUMP_BACKWARD")
_RELATIVE = frozenset(opcode.hasjrel)
_WAITS = named("JUMP_BACKWARD_NO_INTERRUPT")  # an await: no loop of the program's
_STOPS = named(
    "RETURN_VALUE", "RETURN_CONST", "RAISE_", "RERAISE", "JUMP_FORWARD", "JUMP_ABSOLUTE", "JUMP_BACKWARD"
)


class Instruction(NamedTuple):
    """One instruction without its caches: offset, operation, argument, and the offset that it may jump to or -1."""

    offset: int
    operation: int
    argument: int
    target: int


class Flow:
    """before, after: for each instruction, by index, those that may come right before and right after it."""

    def __init__(self, code: CodeType, instructions: list[Instruction]) -> None:
        self.instructions = instructions
        self.after: list[list[int]] = [[] for _ in instructions]
        self.before: list[list[int]] = [[] for _ in instructions]
        self._at = {one.offset: index for index, one in enumerate(instructions)}
        for index, one in enumerate(instructions):
            if one.target in self._at:
                self._join(index, self._at[one.target])
            if one.operation not in _STOPS and index + 1 < len(instructions):
                self._join(index, index + 1)
        for start, end, target in _handlers(getattr(code, "co_exceptiontable", b"")):
            for index in filter(None, map(self._at.get, range(start, end, 2))):
                self._join(index, self._at[target])

    def _join(self, index: int, other: int) -> None:
        self.after[index].append(other)
        self.before[other].append(index)

    def loops(self) -> list[set[int]]:
        """The instructions of each loop, by index: all that come back to its head without having left it."""
        found: dict[int, set[int]] = {}
        for index, one in enumerate(self.instructions):
            if 0 <= one.target <= one.offset and one.operation not in _WAITS:
                head = self._at[one.target]
                found.setdefault(head, set()).update(self._around(head, index))
        return [loop for loop in found.values() if loop]

    def _around(self, head: int, back: int) -> set[int]:
        """The natural loop of a jump back to ``head``; empty if it is none, as a handler's way back to what follows."""
        loop, left = {head, back}, [back] if back != head else []
        while left:
            for index in self.before[left.pop()]:
                if index < head:
                    return set()
                if index not in loop:
                    loop.add(index)
                    left.append(index)
        return loop


def turns(instructions: list[Instruction]) -> bool:
    """Whether anything jumps back."""
    return any(0 <= one.target <= one.offset and one.operation not in _WAITS for one in instructions)


def instructions_of(code: bytes) -> Iterator[Instruction]:
    """The instructions of ``co_code``, in order."""
    argument, offset = 0, 0
    while offset < len(code):
        operation = code[offset]
        argument = argument << 8 | code[offset + 1]
        behind = offset + 2
        while behind < len(code) and code[behind] == _CACHE:
            behind += 2
        target = -1
        if operation in _BACKWARD:
            target = behind - 2 * argument
        elif operation in _ABSOLUTE:
            target = 2 * argument
        elif operation in _RELATIVE:
            target = behind + 2 * argument
        yield Instruction(offset, operation, argument, target)
        if operation != _EXTENDED:
            argument = 0
        offset = behind


def _handlers(table: bytes) -> Iterator[tuple[int, int, int]]:
    """Start, end and handler of each entry of an exception table (CPython, InternalDocs/exception_handling.md)."""
    numbers: list[int] = []
    value = 0
    for byte in table:
        value = value << 6 | byte & 63
        if not byte & 64:
            numbers.append(value)
            value = 0
    for start, length, target, _ in zip(*[iter(numbers)] * 4, strict=True):
        yield 2 * start, 2 * (start + length), 2 * target
