"""Walking syntax trees, fast: the children of a node without the parts that are never nodes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# Fields that hold no node anybody asks for: text, numbers, operators and contexts.
_PLAIN = frozenset(
    """ctx op ops id attr kind level type_comment conversion is_async simple lineno col_offset end_lineno
    end_col_offset module asname type_ignores tag lang n s str""".split()
)
_TEXT = {"Global", "Nonlocal"}  # their names are strings
_LEAVES = {"Name", "Constant", "Pass", "Break", "Continue", "alias"}
_FIELDS: dict[type, tuple[str, ...]] = {}


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below one, in source order; operators and contexts are left out."""
    found: list[ast.AST] = []
    for name in _FIELDS.get(node.__class__) or fields(node):
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
        leaf = kind.__name__ in _LEAVES | _TEXT
        found = _FIELDS[kind] = () if leaf else tuple(name for name in kind._fields if name not in _PLAIN)
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Every node of a tree like `ast.walk`, without operators and contexts; in no particular order."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack += children(node)
