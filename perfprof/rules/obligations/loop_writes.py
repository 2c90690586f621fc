"""When no turn of a loop around a look-up writes what a later one reads: by its code, by the run, by the databases' catalogs."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING

from perfprof.rules.hoisting import runs_later
from perfprof.rules.lookups.evidence import standing
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.reading.deeds import Deed, deeds
from perfprof.rules.rule import Case, Proof
from perfprof.rules.schema.defined import reached

if TYPE_CHECKING:
    from perfprof.rules.lookups.model import Lookup

# Calls after which another task has something to do, or this one is to end.
_WAKES = frozenset(
    "create_task ensure_future start_soon run_in_executor call_soon call_soon_threadsafe call_later call_at cancel"
    " set_result set_exception put_nowait notify notify_all release set".split()
)


@obligation
def loop_writes_nothing_it_reads(case: Case) -> Proof:
    """No turn changes what a later one reads."""
    lookup: Lookup = case.suspect.reading
    tables = reached(lookup.query.statement.table_names(), standing(case).texts)
    later = runs_later(lookup.scan, lookup.function) or _walked_by_a_statement(lookup)
    if later is not None:
        return unproved(
            "a generator expression asks when it is walked, perhaps after a write", lookup.function.place(later)
        )
    found = [one for one in deeds(lookup.region, lookup.function, case.program) if one.node is not lookup.call]
    problem = next(filter(None, (_problem(one, tables, lookup) for one in found)), None)
    if problem is not None:
        return problem
    if not found:
        return proved(f"nothing in the loop writes to a database, so {', '.join(sorted(tables))} stay")
    unseen = _unseen(case, {one.what for one in found if one.kind == "writes"})
    return (
        unproved(unseen, lookup.function.place(found[0].node)) if unseen else _as_recorded(case, found[0], tables)
    )


def _unseen(case: Case, written: set[str]) -> str:
    """Why a write may reach further than the statement tells; empty if nothing is written, or the catalog is known."""
    lookup: Lookup = case.suspect.reading
    written = written | _recorded_writes(case)
    table = standing(case).unknown({*lookup.query.statement.table_names(), *written}) if written else ""
    why = f"the loop writes {', '.join(sorted(written))}; whether {table} has triggers or cascading keys cannot be told"
    return f"{why} (give the database with --database)" if table else ""


def _waits(deed: Deed, lookup: Lookup) -> bool:
    """``await``: what others write meanwhile is as with another process; what the awaited call writes is asked apart."""
    awaited = isinstance(deed.node, ast.Await) or isinstance(lookup.function.parents.get(deed.node), ast.Await)
    return deed.kind == "suspends" and (awaited or deed.node is lookup.query.apart)


def _as_recorded(case: Case, unsure: Deed, tables: frozenset[str]) -> Proof:
    """What cannot be read was seen running: which tables did it write?"""
    lookup: Lookup = case.suspect.reading
    where, written = lookup.function.place(unsure.node), _recorded_writes(case) & tables
    if written:
        return unproved(f"the recorded loop writes {', '.join(sorted(written))}", where)
    if not case.executions:
        return unproved(f"`{unsure.what or unsure.kind}` may write, and no run was recorded", where)
    return observed(f"no recorded statement of the loop writes {', '.join(sorted(tables))}", where)


def _walked_by_a_statement(lookup: Lookup) -> ast.AST | None:
    """``for x in (… for y in ys)``: the statement's body runs between two turns of the generator."""
    holder = lookup.loop.holder
    lazy = isinstance(holder, ast.GeneratorExp) and isinstance(lookup.function.parents.get(holder), ast.For)
    return holder if lazy else None


def _problem(deed: Deed, tables: frozenset[str], lookup: Lookup) -> Proof | None:
    """What speaks against asking early, of one thing that the loop does."""
    says = {"writes": _written, "unknown": _woken, "suspends": _suspended}
    why = says[deed.kind](deed, tables, lookup) if deed.kind in says else ""
    if deed.kind == "rolls back":
        why = "the loop rolls back, and later turns would read other rows"
    return unproved(why, lookup.function.place(deed.node)) if why else None


def _written(deed: Deed, tables: frozenset[str], lookup: Lookup) -> str:
    table = deed.what.rpartition(".")[2]
    if table not in tables and deed.what != "?":
        return ""
    own = table in lookup.query.statement.table_names() or deed.what == "?"
    through = "" if own else " through a trigger, a view or a cascading key"
    return f"the loop writes {table}, which the statement reads{through}"


def _woken(deed: Deed, tables: frozenset[str], lookup: Lookup) -> str:
    wakes = lookup.query.awaited and deed.what.rpartition(".")[2] in _WAKES
    return f"`{deed.what}` lets other tasks run at the `await` of a turn, which is no more" if wakes else ""


def _suspended(deed: Deed, tables: frozenset[str], lookup: Lookup) -> str:
    return "" if _waits(deed, lookup) else "other code runs at `yield` or `await`, and may write"


def _recorded_writes(case: Case) -> frozenset[str]:
    """Tables that recorded statements below the loop's lines write."""
    from perfprof.rules.reading.statements import read

    lookup: Lookup = case.suspect.reading
    path, found = os.path.realpath(lookup.function.module.path), set()
    for execution in case.executions:
        if any(frame.path == path and frame.line in lookup.lines for frame in execution.site):
            text = execution.statement.text
            statement = read(text, "sqlite" if "sqlite" in execution.statement.driver else "postgresql")
            if statement.writes:
                found.add(statement.writes.rpartition(".")[2])
    return frozenset(found)
