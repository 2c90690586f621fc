"""The same expensive expression, computed twice or more by statements between which nothing changes.

    low, high = sorted(xs)[0], sorted(xs)[-1]      ->  the list sorted once, under a test that all is plain data
    if distance(a, b) > 3: report(distance(a, b))  ->  the result kept in a name where it is computed first

An expression of builtins over plain data cannot fail and has no effects (`reading.kinds`), so it is computed before the
statement. A call of a function that only computes (`reading.closed`) may fail: it stays where it is, and is kept there.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.profilers.observations import Watch
from perfprof.rules.bounds import computing
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import identities, watch
from perfprof.rules.reading.closed import not_closed
from perfprof.rules.reading.expressions import is_builtin, root_name
from perfprof.rules.reading.kinds import FLAT, Kind
from perfprof.rules.reading.names import bound_in
from perfprof.rules.reading.repeats import repeated, statement_of
from perfprof.rules.reading.resolution import resolve
from perfprof.rules.reading.scans import COMPREHENSIONS, Loop
from perfprof.rules.reading.stability import stability
from perfprof.rules.repeated.invariants import (
    COSTS,
    GUARD,
    MOST_OPERANDS,
    WALKERS,
    Computed,
    may_give,
    observed_kinds,
    operands,
)
from perfprof.rules.rule import Case, Evidence, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

LEAST_ELEMENTS = 64
FEW_LETTERS = 6  # of a text that is sorted: one look at its type is the whole test
LEAST_GAIN = 1.2
TURN, CALL = 3.0, 6.0  # units a turn of a comprehension, and a call in it
CALLED = 30.0  # units: asking the types of arguments and of what is kept
_LOOPS = (ast.For, ast.While, *COMPREHENSIONS)
_OUT_OF_ORDER = (ast.IfExp, ast.Starred)  # what stands later in these may be evaluated earlier
_BLOCKS = ("body", "orelse", "finalbody")


@dataclass(frozen=True, eq=False, slots=True)
class Shared(Computed):
    """One at several places. display: the first of them. hoist: its statement.

    others: the later places. region: the statements from the first place to the last. calls: the function of the project
    that it calls; None for builtins over plain data, which give ``gives``.
    """

    others: tuple[ast.expr, ...]
    region: tuple[ast.stmt, ...]
    calls: Function | None = None
    gives: Kind | None = None

    @property
    def places(self) -> tuple[ast.expr, ...]:
        """All places, the first one first."""
        return self.display, *self.others


def shared_expressions(function: Function, program: Program) -> Iterator[Shared]:
    """The expressions that a function computes again: the most frequent ones, and of these the largest."""
    if isinstance(function.node, ast.Module) or program.alone:
        return
    alike: dict[str, list[ast.expr]] = {}
    for node in function.every(ast.Call, *COMPREHENSIONS):
        assert isinstance(node, ast.expr)
        if not _is_fallback(node, function) and _in_the_open(node, function):
            alike.setdefault(ast.dump(node), []).append(node)
    groups = [nodes for nodes in alike.values() if len(nodes) > 1]
    taken: set[ast.AST] = set()
    for nodes in sorted(groups, key=lambda one: (-len(one), -len(ast.dump(one[0])))):
        left = sorted((one for one in nodes if one not in taken), key=lambda one: (one.lineno, one.col_offset))
        found = _shared(left, function, program) if len(left) > 1 else None
        if found is not None:
            taken.update(inner for one in found.places for inner in ast.walk(one))
            yield found


def _shared(nodes: Sequence[ast.expr], function: Function, program: Program) -> Shared | None:
    """The first of equal expressions that comes before others, with these."""
    bases = operands(nodes[0])
    if not 0 < len(bases) <= MOST_OPERANDS or _varies(nodes[0], bases, function):
        return None
    target = _computing(nodes[0], function, program)
    gives = may_give(nodes[0], bases, function) if target is None and _walks(nodes[0], function) else None
    if target is None and gives is None:
        return None
    for number, first in enumerate(nodes[:-1]):
        statement = statement_of(first, function)
        siblings = _from_here(statement, function)
        called = target is not None
        others = tuple(one for one in nodes[number + 1 :] if _follows(one, first, siblings, function, called))
        if others and not isinstance(statement, ast.While) and not (called and not _certain(first, function)):
            last = max(n for n, one in enumerate(siblings) if any(_within(each, one) for each in others))
            region = tuple(siblings[: last + 1])
            stable = tuple(stability(base, region, function, program) for base in bases)
            hoist = Loop(statement, statement)  # type: ignore[arg-type]  # where the name is bound
            return Shared(function, first, hoist, bases, stable, others, region, target, gives)
    return None


def _varies(node: ast.expr, bases: Sequence[ast.expr], function: Function) -> bool:
    """Whether a loop computes it anew of the same: that is another rule's."""
    scan = repeated(node, function)
    if scan is None:
        return False
    loop = scan.around[-1]
    bound = bound_in(loop.statement, function)
    return not any((root_name(base) or "") in bound for base in bases)


