"""Counters in a module's tree: one step for each turn of a loop, and for C the length of what an operation walks.

The counted program does what the plain one does: operands are evaluated once and in their order, and what is counted is
handed on as it is.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Sized
from typing import Any, TypeVar

T = TypeVar("T")

# with underscores behind, too: a class changes the names that only begin with them
STEP, SEARCHED = "__perfprof_step__", "__perfprof_searched__"
WALKED, MADE = "__perfprof_walked__", "__perfprof_made__"

# methods that walk the object they are called on, and builtins that walk their first argument
WALKING_METHODS = frozenset(
    "index count remove insert sort reverse copy extend join split replace find rfind".split()
)
WALKING_BUILTINS = frozenset(
    "sum min max list tuple set frozenset sorted dict any all bytes bytearray deque Counter".split()
)
_SEARCHED = (list, tuple, deque, str, bytes, bytearray)
_SIZED = (*_SEARCHED, set, frozenset, dict, range)


class Steps:
    """The counter; its methods are what the counted tree calls."""

    def __init__(self) -> None:
        self.count = 0

    def step(self) -> bool:
        """One turn of a loop; true, so that it can stand as a condition of a comprehension."""
        self.count += 1
        return True

    def searched(self, value: T) -> T:
        """What ``in`` or a method looks through from its beginning, if it is a sequence."""
        if isinstance(value, _SEARCHED):
            self.count += len(value)
        return value

    def walked(self, value: T) -> T:
        """What a builtin walks; iterators count their own turns."""
        if isinstance(value, _SIZED):
            self.count += len(value)
        return value

    def made(self, value: T) -> T:
        """What a slice or an addition copied."""
        if isinstance(value, _SEARCHED) and isinstance(value, Sized):
            self.count += len(value)
        return value

    def names(self) -> dict[str, Any]:
        """For the globals of the counted module."""
        return {STEP: self.step, SEARCHED: self.searched, WALKED: self.walked, MADE: self.made}


class _Counting(ast.NodeTransformer):
    def visit_For(self, node: ast.For | ast.AsyncFor | ast.While) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(_call(STEP)))
        return node

    visit_AsyncFor = visit_While = visit_For  # noqa: N815 (as ast names its nodes)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.ifs.insert(0, _call(STEP))
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        node.comparators = [
            _call(SEARCHED, one) if isinstance(op, (ast.In, ast.NotIn)) else one
            for op, one in zip(node.ops, node.comparators)  # noqa: B905 (they belong together)
        ]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Attribute) and _walks(function.attr, node):
            function.value = _call(SEARCHED, function.value)
        elif isinstance(function, ast.Name) and function.id in WALKING_BUILTINS and node.args:
            first = node.args[0]
            if not isinstance(first, (ast.Starred, ast.GeneratorExp)):  # which count themselves
                node.args[0] = _call(WALKED, first)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
            return _call(MADE, node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return _call(MADE, node) if isinstance(node.op, (ast.Add, ast.Mult)) else node

    def visit_Starred(self, node: ast.Starred) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.value = _call(WALKED, node.value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:  # annotations are left as they are
            node.value = self.visit(node.value)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node

    def visit_MatchValue(self, node: ast.MatchValue) -> ast.AST:
        return node  # a pattern allows no calls


def _walks(method: str, call: ast.Call) -> bool:
    """Whether a method is one that walks its object: ``pop`` does at the beginning, or where nobody knows."""
    if method == "pop":
        return bool(call.args) and not (isinstance(call.args[0], ast.UnaryOp))
    return method in WALKING_METHODS


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def counted(tree: ast.Module) -> ast.Module:
    """The tree with counters in its functions; the one that was given is changed.

    What runs once, when the module is imported, is left as it is. `Steps.names` must be in the globals of the module.
    """
    _Functions().visit(tree)
    return ast.fix_missing_locations(tree)


class _Functions(ast.NodeTransformer):
    """Counts in the bodies of functions, not in their decorators, defaults and annotations."""

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        counting = _Counting()
        node.body = [counting.visit(statement) for statement in node.body]
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 (as ast names its nodes)
