"""Write a recursion that keeps its results: the body's own text inside, a step further in."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from perfprof.rules import guards
from perfprof.rules.reading.names import fresh
from perfprof.rules.repeated.plain_data import as_key, of_seen, written_displays
from perfprof.rules.repeated.recursion import Recursion, end, seen_types, start
from perfprof.rules.rule import Case, Rewrite
from perfprof.rules.searching.indexing import at


def remember(case: Case) -> Rewrite:
    """The body inside, its results kept."""
    found: Recursion = case.suspect.reading
    function, taken = found.function, found.function.visible | case.taken
    inner, known, key, result, plain = (
        fresh(word, taken) for word in (f"{found.name}_of", "known", "key", "result", "plain")
    )
    node = function.node
    head = "\n".join(line.decode() for line in function.module.raw_lines[function.line - 1 : _before(found)])
    space = " " * found.begin.col_offset
    fixed = _plain_data(case, found)
    tests = [plain] if fixed else []
    tests += _key_tests(case, found)
    keys = found.varying[0] if len(found.varying) == 1 else f"({', '.join(found.varying)})"
    lines = [head, f"{space}{known} = {{}}"]
    lines += [f"{space}{plain} = {fixed}"] if fixed else []
    lines += [
        "",
        f"{space}def {inner}({', '.join(found.varying)}):",
        f"{space * 2}{key} = {keys} if {' and '.join(tests)} else None",
        f"{space * 2}if {key} in {known}:",
        f"{space * 3}return {known}[{key}]",
        _moved(case, found, (inner, known, key, result), space),
        "",
        f"{space}return {inner}({', '.join(found.varying)})",
    ]
    return Rewrite(
        edits=(at("statement", node, "\n".join(lines)),),
        why=f"each result of {found.name} is computed once while the outermost call runs",
        memory="one dict entry for each result, while the outermost call runs",
    )


def _before(found: Recursion) -> int:
    """The last line of what stays: the head of the function and its docstring."""
    first = found.function.node.body[0]
    if first is not found.begin:
        return first.end_lineno or first.lineno
    lines, node = found.function.module.raw_lines, found.function.node
    given = [one.lineno for one in ast.walk(node) if isinstance(one, ast.arg)]
    ends = (
        line
        for line in range(max(given), found.begin.lineno)
        if lines[line - 1].partition(b"#")[0].rstrip().endswith(b":")
    )
    return next(ends, found.begin.lineno - 1)


def _key_tests(case: Case, found: Recursion) -> Iterator[str]:
    for number, name in enumerate(found.varying):
        yield as_key(name, seen_types(case, "key", number)) or f"type({name}) is int"


def _plain_data(case: Case, found: Recursion) -> str:
    """A test of what all calls are given or read alike, made by the outermost one."""
    tests = []
    for number, name in enumerate(found.fixed):
        seen = case.watched(f"base{number}")
        tests.append(of_seen(name, seen.types, seen.elements) if seen is not None else None)
    return " and ".join(one for one in (*tests, *written_displays(found.function).values()) if one)


def _moved(case: Case, found: Recursion, names: tuple[str, str, str, str], space: str) -> str:
    """The body's own text, a step further in: calls go to the function inside, answers are kept."""
    function = found.function
    last = function.node.body[-1].end_lineno or 0
    first = _before(found)
    lines = function.module.raw_lines
    starts = [0]
    for line in lines[first:last]:
        starts.append(starts[-1] + len(line) + 1)

    def offset(line: int, column: int) -> int:
        return starts[line - 1 - first] + column

    text = b"\n".join(lines[first:last])
    cuts = [
        (offset(*one[0]), offset(*one[1]), one[2])
        for one in (*_calls(found, names[0]), *_answers(case, found, names))
    ]
    for first_byte, last_byte, new in sorted(cuts, reverse=True):
        text = text[:first_byte] + new.encode() + text[last_byte:]
    return "\n".join(space + line if line.strip() else line for line in text.decode().split("\n"))


Cut = tuple[tuple[int, int], tuple[int, int], str]


def _calls(found: Recursion, inner: str) -> Iterator[Cut]:
    parameters = found.function.parameters
    for call in found.calls:
        yield start(call.func), end(call.func), inner
        keeps = [name in found.varying for name in parameters[: len(call.args)]]
        kept = [arg for arg, keep in zip(call.args, keeps, strict=True) if keep]
        ends = [start(call.args[0]), *(start(one) for one in call.args[1:]), end(call.args[-1])]
        for number in range(len(call.args)):
            if not keeps[number] and any(keeps[number:]):
                yield ends[number], ends[number + 1], ""
        if not keeps[-1]:
            yield end(kept[-1]), end(call.args[-1]), ""


def _answers(case: Case, found: Recursion, names: tuple[str, str, str, str]) -> Iterator[Cut]:
    _, known, key, result = names
    for number, one in enumerate(found.answers):
        begin, space = start(one), " " * one.col_offset
        types = seen_types(case, "made", number) or ("builtins.int",)
        test = guards.exactly(result, [guards.FLAT[kind] for kind in types])
        step = " " * found.begin.col_offset
        yield begin, (begin[0], begin[1] + len("return")), f"{result} ="
        after = f"\n{space}if {key} is not None and {test}:\n{space}{step}{known}[{key}] = {result}"
        yield end(one), end(one), f"{after}\n{space}return {result}"
