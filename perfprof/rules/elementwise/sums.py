"""Write the sum of a loop: after each turn to the bit, or, of terms that may be off, at once and with a test of its error."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from perfprof.rules.elementwise.errors import ULP
from perfprof.rules.elementwise.turns import UFUNCS

FACTOR = 1.05  # the test itself is rounded, too


@dataclass(frozen=True, slots=True)
class Summed:
    """name: what is summed up; op: how; text: the terms as one array; kept: what the sum is called until all is computed.

    plain: it was a float of Python. error: of a term, in units of the last place. within: the tolerance as set.
    """

    name: str
    op: ast.operator
    text: str
    kept: str
    plain: bool
    error: float
    within: float

    def exactly(self, numpy: str, turns: str) -> list[str]:
        """NumPy's ``accumulate`` takes one term after the other, as the loop does; with none the number stays what it is."""
        how = f"{numpy}.{UFUNCS[type(self.op)]}.accumulate"
        return [
            f"{turns} = {how}({numpy}.concatenate((({self.name},), {self.text})))",
            f"{self.kept} = {self._number(f'{turns}[-1]')} if len({turns}) > 1 else {self.name}",
        ]

    def nearly(self, numpy: str, turns: str, name: str) -> list[str]:
        """``name`` holds the sum until its error is known: n + error units of the terms' sizes, in whatever order."""
        terms = f"-({self.text})" if isinstance(self.op, ast.Sub) else self.text
        product = isinstance(self.op, ast.Mult)
        how = "prod" if product else "sum"
        each = f"{FACTOR * ULP * (self.error + 1 if product else 1):.2g}"
        size = f"len({turns})" if product else f"(len({turns}) + {self.error:.0f}) * {numpy}.abs({turns}).sum()"
        whole = f"{self.within!r}" if product else f"{self.within!r} * abs({name})"
        return [
            f"{turns} = {numpy}.concatenate((({self.name},), {terms}))",
            f"{name} = {self._number(f'{turns}.{how}()')} if len({turns}) > 1 else {self.name}",
            f"if not {each} * {size} < {whole}:",
            "    raise ArithmeticError  # what is left of the sum may be all error",
            *([f"{self.kept} = {name}"] if self.kept != name else []),
        ]

    def _number(self, text: str) -> str:
        return f"float({text})" if self.plain else text
