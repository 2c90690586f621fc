"""Names of one function: where they are bound, where they are read, who else can see them."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING, cast

from perfprof.rules.reading.scans import COMPREHENSIONS, SCOPES
from perfprof.rules.reading.syntax import LEAVES, children, walk

if TYPE_CHECKING:
    from perfprof.rules.reading.functions import Function

_INSTEAD = {"item": ("one", "element", "each"), "part": ("piece", "portion"), "wanted": ("sought", "looked_for")}
DYNAMIC = frozenset({"exec", "eval", "locals", "vars", "globals"})


@dataclass(frozen=True, eq=False, slots=True)
class Binding:
    """One place that binds a name. value: the expression of a plain ``name = value``, else None."""

    node: ast.AST
    value: ast.expr | None = None


class Names:
    """The names of one function. Names that a comprehension binds for itself are left out."""

    def __init__(self, body: Sequence[ast.stmt], parameters: Iterable[str]) -> None:
        self.bindings: dict[str, list[Binding]] = defaultdict(list)
        self.loads: dict[str, list[ast.Name]] = defaultdict(list)
        self.parameters = frozenset(parameters)
        self._nested: list[ast.AST] = (
            []
        )  # functions, classes and lambdas; what stands in them is read when somebody asks
        self._declared: set[str] = set()  # global or nonlocal, by itself
        self._targets: set[ast.Name] = set()  # whose binding is known from the assignment
        self._asking: set[ast.expr] = set()  # `vars` of `vars(one)[name]`, which reads an attribute
        self._read(body)

    @cached_property
    def elsewhere(self) -> frozenset[str]:
        """Names that are declared global or nonlocal, here or by what is nested."""
        return frozenset(chain(self._declared, *map(_declarations, self._nested)))

    @cached_property
    def captured(self) -> frozenset[str]:
        """Names that nested functions, classes or lambdas use."""
        return frozenset(chain.from_iterable(map(_used, self._nested)))

    @cached_property
    def given(self) -> frozenset[str]:
        """Parameters of lambdas."""
        return frozenset(chain.from_iterable(_given(one) for one in self._nested if isinstance(one, ast.Lambda)))

    @property
    def dynamic(self) -> bool:
        """Whether names are reached by text (``exec``, ``locals`` …), so that nothing can be said."""
        return any(one not in self._asking for name in DYNAMIC for one in self.loads.get(name, ()))

    def is_local(self, name: str) -> bool:
        """Bound here and nowhere else."""
        return (name in self.parameters or name in self.bindings) and name not in self.elsewhere

    def values(self, name: str) -> list[ast.expr] | None:
        """All expressions the name is assigned from; None if it is bound in any other way."""
        if name in self.parameters or not self.is_local(name):
            return None
        found = [binding.value for binding in self.bindings[name]]
        return None if None in found else [value for value in found if value is not None]

    def _read(self, body: Sequence[ast.stmt]) -> None:
        stack: list[ast.AST | None] = [*reversed(body)]
        own: frozenset[str] = frozenset()  # what the comprehensions around bind for themselves
        outer: list[frozenset[str]] = []
        while stack:
            node = stack.pop()
            if node is None:
                own = outer.pop()
                continue
            kind = node.__class__
            if isinstance(node, ast.Name):
                if node.id not in own:
                    self._name(node)
                continue
            if kind in _SCOPED:
                self._scope(node)
                continue
            if kind in _COMPREHENDED:
                outer.append(own)
                stack.append(None)
                own = own | {name for part in node.generators for name in bound_names(part.target)}  # type: ignore[attr-defined]
            elif kind in _BINDING:
                self._bind(node)
            elif kind is ast.Subscript and isinstance(node.ctx, ast.Load):  # type: ignore[attr-defined]
                self._asks(node.value)  # type: ignore[attr-defined]
            if kind not in LEAVES:
                stack += children(node)[::-1]

    def _asks(self, held: ast.expr) -> None:
        if isinstance(held, ast.Call) and len(held.args) == 1 and getattr(held.func, "id", "") == "vars":
            self._asking.add(held.func)

    def _name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.loads[node.id].append(node)
        elif node not in self._targets:
            self.bindings[node.id].append(Binding(node))

    def _scope(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.bindings[node.name].append(Binding(node))
        self._nested.append(node)

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            self._assign(node)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            self._declared.update(node.names)
        else:
            for name in other_bindings(node):
                self.bindings[name].append(Binding(node))

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        shared = len(targets) > 1 or isinstance(node, ast.NamedExpr)  # somebody else gets the same object
        value = None if shared and not isinstance(node.value, ast.Constant) else node.value
        for target in targets:  # a walrus binds in the function, also from inside a comprehension
            if isinstance(target, ast.Name) and node.value is not None:
                self.bindings[target.id].append(Binding(target, value))
                self._targets.add(target)


_SCOPED, _COMPREHENDED = frozenset(SCOPES), frozenset(COMPREHENSIONS)
_BINDING = frozenset(
    getattr(ast, name)
    for name in "Assign AnnAssign NamedExpr Global Nonlocal alias ExceptHandler MatchAs MatchStar MatchMapping".split()
)

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_HOLDING = frozenset(
    getattr(ast, name)
    for name in """FunctionDef AsyncFunctionDef ClassDef If For AsyncFor While With AsyncWith Try TryStar Match
    ExceptHandler match_case""".split()
    if hasattr(ast, name)
)


def _used(nested: ast.AST) -> Iterator[str]:
    """Names that a nested function, class or lambda uses, but for what only it can see."""
    own = _given(nested) if isinstance(nested, ast.Lambda) else frozenset()
    for inner in walk(nested):
        if isinstance(inner, ast.Name) and inner.id not in own:
            yield inner.id
        elif isinstance(inner, (ast.Nonlocal, ast.Global)):
            yield from inner.names


def _declarations(nested: ast.AST) -> Iterator[str]:
    """Names that are declared global or nonlocal in it; expressions, which declare nothing, are not entered."""
    stack = [] if isinstance(nested, ast.Lambda) else [nested]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Nonlocal, ast.Global)):
            yield from node.names
        elif node.__class__ in _HOLDING:
            for name in _BLOCKS:
                stack += getattr(node, name, ())


def _given(node: ast.Lambda) -> frozenset[str]:
    """The parameters of a lambda, which mean nothing else in it; none if a default may read a name of theirs."""
    given = node.args
    if given.defaults or any(given.kw_defaults):
        return frozenset()
    rest = [one for one in (given.vararg, given.kwarg) if one is not None]
    return frozenset(one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, *rest))


def other_bindings(node: ast.AST) -> Iterator[str]:
    """Names that a node binds by itself, not through a name in store context."""
    if isinstance(node, ast.alias):
        yield (node.asname or node.name).split(".")[0]
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping)):
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name:
            yield name


def bound_names(target: ast.AST) -> Iterator[str]:
    """Names that an assignment target binds."""
    if target.__class__ is ast.Name:  # nearly all are
        yield from [target.id] if isinstance(target.ctx, ast.Store) else []
        return
    for node in walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def bound_in(region: ast.AST, function: Function) -> frozenset[str]:
    """Names that are bound in a part of a function, which may be asked for every expression in it."""
    known = cast("dict[ast.AST, frozenset[str]]", function.memo.setdefault("bound in", {}))
    if region not in known:
        known[region] = frozenset(bound_names(region))
    return known[region]


def read_names(node: ast.AST) -> set[str]:
    """Names that an expression reads."""
    return {one.id for one in walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}


def fresh(wanted: str, taken: Iterable[str]) -> str:
    """A name that is not taken: the wanted one, else one that says the same, else with a number."""
    used = set(taken)
    numbered = (f"{wanted}_{number}" for number in count(2))
    return next(one for one in chain((wanted, *_INSTEAD.get(wanted, ())), numbered) if one not in used)


def defined_names(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top of a module defines."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        for alias in statement.names:
            yield alias.asname or alias.name.split(".")[0]
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id
    elif isinstance(statement, (ast.If, ast.Try)):
        for inner in [*statement.body, *statement.orelse]:
            yield from defined_names(inner)


def unpacked_names(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top of a module binds so that no one value shows: by unpacking, in a loop or a handler."""
    if isinstance(statement, (ast.Assign, ast.AugAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            if isinstance(statement, ast.AugAssign) or not isinstance(target, ast.Name):
                yield from bound_names(target)
    elif isinstance(statement, (ast.If, ast.Try)):
        for inner in [*statement.body, *statement.orelse]:
            yield from unpacked_names(inner)
        for handler in getattr(statement, "handlers", ()):
            yield from _handled_names(handler)
    elif isinstance(statement, (ast.For, ast.While, ast.With)):
        yield from bound_names(statement)


def _handled_names(handler: ast.ExceptHandler) -> Iterator[str]:
    """Functions, classes and builtins that a handler makes, where the block before was to; ``numpy = None`` is no other."""
    for inner in handler.body:
        made = isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        yield from (name for name in defined_names(inner) if made or hasattr(builtins, name))
        yield from unpacked_names(inner)
