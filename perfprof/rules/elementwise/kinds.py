"""Which steps of an element-wise loop NumPy does for a whole array to the very bit as for its elements.

A kind is the type of an element ("float64", "uint8" …), ``float`` or ``int`` of Python, ``counter`` of the loop, or
``truth``. What is not in here may differ: powers and functions like ``exp`` by a bit, whole numbers when they overflow.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from perfprof.rules.elementwise.loops import ElementLoop
from perfprof.rules.elementwise.starts import start_of
from perfprof.rules.elementwise.steps import INEXACT, NUMBERS
from perfprof.rules.elementwise.turns import Branch, Count, Named, Step, Sum, every
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.rule import Case

WHOLE = frozenset("int8 int16 int32 int64 uint8 uint16 uint32".split())
FLOATS = frozenset({"float64", "float"})
ELEMENTS = {f"numpy.{one}": one for one in (*WHOLE, "float64", "bool")} | {"numpy.bool_": "bool"}
GIVEN = {"builtins.float": "float", "builtins.int": "int", "numpy.float64": "float64"}
EXACT_INT = 1 << 53  # up to here each whole number is a float
_SMALL = 1 << 20


class InexactError(Exception):
    """A step that may give something else for an array; args: the node, why."""


@dataclass
class Kinds:
    """The kinds of all expressions of a loop. arrays: the kind of the elements of each; stored: those of what is stored.

    sums: of what is summed up, and starts: the types that it may have before the loop.
    """

    found: ElementLoop
    arrays: Mapping[str, str]
    given: Mapping[str, str]
    named: dict[str, str] = field(default_factory=dict)
    stored: dict[str, set[str]] = field(default_factory=dict)
    sums: dict[str, str] = field(default_factory=dict)
    starts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self) -> None:
        """Go through all steps; InexactError names the first that may differ."""
        for one in every(self.found.steps):
            self._step(one)

    def _step(self, one: Step) -> None:
        if isinstance(one, Branch):
            self.truth(one.test)
            if not self.varies(one.test):
                raise InexactError(one.test, "the test is the same in all turns")
        elif isinstance(one, Named):
            self.named[one.name] = self.of(one.value)
            if not self.varies(one.value):
                raise InexactError(one.value, "it is the same in all turns")
        elif isinstance(one, Sum):
            self._sum(one)
        elif not isinstance(one, Count):
            kinds = _holders(one.value, self.of(one.value))
            if not kinds:
                raise InexactError(one.value, "what is stored is made another type")
            name = one.cell.array
            self.stored[name] = self.stored.get(name, kinds) & kinds

    def _sum(self, one: Sum) -> None:
        kind = self.of(one.value)
        if kind not in FLOATS:
            raise InexactError(one.value, f"a {kind} is summed up: whole numbers may overflow, and nobody is told")
        start = start_of(one.name, self.found.hoist.node, self.found.function)
        self.starts[one.name] = (start,) if start else ("float", "float64") if kind == "float64" else ("float",)
        self.sums[one.name] = kind

    def varies(self, node: ast.expr) -> bool:
        """Whether it has another value in each turn."""
        return any(
            one in self.found.read.cells or (isinstance(one, ast.Name) and one.id in self.found.bound)
            for one in ast.walk(node)
        )

    def of(self, node: ast.expr) -> str:
        """The kind of an expression."""
        cell = self.found.read.cells.get(node)
        if cell is not None:
            inner = cell.gather
            if inner is not None and self.arrays[inner.array] not in WHOLE:
                raise InexactError(inner.node, f"the index was a {self.arrays[inner.array]}")
            return self.arrays[cell.array]
        if isinstance(node, ast.Constant):
            return _of_constant(node)
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._of_name(node)
        if isinstance(node, ast.BinOp):
            return self._arithmetic(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._one_of(node, node.operand, {*FLOATS, "counter", "int"})
        if isinstance(node, ast.Call):
            return self._call(node)
        for one in node.values if isinstance(node, ast.BoolOp) else ():  # whose value is one of theirs
            if self.of(one) not in {"truth", "bool"}:
                raise InexactError(one, "it is one of two values")
        self.truth(node)
        return "truth"

    def _of_name(self, node: ast.Name | ast.Attribute) -> str:
        path = path_of(node) or ("",)
        if path[0] in self.found.read.modules:
            if len(path) == 2 and path[1] in NUMBERS:
                return "float"
            raise InexactError(node, "it is no number")
        if path[0] in {**self.named, **self.sums}:
            return {**self.named, **self.sums}[path[0]]
        if path[0] in self.found.bound:
            return "counter"
        return self.given[ast.unparse(node)]

    def _one_of(self, node: ast.expr, inner: ast.expr, kinds: set[str]) -> str:
        kind = self.of(inner)
        if kind not in kinds:
            raise InexactError(node, f"it was a {kind}: whole numbers may overflow, and nobody is told")
        return kind

    def _arithmetic(self, node: ast.BinOp) -> str:
        left, right = self.of(node.left), self.of(node.right)
        both = {left, right}
        if not both <= {*FLOATS, *WHOLE, "int", "counter"} or (isinstance(node.op, ast.Pow) and not both & FLOATS):
            raise InexactError(node, f"it was of {left} and {right}")
        if both & FLOATS:
            return "float" if both <= {"float", "int", "counter"} else "float64"
        if isinstance(node.op, ast.Div) and both <= {"int64", "int"} and "int64" in both:
            return "float64"
        if "counter" in both and (both == {"counter"} or _small(node.left) or _small(node.right)):
            return "float" if isinstance(node.op, ast.Div) else "counter"
        raise InexactError(node, "whole numbers may overflow, and nobody is told")

    def _call(self, node: ast.Call) -> str:
        module, name = self.found.read.called(node)
        kinds = [self.of(one) for one in node.args]
        if name in INEXACT and kinds[0] in FLOATS:
            return "float64" if module == "numpy" else "float"
        if name.startswith("is") and kinds[0] in FLOATS:
            return "truth"
        if module == "builtins":
            return self._builtin(node, name, {*kinds})
        if kinds[0] in FLOATS and (module == "numpy" or name in {"sqrt", "fabs"}):
            return "float64" if module == "numpy" else "float"
        raise InexactError(node, f"it was of {' and '.join(kinds)}")

    def _builtin(self, node: ast.Call, name: str, kinds: set[str]) -> str:
        if name == "abs":
            return self._one_of(node, node.args[0], {*FLOATS, "counter"})
        if name == "float" and kinds <= {*FLOATS, "counter"}:
            return "float"
        if name in {"max", "min"} and kinds <= {*FLOATS, "int"} and kinds & FLOATS:
            return "float64" if "float64" in kinds else "float"
        raise InexactError(node, f"it was of {' and '.join(sorted(kinds))}")

    def truth(self, node: ast.expr) -> None:
        """Whether it can be a test of all elements at once."""
        if isinstance(node, ast.BoolOp):
            for one in node.values:
                self.truth(one)
                if not self.varies(one):
                    raise InexactError(one, "the test is the same in all turns")
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.truth(node.operand)
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for left, right in itertools.pairwise(sides):
                self._compared(left, right)
        elif self.of(node) not in {"truth", "bool", *FLOATS, *WHOLE, "counter"} or not self.varies(node):
            raise InexactError(node, "it is no test of an element")

    def _compared(self, left: ast.expr, right: ast.expr) -> None:
        one, other = self.of(left), self.of(right)
        both = {one, other}
        floats = both <= {*FLOATS, *WHOLE, "int", "counter"} and both & FLOATS
        whole = both <= {"counter", "int"} or (one == other and one in WHOLE)
        if not (self.varies(left) or self.varies(right)):
            raise InexactError(left, "the comparison is the same in all turns")
        if not (floats or whole or (both & WHOLE and both <= {*WHOLE, "int"} and len(both & WHOLE) == 1)):
            raise InexactError(left, f"{one} is compared with {other}")


def _of_constant(node: ast.Constant) -> str:
    if isinstance(node.value, bool):
        return "truth"
    if isinstance(node.value, int):
        if abs(node.value) > EXACT_INT:
            raise InexactError(node, "no float is so long a number")
        return "int"
    return "float"


def _small(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and abs(node.value) <= _SMALL


def _holders(node: ast.expr, kind: str) -> set[str]:
    """The types of arrays in which a value stays what it is."""
    if kind in FLOATS:
        return {"float64"}
    if kind in WHOLE:
        return {kind, "float64"}
    if kind == "bool":
        return {"bool"}
    if kind == "truth":
        return {"bool", "float64", "int64", "uint8"}
    number = node.value if isinstance(node, ast.Constant) else None
    if type(number) is int and 0 <= number <= 255:
        return {"float64", "int64", "uint8", *(("bool",) if number < 2 else ())}
    return {"float64", "int64"}


def kinds_of(case: Case) -> Kinds:
    """The kinds of a loop by what the runs saw; where they saw nothing, elements are taken for floats.

    InexactError says where they saw something that is not plain, or of several types.
    """
    made = Kinds(case.suspect.reading, _of_arrays(case), _of_given(case))
    made.read()
    return made


def _of_arrays(case: Case) -> dict[str, str]:
    found: ElementLoop = case.suspect.reading
    arrays: dict[str, set[str]] = {one: set() for one in found.arrays}
    for number, cell in enumerate(found.read.cells.values()):
        for kind in _seen(case, f"cell{number}"):
            if kind not in ELEMENTS:
                raise InexactError(cell.node, f"it was a {kind.removeprefix('builtins.')}")
            arrays[cell.array].add(ELEMENTS[kind])
    for name, kinds in arrays.items():
        if len(kinds) > 1:
            raise InexactError(found.arrays[name][0].node, f"it was of {' and '.join(sorted(kinds))}")
    return {name: (kinds.pop() if kinds else "float64") for name, kinds in arrays.items()}


def _of_given(case: Case) -> dict[str, str]:
    found: ElementLoop = case.suspect.reading
    kinds = {}
    for number, (name, node) in enumerate(found.given.items()):
        types = _seen(case, f"given{number}")
        if not types <= {*GIVEN} or len(types) > 1:
            raise InexactError(node, f"it was {' and '.join(sorted(types))}")
        kinds[name] = GIVEN[types.pop()] if types else "float"
    return kinds


def _seen(case: Case, name: str) -> set[str]:
    seen = case.watched(name)
    return {*seen.types} if seen is not None else set()
