"""One function as text: its statements, its names, its scans, each read once and only when somebody asks."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from perfprof.rules.reading.handed import ITEM, is_handed
from perfprof.rules.reading.names import Names, bound_names
from perfprof.rules.reading.scans import COMPREHENSIONS, SCOPES, STATEMENT_LOOPS, Scan, scans
from perfprof.rules.reading.syntax import LEAVES, children

if TYPE_CHECKING:
    from perfprof.rules.reading.modules import Module

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FunctionNode: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Module"
_NESTED = frozenset(SCOPES)
_REPEATING = frozenset((*STATEMENT_LOOPS, *COMPREHENSIONS))
_Node = TypeVar("_Node", bound=ast.AST)


@dataclass(eq=False)
class Function:
    """A function, a method, or the statements of a module (``qualname`` is then ``<module>``)."""

    module: Module
    node: FunctionNode
    qualname: str
    owner: ast.ClassDef | None = None
    outer: Function | None = None
    loops: bool = False  # whether a loop, a comprehension or a sum of lists may stand in it
    declared_global: tuple[str, ...] = ()

    @property
    def body(self) -> list[ast.stmt]:
        """Its statements."""
        return self.node.body

    @property
    def line(self) -> int:
        """The line of ``def``; 1 for a module."""
        return 1 if isinstance(self.node, ast.Module) else self.node.lineno

    @cached_property
    def end_line(self) -> int:
        """The last line."""
        if isinstance(self.node, ast.Module):
            return self.module.source.count("\n") + 1
        return self.node.end_lineno or self.node.lineno

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of all parameters, in order."""
        if isinstance(self.node, ast.Module):
            return ()
        given = self.node.args
        plain = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        rest = [given.vararg, given.kwarg]
        return tuple(one.arg for one in [*plain, *filter(None, rest)])

    def hides(self, name: str) -> bool:
        """Whether a name of the module or of Python may mean something else in it: it or a function around it binds it."""
        if isinstance(self.node, ast.Module):
            return False
        return (
            name in self.parameters
            or name in self.names.bindings
            or (self.outer is not None and self.outer.hides(name))
        )

    @cached_property
    def scans(self) -> tuple[Scan, ...]:
        """All passes over collections in it."""
        return tuple(self._scanned[0])

    @cached_property
    def applied(self) -> tuple[Scan, ...]:
        """The same in lambdas that a builtin applies to each element, if its name means the builtin."""
        return tuple(self._scanned[1])

    @cached_property
    def handed(self) -> tuple[Scan, ...]:
        """Calls of functions that are handed to a builtin, if its name means the builtin."""
        return tuple(self._scanned[2]) if self._scanned[2] and ITEM not in self.visible else ()

    @cached_property
    def _scanned(self) -> tuple[list[Scan], list[Scan], list[Scan]]:
        return scans(self.body) if self.loops else ([], [], [])

    @cached_property
    def names(self) -> Names:
        """What each of its names is bound to."""
        return Names(self.body, self.parameters)

    @cached_property
    def visible(self) -> frozenset[str]:
        """Every name that means something in it, so that a new one must be another."""
        found = {*dir(builtins), *self.module.top, *self.module.rebound}
        scope: Function | None = self
        while scope is not None:
            names = scope.names
            found |= {
                *names.bindings,
                *names.loads,
                *names.parameters,
                *names.captured,
                *names.elsewhere,
                *names.given,
            }
            scope = scope.outer
        found |= {
            name
            for scan in self.scans
            for loop in (*scan.around, *([scan.own] if scan.own is not None else []))
            for name in (bound_names(loop.target) if loop.target is not None else ())
        }
        return frozenset(found)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node around each node; nested functions are entered as well."""
        above: dict[ast.AST, ast.AST] = {}
        stack: list[ast.AST] = [self.node]
        while stack:
            node = stack.pop()
            for child in children(node):
                above[child] = node
                if child.__class__ not in LEAVES:
                    stack.append(child)
        return above

    @cached_property
    def nodes(self) -> Mapping[type[ast.AST], list[ast.AST]]:
        """Every node of it by class, in source order within a class; nested functions and classes are not entered."""
        return self._walked[0]

    @property
    def looped(self) -> list[ast.expr]:
        """Every expression below a loop or comprehension of it, names and constants aside, in source order."""
        return self._walked[1]

    @cached_property
    def _walked(self) -> tuple[dict[type[ast.AST], list[ast.AST]], list[ast.expr]]:
        found: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        looped: list[ast.expr] = []
        stack: list[ast.AST | None] = [*self.body[::-1]]
        repeats = 0  # loops that are open; None ends one
        while stack:
            node = stack.pop()
            if node is None:
                repeats -= 1
                continue
            kind = node.__class__
            found[kind].append(node)
            if kind in LEAVES or kind in _NESTED:
                continue
            if repeats and isinstance(node, ast.expr):
                looped.append(node)
            if kind in _REPEATING:
                repeats += 1
                stack.append(None)
            stack += children(node)[::-1]
        return found, looped

    def every(self, *kinds: type[_Node]) -> Iterator[_Node]:
        """All its nodes of these classes, from the one walk that all rules share."""
        for kind in kinds:
            yield from self.nodes.get(kind, ())  # type: ignore[misc]  # they are of that class

    @cached_property
    def memo(self) -> dict[str, object]:
        """What several rules ask of it, computed once."""
        return {}

    def text(self, node: ast.expr) -> str:
        """The source of an expression as it stands in the file."""
        lines, end_line = self.module.raw_lines, node.end_lineno
        if end_line is None or end_line > len(lines) or is_handed(node):
            return ast.unparse(node)
        if node.lineno == end_line:
            return lines[end_line - 1][node.col_offset : node.end_col_offset].decode()
        first = lines[node.lineno - 1][node.col_offset :]
        middle = lines[node.lineno : end_line - 1]
        return b"\n".join([first, *middle, lines[end_line - 1][: node.end_col_offset]]).decode()

    def place(self, node: ast.AST) -> str:
        """``path:line`` of a node."""
        return f"{self.module.relative}:{getattr(node, 'lineno', self.line)}"
