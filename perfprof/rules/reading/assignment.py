"""Definite assignment: whether a name surely has a value where a statement begins."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.reading.names import bound_names, defined_names

if TYPE_CHECKING:
    from perfprof.rules.reading.functions import Function


def bound_before(name: str, place: ast.stmt, function: Function) -> bool:
    """Whether the name surely has a value where ``place`` begins: bound on every way that leads there."""
    if name in function.parameters:
        return True
    if not function.names.is_local(name):
        return True  # a global, a builtin or a closure cell: bound when the module was made
    bindings = function.names.bindings[name]
    if any(isinstance(one.node, ast.Name) and isinstance(one.node.ctx, ast.Del) for one in bindings):
        return False
    node: ast.AST = place
    while node is not function.node:
        above = function.parents[node]
        if _binds_earlier(above, node, name) or _binds_around(above, node, name):
            return True
        node = above
    return False


def _binds_earlier(above: ast.AST, node: ast.AST, name: str) -> bool:
    """Whether a statement does that stands before the node in its block."""
    blocks = [getattr(above, block, None) for block in ("body", "orelse", "finalbody", "handlers")]
    return any(
        isinstance(one, list) and node in one and _block_binds(one[: one.index(node)], name) for one in blocks
    )


def _binds_around(above: ast.AST, node: ast.AST, name: str) -> bool:
    """Whether the loop or the ``with`` does in whose body the node stands."""
    if isinstance(above, (ast.For, ast.AsyncFor)):
        return node in above.body and name in bound_names(above.target)
    given = [item.optional_vars for item in above.items] if isinstance(above, (ast.With, ast.AsyncWith)) else []
    return any(name in bound_names(one) for one in given if one is not None)


def _binds(statement: ast.stmt, name: str) -> bool:
    """Whether a name is bound once the statement is through."""
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return statement.value is not None and any(name in bound_names(target) for target in targets)
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
        return name in defined_names(statement)
    if isinstance(statement, ast.If):
        return all(_ends(block) or _block_binds(block, name) for block in (statement.body, statement.orelse))
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        return _with_binds(statement, name)
    return isinstance(statement, ast.Try) and _try_binds(statement, name)


def _block_binds(block: list[ast.stmt], name: str) -> bool:
    return any(_binds(one, name) for one in block)


def _with_binds(statement: ast.With | ast.AsyncWith, name: str) -> bool:
    given = [item.optional_vars for item in statement.items if item.optional_vars is not None]
    through = not any(_suppresses(item.context_expr) for item in statement.items)
    return (through and _block_binds(statement.body, name)) or any(name in bound_names(one) for one in given)


def _try_binds(statement: ast.Try, name: str) -> bool:
    caught = [one.body for one in statement.handlers]
    return _block_binds(statement.finalbody, name) or (
        _block_binds(statement.body, name) and all(_ends(block) or _block_binds(block, name) for block in caught)
    )


def _suppresses(context: ast.expr) -> bool:
    callee = context.func if isinstance(context, ast.Call) else context
    return getattr(callee, "attr", getattr(callee, "id", "")) in {"suppress", "raises", "assertRaises"}


def _ends(block: list[ast.stmt]) -> bool:
    return bool(block) and isinstance(block[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))
