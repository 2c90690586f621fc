"""A whole list is sorted for its smallest or largest elements: ``sorted(xs)[0]``, ``sorted(xs, reverse=True)[:10]``.

Of elements of one exact type whose equals cannot be told apart, the first of the sorted is the smallest, whichever it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.repeats import statement_of
from perfprof.rules.rule import Case, Edit, Evidence, Rewrite, Suspect
from perfprof.rules.searching.indexing import at

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

KINDS = {
    "builtins.list": "list",
    "builtins.tuple": "tuple",
    "builtins.set": "set",
    "builtins.frozenset": "frozenset",
}
ALIKE = frozenset({"builtins.int", "builtins.str", "builtins.bytes"})  # equal ones cannot be told apart
LEAST = (
    1_024  # measured with the guard, on ints in no order: 1.1x at 256, 1.6x at 512, 2.2x at 1,024, 4.1x at 16,384
)
EACH = 100  # of ``[:k]``: elements for each that is kept


@dataclass(frozen=True, eq=False, slots=True)
class Extreme:
    """An item or the first items of ``sorted(walked)``. kept: how many, 0 for an item. word: what gives the same."""

    function: Function
    node: ast.Subscript
    walked: ast.Name
    kept: int
    word: str


def extremes(function: Function, program: Program) -> Iterator[Extreme]:
    """All of them in a function. Only a run tells how many there are."""
    for node in function.every(ast.Subscript) if not program.alone else ():
        call, taken = node.value, _taken(node.slice)
        if taken is None or not isinstance(node.ctx, ast.Load) or not isinstance(call, ast.Call):
            continue
        turned = _turned(call, function)
        if turned is None or not isinstance(call.args[0], ast.Name) or _falls_back(node, function):
            continue
        if _sorted_for_more(node, function):
            continue
        last, kept = taken
        largest = turned is not last
        words = ("nsmallest", "nlargest") if kept else ("min", "max")
        yield Extreme(function, node, call.args[0], kept, words[largest])


def places(one: Extreme) -> tuple[ast.stmt]:
    """Its statement, whose extremes are one finding."""
    return (statement_of(one.node, one.function),)


def _sorted_for_more(node: ast.Subscript, function: Function) -> bool:
    """Whether the statement sorts the same for something else as well: then it is sorted once (common-subexpression)."""
    text = ast.dump(node.value)
    alike = [
        one for one in ast.walk(statement_of(node, function)) if isinstance(one, ast.Call) and ast.dump(one) == text
    ]
    above = [function.parents.get(one) for one in alike]
    return any(not isinstance(one, ast.Subscript) or _taken(one.slice) is None for one in above)


def _taken(index: ast.expr) -> tuple[bool, int] | None:
    """Whether it is the last, and how many: ``[0]``, ``[-1]``, ``[:k]``; None for anything else."""
    if isinstance(index, ast.Slice):
        most = index.upper.value if isinstance(index.upper, ast.Constant) else None
        plain = index.lower is None and index.step is None and type(most) is int and most > 0
        return (False, most) if plain and type(most) is int else None
    text = ast.unparse(index)
    return {"0": (False, 0), "-1": (True, 0)}.get(text)


def _turned(call: ast.Call, function: Function) -> bool | None:
    """Whether ``sorted`` is told to go down; None if it is another call, or has a key."""
    named = isinstance(call.func, ast.Name) and call.func.id == "sorted" and is_builtin("sorted", function)
    if not named or len(call.args) != 1 or len(call.keywords) > 1:
        return None
    if not call.keywords:
        return False
    word = call.keywords[0]
    given = word.value.value if isinstance(word.value, ast.Constant) else None
    return given if word.arg == "reverse" and isinstance(given, bool) else None


def _falls_back(node: ast.Subscript, function: Function) -> bool:
    """Whether it is what a rewrite left for other types."""
    above = function.parents.get(node)
    return isinstance(above, ast.IfExp) and above.orelse is node and "map(type" in ast.unparse(above.test)


def suspect(rule: str, found: Extreme) -> Suspect:
    """The finding, and what a run must tell about what is sorted."""
    function = found.function
    message = f"sorts all of `{found.walked.id}` for " + (
        f"the first {found.kept}" if found.kept else "one of them"
    )
    what = finding(rule, function, found.node, found.walked.id, message)
    held = watch(f"{what.id}:base0", found.walked, function, "collection")
    return Suspect(what, found, (held, watch(f"{what.id}:order", found.walked, function, "order")), function)


def worth_no_sort(case: Case) -> Evidence:
    """1,024 elements, or 100 for each that is kept, in no order: one that is there already is found in no time (0.2x)."""
    found: Extreme = case.suspect.reading
    seen, order = case.watched("base0"), case.watched("order")
    if seen is None or order is None or not seen.count:
        return Evidence(False, "it did not run")
    if order.reads.get("order"):
        return Evidence(False, f"in order already, {order.reads['order']:,} of {order.count:,} times")
    least = max(LEAST, EACH * found.kept)
    reason = f"{seen.count:,} times {seen.mean_length:,.0f} elements"
    numbers = {"times": seen.count, "elements": round(seen.mean_length, 1)}
    if seen.mean_length < least:
        return Evidence(False, f"too small: {reason} (pays from {least:,})", numbers)
    return Evidence(True, reason, numbers, 1.5)


def take_extreme(case: Case) -> Rewrite:
    """The smallest or largest where all are of one type, else as before."""
    found: Extreme = case.suspect.reading
    seen, name = case.watched("base0"), found.walked.id
    kinds = [KINDS[kind] for kind in sorted(seen.types)] if seen is not None and seen.types else ["list"]
    item = guards.FLAT[next(iter(seen.elements))] if seen is not None and seen.elements else "int"
    answer = f"{found.word}({found.kept}, {name})" if found.kept else f"{found.word}({name})"
    test = f"{guards.exactly(name, kinds)} and set(map(type, {name})) == {{{item}}}"
    new = at("replace", found.node, f"({answer} if {test} else {found.function.text(found.node)})")
    imports = (Edit("import", f"from heapq import {found.word}"),) if found.kept else ()
    return Rewrite(
        edits=(new, *imports),
        why=f"{name} is walked once, not sorted",
        memory="less: no sorted copy",
    )
