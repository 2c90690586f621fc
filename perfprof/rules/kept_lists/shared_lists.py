"""Searches in a list that functions share: ``_COMMANDS`` of a module, or a list that the function around them makes.

Whoever asks ``find(name)`` holds no list, often in another module. So a dict is kept beside the list where that is made, as a
class does for a list of its objects.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.rules.containers.growth import certain
from perfprof.rules.kept_lists.attribute_queues import Use
from perfprof.rules.kept_lists.attribute_sites import Site, searches_in
from perfprof.rules.kept_lists.attribute_uses import around
from perfprof.rules.kept_lists.searched import Searched
from perfprof.rules.reading.projects import texts

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function, Module, Program


@dataclass(frozen=True, eq=False, slots=True)
class SharedSearch(Searched):
    """A list of a module or of a function, and the functions in it that search the list.

    maker: the function that makes the list, or the module's statements. made: the statement. uses: in functions that see it
    by its name. others: in lambdas, class bodies and other files.
    """

    maker: Function
    made: ast.stmt

    @property
    def text(self) -> str:
        """How functions write it."""
        return self.name

    @property
    def anchor(self) -> ast.AST:
        """Where the list is made: no code can meet it before."""
        return self.made

    @property
    def remade(self) -> tuple[Use, ...]:
        """Uses after the first value was given."""
        return tuple(one for one in self.uses if one.above is not self.made)

    def call(self, ask: str) -> str:
        """How the new function is asked."""
        return ask

    def kept(self, state: str) -> str:
        """Where what is known is kept: in a list, so that no function must declare it."""
        return f"{state}[0]"


def shared_searches(function: Function, program: Program) -> Iterator[SharedSearch]:
    """Those with a search in this function, unless another function was asked before. Only a run tells how often."""
    if program.alone:
        return
    for name, key in dict.fromkeys(one.sort for one in _sites(function)):
        maker = meant(name, function)
        made = _made(name, maker) if maker is not None and maker is not function else None
        if maker is None or made is None:
            continue
        sharing = [one for one in function.module.functions if one.qualname != "<module>" and one is not maker]
        sharing = [one for one in sharing if meant(name, one) is maker]
        sites = tuple(one for other in sharing for one in _sites(other) if one.sort == (name, key))
        if sites[0].function.memo.setdefault(f"asked for shared {name} by {key}", function) is function:
            uses, others = _uses(name, maker, program)
            yield SharedSearch(function, name, uses, others, sites, maker, made)


def _sites(function: Function) -> tuple[Site, ...]:
    found = function.memo.get("shared searches")
    if found is None:
        known = function.names
        mine = {*known.parameters, *known.bindings}
        found = tuple(searches_in(function, lambda one: isinstance(one, ast.Name) and one.id not in mine))
        function.memo["shared searches"] = found
    return found  # type: ignore[return-value]  # the memo holds what was put there


def meant(name: str, function: Function) -> Function | None:
    """The function, or the module's statements, to which a name belongs that is read in a function."""
    scope: Function | None = function
    while scope is not None and scope.qualname != "<module>":
        if any(name in one.names for one in scope.every(ast.Global)):
            break
        handed = any(name in one.names for one in scope.every(ast.Nonlocal))
        if not handed and (name in scope.parameters or name in scope.names.bindings):
            return scope
        scope = scope.outer
    whole = function.module.functions[0]
    return whole if name in function.module.top else None


def _made(name: str, maker: Function) -> ast.stmt | None:
    """The one statement of a module or function itself that gives the name a new list."""
    found = [one for one in maker.body if isinstance(one, (ast.Assign, ast.AnnAssign)) and _targets(one) == [name]]
    value = found[0].value if len(found) == 1 else None
    return found[0] if value is not None and certain(value, maker, "list") else None


def _targets(one: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = one.targets if isinstance(one, ast.Assign) else [one.target]
    return [getattr(target, "id", "") for target in targets]


def _uses(name: str, maker: Function, program: Program) -> tuple[tuple[Use, ...], tuple[Use, ...]]:
    """(in functions that see it by its name, anywhere else)."""
    module = maker.module
    inside = [
        _use(one, node)
        for one in module.functions
        if meant(name, one) is maker
        for node in one.every(ast.Name)
        if node.id == name
    ]
    known = {node for one in module.functions for node in one.every(ast.Name)}
    others = [_use(around(node, module), node) for node in _named({name}, module) if node not in known]
    if maker.qualname == "<module>":
        others += _elsewhere(name, module, program)
    return tuple(inside), tuple(others)


def _use(function: Function, node: ast.expr) -> Use:
    return Use(function, node)  # type: ignore[arg-type]  # a name is used as an attribute is


def _named(names: set[str], module: Module) -> Iterator[ast.Name]:
    yield from (node for node in ast.walk(module.tree) if isinstance(node, ast.Name) and node.id in names)


def _elsewhere(name: str, own: Module, program: Program) -> Iterator[Use]:
    """Uses in other files: as an attribute of whatever, and by the names that imports give it."""
    word = re.compile(rf"\b{name}\b")
    for path, text in texts(program, own):
        module = own if path == own.path else program.module(path) if word.search(text) else None
        if module is None:
            continue
        nodes: list[ast.expr] = [
            node for node in ast.walk(module.tree) if isinstance(node, ast.Attribute) and node.attr == name
        ]
        nodes += _named(_imported(name, module), module) if module is not own else ()
        yield from (_use(around(node, module), node) for node in nodes)


def _imported(name: str, module: Module) -> set[str]:
    """What a file calls it that imports it, or everything of a module."""
    imports = [one for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom) for one in node.names]
    return {one.asname or one.name for one in imports if one.name == name} | {
        name for one in imports if one.name == "*"
    }
