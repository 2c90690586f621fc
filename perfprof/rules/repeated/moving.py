"""``name = …`` in a loop, which gives the same in each turn: the statement itself can stand before the loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.reading.scans import STATEMENT_LOOPS
from perfprof.rules.rule import Edit
from perfprof.rules.searching.indexing import at

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


def moved_out(value: ast.expr, before: ast.stmt, function: Function) -> tuple[Edit, ...]:
    """The edits that move the assignment of a value before a statement around it; none if a name must stand for it.

    Only the rest of the same turn reads the name, nothing else binds it, and no comment stands with it.
    """
    step = function.parents.get(value)
    loop = function.parents.get(step) if step is not None else None
    if not isinstance(step, ast.Assign) or not isinstance(loop, STATEMENT_LOOPS) or step not in loop.body:
        return ()
    target = step.targets[0]
    named = len(step.targets) == 1 and isinstance(target, ast.Name) and step.value is value
    if not named or len(loop.body) < 2 or not _stands_alone(step, function):
        return ()
    if not _read_in_the_turn_only(target.id, step, loop, function):  # type: ignore[attr-defined]
        return ()
    return at("before", before, f"{target.id} = {_text(step, function)}"), at("statement", step, "")  # type: ignore[attr-defined]


def _text(step: ast.Assign, function: Function) -> str:
    """The value as it stands, its further lines moved to the left as its first one is."""
    text, space = function.text(step.value), " " * step.col_offset
    whole = (one for one in ast.walk(step) if isinstance(one, (ast.Constant, ast.JoinedStr)))
    if any(one.lineno != one.end_lineno for one in whole):
        return text  # its lines belong to a text
    return "\n".join(line.removeprefix(space) if number else line for number, line in enumerate(text.split("\n")))


def _stands_alone(step: ast.stmt, function: Function) -> bool:
    lines = function.module.raw_lines
    before = lines[step.lineno - 1][: step.col_offset]
    after = lines[(step.end_lineno or step.lineno) - 1][step.end_col_offset or 0 :]
    above = lines[step.lineno - 2].strip() if step.lineno > 1 else b""
    inside = lines[step.lineno - 1 : step.end_lineno]
    return not before.strip() and not after.strip() and not above.startswith(b"#") and b"#" not in b"".join(inside)


def _read_in_the_turn_only(
    name: str, step: ast.stmt, loop: ast.For | ast.AsyncFor | ast.While, function: Function
) -> bool:
    names, last = function.names, loop.body[-1]
    if not names.is_local(name) or name in names.captured or name in names.elsewhere or names.dynamic:
        return False
    if len(names.bindings[name]) != 1 or name in function.parameters:
        return False
    first, end = step.end_lineno or step.lineno, last.end_lineno or last.lineno
    return all(first < use.lineno <= end for use in names.loads.get(name, ()))
