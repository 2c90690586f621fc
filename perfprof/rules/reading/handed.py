"""Functions that are handed to a builtin, which calls them for each element, as the calls that they stand for.

filter(is_known, rows)             is_known(row) for row in rows
sorted(names, key=order.index)     order.index(name) for name in names
"""

from __future__ import annotations

import ast
import builtins

from perfprof.rules.reading.lambdas import LAZY, SORTING

ITEM = "item"  # what the call is given: a name that stands nowhere in the source


def handed_to(call: ast.Call) -> ast.GeneratorExp | None:
    """The calls as a generator expression, all made up; None if no function with a name is handed on."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in LAZY and len(call.args) == 2 and not call.keywords:
        function, rows = call.args
    elif name in SORTING and len(call.args) == 1:
        keys = [word.value for word in call.keywords if word.arg == "key"]
        if not keys:
            return None
        function, rows = keys[0], call.args[0]
    else:
        return None
    if not _is_named(function) or isinstance(rows, ast.Starred):
        return None
    item = ast.copy_location(ast.Name(ITEM, ast.Load()), function)
    each = ast.copy_location(ast.Call(function, [item], []), function)
    target = ast.copy_location(ast.Name(ITEM, ast.Store()), function)
    return ast.copy_location(ast.GeneratorExp(each, [ast.comprehension(target, rows, [], 0)]), function)


def is_handed(node: ast.AST) -> bool:
    """Whether a call is one of those that a builtin makes: it ends where its function does."""
    if not isinstance(node, ast.Call) or node.end_lineno is None:
        return False
    return (node.end_lineno, node.end_col_offset) == (node.func.end_lineno, node.func.end_col_offset)


def _is_named(function: ast.expr) -> bool:
    """Whether it is a name or an attribute that may be a function of Python, or a method of a list."""
    if isinstance(function, ast.Attribute):
        return not isinstance(function.value, ast.Constant)
    return isinstance(function, ast.Name) and not hasattr(builtins, function.id)
