"""Obligations of a recursion whose results are kept while its outermost call runs."""

from __future__ import annotations

import ast

from perfprof.rules import guards
from perfprof.rules.obligations.proofs import guarded, obligation, proved, unproved
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.repeated.plain_data import as_key, of_seen, written_displays
from perfprof.rules.repeated.recursion import Recursion, seen_types
from perfprof.rules.rule import Case, Proof

# What stays among plain values when its operands are plain, and has no effects.
STATEMENTS = (ast.If, ast.Return, ast.Assign, ast.AugAssign, ast.For, ast.While, ast.Pass, ast.Break, ast.Continue)
EXPRESSIONS = (
    ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Subscript,
    ast.Slice, ast.Tuple, ast.List, ast.GeneratorExp, ast.ListComp, ast.comprehension, ast.expr_context, ast.operator,
    ast.unaryop, ast.boolop, ast.cmpop, ast.keyword,
)  # fmt: skip
PURE = frozenset(
    "abs all any bool divmod float int len max min ord range round sum tuple chr list sorted enumerate zip reversed".split()
)
USED = ("type", "set", "map", "all", "list", "tuple", "dict", "int", "str", "bytes", "bool", "float")


@obligation
def computes_only(case: Case) -> Proof:
    """It computes its result from its arguments alone, and does nothing else."""
    found: Recursion = case.suspect.reading
    function = found.function
    for statement in function.body[function.body.index(found.begin) :]:
        for node in ast.walk(statement):
            problem = _problem(node, found)
            if problem:
                return unproved(problem, function.place(node))
    return proved("its body only computes with its arguments and its own names")


def _problem(node: ast.AST, found: Recursion) -> str:
    """Why a node of the body does more than to compute; empty if it does not."""
    if isinstance(node, ast.Name):
        return _named(node, found)
    if isinstance(node, ast.Call):
        return "" if node in found.calls else _called(node, found)
    if isinstance(node, ast.AugAssign) and not _counts(node.target, found):
        return "it may change what it is given"
    if isinstance(node, (ast.Is, ast.IsNot)):
        return "it tells objects apart that are equal"
    if isinstance(node, (ast.Subscript, ast.List)) and not isinstance(node.ctx, ast.Load):
        return "it changes what it is given"
    known = isinstance(node, (*STATEMENTS, *EXPRESSIONS))
    return "" if known else f"`{type(node).__name__}` may do something else than compute"


def _called(node: ast.Call, found: Recursion) -> str:
    callee = node.func
    pure = isinstance(callee, ast.Name) and callee.id in PURE and is_builtin(callee.id, found.function)
    plain = not any(word.arg not in {"default", "start", "reverse"} for word in node.keywords)
    return "" if pure and plain else f"`{found.function.text(callee)}` may do something else than compute"


def _counts(target: ast.expr, found: Recursion) -> bool:
    """Whether what is added to in place begins as a constant: no list of somebody else."""
    name = target.id if isinstance(target, ast.Name) else ""
    bindings = found.function.names.bindings.get(name, [])
    plain = [one for one in bindings if not isinstance(found.function.parents.get(one.node), ast.AugAssign)]
    return bool(plain) and all(isinstance(one.value, ast.Constant) for one in plain)


def _named(node: ast.Name, found: Recursion) -> str:
    function, name = found.function, node.id
    if not isinstance(node.ctx, ast.Load):
        return f"`{name}` is bound anew" if name in function.parameters else ""
    if node not in function.names.loads.get(name, ()):  # a comprehension's own
        return ""
    own = name == found.name or function.names.is_local(name) or (name in PURE and is_builtin(name, function))
    return "" if own or _constant(name, found) else f"`{name}` is not its own, and may be anything"


def _constant(name: str, found: Recursion) -> bool:
    module = found.function.module
    meant = module.top.get(name)
    said = isinstance(meant, ast.Assign) and isinstance(meant.value, ast.Constant) and name not in module.rebound
    return said or name in written_displays(found.function)


@obligation
def arguments_are_plain(case: Case) -> Proof:
    """Its arguments are plain values, whose operators have no effects."""
    found: Recursion = case.suspect.reading
    where = found.function.place(found.begin)
    for number, name in enumerate(found.varying):
        types = seen_types(case, "key", number)
        if types and as_key(name, types) is None:
            return unproved(f"`{name}` was {guards.readable(types)}", where)
    for number, name in enumerate(found.fixed):
        problem = _not_plain(case, number)
        if problem:
            return unproved(f"`{name}` was {problem}", where)
    return guarded("a test of the exact types: with others nothing is kept", where)


def _not_plain(case: Case, number: int) -> str:
    """What an argument was that is neither a plain value nor plain data; empty if it was one."""
    seen = case.watched(f"base{number}")
    if seen is None or not seen.types:
        return "never seen" if case.seen else ""
    if of_seen("it", seen.types, seen.elements) is not None:
        return ""
    held = f" of {guards.readable(seen.elements)}" if seen.elements else ""
    return f"{guards.readable(seen.types)}{held}"


@obligation
def results_are_plain(case: Case) -> Proof:
    """Its results are plain values, which nobody can change."""
    found: Recursion = case.suspect.reading
    for number, one in enumerate(found.answers):
        types = seen_types(case, "made", number)
        if not set(types) <= set(guards.FLAT):
            return unproved(f"a result was {guards.readable(types)}", found.function.place(one))
    return guarded("a test of the exact type of each result", found.function.place(found.begin))


@obligation
def name_means_itself(case: Case) -> Proof:
    """Its name means this function, and no other."""
    found: Recursion = case.suspect.reading
    function = found.function
    if found.name in function.module.rebound or function.names.dynamic or found.name in function.names.bindings:
        return unproved(f"`{found.name}` has more than one meaning in this file", function.place(found.begin))
    shadowed = [one for one in USED if not is_builtin(one, function)]
    if shadowed:
        return unproved(f"`{shadowed[0]}` has another meaning in this file", function.place(found.begin))
    return proved("nothing in this file gives the name another meaning")
