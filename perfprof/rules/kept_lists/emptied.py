"""Whether something is in a queue of an object when a method takes from it: what a test before shows, and what none does."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.containers.filled import shows_empty, shows_filled
from perfprof.rules.reading.callees import standard
from perfprof.rules.reading.effects import hazards
from perfprof.rules.reading.expressions import SCALAR_BUILTINS, is_builtin
from perfprof.rules.reading.repeats import statement_of

if TYPE_CHECKING:
    from perfprof.rules.kept_lists.attribute_queues import AttributeQueue, Use
    from perfprof.rules.reading.program import Function, Program

CLOCKS = frozenset({"time.time", "time.monotonic", "time.perf_counter", "datetime.now", "datetime.utcnow"})
_WAITING = (ast.Await, ast.Yield, ast.YieldFrom, ast.AsyncWith, ast.AsyncFor)
ACTING = (*_WAITING, ast.For, ast.While, ast.With, ast.Delete)
HIDDEN = frozenset({"unknown", "suspends", "mutates"})
LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)


@dataclass(frozen=True, slots=True)
class EmptyGuard:
    """A statement before which the code must ask whether something is in the queue. error: what a list would say."""

    statement: ast.stmt
    error: str


def empty_guards(found: AttributeQueue, program: Program) -> list[tuple[Use, EmptyGuard | None]]:
    """The uses that may take from an empty queue, each with the guard that its statement needs; None if none is exact."""
    guards = []
    for one in found.uses:
        taken = one.call if one.word == "pop" else one.above if isinstance(one.above, ast.Subscript) else None
        if taken is not None and not _filled(taken, _Before(one.method, found.text, program)):
            guards.append((one, _guard(one, taken)))
    return guards


def _guard(one: Use, taken: ast.expr) -> EmptyGuard | None:
    """The guard for what is the first thing that a statement on lines of its own does."""
    statement = statement_of(taken, one.method)
    value = getattr(statement, "value", None) if isinstance(statement, _PLAIN) else None
    own_line = getattr(one.method.parents[statement], "lineno", 0) < statement.lineno
    if value is None or not _comes_first(taken, value) or not own_line or not is_builtin("IndexError", one.method):
        return None
    return EmptyGuard(statement, "pop from empty list" if one.word == "pop" else "list index out of range")


_PLAIN = (ast.Return, ast.Expr, ast.Assign)


def _comes_first(taken: ast.expr, value: ast.expr) -> bool:
    """Whether nothing is evaluated before: ``self._jobs.pop(0)``, ``self._jobs.pop(0).name``, ``self._jobs[0][1]``."""
    while value is not taken:
        if isinstance(value, (ast.Attribute, ast.Subscript)):
            value = value.value
        elif isinstance(value, ast.Call):
            value = value.func
        elif isinstance(value, ast.Tuple) and value.elts:
            value = value.elts[0]
        else:
            return False
    return True


def _filled(taken: ast.AST, before: _Before) -> bool:
    """Whether a test just before shows that something is in the queue, and nothing that runs meanwhile takes it."""
    node: ast.AST = taken
    while node is not before.method.node:
        above = before.method.parents[node]
        if isinstance(above, ast.IfExp) and node is above.body and before.shows(above.test):
            return True
        if isinstance(above, ast.BoolOp) and isinstance(above.op, ast.And) and before.within(above, node, taken):
            return True
        if isinstance(node, ast.stmt):
            return before.quiet_head(node, taken) and before.in_block(node, above)
        if isinstance(above, (ast.Lambda, ast.comprehension)):
            return False
        node = above
    return False


@dataclass(frozen=True, slots=True)
class _Before:
    """What runs between a test of the queue ``text`` and the place that takes from it."""

    method: Function
    text: str
    program: Program

    def shows(self, test: ast.expr) -> bool:
        """Whether a test shows that something is in the queue, and leaves it there."""
        return shows_filled(test, self.text) and not self.acts(test)

    def within(self, both: ast.BoolOp, node: ast.AST, taken: ast.AST) -> bool:
        """``self._waiting and self._waiting[0] …``: an operand before shows it."""
        earlier = both.values[: next(place for place, one in enumerate(both.values) if one is node)]
        shown = any(shows_filled(one, self.text) for one in earlier)
        return shown and not any(map(self.acts, earlier)) and self._first(node, taken)

    def quiet_head(self, statement: ast.stmt, taken: ast.AST) -> bool:
        """Whether nothing in the statement acts before the queue is taken from."""
        if isinstance(statement, (ast.While, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Try)):
            return False
        return self._first(statement.test if isinstance(statement, ast.If) else statement, taken)

    def _first(self, part: ast.AST, taken: ast.AST) -> bool:
        """Whether other calls only take what the queue gives."""
        acting = [one for one in ast.walk(part) if self._acts_itself(one)]
        acting += [one.node for one in hazards([part], self.method, self.program) if one.kind in HIDDEN]
        return all(one is taken or any(inner is taken for inner in ast.walk(one)) for one in acting)

    def in_block(self, statement: ast.stmt, above: ast.AST) -> bool:
        """Whether a statement before shows it, or the test of the block."""
        for block in ("body", "orelse", "finalbody"):
            siblings = getattr(above, block, None)
            if not isinstance(siblings, list) or statement not in siblings:
                continue
            for earlier in reversed(siblings[: siblings.index(statement)]):
                if self._leaves(earlier) or self._adds(earlier):
                    return True
                if self.acts(earlier):
                    return False
            if block == "body" and isinstance(above, (ast.If, ast.While)) and self.shows(above.test):
                return True
            outside = self.method.parents.get(above)
            quiet = isinstance(above, ast.If) and not self.acts(above.test)
            return quiet and outside is not None and self.in_block(above, outside)  # type: ignore[arg-type]
        return False

    def _adds(self, earlier: ast.stmt) -> bool:
        """``self._waiting.append(job)`` as a statement of its own."""
        call = earlier.value if isinstance(earlier, ast.Expr) else None
        ways = {f"{self.text}.append", f"{self.text}.insert"}
        return isinstance(call, ast.Call) and ast.unparse(call.func) in ways and not any(map(self.acts, call.args))

    def _leaves(self, earlier: ast.stmt) -> bool:
        """``if not self._waiting: return``."""
        if not isinstance(earlier, ast.If) or earlier.orelse or not isinstance(earlier.body[-1], LEAVING):
            return False
        return shows_empty(earlier.test, self.text) and not self.acts(earlier.test)

    def acts(self, node: ast.AST) -> bool:
        """Whether it may run code that takes from the queue, or bind it anew."""
        if any(map(self._acts_itself, ast.walk(node))):
            return True
        hidden = hazards([node], self.method, self.program)  # behind operators and properties
        return any(one.kind in HIDDEN for one in hidden)

    def _acts_itself(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            plain = name in SCALAR_BUILTINS and is_builtin(name, self.method) and not node.keywords
            return not (plain or (standard(node.func, self.method) or "") in CLOCKS)
        bound = isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        return bound or isinstance(node, ACTING)
