"""Expressions that give the same in each turn of a loop and walk a collection to do so, computed once before it.

What is computed early must not fail, have effects, or depend on anything that the loop changes: `reading.kinds` says so
for operands of exact plain types, and the guard tests for these types. Where the test fails, each turn computes its own.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfprof.rules import bounds
from perfprof.rules.containers.copies import copied_from, is_asked
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import identities, outermost, watch
from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.expressions import is_builtin, path_of
from perfprof.rules.reading.kinds import INT, STR, Kind, kind, kind_of_types
from perfprof.rules.reading.names import bound_in, bound_names
from perfprof.rules.reading.readers import needs_its_own
from perfprof.rules.reading.repeats import changed_in, counted_few, looped_expressions, repeated
from perfprof.rules.reading.scans import Loop, Scan
from perfprof.rules.reading.stability import Stability
from perfprof.rules.repeated import written_rows
from perfprof.rules.rule import Case, Evidence, Suspect
from perfprof.rules.searching.iterators import unknown_iterables

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

WALKERS = frozenset("sum min max sorted set frozenset list tuple dict any all".split())
MOST_OPERANDS = 3
LEAST_TURNS, LEAST_ELEMENTS = 8, 12
GUARD = 4.0  # units an element: the scan of the types, and computing it once
COSTS = {"sum": 1.2, "min": 2.9, "max": 2.9, "sorted": 7.0, "any": 5.5, "all": 5.5, "list": 0.5, "tuple": 0.5}
OTHER = 4.0  # units an element of a comprehension, a set, a joined text; all measured on CPython 3.11
# What an operand may be while no run tells: all of them plain, so that a guard may name them.
_PERHAPS = tuple(
    Kind(name, item, True) if item is not None else Kind(name)
    for name, item in [("list", INT), ("list", STR), ("str", None), ("dict", STR), ("int", None)]
)


@dataclass(frozen=True, eq=False, slots=True)
class Computed:
    """An expression (``display``). bases: names and attributes that it reads, each once."""

    function: Function
    display: ast.expr
    hoist: Loop
    bases: tuple[ast.expr, ...]
    stable: tuple[Stability, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Invariant(Computed):
    """One that a loop repeats. gives: what it gives, if its operands are plain at all.

    rows: what the loop walks, where its rows go into texts and must be plain.
    """

    scan: Scan
    gives: Kind
    rows: ast.Name | None = None


def invariants(function: Function, program: Program) -> Iterator[Invariant]:
    """The largest expressions of plain data that a loop computes again and again from the same operands."""
    if isinstance(function.node, ast.Module):
        return
    taken: set[ast.AST] = set()
    for node in looped_expressions(function):
        if node.__class__ not in _MAY_WALK or node in taken or not _walks(node, function):
            continue
        bases = operands(node)
        scan = _often(node, bases, function)
        gives = may_give(node, bases, function) if scan is not None else None
        if scan is None or gives is None:
            continue
        loop, stable = outermost(bases, scan, function, program)
        if loop is not None:
            taken.update(ast.walk(node))
            yield _settled(Invariant(function, node, loop, bases, stable, scan, gives), program)


def _settled(found: Invariant, program: Program) -> Invariant:
    """With a test of the rows, where only the texts that they go into stand against it."""
    if not any(one.problem for one in found.stable):
        return found
    plain = written_rows.settled(found.bases, found.scan, found.hoist, found.function, program)
    return found if plain is None else replace(found, rows=plain[0], stable=plain[1])


def places(one: Invariant) -> tuple[tuple[ast.stmt, object], ...]:
    """The loop that repeats it, with its statement, and with its text: where both are shared it is one finding."""
    return (one.hoist.statement, one.scan.statement), (one.hoist.statement, ast.dump(one.display))


def _often(node: ast.expr, bases: tuple[ast.expr, ...], function: Function) -> Scan | None:
    """The expression with its loops, if turns that matter compute it from the same operands, as far as names tell."""
    scan = repeated(node, function) if 0 < len(bases) <= MOST_OPERANDS and not is_fallback(node, function) else None
    if scan is None or counted_few(scan.around) or _changes(bases, scan.around[-1], function) or _cheap(node, scan):
        return None
    return None if isinstance(scan.statement, ast.Raise) else scan  # it is on its way out


_MAY_WALK = frozenset((ast.Call, ast.Subscript, ast.ListComp, ast.SetComp, ast.DictComp))


def _walks(node: ast.expr, function: Function) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in WALKERS and is_builtin(node.func.id, function)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return (node.func.attr == "join" and isinstance(node.func.value, ast.Constant)) or copied_from(
            node
        ) is not None
    if copied_from(node) is not None:
        return isinstance(getattr(node, "ctx", None), ast.Load)
    return isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp))


def is_fallback(node: ast.expr, function: Function) -> bool:
    """What stands after ``else`` of ``x if x is not None else …`` is there for what is rare."""
    above = function.parents.get(node)
    test = above.test if isinstance(above, ast.IfExp) and above.orelse is node else None
    return isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.IsNot)


def _cheap(node: ast.expr, scan: Scan) -> bool:
    """A copy that a loop walks costs less than walking it."""
    copied = copied_from(node)
    plain = copied is not None and path_of(copied) is not None
    return plain and isinstance(scan.statement, ast.For) and scan.statement.iter is node


def operands(node: ast.expr) -> tuple[ast.expr, ...]:
    """The names and chains of attributes that an expression reads, each once; none if a name means two things."""
    own = {name for one in ast.walk(node) if isinstance(one, ast.comprehension) for name in bound_names(one.target)}
    found: dict[tuple[str, ...], ast.expr] = {}
    stack: list[ast.AST] = [node]
    while stack:
        one = stack.pop()
        path = path_of(one) if isinstance(one, (ast.Name, ast.Attribute)) else None
        if path is not None:
            if path[0] not in own:
                found.setdefault(path, one)  # type: ignore[arg-type]  # a path is of an expression
            continue
        if isinstance(one, ast.Call):
            stack.extend(word.value for word in one.keywords)
            stack.extend(reversed(one.args))
            if isinstance(one.func, ast.Attribute):
                stack.append(one.func.value)
            continue
        stack.extend(reversed(list(ast.iter_child_nodes(one))))
    hidden = {
        one.iter.id
        for one in ast.walk(node)
        if isinstance(one, ast.comprehension) and isinstance(one.iter, ast.Name)
    }
    return () if hidden & own & {path[0] for path in found} else tuple(found.values())


def _changes(bases: tuple[ast.expr, ...], loop: Loop, function: Function) -> bool:
    """Whether the innermost loop itself binds what is read."""
    bound = bound_in(loop.node if loop.holder is not None else loop.statement, function)
    return any((path_of(base) or ("",))[0] in bound for base in bases)


def may_give(node: ast.expr, bases: tuple[ast.expr, ...], function: Function) -> Kind | None:
    """What it gives for some plain operands; None if there are none for which it can be computed early."""
    for kinds in itertools.product(_PERHAPS, repeat=len(bases)):
        found = kind(node, environment(bases, kinds), function)
        if found is not None:
            return found if found.name != "generator" else None
    return None


def environment(bases: tuple[ast.expr, ...], kinds: tuple[Kind, ...]) -> dict[tuple[str, ...], Kind]:
    """The kind of each operand by its path."""
    return {path_of(base) or (): one for base, one in zip(bases, kinds, strict=True)}


def observed_kinds(case: Case) -> tuple[Kind, ...] | None:
    """What each operand was in the recorded runs, with the kinds of its elements; None if one was not plain."""
    found: Invariant = case.suspect.reading
    kinds = tuple(one for number, _ in enumerate(found.bases) if (one := observed_kind(case, number)) is not None)
    return kinds if len(kinds) == len(found.bases) else None


def observed_kind(case: Case, number: int) -> Kind | None:
    """What one of them was; None if it was not plain, or was not seen."""
    seen = case.watched(f"base{number}")
    if seen is None or not seen.types:
        return None
    one = kind_of_types(seen.types)
    if one is not None or len(seen.types) > 1:
        return one
    name = next(iter(seen.types)).removeprefix("builtins.").partition("[")[0]
    item = kind_of_types(seen.elements)
    return Kind(name, item, True) if name in guards_of and item is not None else None


guards_of: Mapping[str, str] = {name: name for name in ("list", "tuple", "set", "frozenset", "dict")}


def suspect(rule: str, found: Invariant) -> Suspect:
    """The finding, and what a run must tell about its operands."""
    function = found.function
    text = " ".join(function.text(found.display).split())
    shown = text if len(text) <= 40 else text[:37] + "..."
    what = finding(rule, function, found.display, shown, _told(found, shown))
    watches = [
        watch(f"{what.id}:entry", found.hoist.statement, function, "entry"),
        watch(f"{what.id}:turns", found.display, function, "value"),
        *(watch(f"{what.id}:base{n}", base, function, "collection") for n, base in enumerate(found.bases)),
        *identities(what.id, found.bases, found.stable, function),
        *(watch(f"{what.id}:{name}", one, function, "value") for name, one, _ in unknown_iterables(found)),
    ]
    if found.rows is not None:
        watches.append(watch(f"{what.id}:looped", found.rows, function, "collection"))
    return Suspect(what, found, tuple(watches), function)


def _told(found: Invariant, shown: str) -> str:
    """What is slow, in words; of what the loop changes, too."""
    if not any(one.changed for one in found.stable):
        return f"computes `{shown}` anew in each turn from the same values"
    base = " and ".join(f"`{found.function.text(one)}`" for one in found.bases)
    is_set = isinstance(found.display, ast.Call) and getattr(found.display.func, "id", "") in {"set", "frozenset"}
    kept = is_set and len(found.bases) == 1 and _only_grows(found.bases[0], found.function)
    beside = ": a set kept beside it would do" if kept else ""
    return f"computes `{shown}` anew in each turn, though not each one changes {base}{beside}"


def _only_grows(base: ast.expr, function: Function) -> bool:
    """Whether nothing shows that it forgets what it held, as a deque of a limited length does."""
    values = function.names.values(base.id) if isinstance(base, ast.Name) else None
    callees = [one.func for one in values or () if isinstance(one, ast.Call)]
    return not any(standard(one, function) == "collections.deque" for one in callees)


def worth_computing_once(case: Case) -> Evidence:
    """At least 8 turns an entry over at least 12 elements; measured 22x at 100, 210x at 1,000 for `max`."""
    found: Invariant = case.suspect.reading
    entry, turns = case.watched("entry"), case.watched("turns")
    if entry is None or turns is None or not entry.count or not turns.count:
        return Evidence(False, "the loop did not run")
    base = case.watched("base0")
    if is_asked(found.display, found.function) and base is not None and set(base.types) == {"builtins.dict"}:
        return Evidence(False, "")  # a dict is asked itself: dict-keys-scan
    if needs_its_own(found.display, found.function):
        return Evidence(False, "each turn changes, or gives away, a copy of its own")
    if changed_in({path_of(base) or () for base in found.bases}, found.scan.around[-1], found.function):
        return Evidence(False, "each turn changes what it is computed from")
    sizes = [seen.mean_length for n, _ in enumerate(found.bases) if (seen := case.watched(f"base{n}")) is not None]
    rounds, size = turns.count / entry.count, max(sizes, default=0.0)
    numbers = {"entries": entry.count, "turns": round(rounds, 1), "elements": round(size, 1)}
    if rounds < LEAST_TURNS or size < LEAST_ELEMENTS:
        reason = f"too small: {rounds:,.0f} turns over {size:,.0f} elements an entry (pays from 8 x 12)"
        return Evidence(False, reason, numbers)
    called = found.display.func if isinstance(found.display, ast.Call) else None
    cost = COSTS.get(called.id, OTHER) if isinstance(called, ast.Name) else OTHER
    gain = rounds * cost / (cost + GUARD)
    bound = bounds.computing(found.display, turns.count, case)
    return Evidence(gain >= 1.5, f"{rounds:,.0f} turns over {size:,.0f} elements an entry", numbers, gain, bound)
