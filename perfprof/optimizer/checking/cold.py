"""What reading alone shows to be cold: paths of failures, and loops that the code itself keeps short."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import cast

from perfprof.rules.reading.program import Function
from perfprof.rules.reading.repeats import written_few
from perfprof.rules.reading.scans import COMPREHENSIONS
from perfprof.rules.reading.vocabulary import words
from perfprof.rules.rule import Finding

# Words of names of functions that set a program up, read what was typed, or tell about the program itself.
ONCE = frozenset("""
    arg argument cli config configuration configure deprecate deprecated help init initialize install main menu option
    plugin register registry repr setting setup signature startup usage version warn wizard
    """.split())


def cold_by_reading(finding: Finding, function: Function) -> bool:
    """Whether only a run could show that the finding matters."""
    return on_the_way_out(finding, function) or only_once(finding, function) or short_by_code(finding, function)


def runs_once(function: Function) -> bool:
    """Whether it runs when a program begins, or once for what somebody typed: what its loops walk is short and seldom."""
    if isinstance(function.node, ast.Module):
        return True
    return any(word in ONCE for word, _ in words(function.qualname.rsplit(".", 1)[-1]))


def on_the_way_out(finding: Finding, function: Function) -> bool:
    """Whether it stands in a branch that ends by raising: what a failure costs matters only where a run shows it."""
    known = function.memo.get("ends by raising")
    if known is None:
        known = function.memo["ends by raising"] = tuple(_raising(function))
    return any(first <= finding.line <= last for first, last in cast("tuple[tuple[int, int], ...]", known))


def _raising(function: Function) -> Iterator[tuple[int, int]]:
    """The lines of each branch that ends by raising."""
    branches = [one.body for one in function.every(ast.ExceptHandler)]
    branches += [block for one in function.every(ast.If) for block in (one.body, one.orelse)]
    for block in branches:
        if block and isinstance(block[-1], ast.Raise):
            yield block[0].lineno, block[-1].lineno


def only_once(finding: Finding, function: Function) -> bool:
    """Whether it stands below ``if x is None`` or ``if not x`` and gives `x` a value, so that the next turn has it."""
    known = function.memo.get("filled once")
    if known is None:
        known = function.memo["filled once"] = tuple(_filled(function))
    return any(first <= finding.line <= last for first, last in cast("tuple[tuple[int, int], ...]", known))


def _filled(function: Function) -> Iterator[tuple[int, int]]:
    """The lines of each such branch."""
    for one in function.every(ast.If):
        test = one.test
        asked = test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else None
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is):
            asked = test.left
        wanted = ast.unparse(asked) if asked is not None else ""
        if wanted and any(
            isinstance(part, ast.Assign) and wanted in map(ast.unparse, part.targets) for part in one.body
        ):
            yield one.body[0].lineno, one.body[-1].end_lineno or 0


def short_by_code(finding: Finding, function: Function) -> bool:
    """Whether all loops around it walk a few written elements, or the arguments that each call writes out (``*args``)."""
    if any(_spans(one, finding) for one in function.every(ast.While)):
        return False
    loops: list[ast.For | ast.AsyncFor] = [*function.every(ast.For), *function.every(ast.AsyncFor)]
    walked = [one.iter for one in loops if _spans(one, finding)]
    holders = [one for kind in COMPREHENSIONS for one in function.nodes.get(kind, ())]
    walked += [part.iter for one in holders if _spans(one, finding) for part in getattr(one, "generators", ())]
    given = set(_starred(function))
    return bool(walked) and all(
        written_few(one) or (isinstance(one, ast.Name) and one.id in given) for one in walked
    )


def _starred(function: Function) -> Iterator[str]:
    """Names of ``*args`` of a function and of those around it, unless they are bound once more."""
    scope: Function | None = function
    while scope is not None:
        arguments = getattr(scope.node, "args", None)
        if (
            arguments is not None
            and arguments.vararg is not None
            and arguments.vararg.arg not in scope.names.bindings
        ):
            yield arguments.vararg.arg
        scope = scope.outer


def _spans(node: ast.AST, finding: Finding) -> bool:
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    return bool(first <= finding.line <= last)
