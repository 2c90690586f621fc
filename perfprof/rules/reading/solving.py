"""Solving an equality of whole numbers for the part that depends on the row.

    numbers[i] + numbers[j] == total     numbers[j] == total - numbers[i]

Both mean the same only where all of it are ints: floats round, and text cannot be taken away.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from perfprof.rules.reading.names import read_names


def solved(test: ast.Compare, bound: Collection[str]) -> tuple[ast.expr, ast.expr, tuple[ast.expr, ...]] | None:
    """(row's part, what it must equal, what must be ints besides it) of ``==`` over one sum or difference."""
    sides = (test.left, test.comparators[0])
    for side, other in (sides, sides[::-1]):
        if not isinstance(side, ast.BinOp) or not isinstance(side.op, (ast.Add, ast.Sub)):
            continue
        if read_names(other) & set(bound):
            continue
        left, right = (bool(read_names(one) & set(bound)) for one in (side.left, side.right))
        if left is right:
            continue
        row, known = (side.left, side.right) if left else (side.right, side.left)
        if any(isinstance(one, ast.Constant) and type(one.value) is not int for one in (known, other)):
            continue
        added = isinstance(side.op, ast.Add)
        if added:  # row + known == other, known + row == other
            value = ast.BinOp(other, ast.Sub(), known)
        else:  # row - known == other, known - row == other
            value = ast.BinOp(other, ast.Add(), known) if left else ast.BinOp(known, ast.Sub(), other)
        return row, ast.copy_location(value, test), (other, known)
    return None
