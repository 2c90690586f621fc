"""What a statement of SQLAlchemy asks for: an option names a class, and fails where the statement asks for anything else."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from perfprof.rules.eager.journey import below, nodes_of, word_of
from perfprof.rules.reading.instances import callee_of

if TYPE_CHECKING:
    from perfprof.rules.eager.journey import Journey
    from perfprof.rules.eager.places import Spot
    from perfprof.rules.reading.program import Function, Program

_ASK = frozenset(["select", "query"])
_OTHER = frozenset(["with_only_columns", "with_entities", "add_columns"])
_DEPTH = 4


def asks_otherwise(spot: Spot, model: str, program: Program) -> str:
    """Why the statement may ask for something else than objects of the class; empty if it always asks for them."""
    name = model.rpartition(".")[2]
    calls = [one for one in _parts(spot.node, spot.function, program, _DEPTH) if isinstance(one, ast.Call)]
    other = next((word_of(one.func) for one in calls if word_of(one.func) in _OTHER), "")
    if other:
        return f"`.{other}()` may make it ask for columns"
    asked = [one for one in calls if word_of(one.func) in _ASK and one.args]
    if asked and all(_names(one.args, name) for one in asked):
        return ""
    if asked or not _names(ast.walk(spot.function.module.tree), name):
        return f"the statement is made for other classes or columns than {name} as well"
    return ""


def _names(nodes: Iterable[ast.AST], name: str) -> bool:
    return any(word_of(one) == name for one in nodes)


def asked_for_columns(journey: Journey) -> bool:
    """Whether the project goes on to ask the same statement for columns; numbers of rows do not matter."""
    return any(
        isinstance(call, ast.Call)
        and word_of(call.func) in _OTHER
        and _columns(call)
        and _of(journey, call, function)
        for function in journey.given
        for call in nodes_of(function)
    )


def _columns(call: ast.Call) -> bool:
    return not all(any(word_of(part) == "func" for part in below(one)) for one in call.args)


def _of(journey: Journey, call: ast.Call, function: Function) -> bool:
    return any(journey.gives(part, function) for part in below(call.func))


def _parts(node: ast.expr, function: Function, program: Program, depth: int) -> Iterator[ast.AST]:
    """The parts of the chains that end in this expression: through variables and what functions give back."""
    if isinstance(node, ast.IfExp):
        yield from _parts(node.body, function, program, depth)
        yield from _parts(node.orelse, function, program, depth)
        return
    chain = list(below(node))
    yield from chain
    if not depth:
        return
    last = chain[-1]
    if isinstance(last, ast.Name):
        for binding in function.names.bindings.get(last.id, ()):
            if binding.value is not None:
                yield from _parts(binding.value, function, program, depth - 1)
    for call in chain:
        if isinstance(call, ast.Call) and word_of(call.func) not in _ASK:
            yield from _given_back(call, function, program, depth - 1)


def _given_back(call: ast.Call, function: Function, program: Program, depth: int) -> Iterator[ast.AST]:
    found = callee_of(call.func, function, program)
    for one in ast.walk(found.node) if found is not None else ():
        if isinstance(one, ast.Return) and one.value is not None and found is not None:
            yield from _parts(one.value, found, program, depth)
