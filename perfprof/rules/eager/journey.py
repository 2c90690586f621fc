"""Where a query goes after it is made: variables, attributes, what functions give back, parameters it is handed to.

An option stays with a query wherever it goes, so uses that were not recorded count as well. Names decide, which errs on
the safe side; the names that every view class has (``queryset``, ``get_queryset``) are followed within the class and what
inherits from it.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from perfprof.rules.eager.places import Spot
    from perfprof.rules.reading.program import Function, Program

_BUILTINS = frozenset(dir(builtins))
_METHODS = frozenset(word for kind in (list, dict, set, str, bytes) for word in dir(kind))
_ENDS = frozenset(
    "values values_list count exists aggregate dates datetimes explain delete update in_bulk get first last earliest"
    " latest iterator contains aget afirst alast acount aexists aaggregate aupdate adelete".split()
)
_CHOICES = (ast.IfExp, ast.BoolOp, ast.Dict, ast.List, ast.Tuple, ast.BinOp)
_Store = ast.Assign | ast.AnnAssign | ast.NamedExpr
_STORES = (ast.Assign, ast.AnnAssign, ast.NamedExpr)
_SHARED = _METHODS | _ENDS | {"queryset", "get_queryset", "get_object", "object_list", "query", "objects", "union"}
_VIEWS = {"queryset": ("get_queryset", "get_object"), "get_queryset": ("get_object",)}  # by Django REST framework
_MOST = 60  # scopes that are looked at
_ROUNDS = 3


@dataclass(eq=False, slots=True)
class Journey:
    """What is known of a query on its way.

    words: names that give it, by how they are used (call, attribute, name), with the class they belong to ("" for none).
    given: variables that hold it, by function.
    """

    node: ast.expr
    program: Program
    words: dict[tuple[str, str], str] = field(default_factory=dict)
    given: dict[Function, set[str]] = field(default_factory=dict)

    def gives(self, part: ast.AST, function: Function) -> bool:
        """Whether this part of an expression is the query, or names what gives it."""
        if part is self.node:
            return True
        if isinstance(part, ast.Name):
            if part.id in self.given.get(function, ()):
                return True
            return ("name", part.id) in self.words and not function.names.is_local(part.id)
        use = ("call", word_of(part.func)) if isinstance(part, ast.Call) else ("attribute", word_of(part))
        return use in self.words and _belongs(function, use[1], self.words[use])

    def holds(self, node: ast.expr, function: Function) -> bool:
        """Whether the expression is a method of the query, or hands it on: ``self.filter_queryset(self.get_queryset())``."""
        for part in below(node):
            if self.gives(part, function):
                return True
            if isinstance(part, _CHOICES):
                return any(self.holds(one, function) for one in _parts(part))
            if isinstance(part, ast.Call):
                if _is_an_end(part.func):
                    return False
                if any(self.holds(one, function) for one in part.args):
                    return True
        return False


def journey_of(spot: Spot, program: Program) -> Journey:
    """Follow the query for a few steps."""
    journey = Journey(spot.node, program)
    _look(journey, spot.function)
    for _ in range(_ROUNDS):
        before = len(journey.words), sum(map(len, journey.given.values()))
        for function in [*_scopes(journey), *journey.given]:
            if len(journey.given) < _MOST or function in journey.given:
                _look(journey, function)
        if before == (len(journey.words), sum(map(len, journey.given.values()))):
            break
    return journey


def _scopes(journey: Journey) -> list[Function]:
    """Functions that name what gives the query."""
    found: list[Function] = []
    for (use, word), owner in list(journey.words.items()):
        for path in mentions(journey.program.root, word):
            module = journey.program.module(path)
            functions = module.functions if module is not None else ()
            others = _aliases(module.tree, word) if module is not None and not owner else set()
            journey.words.update({(use, one): owner for one in others})
            found += [one for one in functions if _names(one, {word, *others}) and _belongs(one, word, owner)]
    return found


def _aliases(tree: ast.AST, word: str) -> set[str]:
    """What ``from module import word as other`` calls it."""
    imports = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)]
    return {name.asname for one in imports for name in one.names if name.name == word and name.asname}


def _names(function: Function, words: set[str]) -> bool:
    return any(word_of(one) in words for one in nodes_of(function))


def _belongs(function: Function, word: str, owner: str) -> bool:
    if word not in _SHARED or not owner:
        return True
    home = function.owner
    return home is not None and (home.name == owner or any(word_of(base) == owner for base in home.bases))


def _look(journey: Journey, function: Function) -> None:
    """What holds the query in this function, and where it goes from there."""
    given = journey.given.setdefault(function, set())
    stores = [one for one in nodes_of(function) if isinstance(one, _STORES)]
    for store in stores * _ROUNDS:
        if store.value is not None and journey.holds(store.value, function):
            _bind(journey, store, function, given)
    for node in nodes_of(function):
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)):
            _give_back(journey, node.value, function)
        elif isinstance(node, ast.Call):
            _hand_on(journey, node, function)


def _give_back(journey: Journey, value: ast.expr | None, function: Function) -> None:
    if value is not None and function.qualname != "<module>" and journey.holds(value, function):
        use = "attribute" if _is_property(function) else "call"
        _learn(journey, use, function.qualname.rpartition(".")[2], function.owner)


def _parts(node: ast.expr) -> list[ast.expr]:
    return [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]


def _is_an_end(method: ast.expr) -> bool:
    """What gives no query: ``count``, ``list``."""
    name = word_of(method)
    return name in _ENDS or (name in _BUILTINS and isinstance(method, ast.Name))


def _is_property(function: Function) -> bool:
    decorators = getattr(function.node, "decorator_list", ())
    return any("property" in word_of(one) for one in decorators)


def _bind(journey: Journey, store: _Store, function: Function, given: set[str]) -> None:
    for target in store.targets if isinstance(store, ast.Assign) else [store.target]:
        if isinstance(target, ast.Attribute):
            _learn(journey, "attribute", target.attr, function.owner)
        elif isinstance(target, ast.Name) and function.qualname != "<module>":
            given.add(target.id)
        elif isinstance(target, ast.Name):
            owners = [
                one for one in ast.walk(function.node) if isinstance(one, ast.ClassDef) and _inside(target, one)
            ]
            _learn(journey, "attribute" if owners else "name", target.id, owners[-1] if owners else None)


def _inside(node: ast.AST, owner: ast.ClassDef) -> bool:
    return any(target is node for one in owner.body if isinstance(one, _STORES) for target in ast.walk(one))


def _learn(journey: Journey, use: str, word: str, owner: ast.ClassDef | None) -> None:
    name = owner.name if owner is not None else ""
    uses = [(use, word), *(("call", one) for one in (_VIEWS.get(word, ()) if owner is not None else ()))]
    for one in uses:
        if not word.startswith("__"):
            journey.words.setdefault(one, name)


def _hand_on(journey: Journey, call: ast.Call, function: Function) -> None:
    """The parameter of a function of the project that the query is handed to."""
    places, named = _arguments(journey, call, function)
    for one in _called(word_of(call.func), journey.program) if places or named else ():
        known = [parameter for parameter in one.parameters if parameter not in ("self", "cls")]
        wanted = {known[number] for number in places if number < len(known)} | {*known} & named
        if wanted and len(journey.given) < _MOST:
            journey.given.setdefault(one, set()).update(wanted)


def _arguments(journey: Journey, call: ast.Call, function: Function) -> tuple[set[int], set[str]]:
    places = {number for number, one in enumerate(call.args) if journey.holds(one, function)}
    return places, {one.arg for one in call.keywords if one.arg and journey.holds(one.value, function)}


def _called(name: str, program: Program) -> Iterator[Function]:
    """All functions of the project with this name."""
    for path in mentions(program.root, f"def {name}(") if name else ():
        module = program.module(path)
        yield from (one for one in module.functions if one.qualname.rpartition(".")[2] == name) if module else ()


def nodes_of(function: Function) -> Iterator[ast.AST]:
    """All nodes of a function; of a module what runs when it is imported."""
    if function.qualname != "<module>":
        yield from ast.walk(function.node)
        return
    stack: list[ast.AST] = [function.node]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            stack += ast.iter_child_nodes(node)


def word_of(node: ast.AST) -> str:
    """``name`` or ``self.name``."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def below(node: ast.expr) -> Iterator[ast.expr]:
    """The chain that a method is called on, from the outside in."""
    while True:
        yield node
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, (ast.Attribute, ast.Subscript, ast.Await, ast.Starred)):
            node = node.value
        else:
            return


@lru_cache(maxsize=64)
def mentions(root: Path, name: str) -> tuple[Path, ...]:
    """Python files of the project that have the word."""
    return tuple(path for path in _sources(root) if name.encode() in _text(path))


def named_somewhere(root: Path, name: str) -> bool:
    """Whether any Python file of the project has the word."""
    return bool(mentions(root, name))


@lru_cache(maxsize=4)
def _sources(root: Path) -> tuple[Path, ...]:
    inside = (path.relative_to(root) for path in root.rglob("*.py"))
    outside = {"site-packages", "node_modules", "__pycache__"}
    return tuple(
        root / path
        for path in inside
        if not outside & set(path.parts) and not any(part.startswith(".") for part in path.parts)
    )


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
