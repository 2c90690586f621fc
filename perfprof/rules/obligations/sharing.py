"""Obligations of an expression that is computed once for several places."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.obligations.proofs import guarded, obligation, proved, unproved
from perfprof.rules.obligations.replaced import is_replaced
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.kinds import FLAT, Kind, kind
from perfprof.rules.reading.quiet import gives
from perfprof.rules.reading.readers import only_read, why_kept
from perfprof.rules.reading.types import builtin_type
from perfprof.rules.repeated.invariants import environment, observed_kinds
from perfprof.rules.repeated.sharing import Shared, rebound, result_types
from perfprof.rules.rule import Case, Proof

if TYPE_CHECKING:
    from perfprof.rules.reading.kinds import Env


@obligation
def computing_again_gives_the_same(case: Case) -> Proof:
    """Computing it has no effects, and gives the same of the same operands."""
    found: Shared = case.suspect.reading
    where = found.function.place(found.display)
    kinds = observed_kinds(case)
    if kinds is None:
        return unproved("what it is computed from is no plain data", where)
    env = environment(found.bases, kinds)
    if found.calls is None:
        if kind(found.display, env, found.function) is None:
            return unproved("computing it may fail for values of the types that were seen", where)
        return guarded("a test of the exact types of what it is computed from", where)
    if not all(one.name in FLAT for one in kinds) or not _plain_arguments(found, env):
        return unproved("the function may change what it is given", where)
    if is_replaced(found.calls.qualname, "", case):
        return unproved(f"the project gives `{found.calls.qualname}` another meaning while it runs", where)
    return guarded("the function computes from its arguments alone; a test of their exact types", where)


def _plain_arguments(found: Shared, env: Env) -> bool:
    assert isinstance(found.display, ast.Call)
    given = [gives(one, env, found.function) for one in found.display.args]
    return all(one is not None and one.name in FLAT for one in given)


@obligation
def result_may_be_shared(case: Case) -> Proof:
    """Nobody can tell one result from two: it cannot be changed, or is only read."""
    found: Shared = case.suspect.reading
    function = found.function
    for place in found.places:
        above = function.parents.get(place)
        if isinstance(above, ast.Compare) and any(isinstance(one, (ast.Is, ast.IsNot)) for one in above.ops):
            return unproved("it is told apart by identity", function.place(place))
    if found.calls is not None:
        types = result_types(case)
        if not types or not set(types) <= set(guards.FLAT):
            return unproved(f"the result was a {guards.readable(types)}", function.place(found.display))
        return guarded("a test of the exact type of the result", function.place(found.display))
    result = _result(case)
    if result is not None and result.name in FLAT:
        return proved("it is a plain value, which nobody can change")
    for place in found.places:
        kept = only_read(place, function)
        if kept is not None:
            return unproved(why_kept(kept), function.place(kept))
    return proved("it is only read at each place")


def _result(case: Case) -> Kind | None:
    found: Shared = case.suspect.reading
    kinds = observed_kinds(case)
    known = None if kinds is None else kind(found.display, environment(found.bases, kinds), found.function)
    return known or found.gives


@obligation
def operands_unchanged(case: Case) -> Proof:
    """What it is computed from is the same at all places."""
    found: Shared = case.suspect.reading
    kinds = observed_kinds(case)
    for number, (base, stable) in enumerate(zip(found.bases, found.stable, strict=True)):
        plain = kinds is not None and kinds[number].name in FLAT
        if plain and not rebound(base, found.region, found.function):
            continue
        held = case.watched(f"held{number}")
        named = isinstance(base, ast.Attribute) and base.attr in case.program.properties
        if named or (held is not None and held.reads.get("computed")):
            return unproved(f"`{ast.unparse(base)}` is computed", found.function.place(base))
        if stable.problem or stable.watch:
            what = stable.problem or "something that may be the same is changed in between"
            return unproved(what.replace("in the loop", "in between"), stable.where or found.function.place(base))
    walked = _walked_unseen(found) if kinds is None or any(one.name not in FLAT for one in kinds) else None
    if walked is not None:
        why = f"`{found.function.text(walked)}` is walked in between, and may be a generator whose code changes something"
        return unproved(why, found.function.place(walked))
    others = sorted({other for stable in found.stable for other in stable.apart})
    if others:
        return guarded(f"a test makes sure that it is not {' or '.join(f'`{one}`' for one in others)}")
    return proved("nothing that runs in between can change it")


def _walked_unseen(found: Shared) -> ast.expr | None:
    """What a loop between the places walks, if it is neither made there nor one of the operands."""
    known = {ast.unparse(one) for one in found.bases}
    for statement in found.region:
        for node in ast.walk(statement):
            walked = node.iter if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)) else None
            parts = walked.args if isinstance(walked, ast.Call) and _counts(walked, found) else [walked]
            for one in parts:
                if one is not None and ast.unparse(one) not in known and builtin_type(one, found.function) is None:
                    return one
    return None


def _counts(walked: ast.Call, found: Shared) -> bool:
    """``range(…)``, ``enumerate(…)``, ``zip(…)``: their own code is known."""
    name = walked.func.id if isinstance(walked.func, ast.Name) else ""
    return name in {"range", "enumerate", "zip", "reversed", "sorted"} and is_builtin(name, found.function)
