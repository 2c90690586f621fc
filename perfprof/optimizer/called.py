"""Time that the sampler inside cannot see in the function that used it.

It is woken where a loop turns, a function begins or, by version, a call ends. ``return name in self._names`` has none of
these: what the search takes is booked on whoever called, or called the caller. So a function that is called may have used
as much as its callers have of their own; what it truly does is for the second run to count.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from perfprof.profilers.hot import hot_functions
from perfprof.profilers.recording import Recording
from perfprof.rules.reading.program import Function, Program
from perfprof.rules.reading.receivers import callee_at
from perfprof.rules.reading.resolution import module_of

_DEPTH = 3  # calls below one another, none of which turns a loop
_NAMESAKES = 4  # methods of one name of which any may be meant


def unseen_shares(recording: Recording, program: Program, least: float) -> Mapping[Function, float]:
    """Functions that code with at least this share of its own may call, and how much of that can be theirs, 0 to 1."""
    if "loops" not in recording.meta.get("sampler", ""):
        return {}
    found: dict[Function, float] = {}
    spare = _own_shares(recording, program, least)
    for _ in range(_DEPTH):
        below: dict[Function, float] = {}
        for caller, share in spare.items():
            for target in _called_in(caller, program):
                if share > found.get(target, 0.0):
                    found[target] = below[target] = share
        spare = below
    return found


def _own_shares(recording: Recording, program: Program, least: float) -> dict[Function, float]:
    found: dict[Function, float] = defaultdict(float)
    for one in hot_functions(recording, least):
        function = program.function_at(Path(one.path), one.line) if one.own >= least else None
        if function is not None:
            found[function] += one.own
    return found


def _called_in(caller: Function, program: Program) -> Iterator[Function]:
    for statement in caller.module.top.values():
        if isinstance(statement, ast.ImportFrom):  # so that the methods of its classes are known by name
            module_of(statement, caller.module, program)
    for node in caller.every(ast.Call, ast.Attribute, ast.Compare, ast.Subscript):
        read = node.func if isinstance(node, ast.Call) else node
        target = callee_at(read, caller, program) if isinstance(read, (ast.Name, ast.Attribute)) else None
        if target is not None:
            yield target.target
        else:
            namesakes = program.methods.get(_method_of(node), ())
            yield from namesakes if len(namesakes) <= _NAMESAKES else ()


def _method_of(node: ast.AST) -> str:
    """The name of the method that an expression asks, if its object has one."""
    if isinstance(node, ast.Compare):
        return "__contains__" if isinstance(node.ops[0], (ast.In, ast.NotIn)) else ""
    if isinstance(node, ast.Subscript):
        return "__getitem__"
    return node.attr if isinstance(node, ast.Attribute) else ""