def _in_the_open(node: ast.expr, function: Function) -> bool:
    """Whether the function itself evaluates it, and no comprehension or lambda."""
    above = function.parents.get(node)
    while above is not None and not isinstance(above, ast.stmt):
        if isinstance(above, (*COMPREHENSIONS, ast.Lambda, ast.JoinedStr)):
            return False
        node, above = above, function.parents.get(above)  # type: ignore[assignment]  # an expression, or an argument
    return not (isinstance(above, ast.AnnAssign) and above.annotation is node)


def _is_fallback(node: ast.expr, function: Function) -> bool:
    """Whether a rewrite left it for what is rare: ``name if … else …``."""
    above = function.parents.get(node)
    return isinstance(above, ast.IfExp) and above.orelse is node and isinstance(above.body, ast.Name)


def _walks(node: ast.expr, function: Function) -> bool:
    """Whether something in it walks a collection or a text."""
    for one in ast.walk(node):
        if isinstance(one, COMPREHENSIONS):
            return True
        callee = one.func if isinstance(one, ast.Call) else None
        if isinstance(callee, ast.Name) and callee.id in WALKERS and is_builtin(callee.id, function):
            return True
        if isinstance(callee, ast.Attribute) and callee.attr in {"split", "splitlines", "replace", "join", "count"}:
            return True
    return False


def _computing(node: ast.expr, function: Function, program: Program) -> Function | None:
    """The function of the project that it calls, if that has loops and only computes from its arguments."""
    callee = node.func if isinstance(node, ast.Call) and not node.keywords else None
    if not isinstance(callee, ast.Name):
        return None
    target = resolve(callee, function, program)
    if target is None or target is function or not isinstance(target.node, ast.FunctionDef):
        return None
    given = target.node.args
    plain = not (target.node.decorator_list or given.vararg or given.kwarg)
    fixed = all(isinstance(one, ast.Constant) for one in (*given.defaults, *given.kw_defaults) if one is not None)
    works = any(True for _ in target.every(*_LOOPS))
    named = target.qualname in target.module.top and target.qualname not in target.module.rebound
    closed = plain and fixed and works and named and not target.names.dynamic
    return target if closed and not_closed(target.body, target) is None else None


def _from_here(statement: ast.stmt, function: Function) -> list[ast.stmt]:
    """A statement and those that follow it in its block."""
    above = function.parents[statement]
    for name in _BLOCKS:
        block = getattr(above, name, None)
        if isinstance(block, list) and statement in block:
            return block[block.index(statement) :]
    return [statement]


def _within(node: ast.AST, statement: ast.AST) -> bool:
    return any(one is node for one in ast.walk(statement))


def _follows(
    node: ast.expr, first: ast.expr, siblings: Sequence[ast.stmt], function: Function, called: bool
) -> bool:
    """Whether the statement of the first comes before this one, or holds it; if it is called, the first itself."""
    if not any(_within(node, one) for one in siblings):
        return False
    statement = siblings[0]
    if not called or not _within(node, statement):
        return True
    if statement_of(node, function) is not statement:
        return isinstance(statement, (ast.If, ast.For))
    head = [one for one in ast.iter_child_nodes(statement) if not isinstance(one, ast.stmt)]
    return not any(isinstance(one, _OUT_OF_ORDER) for part in head for one in ast.walk(part)) and not any(
        _within(place, target) for place in (node, first) for target in _targets(statement)
    )


def _targets(statement: ast.stmt) -> list[ast.AST]:
    """What is evaluated after the value, though it stands before it."""
    target = getattr(statement, "target", None)
    return [*getattr(statement, "targets", ()), *([target] if target is not None else [])]


