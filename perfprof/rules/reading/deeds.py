"""What a piece of code does to databases: the tables it writes, and the calls of which nothing is known."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from perfprof.rules.reading.effects import hazards
from perfprof.rules.reading.instances import callee_of
from perfprof.rules.reading.queries import ASYNCPG, dialect_of, text_of

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

DEPTH = 5
_EXECUTES = frozenset(["execute", "executemany"])
_SENDS = frozenset(
    [*ASYNCPG, "execute_fetchall", "execute_insert", "fetchmany", "exec_driver_sql"]
)  # or no database's
_HARMLESS = frozenset("fetchone fetchall fetchmany cursor close keys set_trace_callback".split())


@dataclass(frozen=True, eq=False, slots=True)
class Deed:
    """One thing that the code may do. node: in the function that was asked about.

    kind "writes": to the table ``what``, "?" if it cannot be told. "commits", "rolls back": the transaction.
    "unknown": a call of ``what``, which cannot be read. "suspends": other code runs at ``yield`` or ``await``.
    """

    kind: Literal["writes", "commits", "rolls back", "unknown", "suspends"]
    node: ast.AST
    what: str = ""


def deeds(region: Iterable[ast.AST], function: Function, program: Program, depth: int = DEPTH) -> Iterator[Deed]:
    """All deeds of a region of a function, through the calls that it makes."""
    seen: set[ast.AST] = set()
    for hazard in hazards(region, function, program):
        if hazard.kind == "suspends":
            yield Deed("suspends", hazard.node)
        elif hazard.kind == "unknown" and isinstance(hazard.node, ast.Call) and hazard.node not in seen:
            seen.add(hazard.node)  # a call is told once for each thing that is not known of it
            yield from _call(hazard.node, function, program, depth)


def _call(call: ast.Call, function: Function, program: Program, depth: int) -> Iterator[Deed]:
    callee = call.func
    method = callee.attr if isinstance(callee, ast.Attribute) else ""
    if method in _EXECUTES or (method in _SENDS and _speaks_sql(call, function, program)):
        yield from _executed(call, function, program)
        return
    target = callee_of(callee, function, program)
    if target is not None and depth:
        for deed in deeds(target.body, target, program, depth - 1):
            yield replace(deed, node=call)
        return
    if method in ("commit", "rollback"):
        yield Deed("commits" if method == "commit" else "rolls back", call)
    elif method not in _HARMLESS:
        yield Deed("unknown", call, function.text(callee))


def _speaks_sql(call: ast.Call, function: Function, program: Program) -> bool:
    """Whether the text that is sent is a statement."""
    from perfprof.rules.reading.statements import read

    found = text_of(call.args[0], function, program) if call.args else None
    return found is not None and read(found[0], dialect_of(found[0])).kind != "other"


def _executed(call: ast.Call, function: Function, program: Program) -> Iterator[Deed]:
    from perfprof.rules.reading.statements import read

    found = text_of(call.args[0], function, program) if call.args else None
    if found is None:
        yield Deed("unknown", call, function.text(call.func))
        return
    statement = read(found[0], dialect_of(found[0]))
    if not statement.reads_only or statement.unsure:  # a function may write any table
        yield Deed("writes", call, statement.writes or "?")
