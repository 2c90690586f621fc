"""What a run must tell of an element-wise loop: how long it is, and of which types all is that it computes with."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from perfprof.profilers.observations import Watch
from perfprof.rules.elementwise.loops import ElementLoop
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.rule import Case, Evidence, Suspect

LEAST_TURNS = 128  # an entry: 24 is the break-even, 128 gives 4x to 5x
FASTER = 5.0  # at 128; 20x to 30x at 1,000


def suspect(rule: str, found: ElementLoop) -> Suspect:
    """The finding, and what a run must tell about it: the arrays, the elements, and the values beside them."""
    function = found.function
    text = ", ".join(f"`{one}`" for one in found.arrays)
    what = finding(rule, function, found.hoist.node, text, f"computes with {text} element by element")
    return Suspect(what, found, tuple(_watches(found, what.id)), function)


def _watches(found: ElementLoop, prefix: str) -> Iterator[Watch]:
    function = found.function
    yield watch(f"{prefix}:entry", found.hoist.node, function, "entry")
    yield watch(f"{prefix}:turn", found.body, function, "entry")
    attributes: dict[str, ast.expr] = {}
    for number, cells in enumerate(found.arrays.values()):
        yield watch(f"{prefix}:base{number}", cells[0].base, function, "types")
        attributes |= {cells[0].array: cells[0].base}
    for number, cell in enumerate(found.read.cells.values()):
        if cell.node in function.parents and isinstance(cell.node.ctx, ast.Load):  # type: ignore[attr-defined]
            yield watch(f"{prefix}:cell{number}", cell.node, function, "types")
    for number, node in enumerate(found.given.values()):
        yield watch(f"{prefix}:given{number}", node, function, "types")
    for number, node in enumerate(found.numbers.values()):
        yield watch(f"{prefix}:number{number}", node, function, "types")
    attributes |= found.given | found.numbers
    for number, node in enumerate(one for one in attributes.values() if isinstance(one, ast.Attribute)):
        yield watch(f"{prefix}:held{number}", node.value, function, "types", node.attr)


def worth_arrays_at_once(case: Case) -> Evidence:
    """At least 128 turns an entry, with arrays of NumPy."""
    found: ElementLoop = case.suspect.reading
    entry, turn = case.watched("entry"), case.watched("turn")
    if entry is None or turn is None or not entry.count or not turn.count:
        return Evidence(False, "the loop did not run")
    bases = [case.watched(f"base{number}") for number, _ in enumerate(found.arrays)]
    if any(one is not None and "numpy.ndarray" not in one.types for one in bases):
        return Evidence(False, "")  # most loops over a range are over lists
    turns = turn.count / entry.count
    numbers = {"entries": entry.count, "turns": round(turns, 1)}
    reason = f"{turns:,.0f} elements an entry"
    if turns < LEAST_TURNS:
        return Evidence(False, f"too small: {reason} (pays from {LEAST_TURNS})", numbers)
    return Evidence(True, reason, numbers, FASTER)