def _certain(node: ast.expr, function: Function) -> bool:
    """Whether its statement, if it comes to an end, has evaluated it."""
    inside: ast.AST = node
    while not isinstance(inside, ast.stmt):
        above = function.parents[inside]
        skipped = isinstance(above, ast.BoolOp) and above.values[0] is not inside
        skipped = skipped or (isinstance(above, ast.IfExp) and above.test is not inside)
        skipped = skipped or (isinstance(above, ast.Compare) and inside not in (above.left, above.comparators[0]))
        if skipped or isinstance(above, (ast.Assert, ast.match_case, ast.withitem, ast.ExceptHandler)):
            return False
        if isinstance(above, ast.For) and inside is above.target:
            return False
        inside = above
    return isinstance(inside, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr, ast.If, ast.For))


def rebound(base: ast.expr, region: Sequence[ast.stmt], function: Function) -> bool:
    """Whether a name may mean another value at the later places; for values that nobody can change."""
    names = function.names
    if not isinstance(base, ast.Name) or not names.is_local(base.id):
        return True
    inside = {node for one in region for node in ast.walk(one)}
    return any(one.node in inside for one in names.bindings.get(base.id, ()))


def suspect(rule: str, found: Shared) -> Suspect:
    """The finding, and what a run must tell: what it is computed of, how often, and what comes of it."""
    function = found.function
    text = " ".join(function.text(found.display).split())
    shown = text if len(text) <= 40 else text[:37] + "..."
    what = finding(
        rule, function, found.display, shown, f"computes `{shown}` {len(found.places)} times from the same values"
    )
    watches: list[Watch] = [watch(f"{what.id}:entry", found.hoist.statement, function, "entry")]
    for number, one in enumerate(found.places):
        watches.append(watch(f"{what.id}:made{number}", one, function, "value"))
    for number, base in enumerate(found.bases):
        watches.append(watch(f"{what.id}:base{number}", base, function, "collection"))
        if "sorted(" in text:
            watches.append(watch(f"{what.id}:order{number}", base, function, "order"))
    watches += identities(what.id, found.bases, found.stable, function)
    return Suspect(what, found, tuple(watches), function)


def worth_sharing(case: Case) -> Evidence:
    """At least 64 elements, and at least 1.2x after what the test of the types costs."""
    found: Shared = case.suspect.reading
    entry = case.watched("entry")
    looks = [case.watched(f"made{number}") for number, _ in enumerate(found.places)]
    counts = [seen.count if seen is not None else 0 for seen in looks]
    kinds = observed_kinds(case)
    if entry is None or not entry.count or not counts[0] or sum(counts) == counts[0] or kinds is None:
        return Evidence(False, "")  # each equal pair is asked: most are on different ways
    sizes = [seen.mean_length for n, _ in enumerate(found.bases) if (seen := case.watched(f"base{n}")) is not None]
    size, often = max(sizes, default=0.0), sum(counts) / entry.count
    numbers = {"evaluations": sum(counts), "elements": round(size, 1), "places": len(counts)}
    flat = all(one.name in FLAT for one in kinds)
    least = FEW_LETTERS if flat and "sorted(" in found.function.text(found.display) else LEAST_ELEMENTS
    if (found.calls is None and size < least) or (in_order(case) and not flat):
        return Evidence(False, "")
    cost = _cost(found.display, size)
    tested = CALLED / max(size, LEAST_ELEMENTS) if flat else GUARD
    gain = often * cost / (cost + tested)
    bound = computing(found.display, sum(counts), case) if found.calls is None else None
    return Evidence(gain >= LEAST_GAIN, f"{often:,.1f} times over {size:,.0f} elements", numbers, gain, bound)


def _cost(node: ast.expr, size: float) -> float:
    """Units an element: measured for the builtins; a comprehension by what it does with each."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not _comprehends(node):
        return 2 * math.log2(max(size, 2)) if node.func.id == "sorted" else COSTS.get(node.func.id, TURN)
    calls = sum(isinstance(one, ast.Call) for one in ast.walk(node))
    return TURN + CALL * calls + sum(isinstance(one, ast.BinOp) for one in ast.walk(node))


def _comprehends(node: ast.expr) -> bool:
    return any(isinstance(one, COMPREHENSIONS) for one in ast.walk(node))


def in_order(case: Case) -> bool:
    """Whether a list that is sorted was nearly in order: that takes less than the test of its types."""
    found: Shared = case.suspect.reading
    seen = [case.watched(f"order{number}") for number, _ in enumerate(found.bases)]
    return any(one is not None and (one.reads.get("order") or one.reads.get("unknown")) for one in seen)


def result_types(case: Case) -> tuple[str, ...]:
    """The types of the results that were seen."""
    found: Shared = case.suspect.reading
    seen = [case.watched(f"made{number}") for number, _ in enumerate(found.places)]
    return tuple(sorted({kind for one in seen if one is not None for kind in one.types}))
