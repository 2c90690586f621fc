"""Sums of stretches of one list in a loop, answered by the sums of its beginnings: ``sum(xs[a:b])``, ``sum(xs[:i])``.

Integers only, for which sums in another order are the same. The guard tests for exact ints, and each answer that its
bounds lie within the list; otherwise the stretch is summed as before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import identities, outermost, watch
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.names import bound_names, fresh, read_names
from perfprof.rules.reading.repeats import stands_alone
from perfprof.rules.reading.scans import Loop, Scan
from perfprof.rules.reading.stability import Stability
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.repeated.invariants import is_fallback
from perfprof.rules.rule import Case, Edit, Evidence, Rewrite, Suspect
from perfprof.rules.searching.indexing import at, collection_name, in_style
from perfprof.rules.searching.iterators import loop_tests, unknown_iterables
from perfprof.rules.searching.row_tests import quietly

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

LEAST_TURNS, LEAST_ELEMENTS = 8, 32
SLICE, BUILD, ASK = 1.5, 9.0, 12.0  # an element copied and added; an element's prefix sum with its test; an answer


@dataclass(frozen=True, eq=False, slots=True)
class Stretch:
    """``sum(values[start:stop])`` in a loop; a bound that is not written is None. window: both are written."""

    function: Function
    scan: Scan
    display: ast.expr
    values: ast.expr
    start: ast.expr | None
    stop: ast.expr | None
    hoist: Loop
    bases: tuple[ast.expr, ...]
    stable: tuple[Stability, ...]

    @property
    def window(self) -> bool:
        """Whether both bounds are written."""
        return self.start is not None and self.stop is not None


def stretches(function: Function, program: Program) -> Iterator[Stretch]:
    """All sums of a stretch that a loop repeats."""
    if isinstance(function.node, ast.Module):
        return
    for scan in function.scans:
        call = scan.node
        found = _slice_of(call, function) if scan.kind == "call" and scan.around else None
        if found is None or not isinstance(call, ast.Call) or is_fallback(call, function):
            continue
        if not _has_itertools_free(function):
            return
        bounds = _bounds(found)
        loop, stable = outermost([found.value], scan, function, program) if bounds is not None else (None, ())
        if bounds is not None and loop is not None:
            yield Stretch(function, scan, call, found.value, *bounds, loop, (found.value,), stable)


def _slice_of(call: ast.AST, function: Function) -> ast.Subscript | None:
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "sum":
        return None
    if len(call.args) != 1 or call.keywords or not is_builtin("sum", function):
        return None
    given = call.args[0]
    plain = isinstance(given, ast.Subscript) and isinstance(given.slice, ast.Slice)
    return given if plain and path_of(given.value) is not None else None  # type: ignore[attr-defined,return-value]


def _bounds(found: ast.Subscript) -> tuple[ast.expr | None, ast.expr | None] | None:
    """Where the stretch begins and where it stops, None for an end of the list; None if they cannot be read twice."""
    part = found.slice
    assert isinstance(part, ast.Slice)
    start = None if isinstance(part.lower, ast.Constant) and part.lower.value == 0 else part.lower
    written = [one for one in (start, part.upper) if one is not None]
    if not written or part.step is not None or not all(map(_plain_bound, written)):
        return None
    shared = read_names(found.value) & {name for one in written for name in read_names(one)}
    return None if shared else (start, part.upper)


def _plain_bound(node: ast.expr) -> bool:
    """A bound that can be read twice and, of ints, never fails: names, numbers, sums and differences."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, (ast.Add, ast.Sub)) and _plain_bound(node.left) and _plain_bound(node.right)
    return isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and type(node.value) is int)


def _has_itertools_free(function: Function) -> bool:
    found = function.module.top.get("itertools")
    imported = isinstance(found, ast.Import) and any(
        one.name == "itertools" and not one.asname for one in found.names
    )
    return imported or "itertools" not in function.module.identifiers


def unsure_bounds(found: Stretch) -> list[str]:
    """Names in the bounds that are not known to be exact ints."""
    bounds = [one for one in (found.start, found.stop) if one is not None]
    names = [one for bound in bounds for one in ast.walk(bound) if isinstance(one, ast.Name)]
    known = _counted(found)
    unsure = (one.id for one in names if one.id not in known and builtin_type(one, found.function) != "int")
    return list(dict.fromkeys(unsure))


