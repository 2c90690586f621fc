"""Obligations about cells of a data frame that a loop reads one by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from perfprof.rules import guards
from perfprof.rules.frames.cell_arrays import plain_cells
from perfprof.rules.frames.cells import Cells, writes_elsewhere
from perfprof.rules.obligations.frames import may_write
from perfprof.rules.obligations.proofs import guarded, obligation, observed, proved, unproved
from perfprof.rules.reading.effects import hazards
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.hazards import Hazard
from perfprof.rules.rule import Case, Proof


@obligation
def cells_are_plain(case: Case) -> Proof:
    """A column's array holds the very values that pandas gives cell by cell."""
    found: Cells = case.suspect.reading
    if plain_cells(case):
        return guarded("a test of the columns' types and, for labels, that they count the rows")
    for number, one in enumerate(found.cells):
        seen = case.watched(f"value{number}")
        if one.by == "label" and not found.within(one.offset):
            return unproved("the label may be none of the frame's", found.function.place(one.node))
        if seen is not None and seen.types:
            return unproved(f"a cell was a {guards.readable(seen.types)}", found.function.place(one.node))
    return unproved("no run read them", found.function.place(found.cells[0].node))


@obligation
def columns_stay(case: Case) -> Proof:
    """Nothing writes into the columns while the loop runs, or makes the frame another one."""
    found: Cells = case.suspect.reading
    function, loop = found.function, found.hoist
    held = case.watched("held0")
    if held is not None and held.reads.get("computed"):
        return unproved("it is computed (a property), perhaps anew each time", function.place(found.frame))
    region = [loop.holder] if loop.holder is not None else loop.node.body  # type: ignore[union-attr]
    for hazard in hazards(region, function, case.program):
        if _touches(hazard, found):
            return unproved("this may write into the frame, or name another one", function.place(hazard.node))
    if held is not None or len(path_of(found.frame) or ()) > 1:
        return observed("the frame was an attribute that is stored, in every recorded run")
    return proved("the loop writes into no frame, or into other columns of rows there are")


def _touches(hazard: Hazard, found: Cells) -> bool:
    return hazard.node not in {*_known(found)} and (_moves(hazard, found) or may_write(hazard, found.function))


def _known(found: Cells) -> Iterator[ast.AST]:
    """What the loop does to the frame and leaves the columns as they are."""
    for one in found.writes:
        if writes_elsewhere(one, found):
            yield one
            yield found.function.parents[one]  # `frame.at[i, "y"] += …`
    for read in found.reads:
        yield read.value  # `.to_numpy()`


def _moves(hazard: Hazard, found: Cells) -> bool:
    """Whether the name of the frame or the counter is bound anew, or what is stored may be a column."""
    root = (path_of(found.frame) or ("",))[0]
    if hazard.kind == "rebinds":
        return hazard.name in {root, found.hoist.target.id}  # type: ignore[union-attr]
    return hazard.kind == "attribute"
