"""Which names ``setattr(thing, name, value)`` gives a value, as far as the file around shows.

``"*"`` stands for any, ``"test_*"`` for those that begin so, ``"in NAMES"`` says that other files must not know a table.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from perfprof.rules.reading.syntax import children, walk

ANY = "*"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module)


@dataclass(frozen=True, slots=True)
class File:
    """A file's tree, and what stands around each node."""

    tree: ast.Module
    parents: dict[ast.AST, ast.AST]

    @classmethod
    def of(cls, text: str) -> File | None:
        """None for what does not parse."""
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            return None
        return cls(tree, {child: node for node in walk(tree) for child in children(node)})

    def uses(self, name: str) -> list[ast.Name]:
        """Where a name stands."""
        return [node for node in self.parents if isinstance(node, ast.Name) and node.id == name]


def names_set(call: ast.Call, file: File) -> Iterator[str]:
    """All names that the call may set."""
    said = call.args[1]
    begins = getattr(said.values[0], "value", None) if isinstance(said, ast.JoinedStr) and said.values else None
    if isinstance(begins, str):
        yield begins + ANY
        return
    if isinstance(said, ast.Name) and _is_passed_on(call, said.id, file):
        return  # by who stores an attribute of this object, which is seen where that stands
    walked = _walked(said, file) if isinstance(said, ast.Name) else None
    found = _words(walked, file) if walked is not None else None
    for word in found if found is not None else {ANY}:
        yield from (word, f"!{word}") if word.isidentifier() else (word,)


def _is_passed_on(call: ast.Call, name: str, file: File) -> bool:
    """Whether it hands to another object what ``__setattr__(self, name, value)`` was given."""
    scope, value = _scope(call, file), call.args[2]
    if not isinstance(scope, ast.FunctionDef) or scope.name != "__setattr__" or scope.decorator_list:
        return False
    given = [one.arg for one in scope.args.args]
    stored = {one.id for one in walk(scope) if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load)}
    return given[1:] == [name, getattr(value, "id", "")] and stored.isdisjoint(given)


def _scope(node: ast.AST, file: File) -> ast.AST:
    """The function in whose names it is evaluated, or the module."""
    while not isinstance(node, _SCOPES):
        node = file.parents[node]
    return node


def _walked(name: ast.Name, file: File) -> ast.expr | None:
    """What the ``for`` statement walks that alone gives a name its value."""
    scope = _scope(name, file)
    if any(name.id in getattr(one, "names", ()) for one in walk(file.tree) if not isinstance(one, ast.Import)):
        return None  # global, nonlocal
    if _otherwise_bound(name.id, scope):
        return None
    stored = [one for one in file.uses(name.id) if not isinstance(one.ctx, ast.Load)]
    mine = [one for one in stored if _scope(one, file) is scope]
    loop = file.parents[mine[0]] if len(mine) == 1 else None
    return loop.iter if isinstance(loop, ast.For) and loop.target is mine[0] else None


def _otherwise_bound(name: str, tree: ast.AST) -> bool:
    """Whether a parameter, an import, a definition or an error has the name."""
    for node in walk(tree):
        held = [getattr(node, "arg", ""), getattr(node, "name", ""), getattr(node, "asname", "")]
        if name in held or (isinstance(node, ast.alias) and node.name in (name, "*")):
            return True
    return False


def _words(node: ast.expr, file: File) -> set[str] | None:
    """All texts that a collection may hold, and the tables that it takes them from; None if they are not written down."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        plain = [getattr(one, "value", None) if isinstance(one, ast.Constant) else None for one in node.elts]
        return (
            {one for one in plain if isinstance(one, str)} if all(isinstance(one, str) for one in plain) else None
        )
    if isinstance(node, ast.ListComp) and len(node.generators) == 1:
        each = node.generators[0]
        return _words(each.iter, file) if ast.dump(node.elt) == _loaded(each.target) else None
    return _table(node.id, file) if isinstance(node, ast.Name) else None


def _loaded(target: ast.expr) -> str:
    return ast.dump(ast.Name(target.id, ast.Load())) if isinstance(target, ast.Name) else ""


def _table(name: str, file: File) -> set[str] | None:
    """What the module gives a name, which the file otherwise only walks; and that no other file may have it."""
    if _otherwise_bound(name, file.tree) or any(getattr(one, "value", "") == name for one in walk(file.tree)):
        return None
    found = {f"in {name}"}
    for use in file.uses(name):
        above = file.parents[use]
        if isinstance(use.ctx, ast.Load):
            if not isinstance(above, (ast.For, ast.comprehension)) or above.iter is not use:
                return None
            continue
        stored = isinstance(above, (ast.Assign, ast.AugAssign)) and above in file.tree.body
        more = _words(above.value, file) if stored else None  # type: ignore[attr-defined]  # both have one
        if more is None or (isinstance(above, ast.Assign) and above.targets != [use]):
            return None
        found |= more
    return found
