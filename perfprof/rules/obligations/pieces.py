"""Obligations about text, bytes and tuples that a loop builds: nobody reads them before the loop is over."""

from __future__ import annotations

import ast

from perfprof.rules import guards
from perfprof.rules.containers.pieces import Building, unsure
from perfprof.rules.containers.uses import own_local
from perfprof.rules.obligations.growth import handles_errors, shares_line
from perfprof.rules.obligations.proofs import guarded, obligation, proved, unproved
from perfprof.rules.rule import Case, Proof


@obligation
def seen_by_nobody_else(case: Case) -> Proof:
    """Only this function can read what is built."""
    found: Building = case.suspect.reading
    problem = own_local(found.name, found.function)
    if problem:
        return unproved(problem, found.function.place(found.loop))
    return proved(f"`{found.name}` is a local name, and the loop does nothing but add to it")


@obligation
def ends_are_in_sight(case: Case) -> Proof:
    """No error leads from the loop to code that reads what is built."""
    found: Building = case.suspect.reading
    function = found.function
    node: ast.AST = found.loop
    while node is not function.node:
        node = function.parents[node]
        if handles_errors(node, function):
            why = f"an error in the loop may be handled here, and `{found.name}` be read as it was by then"
            return unproved(why, function.place(node))
    return proved("an error in the loop leaves the function")


@obligation
def pieces_are_alike(case: Case) -> Proof:
    """What is added is of the kind that is built."""
    found: Building = case.suspect.reading
    tested = [part for one in found.additions for part in unsure(one, found)]
    if not tested:
        return proved(f"all that is added is surely a {found.kind}")
    for number, one in enumerate(found.additions):
        seen = case.watched(f"more{number}")
        kinds = (
            {name.partition("[")[0] for name in seen.types} if seen is not None and unsure(one, found) else set()
        )
        if kinds and kinds != {f"builtins.{found.kind}"}:
            return unproved(f"what is added was a {guards.readable(kinds)}", found.function.place(one.statement))
    return guarded("a test of the exact type: from the first of another type on, all is added as before")


@obligation
def additions_have_lines(case: Case) -> Proof:
    """The new statements have a place."""
    found: Building = case.suspect.reading
    for one in found.additions:
        if shares_line(one.statement, found.function):
            return unproved("the statement does not stand on lines of its own", found.function.place(one.statement))
    if shares_line(found.loop, found.function):
        return unproved("the loop does not stand on lines of its own", found.function.place(found.loop))
    return proved("the statements and the loop stand on lines of their own")
