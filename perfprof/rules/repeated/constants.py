"""Dicts and sets of constants that a loop makes anew in each turn only to read them, made once before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules import bounds
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.repeats import counted_few, looped_expressions, repeated
from perfprof.rules.reading.scans import Loop, Scan
from perfprof.rules.reading.stability import Stability
from perfprof.rules.repeated.moving import moved_out
from perfprof.rules.rule import Case, Evidence, Rewrite, Suspect
from perfprof.rules.searching.indexing import at

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program

LEAST_TURNS = 8  # an entry of the loop
LEAST_PARTS = 2
PART = {"dict": 4.6, "set": 2.3}  # making one entry, measured; units of `costs`
TURN = 25.0  # a turn that does little else


@dataclass(frozen=True, eq=False, slots=True)
class Rebuilt:
    """A display of constants in a loop. kind: "dict" or "set". target: the name that a statement gives it, or empty."""

    function: Function
    scan: Scan
    display: ast.expr
    kind: str
    parts: int
    target: str
    hoist: Loop
    bases: tuple[ast.expr, ...] = ()
    stable: tuple[Stability, ...] = ()


def rebuilt(function: Function, program: Program) -> Iterator[Rebuilt]:
    """Every dict or set of constants that a loop of a function makes, outermost displays only."""
    if isinstance(function.node, ast.Module):
        return
    for node in looped_expressions(function):
        found = _kind(node, function)
        if found is None or found[1] < LEAST_PARTS or _folded(node, function):
            continue
        scan = repeated(node, function)
        if scan is not None and not isinstance(scan.around[0].node, ast.AsyncFor) and not counted_few(scan.around):
            yield Rebuilt(function, scan, node, *found, _target(node, function), scan.around[0])


def _kind(node: ast.expr, function: Function) -> tuple[str, int] | None:
    """What is made of how many constants; None for anything else."""
    if isinstance(node, ast.Dict):
        plain = all(key is not None and is_constant(key) for key in node.keys)
        return ("dict", len(node.keys)) if plain and all(map(is_constant, node.values)) else None
    if isinstance(node, ast.Set):
        return ("set", len(node.elts)) if all(map(is_constant, node.elts)) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _made(node, node.func.id, function)
    return None


def _made(node: ast.Call, name: str, function: Function) -> tuple[str, int] | None:
    if name == "dict" and not node.args and node.keywords and is_builtin(name, function):
        plain = all(word.arg and is_constant(word.value) for word in node.keywords)
        return ("dict", len(node.keywords)) if plain else None
    if name == "dict" and len(node.args) == 1 and not node.keywords and is_builtin(name, function):
        pairs = _pairs(node.args[0])
        return ("dict", pairs) if pairs else None
    if name not in {"set", "frozenset"} or len(node.args) != 1 or node.keywords or not is_builtin(name, function):
        return None
    given = node.args[0]
    if isinstance(given, ast.Constant) and isinstance(given.value, (str, bytes)):
        return "set", len(given.value)
    shown = isinstance(given, (ast.List, ast.Tuple, ast.Set)) and all(map(is_constant, given.elts))
    return ("set", len(given.elts)) if shown else None  # type: ignore[attr-defined]  # it is a display here


def _pairs(given: ast.expr) -> int:
    """How many pairs of constants are written out; 0 if anything else is."""
    parts = given.elts if isinstance(given, (ast.List, ast.Tuple)) else []
    shown = all(isinstance(one, (ast.Tuple, ast.List)) and len(one.elts) == 2 for one in parts)
    return len(parts) if shown and all(is_constant(x) for one in parts for x in one.elts) else 0  # type: ignore[attr-defined]


def is_constant(node: ast.expr) -> bool:
    """A constant that can be hashed and never changes: a literal, a signed number, a tuple of such."""
    if isinstance(node, ast.Tuple):
        return all(map(is_constant, node.elts))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        number = node.operand
        return isinstance(number, ast.Constant) and type(number.value) in (int, float)
    return isinstance(node, ast.Constant)


def _folded(node: ast.expr, function: Function) -> bool:
    """Whether the compiler makes one constant of a set display (walked or asked on the spot), or it matters little."""
    above = function.parents.get(node)
    asked = isinstance(above, ast.Compare) and node is not above.left
    walked = isinstance(above, (ast.For, ast.comprehension)) and above.iter is node
    if isinstance(above, ast.Call) and isinstance(above.func, ast.Attribute) and node in above.args:
        return True  # handed over: an update with a few constants is as long as the call itself
    return isinstance(node, ast.Set) and (asked or walked)


def _target(node: ast.expr, function: Function) -> str:
    above = function.parents.get(node)
    if isinstance(above, ast.Assign) and len(above.targets) == 1 and isinstance(above.targets[0], ast.Name):
        return above.targets[0].id
    named = isinstance(above, ast.AnnAssign) and isinstance(above.target, ast.Name) and above.value is node
    return above.target.id if named else ""  # type: ignore[union-attr]  # it is an AnnAssign here


def suspect(rule: str, found: Rebuilt) -> Suspect:
    """The finding, and how often a run must have come there."""
    function = found.function
    message = f"makes a {found.kind} of {found.parts} constants in each turn"
    subject = found.target or found.kind
    what = finding(rule, function, found.display, subject, message)
    watches = (
        watch(f"{what.id}:entry", found.hoist.statement, function, "entry"),
        watch(f"{what.id}:base0", found.display, function, "value"),
    )
    return Suspect(what, found, watches, function)


def worth_keeping(case: Case) -> Evidence:
    """At least 8 turns an entry: measured 2x with 2 constants and 4 turns, 8x with 8, more with each constant."""
    found: Rebuilt = case.suspect.reading
    entry, made = case.watched("entry"), case.watched("base0")
    if entry is None or made is None or not entry.count or not made.count:
        return Evidence(False, "the loop did not run")
    rounds = made.count / entry.count
    numbers = {"entries": entry.count, "turns": round(rounds, 1), "constants": found.parts}
    if rounds < LEAST_TURNS:
        return Evidence(False, f"too few: made {rounds:,.0f} times an entry (pays from {LEAST_TURNS})", numbers)
    gain = 1 + found.parts * PART[found.kind] / TURN
    bound = bounds.making(made.count, found.parts)
    return Evidence(True, f"made {rounds:,.0f} times an entry", numbers, gain, bound)


def make_before(case: Case) -> Rewrite:
    """The display before the loop under a name, and the name in its place."""
    found: Rebuilt = case.suspect.reading
    function = found.function
    word = f"all_{found.target}" if found.target else {"dict": "table", "set": "members"}[found.kind]
    name = fresh(word, function.visible | case.taken)
    edits = moved_out(found.display, found.hoist.statement, function) or (
        at("before", found.hoist.statement, f"{name} = {function.text(found.display)}"),
        at("replace", found.display, name),
    )
    return Rewrite(
        edits=edits,
        why=f"the {found.kind} of {found.parts} constants is made once; the loop only reads it",
        memory=f"one {found.kind} of {found.parts} constants while the function runs",
    )
