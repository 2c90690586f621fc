"""Where a code object loops, as the sampler sees it: by construction, on the Python that runs the tests."""

from __future__ import annotations

import dis
import textwrap
from types import CodeType

import pytest

from perfprof.profilers.inside.bytecode import loop_lines
from perfprof.profilers.inside.flow import Flow, instructions_of


def code_of(body: str, *, async_: bool = False) -> CodeType:
    """The function ``f`` whose body this is; its first line is line 2."""
    head = "async def f():\n" if async_ else "def f():\n"
    module = compile(head + textwrap.indent(textwrap.dedent(body).strip("\n"), "    "), "f.py", "exec")
    return next(constant for constant in module.co_consts if isinstance(constant, CodeType))


def turning(code: CodeType) -> list[int]:
    """The lines on which samples at backward jumps are booked, in order."""
    lines = loop_lines(code)
    jumps = [one for one in dis.get_instructions(code) if one.opcode in dis.hasjrel + dis.hasjabs]
    backward = [one for one in jumps if isinstance(one.argval, int) and one.argval < one.offset]
    return [lines[one.offset // 2] for one in backward if "NO_INTERRUPT" not in one.opname]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("for x in xs:\n    for y in ys:\n        x == y\n    x", {2, 3}),
        ("for x in xs:\n    try:\n        g(x)\n    except E:\n        continue\n    h(x)", {2}),
        (
            "x\nfor z in zs:\n    y\n    for x in xs:\n        try:\n            g(x)\n        except E:\n            continue\n",
            {3, 5},
        ),
        ("with a:\n    for x in xs:\n        with b:\n            x in c\n", {3}),
        (
            "for x in xs:\n    match x:\n        case [y, *z]:\n            for w in z: w in c\n        case _: pass",
            {2, 5},
        ),
        ("while a:\n    b\nwhile True:\n    c", {2, 4, 5}),
        ("for x in xs:\n    if x:\n        break\nelse:\n    g()\nfor y in ys:\n    y", {2, 7}),
    ],
)
def test_a_backward_jump_belongs_to_its_loop(body, lines):
    found = set(turning(code_of(body)))
    assert found
    assert found <= lines


@pytest.mark.parametrize(
    "made",
    ["[\n y for y in ys]", "{\n y for y in ys if y}", "{\n y: 0 for y in ys}", "[\n y for z in ys for y in z]"],
)
@pytest.mark.parametrize("use", ["{}", "kept = {}", "o.kept = {}", "o[x] = {}"])
def test_letting_go_of_a_comprehension_belongs_to_it(made, use):
    lines = turning(code_of("for x in xs:\n    a in b\n    " + use.format(made)))
    assert lines
    assert all(line >= 4 for line in lines)


@pytest.mark.parametrize(
    "body",
    [
        "for x in xs:\n    kept = [y for y in ys]\n    a in b",  # the search may have taken the time
        "for x in xs:\n    kept = [y for y in ys] if x else a in b",
        "for x in xs:\n    g(*[*a, x])\n    a in b",
        "for x in xs:\n    kept = (y for y in ys)",
    ],
)
def test_time_that_may_be_anothers_stays_with_the_loop(body):
    assert turning(code_of(body))[-1] == 2


def test_the_call_that_takes_a_comprehension_belongs_to_it():
    code = code_of("for x in xs:\n    g(x)\n    n = len(\n        [y for y in ys])")
    calls = [one.offset for one in dis.get_instructions(code) if one.opname.startswith("CALL")]
    lines = loop_lines(code)
    assert lines[calls[0] // 2] == 2
    assert lines[calls[-1] // 2] >= 4


def test_awaits_are_no_loops():
    code = code_of(
        "a\nawait b\nfor x in xs:\n    await c\nasync for y in ys:\n    d\nasync with e:\n    g", async_=True
    )
    flow = Flow(code, list(instructions_of(code.co_code)))
    assert len(flow.loops()) == 2
    assert set(turning(code)) <= {3, 4, 6, 8}
    assert 9 in loop_lines(code), "what follows an await is not taken for a loop"


def test_the_tail_of_a_loop_behind_an_async_loop_is_its_own():
    code = code_of("for x in xs:\n    async for y in ys:\n        y\n    x in b", async_=True)
    assert turning(code)[-1] == 2
    assert loop_lines(code).count(3) > 3
