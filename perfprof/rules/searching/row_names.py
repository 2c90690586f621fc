"""How an index calls the rows that it is made of, and what its guard says in words."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules import guards
from perfprof.rules.reading.names import bound_names, fresh
from perfprof.rules.reading.selection import substituted

if TYPE_CHECKING:
    from perfprof.rules.searching.narrowing import Narrowing


def names_apart(found: Narrowing, taken: frozenset[str]) -> dict[str, ast.expr]:
    """Other names for those of the row that somebody else in the function uses too."""
    own = set(bound_names(found.target))
    names = found.function.names
    body = _span(found)
    new: dict[str, ast.expr] = {}
    for name in sorted(own):
        used = [node for node in names.loads.get(name, ()) if not (body and body[0] <= node.lineno <= body[1])]
        bound = [
            one for one in names.bindings.get(name, ()) if not (body and body[0] <= _line(one.node) <= body[1])
        ]
        if used or bound or name in names.parameters or name in names.captured:
            new[name] = ast.Name(fresh(f"{name}_row", taken), ast.Load())
    return new


def _span(found: Narrowing) -> tuple[int, int] | None:
    """Lines of the loop statement whose names may be taken over; a comprehension's are its own anyway."""
    node = found.scan.node
    if found.helper is None and isinstance(node, (ast.For, ast.AsyncFor)):
        return node.lineno, node.end_lineno or node.lineno
    return None


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


def substituted_target(target: ast.expr, new: dict[str, ast.expr]) -> ast.expr:
    """An assignment target with other names, as an expression."""
    source = ast.unparse(target)
    loaded = ast.parse(source, mode="eval").body
    return substituted(loaded, new)


def element(target: ast.expr) -> str:
    """A row as it is put into a list: a tuple of names in parentheses."""
    source = ast.unparse(target)
    return source if not isinstance(target, ast.Tuple) or source.startswith("(") else f"({source})"


def bare(row: str) -> str:
    """A tuple of names as a loop's target is written."""
    return row[1:-1] if row.startswith("(") else row


def either(types: tuple[str, ...]) -> str:
    """The key types in words."""
    names = [guards.readable([name]) for name in types if not guards.is_own(name)]
    names = ["exactly " * (not number) + name for number, name in enumerate(names)]
    names += ["an object that is equal to itself only"] * any(map(guards.is_own, types))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
