"""What is left of a text, of bytes or of a list is copied in each turn: ``while data: …; data = data[4:]``.

An offset says the same: at every moment, what the name meant is ``data[start:]``. This file finds the loops; how each use of
the name is told by the offset stands in `perfprof.rules.sequences.offsets`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from perfprof.rules.containers.uses import repeated_statements
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.expressions import is_builtin
from perfprof.rules.reading.repeats import statement_of
from perfprof.rules.reading.types import bound_by_comprehension, builtin_type
from perfprof.rules.rule import Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Program


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """``name = name[taken:]`` as a statement, or as one pair of ``a, name = …, name[taken:]``."""

    statement: ast.Assign
    target: ast.Name
    value: ast.Subscript
    taken: ast.expr


@dataclass(frozen=True, eq=False, slots=True)
class Slices:
    """A name that a loop binds only to what is left of it."""

    function: Function
    name: str
    loop: ast.For | ast.AsyncFor | ast.While
    steps: tuple[Step, ...]

    @property
    def values(self) -> list[ast.expr]:
        """What else the name is bound to in the function; none if it may be bound to anything."""
        names, inside = self.function.names, set(self.uses)
        bound = [one.value for one in names.bindings.get(self.name, ()) if one.node not in inside]
        own = [one for one in bound if not any(one is step.value for step in self.steps)]
        known = [one for one in own if one is not None]
        return known if len(known) == len(own) and self.name not in names.parameters else []

    @property
    def is_text(self) -> bool:
        """Whether the code shows that it is one of these, and never None; an annotation shows nothing."""
        made = {kind_of(one, self.function) for one in self.values}
        return bool(made) and made <= {"str", "bytes", "list", "tuple"}

    @property
    def uses(self) -> list[ast.Name]:
        """Where the loop names it, the steps' targets included."""
        return [one for one in ast.walk(self.loop) if isinstance(one, ast.Name) and one.id == self.name]

    @property
    def outside(self) -> list[ast.Name]:
        """Where the function reads it outside of the loop."""
        inside = set(self.uses)
        return [one for one in self.function.names.loads.get(self.name, ()) if one not in inside]

    @property
    def read_after(self) -> bool:
        """Whether what is left may be read when the loop has ended."""
        again = any(one is self.loop and len(around) > 0 for one, around in repeated_statements(self.function))
        return any(again or one.lineno >= self.loop.lineno for one in self.outside)


def slices(function: Function, program: Program) -> Iterator[Slices]:
    """All of them in a function. Only a run tells how much is copied."""
    if program.alone or isinstance(function.node, ast.Module):
        return
    found: dict[tuple[str, ast.stmt], list[Step]] = {}
    for statement, around in repeated_statements(function):
        for step in _steps(statement):
            loop = next((one for one in around if _only_steps(step.target.id, one)), None)
            if loop is not None:
                found.setdefault((step.target.id, loop), []).append(step)
    for (name, loop), steps in found.items():
        assert isinstance(loop, (ast.For, ast.AsyncFor, ast.While))
        yield Slices(function, name, loop, tuple(steps))


def _only_steps(name: str, loop: ast.stmt) -> bool:
    """Whether nothing else in a loop binds the name."""
    bound = {one for one in ast.walk(loop) if isinstance(one, ast.Name) and one.id == name and _is_bound(one)}
    return bound == {step.target for one in ast.walk(loop) for step in _steps(one) if step.target.id == name}


def _is_bound(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)


def _steps(statement: ast.AST) -> Iterator[Step]:
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return
    for one, given in _pairs(statement.targets[0], statement.value):
        taken = rest_of(given)
        if taken is None or not isinstance(one, ast.Name) or not isinstance(given, ast.Subscript):
            continue
        if isinstance(given.value, ast.Name) and given.value.id == one.id:
            yield Step(statement, one, given, taken)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """``a, b = c, d`` is two of them."""
    if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple):
        return [(target, value)]
    starred = any(isinstance(one, ast.Starred) for one in (*target.elts, *value.elts))
    alike = len(target.elts) == len(value.elts) and not starred
    return list(zip(target.elts, value.elts, strict=True)) if alike else []


