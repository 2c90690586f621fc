"""Read the body of an element-wise loop in steps (see turns.py).

Every index is a counter of the loop (perhaps with a number added), a whole number, a name that the loop does not bind, or an
element of another array.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from perfprof.rules.elementwise.turns import (
    UFUNCS,
    Branch,
    Cell,
    Count,
    Named,
    NoneOfOursError,
    Place,
    Step,
    Store,
    Sum,
    number,
)
from perfprof.rules.reading.expressions import path_of

EXACT = frozenset("sqrt abs absolute fabs floor ceil trunc isnan isinf isfinite".split())  # of NumPy
OF_MATH = frozenset("sqrt fabs isnan isinf isfinite".split())
INEXACT = frozenset("exp log sin cos tan tanh sinh cosh log2 log10 log1p expm1 exp2".split())  # NumPy's may differ
NUMBERS = frozenset("pi e inf nan tau".split())
_BUILTIN = {"abs": 1, "float": 1, "max": 2, "min": 2}


@dataclass
class Steps:
    """Reads the body of a loop. modules: what ``np`` and ``math`` are called. items: names of what the loop walks.

    cells: of each expression that is an element. elements: those that have a name. sums: names that are summed up.
    inexact: what NumPy computes otherwise, by a few last bits. problems: (obligation, node, why).
    """

    counters: Sequence[str]
    items: Mapping[str, tuple[ast.expr, Place]]
    modules: Mapping[str, str]
    cells: dict[ast.expr, Cell] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    counts: set[str] = field(default_factory=set)
    sums: set[str] = field(default_factory=set)
    elements: dict[str, Cell] = field(default_factory=dict)
    inexact: list[ast.expr] = field(default_factory=list)
    problems: list[tuple[str, ast.AST, str]] = field(default_factory=list)

    def block(self, statements: Sequence[ast.stmt]) -> tuple[Step, ...]:
        """The steps of statements."""
        return tuple(step for one in statements for step in self._statement(one))

    def problem(self, obligation: str, node: ast.AST, why: str) -> None:
        """Note why the loop cannot be rewritten."""
        self.problems.append((obligation, node, why))

    def _statement(self, one: ast.stmt) -> Iterator[Step]:
        if isinstance(one, ast.If):
            self._value(one.test)
            yield Branch(one.test, self.block(one.body), self.block(one.orelse))
        elif isinstance(one, ast.AugAssign):
            yield self._in_place(one, one.op, one.value)
        elif isinstance(one, ast.Assign) and len(one.targets) == 1:
            target = one.targets[0]
            if isinstance(target, ast.Name):
                yield self._named(one, target.id)
            else:
                yield from self._store(target, one.value)
        elif not isinstance(one, ast.Pass):
            raise NoneOfOursError

    def _named(self, one: ast.Assign, name: str) -> Step:
        value = one.value
        if isinstance(value, ast.BinOp) and isinstance(value.left, ast.Name) and value.left.id == name:
            return self._summed(one, name, value.op, value.right)
        self._value(value)
        self.named.add(name)
        self.elements.pop(name, None)
        if value in self.cells:
            self.elements[name] = self.cells[value]
        return Named(name, value)

    def _store(self, target: ast.expr, value: ast.expr) -> Iterator[Step]:
        if not isinstance(target, ast.Subscript):
            raise NoneOfOursError
        cell = self._stored(target)
        if isinstance(value, ast.IfExp):
            self._value(value.test)
            self._value(value.body)
            self._value(value.orelse)
            yield Branch(value.test, (Store(cell, value.body),), (Store(cell, value.orelse),))
        else:
            self._value(value)
            yield Store(cell, value)

    def _summed(self, one: ast.stmt, name: str, op: ast.operator, value: ast.expr) -> Step:
        step = value.value if isinstance(value, ast.Constant) else None
        if isinstance(op, ast.Add) and type(step) is int and 0 < step < 1 << 31:
            self.counts.add(name)
            return Count(one, name, step)
        self._value(value)
        if name in self.sums | self.counts or type(op) not in UFUNCS:
            self.problem("each-turn-has-its-own", one, f"`{name}` is computed from what the turn before left")
        self.sums.add(name)
        return Sum(one, name, op, value)

    def _in_place(self, one: ast.AugAssign, op: ast.operator, value: ast.expr) -> Step:
        if isinstance(one.target, ast.Name):
            return self._summed(one, one.target.id, op, value)
        if not isinstance(one.target, ast.Subscript):
            raise NoneOfOursError
        cell = self._stored(one.target)
        read = ast.copy_location(ast.Subscript(one.target.value, one.target.slice, ast.Load()), one.target)
        self.cells[read] = Cell(read, cell.base, cell.places)
        value = ast.copy_location(ast.BinOp(read, one.op, one.value), one)
        self._operator(value, one.op)
        self._value(one.value)
        return Store(cell, value)

    def _stored(self, node: ast.Subscript) -> Cell:
        cell = self._cell(node)
        if any(one.gather is not None for one in cell.places):
            self.problem("each-turn-has-its-own", node, f"`{ast.unparse(node)}` may be any element")
        return cell

    def _operator(self, node: ast.expr, op: ast.operator) -> None:
        if isinstance(op, ast.Pow):
            self.inexact.append(node)
        elif not isinstance(op, tuple(UFUNCS)):
            what = {ast.Mod: "`%`", ast.FloorDiv: "`//`"}.get(type(op), "this operator")
            self.problem("steps-are-exact", node, f"{what} of an array may differ by a bit, or in its warnings")

    def _value(self, node: ast.expr) -> None:
        """Note each element in an expression; what is no arithmetic ends the reading."""
        if isinstance(node, ast.Subscript):
            self._cell(node)
        elif isinstance(node, ast.Name):
            if node.id in self.items:
                base, place = self.items[node.id]
                self.cells[node] = Cell(node, base, (place,))
        elif isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, ast.Constant):
            if type(node.value) not in (int, float, bool):
                raise NoneOfOursError
        elif isinstance(node, (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare)):
            self._operation(node)
        elif not (isinstance(node, ast.Attribute) and len(path_of(node) or ()) == 2):
            raise NoneOfOursError

    def _operation(self, node: ast.BinOp | ast.UnaryOp | ast.BoolOp | ast.Compare) -> None:
        if isinstance(node, ast.BinOp):
            self._operator(node, node.op)
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, (ast.USub, ast.Not)):
            raise NoneOfOursError
        orders = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
        if isinstance(node, ast.Compare) and not all(isinstance(one, orders) for one in node.ops):
            raise NoneOfOursError
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self._value(part)

    def _call(self, node: ast.Call) -> None:
        module, name = self.called(node)
        if node.keywords or any(isinstance(one, ast.Starred) for one in node.args) or not module:
            raise NoneOfOursError
        known = {"numpy": EXACT, "math": OF_MATH}.get(module, frozenset(_BUILTIN))
        if name in INEXACT and module != "builtins" and len(node.args) == 1:
            self.inexact.append(node)
        elif name not in known:
            self.problem(
                "steps-are-exact",
                node,
                f"`{ast.unparse(node.func)}` of an array may differ from that of its elements",
            )
        elif len(node.args) != (_BUILTIN[name] if module == "builtins" else 1):
            raise NoneOfOursError
        for one in node.args:
            self._value(one)

    def called(self, node: ast.Call) -> tuple[str, str]:
        """The module and the name of what is called; ("", "") if it is none that is known."""
        path = path_of(node.func) or ()
        if len(path) == 2 and path[0] in self.modules:
            return self.modules[path[0]], path[1]
        return ("builtins", path[0]) if len(path) == 1 and path[0] in _BUILTIN else ("", "")

    def _cell(self, node: ast.Subscript) -> Cell:
        places: list[Place] = []
        base: ast.expr = node
        while isinstance(base, ast.Subscript):
            parts = base.slice.elts if isinstance(base.slice, ast.Tuple) else [base.slice]
            places[:0] = [self._place(one) for one in parts]
            base = base.value
        path = path_of(base)
        if path is None or len(path) > 2:
            raise NoneOfOursError
        self.cells[node] = Cell(node, base, tuple(places))
        if len(places) > 1 and any(one.gather is not None for one in places):
            self.problem("each-turn-has-its-own", node, f"`{ast.unparse(node)}` may be any element")
        return self.cells[node]

    def _place(self, node: ast.expr) -> Place:
        more = number(node)
        if more is not None:
            return Place("", more)
        inner = self._index(node)
        if inner is not None:
            return Place("", gather=inner)
        if isinstance(node, ast.Name):
            return Place(node.id) if node.id in self.counters else Place("", name=node)
        moved = self._moved(node)
        if moved is not None:
            return moved
        if isinstance(node, (ast.Slice, ast.Constant)):
            raise NoneOfOursError
        self.problem("each-turn-has-its-own", node, f"`{ast.unparse(node)}` may be any element")
        return Place("", name=node)

    def _index(self, node: ast.expr) -> Cell | None:
        """The element of another array that an index is, by itself or by a name of this turn."""
        if isinstance(node, ast.Subscript):
            return self._cell(node)
        if isinstance(node, ast.Name) and node.id in self.items:
            self._value(node)
            return self.cells[node]
        return self.elements.get(node.id) if isinstance(node, ast.Name) else None

    def _moved(self, node: ast.expr) -> Place | None:
        """``i + 1``."""
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))):
            return None
        more = number(node.right)
        if more is None or not isinstance(node.left, ast.Name) or node.left.id not in self.counters:
            return None
        return Place(node.left.id, more if isinstance(node.op, ast.Add) else -more)
