"""Conditions: the parts of a conjunction, what holds where a test fails, and what may fail itself."""

from __future__ import annotations

import ast


def conjuncts(test: ast.expr) -> list[ast.expr]:
    """``a and b and c`` -> [a, b, c]; anything else alone."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [part for value in test.values for part in conjuncts(value)]
    return [test]


def negated(test: ast.expr) -> list[ast.expr]:
    """What holds when the test fails, as far as it is a conjunction: ``a != b or c`` -> [a == b, not c]."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return [part for value in test.values for part in negated(value)]
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return conjuncts(test.operand)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.NotEq):
        turned = ast.Compare(test.left, [ast.Eq()], test.comparators)
        return [ast.copy_location(turned, test)]
    return [ast.copy_location(ast.UnaryOp(ast.Not(), test), test)]


def may_fail(node: ast.AST) -> bool:
    """Whether evaluating a node that only reads may raise: it divides, or makes a number of something."""
    divides = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod, ast.Pow))
    return divides or (
        isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"int", "float", "ord", "chr"}
    )
