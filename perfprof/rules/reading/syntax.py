"""Walking syntax trees, fast: the children of a node without the parts that are never nodes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

# Fields that hold no node anybody asks for: text, numbers, operators and contexts.
_PLAIN = frozenset(
    """ctx op ops id attr kind level type_comment conversion is_async simple lineno col_offset end_lineno
    end_col_offset module asname type_ignores tag lang n s str""".split()
)
_FIELDS: dict[type, tuple[str, ...]] = {}
# Classes that have no children. Walks that meet every node of a project ask this before they ask for the children.
LEAVES = frozenset((ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue, ast.alias, ast.Global, ast.Nonlocal))
# How the children of the most frequent classes are written down; the others are read by their fields.
_DIRECT: dict[type, Callable[[Any], list[ast.AST]]] = {
    ast.Attribute: lambda node: [node.value],
    ast.Call: lambda node: [node.func, *node.args, *node.keywords],
    ast.Expr: lambda node: [node.value],
    ast.Assign: lambda node: [*node.targets, node.value],
    ast.BinOp: lambda node: [node.left, node.right],
    ast.Compare: lambda node: [node.left, *node.comparators],
    ast.Subscript: lambda node: [node.value, node.slice],
    ast.Tuple: lambda node: node.elts,
    ast.List: lambda node: node.elts,
    ast.If: lambda node: [node.test, *node.body, *node.orelse],
    ast.Return: lambda node: [node.value] if node.value is not None else [],
    ast.keyword: lambda node: [node.value],
    ast.UnaryOp: lambda node: [node.operand],
    ast.BoolOp: lambda node: node.values,
    ast.For: lambda node: [node.target, node.iter, *node.body, *node.orelse],
    ast.IfExp: lambda node: [node.test, node.body, node.orelse],
    ast.JoinedStr: lambda node: node.values,
    ast.Starred: lambda node: [node.value],
    **{kind: lambda node: [] for kind in LEAVES},
}


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below one, in source order; operators and contexts are left out. The list is only to be read."""
    direct = _DIRECT.get(node.__class__)
    if direct is not None:
        return direct(node)
    found: list[ast.AST] = []
    for name in fields(node):
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += value if not value or value[0].__class__ is not str else ()
        elif isinstance(value, ast.AST):
            found.append(value)
    return found if None not in found else [one for one in found if one is not None]


def fields(node: ast.AST) -> tuple[str, ...]:
    """The names of a node's fields that may hold nodes."""
    kind = node.__class__
    found = _FIELDS.get(kind)
    if found is None:
        leaf = kind in LEAVES
        found = _FIELDS[kind] = () if leaf else tuple(name for name in kind._fields if name not in _PLAIN)
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Every node of a tree like `ast.walk`, without operators and contexts; in no particular order."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        if node.__class__ not in LEAVES:
            stack += children(node)