def _counted(found: Stretch) -> set[str]:
    """Names that loops around count by ``range`` or ``enumerate``, and nothing else binds."""
    names: set[str] = set()
    bound: set[str] = set()
    for loop in reversed(found.scan.around):
        walked, target = loop.iterable, loop.target
        called = walked.func.id if isinstance(walked, ast.Call) and isinstance(walked.func, ast.Name) else ""
        if called == "enumerate" and isinstance(target, ast.Tuple) and isinstance(walked, ast.Call):
            target = target.elts[0] if len(walked.args) == 1 and not walked.keywords else None
        elif called != "range":
            target = None
        if isinstance(target, ast.Name) and is_builtin(called, found.function):
            alone = len(found.function.names.bindings.get(target.id, [])) == (loop.holder is None)
            plain = alone and target.id not in {*bound, *found.function.parameters}
            names |= {target.id} if plain else set()
        bound |= set(bound_names(loop.target)) if loop.target is not None else set()
    return names


def suspect(rule: str, found: Stretch) -> Suspect:
    """The finding, and what a run must tell about it."""
    function = found.function
    text = function.text(found.values)
    message = f"adds a stretch of `{text}` up in each turn"
    what = finding(rule, function, found.display, text, message)
    watches = [
        watch(f"{what.id}:entry", found.hoist.statement, function, "entry"),
        watch(f"{what.id}:turns", found.display, function, "types"),
        watch(f"{what.id}:base0", found.values, function, "collection"),
        *identities(what.id, found.bases, found.stable, function),
        *(watch(f"{what.id}:{name}", one, function, "value") for name, one, _ in unknown_iterables(found)),
    ]
    return Suspect(what, found, tuple(watches), function)


def worth_prefix_sums(case: Case) -> Evidence:
    """At least 8 sums an entry over a list of at least 32, and a gain that shows."""
    entry, values = case.watched("entry"), case.watched("base0")
    if entry is None or values is None or not entry.count or not values.count:
        return Evidence(False, "the loop did not run")
    rounds, size = values.count / entry.count, values.mean_length
    numbers = {"entries": entry.count, "sums": round(rounds, 1), "elements": round(size, 1)}
    if rounds < LEAST_TURNS or size < LEAST_ELEMENTS:
        reason = f"too small: {rounds:,.0f} sums over a list of {size:,.0f} an entry (pays from 8 x 32)"
        return Evidence(False, reason, numbers)
    found: Stretch = case.suspect.reading
    length = _window_size(found) or size / 2
    gain = rounds * length * SLICE / (size * BUILD + rounds * ASK)
    return Evidence(gain >= 1.5, f"{rounds:,.0f} sums over a list of {size:,.0f} an entry", numbers, gain)


def _window_size(found: Stretch) -> int:
    """The elements of ``xs[i:i + 20]``, or 0 if the code does not tell."""
    stop = found.stop
    if found.start is None or not isinstance(stop, ast.BinOp) or not isinstance(stop.op, ast.Add):
        return 0
    same, size = ast.dump(stop.left) == ast.dump(found.start), stop.right
    return int(size.value) if same and isinstance(size, ast.Constant) and type(size.value) is int else 0


def sum_beginnings(case: Case) -> Rewrite:
    """The sums of all beginnings before the loop; the difference of two of them for each stretch."""
    found: Stretch = case.suspect.reading
    function = found.function
    name = fresh(f"{collection_name(found.values)}_sums", function.visible | case.taken)
    seen = case.watched("base0")
    assert seen is not None
    text = function.text(found.values)
    whole = in_style(quietly(found.values), function)
    kinds = guards.is_collection(whole, seen.types) or f"type({whole}) is list"
    apart = [f"{text} is not {other}" for stable in found.stable for other in stable.apart]
    types = guards.key_types(seen.elements) or ("builtins.int",)
    tests = guards.joined([*loop_tests(case, found), kinds, *apart, guards.all_keys(text, types)])
    before = f"{name} = list(itertools.accumulate({text}, initial=0)) if {tests} else ()"
    answer = f"{_answer(found, name)} else {function.text(found.display)}"
    if not stands_alone(found.display, function):
        answer = f"({answer})"
    return Rewrite(
        edits=(
            Edit("import", "import itertools"),
            at("before", found.hoist.statement, before),
            at("replace", found.display, in_style(answer, function)),
        ),
        why=f"one subtraction for each sum instead of a walk over a stretch of {text}",
        memory=f"one int for each element of {text} while the function runs",
    )


def _answer(found: Stretch, name: str) -> str:
    tests = [f"type({one}) is int" for one in unsure_bounds(found)]
    start = ast.unparse(found.start) if found.start is not None else ""
    stop = ast.unparse(found.stop) if found.stop is not None else ""
    inside = f"0 <= {start} <= {stop} < len({name})" if start and stop else f"0 <= {start or stop} < len({name})"
    value = f"{name}[{stop or -1}]" + (f" - {name}[{start}]" if start else "")
    return f"{value} if {guards.joined([*tests, inside])}"
