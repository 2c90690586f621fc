"""Where a code object lets go of what a comprehension made: to free it takes a good part of what making it took.

A sample is noticed at the next backward jump or call. If all that was done since a comprehension ended is to store or to
drop its value, then only the end of the comprehension and the freeing can have taken the time: it is the comprehension's.
The call that takes the value as its last argument belongs to it, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType

from .flow import Flow, Instruction, named

Release = tuple[int, int, bool]  # offset of the jump or call, offset in the comprehension, whether that is its call

_FUNCTIONS = frozenset(
    ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
)  # before 3.12 all of them are functions
_ADDS = named("LIST_APPEND", "SET_ADD", "MAP_ADD")
_CALLS = named("CALL_FUNCTION", "CALL_METHOD", "CALL") - named("CALL_INTRINSIC")
_BACK = named("JUMP_BACKWARD", "JUMP_ABSOLUTE") - named("JUMP_BACKWARD_NO_INTERRUPT")
_FORWARD = named("JUMP_FORWARD")
_ITERATES = named("GET_ITER", "GET_AITER")
_PRECALL = named("PRECALL")
_CONSTANT = named("LOAD_CONST")
_AWAITS = named("GET_AWAITABLE", "LOAD_CONST", "SEND", "YIELD_", "RESUME", "JUMP_BACKWARD_NO_INTERRUPT", "END_SEND")
_QUICK = (  # nothing of this takes long, but that it may free a value
    named("POP_TOP", "POP_ITER", "STORE_", "SWAP", "ROT_", "COPY", "DUP_TOP", "END_FOR", "END_ASYNC_FOR", "NOP")
    | named("LOAD_FAST", "LOAD_CONST", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "PUSH_NULL", "EXTENDED_ARG")
    | _PRECALL
) - named("COPY_DICT", "COPY_FREE")


def of_comprehensions(code: CodeType, flow: Flow, loops: list[set[int]]) -> Iterator[Release]:
    """Backward jumps and calls that are reached right after a comprehension; loops: instructions, by index."""
    for begin, (made, is_call) in (_inlined(flow, loops) | _called(code, flow.instructions)).items():
        index = begin
        while index < len(flow.instructions):
            one = flow.instructions[index]
            if index != begin and len(flow.before[index]) > 1:  # the way to here may be another
                break
            if one.operation in _CALLS or one.operation in _BACK:
                yield one.offset, made, is_call
            if one.operation not in _QUICK and one.operation not in _FORWARD:
                break
            index = flow.after[index][0]


def _inlined(flow: Flow, loops: list[set[int]]) -> dict[int, tuple[int, bool]]:
    """What may come right after each loop of a comprehension, by its index, and the offset of an instruction of it."""
    found = {}
    for index, one in enumerate(flow.instructions):
        if one.operation in _ADDS and one.argument > 1:  # below the value: its iterators, and what is made
            around = sorted((loop for loop in loops if index in loop), key=len)
            for loop in around[: one.argument - 1]:
                for exit_ in {after for inner in loop for after in flow.after[inner]} - loop:
                    found[exit_] = one.offset, False
    return found


def _called(code: CodeType, instructions: list[Instruction]) -> dict[int, tuple[int, bool]]:
    """The instruction right after each call of a comprehension, by its index, and the offset of the call."""
    found: dict[int, tuple[int, bool]] = {}
    waiting: list[str] = []  # made into functions and not yet called
    for index, one in enumerate(instructions):
        if one.operation in _CONSTANT:
            waiting += _FUNCTIONS & {getattr(code.co_consts[one.argument], "co_name", "")}
        elif one.operation in _CALLS and waiting and _starts(instructions, index) and waiting.pop() != "<genexpr>":
            found[_behind(instructions, index)] = one.offset, True
    return found


def _starts(instructions: list[Instruction], call: int) -> bool:
    """Whether this call is that of a comprehension or generator: its argument is an iterator just made."""
    before = [one.operation for one in instructions[call - 2 : call] if one.operation not in _PRECALL]
    return before[-1] in _ITERATES


def _behind(instructions: list[Instruction], call: int) -> int:
    """The instruction that gets what a comprehension made; one that waits is awaited before."""
    index = call + 1
    if instructions[index].operation in _AWAITS - _CONSTANT:
        while instructions[index].operation in _AWAITS:
            index += 1
    return index