def rest_of(node: ast.expr) -> ast.expr | None:
    """``k`` of ``xs[k:]``."""
    part = node.slice if isinstance(node, ast.Subscript) else None
    open_end = isinstance(part, ast.Slice) and part.upper is None and part.step is None
    return part.lower if open_end and isinstance(part, ast.Slice) else None


def kind_of(value: ast.expr, function: Function) -> str | None:
    """The exact type of a value; ``"…".join`` makes a plain text of subclasses, too."""
    callee = value.func if isinstance(value, ast.Call) else None
    if isinstance(callee, ast.Attribute) and callee.attr == "join" and isinstance(callee.value, ast.Constant):
        return type(callee.value.value).__name__
    return builtin_type(value, function)


def not_negative(node: ast.expr, name: str, function: Function) -> bool:
    """Whether it is surely an int, and none below zero; name: what the loop slices, whose `find` gives ints."""
    least = _least(node, name, function)
    return least is not None and least >= 0


def _least(node: ast.expr, name: str, function: Function, depth: int = 3) -> int | None:
    """A bound below which an expression, surely an int, cannot be; None if nothing is known."""
    if isinstance(node, ast.Constant):
        return node.value if _small(node.value) else None
    if isinstance(node, ast.BinOp):
        parts = [_least(one, name, function, depth) for one in (node.left, node.right)]
        return _added(parts) if isinstance(node.op, ast.Add) else None
    if isinstance(node, ast.Call):
        return _least_of_call(node, name, function)
    return _least_of_name(node, name, function, depth) if isinstance(node, ast.Name) and depth else None


def _added(parts: list[int | None]) -> int | None:
    known = [one for one in parts if one is not None]
    return sum(known) if len(known) == len(parts) else None


def _small(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < 2**31


def _least_of_call(node: ast.Call, name: str, function: Function) -> int | None:
    called = node.func
    if isinstance(called, ast.Name):
        return 0 if called.id == "len" and is_builtin("len", function) else None
    if not isinstance(called, ast.Attribute) or not isinstance(called.value, ast.Name) or called.value.id != name:
        return None
    return {"find": -1, "index": 0}.get(called.attr) if len(node.args) == 1 and not node.keywords else None


def _least_of_name(node: ast.Name, name: str, function: Function, depth: int) -> int | None:
    bounds = [_least(one, name, function, depth - 1) for one in _values_of(node, function)]
    known = [one for one in bounds if one is not None]
    least = min(known) if known and len(known) == len(bounds) else None
    return 0 if least == -1 and _was_found(node, function) else least


def _values_of(node: ast.Name, function: Function) -> list[ast.expr]:
    """All that a name of the function itself is bound to; none if that is not known."""
    hidden = node.id in function.names.captured or bound_by_comprehension(node, function)
    return [] if hidden else function.names.values(node.id) or []


def _was_found(use: ast.Name, function: Function) -> bool:
    """Whether an earlier statement of its block left if it was -1: ``if end < 0: break``."""
    statement = statement_of(use, function)
    above = function.parents.get(statement)
    blocks: list[list[ast.stmt]] = [getattr(above, word, []) for word in ("body", "orelse")]
    block = next((one for one in blocks if statement in one), [statement])
    for earlier in reversed(block[: block.index(statement)]):
        if _leaves_below_zero(earlier, use.id):
            return True
        if any(isinstance(one, ast.Name) and one.id == use.id and _is_bound(one) for one in ast.walk(earlier)):
            return False
    return False


def _leaves_below_zero(statement: ast.stmt, name: str) -> bool:
    tests = {f"{name} < 0", f"{name} == -1"}
    if not isinstance(statement, ast.If) or statement.orelse or ast.unparse(statement.test) not in tests:
        return False
    return isinstance(statement.body[-1], (ast.Break, ast.Return, ast.Raise, ast.Continue))


def suspect(rule: str, found: Slices) -> Suspect:
    """The finding, and what a run must tell about what is sliced."""
    function, first = found.function, found.steps[0]
    message = f"copies all that is left of `{found.name}` in each turn"
    what = finding(rule, function, first.value, found.name, message)
    watches = tuple(
        watch(f"{what.id}:cut{number}", step.value.value, function, "collection")
        for number, step in enumerate(found.steps)
    )
    return Suspect(what, found, watches, function)
