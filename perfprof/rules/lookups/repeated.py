"""Statements that ran again and again in one run of a loop, whoever sent them: a mapper, a helper, a driver.

Told by the recording alone: equal statements from one line within one call of the function whose loop stands around it.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.profilers.slopes import Slope, given_rows, growth
from perfprof.rules.eager.model import is_test
from perfprof.rules.lookups.model import lookups
from perfprof.rules.reading.repeats import loops_around

if TYPE_CHECKING:
    from perfprof.profilers.parts.loads import Load
    from perfprof.profilers.recording import Execution
    from perfprof.rules.reading.program import Function, Program

MOST_TABLES = 2  # that a helper asks; with more it does a piece of work, and is no look-up
_VERB = re.compile(r"\s*\(?\s*(select|insert|update|delete)\b", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:from|into|update)\s+(?:only\s+)?(?P<name>[\w$.\"`\[\]]+)", re.IGNORECASE)


@dataclass(frozen=True, eq=False, slots=True)
class Repeated:
    """Equal statements at one line of a loop. verb: select, insert, update, delete. most: in one call of the function.

    depth: loops around the line. helper: the function that sends it, if it is not the one with the loop. same: always
    the same parameters, None if that cannot be told. beside: verbs of other statements of the same table at that line.
    grows: the line on which they lie over the rows of another statement, if there is one.
    """

    function: Function
    node: ast.expr
    verb: str
    table: str
    total: int
    calls: int
    most: int
    seconds: float
    depth: int
    helper: str = ""
    same: bool | None = None
    beside: frozenset[str] = frozenset()
    grows: Slope | None = None


def repeated(executions: Sequence[Execution], loads: Sequence[Load], program: Program) -> Iterator[Repeated]:
    """What loops send, but for lazy loads and look-ups in loops, which have rules of their own."""
    groups = _groups(executions, loads, program)
    given = given_rows(executions) if groups else {}
    for (path, line, verb, table, level), members in groups.items():
        here = [(other, what) for at, where, other, what, _ in groups if (at, where) == (path, line)]
        verbs, tables = {other for other, what in here if what == table}, {what for _, what in here}
        if not level or len(tables) <= MOST_TABLES:
            found = _repeated(members, level, frozenset(verbs - {verb}), program)
            yield replace(found, grows=growth([(one, level) for one in members], given))


Key = tuple[str, int, str, str, int]  # path, line, verb, table, level


def _groups(executions: Sequence[Execution], loads: Sequence[Load], program: Program) -> dict[Key, list[Execution]]:
    """What stands in loops, by its line."""
    lazy = {(one.site[0].path, one.site[0].line) for one in loads if one.site}
    groups: dict[Key, list[Execution]] = defaultdict(list)
    for one in executions:
        verb, table = _verb(one.statement.text), _table(one.statement.text)
        level = _level(one, program) if verb else -1
        if level >= 0 and (one.site[0].path, one.site[0].line) not in lazy:
            groups[one.site[level].path, one.site[level].line, verb, table, level].append(one)
    return groups


def _level(one: Execution, program: Program) -> int:
    """The frame of the statement or of who called that function, if it stands in a loop; -1 if neither does.

    A loop further up repeats a piece of work that sends what it needs; no one statement takes its place.
    """
    return next((at for at in range(min(len(one.site), 2)) if _looped(one, at, program) is not None), -1)


def _repeated(members: list[Execution], level: int, beside: frozenset[str], program: Program) -> Repeated:
    found = _looped(members[0], level, program)
    assert found is not None
    function, node = found
    counts: dict[str, float] = defaultdict(float)
    for one in members:
        counts[_activation(one, level)] += one.count / max(one.calls, 1)
    same = all(one.keys == 1 for one in members) if not level else None
    return Repeated(
        function,
        node,
        _verb(members[0].statement.text),
        _table(members[0].statement.text),
        sum(one.count for one in members),
        len(counts),
        round(max(counts.values())),
        sum(one.seconds for one in members),
        len(loops_around(node, function)),
        members[0].site[level - 1].function if level else "",
        same,
        beside,
    )


def _activation(one: Execution, level: int) -> str:
    return (one.activation, *one.around)[level] if level <= len(one.around) else ""


def _looped(one: Execution, level: int, program: Program) -> tuple[Function, ast.expr] | None:
    """The function of that frame and the call at its line, if a loop of it repeats that."""
    frame = one.site[level]
    path = Path(frame.path)
    if not path.is_relative_to(program.root) or is_test(path):
        return None
    function = program.function_at(path, frame.line)
    if function is None:
        return None
    known: dict[int, ast.expr | None] = function.memo.setdefault("repeated", {})  # type: ignore[assignment]
    if frame.line not in known:
        known[frame.line] = _repeating_call(function, frame.line, program)
    node = known[frame.line]
    return (function, node) if node is not None else None


def _repeating_call(function: Function, line: int, program: Program) -> ast.expr | None:
    """The outermost call on the line that a loop repeats, unless the rule for look-ups has it; else an attribute or await."""
    for kinds in ((ast.Call,), (ast.Attribute, ast.Await)):
        found = [node for node in _nodes_at(function, line, kinds) if loops_around(node, function)]
        if found and any(_covers(one.call, line) for one in lookups(function, program)):
            return None
        if found:
            return min(found, key=_span)
    return None


def _nodes_at(function: Function, line: int, kinds: tuple[type[ast.expr], ...]) -> list[ast.expr]:
    nodes = ast.walk(function.node)
    return [
        node for node in nodes if isinstance(node, ast.expr) and isinstance(node, kinds) and _covers(node, line)
    ]


def _covers(node: ast.expr, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _span(node: ast.expr) -> tuple[int, int]:
    return (node.end_lineno or node.lineno) - node.lineno, -(node.end_col_offset or 0) + node.col_offset


def _verb(text: str) -> str:
    found = _VERB.match(text)
    return found[1].lower() if found else ""


def _table(text: str) -> str:
    found = _TABLE.search(text)
    return found["name"].rpartition(".")[2].strip('"`[]') if found else ""
