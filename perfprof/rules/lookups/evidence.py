"""Evidence of a look-up in a loop: what a run must tell, and how often the query really ran in one loop."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.profilers.observations import Watch, WatchKind
from perfprof.profilers.slopes import Slope, given_rows, growth
from perfprof.rules.hoisting import watch
from perfprof.rules.lookups.batch import CHUNK
from perfprof.rules.rule import Case, Evidence
from perfprof.rules.schema.standing import Standing

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.lookups.model import Lookup

LEAST = 5  # executions in one run of the loop; from 3 on a batch pays even without a network


def watches(lookup: Lookup, prefix: str) -> Iterator[Watch]:
    """What a run must tell: types of keys, of rows, of what is walked, and of a helper's answers."""
    iterable = lookup.loop.iterable
    yield watch(f"{prefix}:key", lookup.spot, lookup.function, "value")
    spot = _row_spot(lookup)
    if spot is not None:
        yield watch(f"{prefix}:row", spot[0], lookup.reader, spot[1])
    if iterable is not None:
        yield watch(f"{prefix}:walked", iterable, lookup.function, "collection")
    if lookup.parameter:
        yield watch(f"{prefix}:answer", lookup.answer, lookup.function, "value")


def _row_spot(lookup: Lookup) -> tuple[ast.expr, WatchKind] | None:
    """Where a row, or a list of rows, can be seen: the fetch itself, ``list(cursor)``, or the first use of a row."""
    query = lookup.query
    if query.how != "each":
        return query.fetch, "collection" if query.how == "all" else "value"
    above = lookup.reader.parents.get(query.fetch)
    if isinstance(above, ast.Call):
        return above, "collection"
    if isinstance(above, (ast.For, ast.comprehension)) and isinstance(above.target, ast.Name):
        scope = above if isinstance(above, ast.For) else lookup.reader.parents[above]
        loads = _loads(above.target.id, scope)
        return (loads[0], "value") if loads else None
    return None


def _loads(name: str, scope: ast.AST) -> list[ast.Name]:
    found = [one for one in ast.walk(scope) if isinstance(one, ast.Name) and one.id == name]
    return [one for one in found if isinstance(one.ctx, ast.Load)]


@dataclass(frozen=True, slots=True)
class Runs:
    """The recorded executions of a look-up. most: within one run of the loop's function. distinct: no key came twice.

    grows: the line on which they lie over the rows of another statement, if there is one.
    """

    total: int
    loops: int
    most: int
    distinct: bool
    seconds: float
    grows: Slope | None = None


def runs(case: Case) -> Runs:
    """Executions whose frames lead through the loop's line to the query's."""
    lookup: Lookup = case.suspect.reading
    counts: dict[str, float] = {}
    total, distinct, seconds = 0, not lookup.parameter, 0.0
    members: list[tuple[Execution, int]] = []
    for execution in case.executions:
        level = _level(lookup, execution)
        if level >= 0:
            activation = ((execution.activation, *execution.around)[level:] or ("",))[0]
            counts[activation] = counts.get(activation, 0.0) + execution.count / max(execution.calls, 1)
            total += execution.count
            members.append((execution, level))
            seconds += execution.seconds
            distinct = distinct and execution.keys == execution.count
    most = round(max(counts.values(), default=0.0))
    grows = growth(members, given_rows(case.executions)) if most >= LEAST else None
    return Runs(total, len(counts), most, distinct and total > 0, seconds, grows)


def standing(case: Case) -> Standing:
    """What is known of the databases that the look-up asked."""
    lookup: Lookup = case.suspect.reading
    members = [one for one in case.executions if _level(lookup, one) >= 0]
    return Standing.of(members, case.executions, case.definitions)


def _level(lookup: Lookup, execution: Execution) -> int:
    """The frame of the loop's function above the statement; -1 if it came from elsewhere."""
    for level, frame in enumerate(execution.site):
        if _at(frame.path, frame.line, lookup.reader.module.path, lookup.query.call):
            if not lookup.parameter:
                return level
            outer = execution.site[level + 1] if level + 1 < len(execution.site) else None
            if outer is not None and _at(outer.path, outer.line, lookup.function.module.path, lookup.call):
                return level + 1
    return -1


def _at(path: str, line: int, file: os.PathLike[str], node: ast.expr) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno) and os.path.realpath(file) == path


def worth_a_batch(case: Case) -> Evidence:
    """At least five executions in one run of the loop."""
    seen = runs(case)
    numbers: dict[str, int | float | str] = {
        "executions": seen.total,
        "loops": seen.loops,
        "most in one loop": seen.most,
        "seconds": seen.seconds,
    }
    if seen.most < LEAST:
        reason = (
            f"at most {seen.most} executions in one loop; {LEAST} are worth a change"
            if seen.most
            else "it did not run"
        )
        return Evidence(False, reason, numbers)
    gain = seen.total / (seen.loops * (1 + (seen.most - 1) // CHUNK))
    told = f"{seen.total:,} executions in {seen.loops:,} loops, up to {seen.most:,} in one"
    return Evidence(True, told + growing(seen.grows, numbers), numbers, gain)


def growing(grows: Slope | None, numbers: dict[str, int | float | str]) -> str:
    """What is told of the line, and its numbers among those of the evidence; an N+1 by the rows that fed its keys."""
    if grows is None:
        return ""
    numbers |= {"statements a row": round(grows.a_row, 3), "rows of": grows.parent}
    return f": {grows.line} of another statement"
