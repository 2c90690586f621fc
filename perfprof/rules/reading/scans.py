"""Scans: each pass over a collection, wherever Python hides it, and the loops around it.

Rules ask for scans instead of syntax, so that one rule covers ``for``, comprehensions, generators inside ``any`` or
``next``, ``x in xs``, and calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from perfprof.rules.reading.counting import Counting, counting
from perfprof.rules.reading.handed import handed_to
from perfprof.rules.reading.lambdas import stands_for
from perfprof.rules.reading.syntax import LEAVES, children, fields

Comprehension: TypeAlias = "ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp"
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
STATEMENT_LOOPS = (ast.For, ast.AsyncFor, ast.While)

Consumer = Literal["each", "first", "exists", "all", "count", "aggregate", "collect"]
CONSUMERS: dict[str, Consumer] = {
    "any": "exists",
    "all": "all",
    "next": "first",
    "sum": "aggregate",
    "min": "aggregate",
    "max": "aggregate",
    "len": "count",
}


@dataclass(frozen=True, eq=False, slots=True)
class Loop:
    """A loop around something: a statement, or one generator of a comprehension.

    statement: the loop itself, or the statement that holds the comprehension.
    call: of a builtin that applies a lambda to each element; then node and holder are what it stands for, made up.
    counting: what a ``while`` does that counts; then node is the ``for`` that it stands for, made up.
    """

    node: ast.For | ast.AsyncFor | ast.While | ast.comprehension
    statement: ast.stmt
    holder: Comprehension | None = None
    call: ast.Call | None = None
    counting: Counting | None = None

    @property
    def target(self) -> ast.expr | None:
        """What each turn binds."""
        return None if isinstance(self.node, ast.While) else self.node.target

    @property
    def iterable(self) -> ast.expr | None:
        """What is walked."""
        return None if isinstance(self.node, ast.While) else self.node.iter


@dataclass(frozen=True, eq=False, slots=True)
class Scan:
    """One pass over a collection.

    kind "loop": a ``for`` or one generator of a comprehension; ``own`` is that loop.
    kind "membership": ``probe in subject`` (``node`` is the comparison).
    kind "call": a call; whether it walks an argument is for the reader to ask (``subject`` is the callee).
    statement: the statement in which it is evaluated. around: loops that repeat it, outermost first.
    """

    kind: Literal["loop", "membership", "call"]
    node: ast.AST
    subject: ast.expr
    statement: ast.stmt
    around: tuple[Loop, ...]
    own: Loop | None = None
    probe: ast.expr | None = None
    consumer: Consumer = "each"


def scans(body: Sequence[ast.stmt]) -> tuple[list[Scan], list[Scan], list[Scan]]:
    """All scans of a function's statements, in source order; nested functions have their own.

    Beside them those of lambdas that a builtin applies to each element: ``filter(lambda row: row.id == key, rows)`` walks
    rows as ``(row for row in rows if row.id == key)`` does. And the calls of functions that are handed to a builtin.
    """
    finder = _Finder()
    finder.statements(list(body), ())
    return finder.found, finder.applied, finder.handed


def leaving(block: list[ast.stmt]) -> Literal["", "loop", "function"]:
    """What a block that is run to its end leaves: at least the innermost loop, the function, or nothing for certain."""
    last = block[-1] if block else None
    if isinstance(last, (ast.Return, ast.Raise)):
        return "function"
    if isinstance(last, ast.Break):
        return "loop"
    ways = {leaving(last.body), leaving(last.orelse)} if isinstance(last, ast.If) else {""}
    return "" if "" in ways else "loop" if "loop" in ways else "function"


_NOTHING = LEAVES | {ast.Lambda}  # in which no scan of this function stands


class _Finder:
    """One walk over statements and expressions; scans are kept as they are met."""

    def __init__(self) -> None:
        self.found: list[Scan] = []
        self.applied: list[Scan] = []
        self.handed: list[Scan] = []
        self.calls: set[ast.Call] = set()  # whose lambdas have been read

    def statement(self, statement: ast.stmt, around: tuple[Loop, ...]) -> None:
        if isinstance(statement, SCOPES):
            return
        if isinstance(statement, (ast.For, ast.AsyncFor)):
            own = Loop(statement, statement)
            self.expression(statement.iter, statement, around)
            self.found.append(Scan("loop", statement, statement.iter, statement, around, own))
            self.block(statement.body, (*around, own))
            self.block(statement.orelse, around)
        elif isinstance(statement, ast.While):
            own = Loop(statement, statement)
            self.expression(statement.test, statement, (*around, own))
            self.block(statement.body, (*around, own))
            self.block(statement.orelse, around)
        else:
            self.children(statement, statement, around)

    def block(self, body: list[ast.stmt], around: tuple[Loop, ...]) -> None:
        """A block that ends by leaving the loops around it runs once at most: they do not repeat it."""
        left = leaving(body)
        if left == "function":
            around = ()
        elif left == "loop":
            around = around[:-1]
        self.statements(body, around)

    def statements(self, body: list[ast.stmt], around: tuple[Loop, ...]) -> None:
        for position, statement in enumerate(body):
            found = counting(body, position) if statement.__class__ is ast.While else None
            if found is not None:
                own = Loop(found.loop, statement, counting=found)
                self.found.append(Scan("loop", statement, found.loop.iter, statement, around, own))
            self.statement(statement, around)

    def children(self, node: ast.AST, statement: ast.stmt, around: tuple[Loop, ...]) -> None:
        for name in fields(node):
            value = getattr(node, name, None)
            if value.__class__ is not list:
                self.parts([value] if isinstance(value, ast.AST) else (), statement, around)
            elif value and isinstance(value[0], ast.stmt):
                self.block(value, around)
            else:
                self.parts(value, statement, around)

    def parts(self, nodes: Iterable[ast.AST], statement: ast.stmt, around: tuple[Loop, ...]) -> None:
        """What stands beside one another in a statement or an expression."""
        for child in nodes:
            if child.__class__ in _NOTHING:
                continue
            if isinstance(child, ast.expr):
                self.expression(child, statement, around)
            elif isinstance(child, ast.AST):  # handlers, match cases, with items, keywords
                self.children(child, statement, around)

    def expression(
        self, node: ast.expr, statement: ast.stmt, around: tuple[Loop, ...], consumer: Consumer = "collect"
    ) -> None:
        if node.__class__ in _NOTHING:
            return
        if isinstance(node, COMPREHENSIONS):
            self.comprehension(node, statement, around, consumer)
        elif isinstance(node, ast.Call):
            self.call(node, statement, around)
        else:
            if (
                isinstance(node, ast.Compare)
                and len(node.ops) == 1
                and isinstance(node.ops[0], (ast.In, ast.NotIn))
            ):
                asked = node.comparators[0]
                scan = Scan("membership", node, asked, statement, around, probe=node.left, consumer="exists")
                self.found.append(scan)
            self.parts(children(node), statement, around)

    def call(self, node: ast.Call, statement: ast.stmt, around: tuple[Loop, ...]) -> None:
        self.found.append(Scan("call", node, node.func, statement, around))
        taker = CONSUMERS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if taker and node.args and isinstance(node.args[0], ast.Call):
            self.applied_by(node.args[0], statement, around, taker)
        self.applied_by(node, statement, around)
        if taker and node.args and isinstance(node.args[0], COMPREHENSIONS):
            self.comprehension(node.args[0], statement, around, taker)
            for other in [*node.args[1:], *(word.value for word in node.keywords)]:
                self.expression(other, statement, around)
        else:
            self.parts(children(node), statement, around)

    def applied_by(
        self, node: ast.Call, statement: ast.stmt, around: tuple[Loop, ...], consumer: Consumer = "collect"
    ) -> None:
        """A lambda that the call applies to each element, with what stands in it."""
        holder = stands_for(node)
        if holder is None:
            self.handed_to(node, statement, around)
        if holder is None or node in self.calls:
            return
        self.calls.add(node)
        part = holder.generators[0]
        own = Loop(part, statement, holder, node)
        inner = _Finder()
        inner.expression(part.ifs[0] if part.ifs else holder.elt, statement, (*around, own))
        scan = Scan("loop", node, part.iter, statement, around, own, consumer=consumer)
        self.applied += [scan, *inner.found, *inner.applied]

    def handed_to(self, node: ast.Call, statement: ast.stmt, around: tuple[Loop, ...]) -> None:
        """The call of a function that the call makes for each element."""
        holder = handed_to(node)
        if holder is None or node in self.calls:
            return
        self.calls.add(node)
        own = Loop(holder.generators[0], statement, holder, node)
        each = holder.elt
        assert isinstance(each, ast.Call)
        self.handed.append(Scan("call", each, each.func, statement, (*around, own)))

    def comprehension(
        self, node: Comprehension, statement: ast.stmt, around: tuple[Loop, ...], consumer: Consumer
    ) -> None:
        for generator in node.generators:
            own = Loop(generator, statement, node)
            self.expression(generator.iter, statement, around)
            self.found.append(Scan("loop", node, generator.iter, statement, around, own, consumer=consumer))
            around = (*around, own)
            for condition in generator.ifs:
                self.expression(condition, statement, around)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for part in parts:
            self.expression(part, statement, around)
