"""Streams: data that come from outside the program, as many as there are: lines of a file, chunks of an answer."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.reading.syntax import walk
from perfprof.rules.reading.vocabulary import ASKED, PASSED, READ

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop

DEPTH = 4  # steps from a name to what was read
OUTSIDE = READ - {"nlargest", "nsmallest", "accumulate", "combinations", "permutations", "product"}
PIECES = frozenset(
    {"read", "read1", "recv", "recvfrom", "readline", "receive"}
)  # give one piece of what is still to come


def repeats_with_data(loops: Iterable[Loop], function: Function) -> bool:
    """Whether one of these loops turns once for each piece of data from outside."""
    return any(
        reads_pieces(one.node) if isinstance(one.node, ast.While) else is_from_outside(one.node.iter, function)
        for one in loops
    )


def is_from_outside(node: ast.expr, function: Function, depth: int = DEPTH) -> bool:
    """Whether an expression holds what was read, or a part of it."""
    if depth <= 0:
        return False
    if isinstance(node, ast.Name):
        made = function.names.values(node.id) or opened(node.id, function)
        return any(is_from_outside(one, function, depth - 1) for one in made)
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        return any(is_from_outside(one.iter, function, depth - 1) for one in node.generators)
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.Attribute) and node.attr == "stdin"
    callee = node.func
    name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
    if name in PASSED:
        return any(is_from_outside(one, function, depth - 1) for one in node.args)
    if isinstance(callee, ast.Attribute) and name in ASKED:
        return is_from_outside(callee.value, function, depth - 1)
    return name in OUTSIDE


def opened(name: str, function: Function) -> list[ast.expr]:
    """What ``with open(path) as name`` opens, if nothing else binds the name."""
    items = (one for one in function.every(ast.withitem) if isinstance(one.optional_vars, ast.Name))
    found = [one.context_expr for one in items if one.optional_vars.id == name]  # type: ignore[union-attr]
    return found if len(found) == len(function.names.bindings.get(name, ())) else []


def reads_pieces(loop: ast.While) -> bool:
    """``while True: chunk = file.read(4096)``, ``while chunk := file.read(4096)``: until nothing more comes.

    A loop that counts what has come, as in ``while len(head) < 4``, reads what it knows to be there.
    """
    if not isinstance(loop.test, (ast.Constant, ast.Name, ast.NamedExpr)):
        return False
    values = (one.value for one in walk(loop) if isinstance(one, (ast.Assign, ast.NamedExpr)))
    return any(
        isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in PIECES and one.args
        for one in values
    )


def is_read_whole(node: ast.expr) -> bool:
    """``file.read()`` and ``path.read_text()``."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"read", "read_text"}
    )
