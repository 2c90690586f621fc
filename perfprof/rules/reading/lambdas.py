"""Lambdas that a builtin applies to each element at once, as the generator expressions that they stand for.

filter(lambda row: row.id == key, rows)     (row for row in rows if row.id == key)
map(lambda row: row.id, rows)               (row.id for row in rows)
sorted(rows, key=lambda row: row.id)        the keys: (row.id for row in rows)
"""

from __future__ import annotations

import ast
import builtins

from perfprof.rules.reading.syntax import walk

LAZY = frozenset({"filter", "map"})
SORTING = frozenset({"sorted", "min", "max"})
_LOOSE = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await, ast.Lambda)


def stands_for(call: ast.Call) -> ast.GeneratorExp | None:
    """The generator expression; None if no lambda is applied. Its body is that of the source, the rest is made up."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name not in LAZY | SORTING:
        return None
    if name in LAZY:
        found = tuple(call.args) if len(call.args) == 2 and not call.keywords else None
    else:
        keys = [word.value for word in call.keywords if word.arg == "key"]
        found = (keys[0], call.args[0]) if keys and len(call.args) == 1 else None
    if found is None or not isinstance(found[0], ast.Lambda) or isinstance(found[1], ast.Starred):
        return None
    return _applied(found[0], found[1], name)


def walked_in_place(rows: ast.expr) -> bool:
    """Whether the code that runs when the rows are walked stands in the expression itself, where it is read anyway."""
    lazily = isinstance(rows, ast.Call) and stands_for(rows) is not None
    return isinstance(rows, ast.GeneratorExp) or lazily


def _applied(function: ast.Lambda, rows: ast.expr, name: str) -> ast.GeneratorExp | None:
    given = function.args
    plain = len(given.args) == 1 and not (
        given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg or given.defaults
    )
    if not plain or hasattr(builtins, given.args[0].arg):
        return None
    if any(isinstance(node, _LOOSE) for node in walk(function.body)):
        return None
    word = given.args[0]
    target = ast.copy_location(ast.Name(word.arg, ast.Store()), word)
    kept = name == "filter"
    element = ast.copy_location(ast.Name(word.arg, ast.Load()), word) if kept else function.body
    part = ast.comprehension(target, rows, [function.body] if kept else [], 0)
    return ast.copy_location(ast.GeneratorExp(element, [part]), function)
