"""How far the values of an element-wise loop may be off where NumPy computes a function otherwise for arrays than for elements.

Errors are in units of the last place, relative to the value. NumPy's own tests hold its functions to 4 units, those of the C
library are off by less than 2; ``FUNCTION`` doubles what they may be apart. Products and quotients add errors up. A sum of numbers
of one sign has no larger error than these; where signs may differ, what is left may be all error, so it is refused, as is
everything that jumps: a comparison, ``floor``. A sum over all turns is tested when it runs (see sums.py).
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass, field

from perfprof.rules.elementwise.kinds import InexactError
from perfprof.rules.elementwise.loops import ElementLoop
from perfprof.rules.elementwise.steps import INEXACT
from perfprof.rules.elementwise.turns import Branch, Count, Named, Store, Sum, every

ULP = 2.0**-52
FUNCTION = 12.0
_LARGEST_EXPONENT = 745.0  # exp of more is infinite, of less zero
_NO_SIGN = frozenset({"exp", "exp2", "cosh", "sqrt", "abs", "absolute", "fabs"})


@dataclass
class Errors:
    """Of one loop. names, arrays: of what its turns bound and stored. sums: of what is summed up."""

    found: ElementLoop
    names: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, float] = field(default_factory=dict)
    sums: dict[str, float] = field(default_factory=dict)
    positive: dict[str, bool] = field(default_factory=dict)

    def read(self) -> float:
        """Go through all steps; the largest error of a value that is kept. InexactError where there is no bound."""
        for one in every(self.found.steps):
            if isinstance(one, Branch):
                self._exact(one.test, "it is compared")
            elif isinstance(one, Named):
                error, before = self.of(one.value), self.names.get(one.name)
                sign = self.no_sign(one.value) and self.positive.get(one.name, True)
                self.names[one.name], self.positive[one.name] = max(error, before or 0.0), sign
            elif isinstance(one, Store):
                array = one.cell.array
                self.arrays[array] = max(self.of(one.value), self.arrays.get(array, 0.0))
            elif isinstance(one, Sum):
                self._sum(one)
            else:
                assert isinstance(one, Count)
        return max([*self.arrays.values(), *self.sums.values()], default=0.0)

    def _sum(self, one: Sum) -> None:
        self.sums[one.name] = self.of(one.value)
        if self.sums[one.name] and isinstance(one.op, ast.Div):
            raise InexactError(one.value, "its error grows from turn to turn")

    def of(self, node: ast.expr) -> float:
        """The error of an expression."""
        cell = self.found.read.cells.get(node)
        if cell is not None:
            return self.arrays.get(cell.array, 0.0)
        if isinstance(node, ast.Name):
            if self.sums.get(node.id):
                raise InexactError(node, "what is left of a sum may be all error")
            return self.names.get(node.id, 0.0)
        if isinstance(node, ast.BinOp):
            return self._arithmetic(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self.of(node.operand)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, (ast.BoolOp, ast.Compare, ast.UnaryOp)):
            self._exact(node, "it is compared")
        return 0.0

    def _arithmetic(self, node: ast.BinOp) -> float:
        left, right = self.of(node.left), self.of(node.right)
        if isinstance(node.op, ast.Pow):
            return self._power(node, left)
        if not left and not right:
            return 0.0
        if isinstance(node.op, (ast.Mult, ast.Div)):
            return left + right + 1.0
        if isinstance(node.op, ast.Add) and self.no_sign(node.left) and self.no_sign(node.right):
            return max(left, right) + 1.0
        raise InexactError(node, "what is left of a difference may be all error")

    def _power(self, node: ast.BinOp, left: float) -> float:
        self._exact(node.right, "an error of an exponent grows")
        power = _written(node.right)
        if power is not None:
            return FUNCTION + left * abs(power)
        if left or not self.no_sign(node.left):
            raise InexactError(node, "the exponent may be any number")
        return FUNCTION

    def _call(self, node: ast.Call) -> float:
        _, name = self.found.read.called(node)
        errors = [self.of(one) for one in node.args]
        if name in INEXACT:
            if errors[0] and name != "exp":
                raise InexactError(node, "an error of what it is given may grow")
            return FUNCTION + errors[0] * _LARGEST_EXPONENT
        if name in {"max", "min", "abs", "absolute", "fabs", "float"}:
            return max(errors)
        if name == "sqrt":
            return errors[0] and errors[0] + 1.0
        self._exact(node.args[0], "it jumps")
        return 0.0

    def _exact(self, node: ast.expr, why: str) -> None:
        """Refuse an error where it may become any difference."""
        parts = [node] if not isinstance(node, (ast.BoolOp, ast.Compare, ast.UnaryOp)) else _sides(node)
        for one in parts:
            if one is not node and isinstance(one, (ast.BoolOp, ast.Compare, ast.UnaryOp)):
                self._exact(one, why)
            elif self.of(one):
                raise InexactError(one, why)

    def no_sign(self, node: ast.expr) -> bool:
        """Whether the value is surely not below zero."""
        written = _written(node)
        if written is not None:
            return 0 <= written < math.inf
        if isinstance(node, ast.Name):
            return self.positive.get(node.id, False)
        if isinstance(node, ast.Call):
            return self.found.read.called(node)[1] in _NO_SIGN
        return isinstance(node, ast.BinOp) and self._no_sign_of(node)

    def _no_sign_of(self, node: ast.BinOp) -> bool:
        if isinstance(node.op, ast.Pow):
            even = _written(node.right)
            return (type(even) is int and even % 2 == 0) or self.no_sign(node.left)
        return not isinstance(node.op, ast.Sub) and self.no_sign(node.left) and self.no_sign(node.right)


def _written(node: ast.expr) -> int | float | None:
    """A number that is written down, perhaps with a minus."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _written(node.operand)
        return None if inner is None else -inner
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _sides(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    return [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
