"""What a loop draws its values from: the generator that binds a name, and the displays whose elements it hands out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfprof.rules.reading.scans import COMPREHENSIONS
from perfprof.rules.reading.syntax import walk

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function


def bound_by_comprehension(node: ast.Name, function: Function) -> bool:
    """Whether a comprehension or lambda around may bind the name for itself; a copied node may stand anywhere."""
    return node not in function.parents or _binder(node, function) is not None


def _binder(node: ast.Name, function: Function) -> ast.AST | None:
    """The innermost comprehension or lambda around that has the name for its own."""
    above = function.parents.get(node)
    while above is not None:
        if isinstance(above, COMPREHENSIONS) and any(node.id in _bound(one.target) for one in above.generators):
            return above
        if isinstance(above, ast.Lambda) and node.id in {
            one.arg for one in walk(above.args) if isinstance(one, ast.arg)
        }:
            return above
        above = function.parents.get(above)
    return None


def generator_of(node: ast.Name, function: Function) -> tuple[ast.expr | None, int | None]:
    """What the comprehension walks that binds a name, and the name's place in what it draws; nothing if that is not sure."""
    binder = _binder(node, function)
    if not isinstance(binder, COMPREHENSIONS):
        return None, None
    mine = [one for one in binder.generators if node.id in _bound(one.target)]
    # what the first one walks is evaluated outside, where the name may mean something else
    outside = any(one is node for one in walk(binder.generators[0].iter))
    return _place(mine[0], node.id) if len(mine) == 1 and not outside else (None, None)


def _bound(target: ast.expr) -> list[str]:
    return [one.id for one in walk(target) if isinstance(one, ast.Name)]


def _place(each: ast.comprehension, name: str) -> tuple[ast.expr | None, int | None]:
    if each.is_async:
        return None, None
    if isinstance(each.target, ast.Name):
        return each.iter, None
    names = [getattr(one, "id", "") for one in each.target.elts] if isinstance(each.target, ast.Tuple) else []
    return (each.iter, names.index(name)) if names.count(name) == 1 else (None, None)


def displays_of(node: ast.expr, function: Function) -> list[list[ast.expr]]:
    """The elements of each list or tuple that may be walked there, if all are written out and only walked; else nothing."""
    if not isinstance(node, ast.Name):
        elements = _elements(node)
        return [elements] if elements else []
    if not _is_own(node, function):
        return []
    names = function.names
    found = [_elements(one.value) if one.value is not None else [] for one in names.bindings.get(node.id, ())]
    uses = names.loads.get(node.id, ())
    return found if all(found) and all(_is_walked(one, function) for one in uses) else []


def _is_own(node: ast.Name, function: Function) -> bool:
    """Whether only the function itself can give the name a value."""
    names = function.names
    own = names.is_local(node.id) and node.id not in function.parameters and node.id not in names.captured
    return own and not names.dynamic and not bound_by_comprehension(node, function)


def _elements(node: ast.expr) -> list[ast.expr]:
    """What is written out between brackets, or what a comprehension makes in each turn."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return [] if any(isinstance(one, ast.Starred) for one in node.elts) else node.elts
    return [node.elt] if isinstance(node, (ast.ListComp, ast.SetComp)) else []


def _is_walked(use: ast.expr, function: Function) -> bool:
    """Whether nothing more is done with it than to walk it, or to ask what is in it."""
    above = function.parents.get(use)
    if isinstance(above, ast.Compare):
        return isinstance(above.ops[-1], (ast.In, ast.NotIn)) and above.comparators[-1] is use
    return isinstance(above, (ast.For, ast.comprehension)) and above.iter is use
