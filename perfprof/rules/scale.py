"""Scale: whether the code itself says that a finding's n is large, or only a run can tell.

Each rule names what its n is: the collection that is walked, the loops that repeat the walk, and the values on which the
guards of its rewrite stand. A finding is brought up unmeasured only where all of them speak for it. What a rewrite makes
longer, with a test at each addition or a second way beside the first, has to earn that: there the data must come from
outside the program.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from perfprof.rules.containers.pieces import unsure
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.extents import Extent, extent_of, turns, worklist
from perfprof.rules.reading.flatness import holds_flat_elements, is_flat_value
from perfprof.rules.reading.repeats import loops_around
from perfprof.rules.reading.streams import is_from_outside, repeats_with_data
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.reading.vocabulary import names_parts

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.scans import Loop, Scan
    from perfprof.rules.rule import Suspect


def walked_again(
    collection: ast.expr, loops: Sequence[Loop], values: Iterable[ast.expr], function: Function
) -> Extent:
    """Of a collection that each turn of these loops walks to compare these values."""
    if (
        names_parts(function.qualname.rsplit(".", 1)[-1])
        or _hashing_failed(collection, function)
        or not all(is_flat_value(one, function, loops) for one in values)
    ):
        return Extent.UNKNOWN
    return min(extent_of(collection, function), turns(loops, function))


def of_membership(suspect: Suspect) -> Extent:
    """Of ``x in xs``, ``xs.index(x)`` and ``xs.count(x)``."""
    found = suspect.reading
    probe = found.scan.probe
    return walked_again(
        found.scan.subject, _from(found.hoist, found.scan), () if probe is None else (probe,), found.function
    )


def of_dict_scan(suspect: Suspect) -> Extent:
    """Of keys or values of a dict that are made a list to be asked."""
    found = suspect.reading
    return walked_again(found.bases[0], found.scan.around, (found.scan.probe,), found.function)


def of_narrowing(suspect: Suspect) -> Extent:
    """Of a loop in a loop that keeps the rows with an equal key."""
    found = suspect.reading
    return walked_again(found.walked, _from(found.hoist, found.scan), (found.outer,), found.function)


def of_queue(suspect: Suspect) -> Extent:
    """Of a list that is a queue: as long as what is put into it, and many if what a turn takes out brings more."""
    found = suspect.reading
    brought = worklist(found.name, found.loop, found.function)
    return extent_of(ast.Name(found.name, ast.Load()), found.function) if brought is None else brought


def of_growth(suspect: Suspect) -> Extent:
    """Of what is copied to add to it: as often as the loop turns, or as there are lists to add up."""
    found = suspect.reading
    function = found.function
    if found.kind == "sum":  # which a guard makes three times as long
        return _of_data(found.kept, function)
    loops = loops_around(found.node, function)
    plain = found.kind == "dict" or builtin_type(found.more, function) == "list"
    return turns(loops, function) if plain or repeats_with_data(loops, function) else Extent.UNKNOWN


def of_building(suspect: Suspect) -> Extent:
    """Of text, bytes or a tuple that is copied in each turn."""
    found = suspect.reading
    loops = loops_around(found.additions[0].statement, found.function)
    tests = sum(bool(unsure(one, found)) for one in found.additions)
    if tests > 1 or (tests and not repeats_with_data(loops, found.function)):
        return Extent.UNKNOWN
    return turns(loops, found.function)


def of_removals(suspect: Suspect) -> Extent:
    """Of elements that are taken out of a list one by one."""
    found = suspect.reading
    return _of_data(found.bases[0], found.function)


def of_sorting(suspect: Suspect) -> Extent:
    """Of a list that each turn sorts again."""
    found = suspect.reading
    return extent_of(ast.Name(found.name, ast.Load()), found.function)


def of_stretch(suspect: Suspect) -> Extent:
    """Of a part of a list that each turn adds up."""
    found = suspect.reading
    return min(_of_data(found.values, found.function), turns(_from(found.hoist, found.scan), found.function))


def of_invariant(suspect: Suspect) -> Extent:
    """Of what each turn computes again from the same collections of text or numbers."""
    found = suspect.reading
    walked = [extent_of(one, found.function) for one in found.bases if holds_flat_elements(one, found.function)]
    return min(max(walked, default=Extent.UNKNOWN), turns(_from(found.hoist, found.scan), found.function))


def of_queries(suspect: Suspect) -> Extent:
    """Of a query in a loop: each turn waits for the database, so that a few dozen are many."""
    found = suspect.reading
    often = turns(_from(found.loop, found.scan), found.function)
    return Extent.MANY if often is not Extent.FEW else often


def grows_by_itself(suspect: Suspect) -> Extent:
    """Of what grows with any data, such as a recursion that asks the same again and again."""
    return Extent.MANY


def _of_data(collection: ast.expr, function: Function) -> Extent:
    """Of a collection that must have come from outside."""
    return extent_of(collection, function) if is_from_outside(collection, function) else Extent.UNKNOWN


def _hashing_failed(node: ast.expr, function: Function) -> bool:
    """Whether a TypeError was handled above: what gets there could not be hashed, and would make a guard fall back."""
    return any(
        one.lineno < node.lineno and path_of(one.type) == ("TypeError",)
        for one in function.every(ast.ExceptHandler)
        if one.type is not None
    )


def _from(hoist: Any, scan: Scan) -> tuple[Loop, ...]:
    """The loops through which the same collection is walked."""
    around = list(scan.around)
    nodes = [one.node for one in around]
    return tuple(around[nodes.index(hoist.node) :]) if hoist.node in nodes else tuple(around)
