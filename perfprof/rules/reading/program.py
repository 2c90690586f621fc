"""The program as text: modules, their functions, and which function a call means.

Everything is read with the standard ``ast``, each file once, and only when somebody asks.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from perfprof.rules.reading.names import Names
    from perfprof.rules.reading.scans import Scan

FunctionNode: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Module"
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(eq=False)
class Function:
    """A function, a method, or the statements of a module (``qualname`` is then ``<module>``)."""

    module: Module
    node: FunctionNode
    qualname: str
    owner: ast.ClassDef | None = None
    outer: Function | None = None
    loops: bool = False  # whether any loop or comprehension stands in it

    @property
    def body(self) -> list[ast.stmt]:
        """Its statements."""
        return self.node.body

    @property
    def line(self) -> int:
        """The line of ``def``; 1 for a module."""
        return 1 if isinstance(self.node, ast.Module) else self.node.lineno

    @property
    def end_line(self) -> int:
        """The last line."""
        if isinstance(self.node, ast.Module):
            return self.module.source.count("\n") + 1
        return self.node.end_lineno or self.node.lineno

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of all parameters, in order."""
        if isinstance(self.node, ast.Module):
            return ()
        given = self.node.args
        plain = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        rest = [given.vararg, given.kwarg]
        return tuple(one.arg for one in [*plain, *filter(None, rest)])

    @cached_property
    def scans(self) -> tuple[Scan, ...]:
        """All passes over collections in it."""
        from perfprof.rules.reading.scans import scans

        return tuple(scans(self)) if self.loops else ()

    @cached_property
    def names(self) -> Names:
        """What each of its names is bound to."""
        from perfprof.rules.reading.names import Names

        return Names(self)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node around each node; nested functions are not entered."""
        above: dict[ast.AST, ast.AST] = {}
        stack: list[ast.AST] = [self.node]
        while stack:
            node = stack.pop()
            for child in ast.iter_child_nodes(node):
                above[child] = node
                stack.append(child)
        return above

    def text(self, node: ast.AST) -> str:
        """The source of a node as it stands in the file."""
        return ast.get_source_segment(self.module.source, node) or ast.unparse(node)

    def place(self, node: ast.AST) -> str:
        """``path:line`` of a node."""
        return f"{self.module.relative}:{getattr(node, 'lineno', self.line)}"


@dataclass(eq=False)
class Module:
    """One source file. ``relative`` is its path below the project's root, with slashes."""

    path: Path
    relative: str
    source: str
    tree: ast.Module
    functions: list[Function] = field(default_factory=list)

    @cached_property
    def lines(self) -> list[str]:
        """The source by line."""
        return self.source.splitlines()

    @cached_property
    def top(self) -> dict[str, ast.stmt]:
        """Functions, classes, imports and constants of the module by name; the last definition wins."""
        found: dict[str, ast.stmt] = {}
        for statement in self.tree.body:
            for name in _defined(statement):
                found[name] = statement
        return found

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every identifier in the file: what a new name must not be."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(node.name)
            elif isinstance(node, ast.alias):
                found.add((node.asname or node.name).split(".")[0])
            elif isinstance(node, ast.ExceptHandler) and node.name:
                found.add(node.name)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                found.update(node.names)
            elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
                found.add(node.name)
        return frozenset(found)

    @cached_property
    def bound(self) -> frozenset[str]:
        """Identifiers that something in the file binds; all builtins after an ``import *`` of unknown names."""
        found = {name for one in self.functions for name in (*one.names.bindings, *one.parameters)}
        found |= {one.name for one in ast.walk(self.tree) if isinstance(one, ast.ClassDef)}
        if any(
            alias.name == "*" for one in self.tree.body if isinstance(one, ast.ImportFrom) for alias in one.names
        ):
            found |= set(dir(builtins))
        return frozenset(found)

    def function(self, qualname: str) -> Function | None:
        """The last function of this qualified name."""
        return next((one for one in reversed(self.functions) if one.qualname == qualname), None)


@dataclass
class Program:
    """The modules of a project, read when asked for. ``read`` gives the text of a path, or None to leave it out."""

    root: Path
    read: Callable[[Path], str | None]
    modules: dict[Path, Module | None] = field(default_factory=dict)

    def module(self, path: Path) -> Module | None:
        """The module of an absolute path; None if it cannot be read or parsed."""
        if path not in self.modules:
            self.modules[path] = None  # so that a cycle of imports ends
            source = self.read(path)
            self.modules[path] = None if source is None else parse(path, self.root, source)
        return self.modules[path]

    def function_at(self, path: Path, line: int) -> Function | None:
        """The innermost function around a line; the module's own statements count as one."""
        module = self.module(path)
        if module is None:
            return None
        around = [one for one in module.functions if one.line <= line <= one.end_line]
        return max(around, key=lambda one: (one.line, one.qualname != "<module>"), default=None)

    def resolve(self, call: ast.expr, function: Function) -> Function | None:
        """The one function of the project that this callee can mean; None if not sure."""
        from perfprof.rules.reading.resolution import resolve

        return resolve(call, function, self)


def parse(path: Path, root: Path, source: str) -> Module | None:
    """Read one file; None if it does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    relative = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    module = Module(path, relative, source, tree)
    _collect(module)
    return module


LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _collect(module: Module) -> None:
    """Find all functions of a module in one walk."""
    whole = Function(module, module.tree, "<module>")
    module.functions.append(whole)
    stack: list[tuple[ast.AST, Function, str, ast.ClassDef | None]] = [(module.tree, whole, "", None)]
    while stack:
        node, function, prefix, owner = stack.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, DEFINITIONS):
                inner = Function(module, child, prefix + child.name, owner, function)
                module.functions.append(inner)
                stack.append((child, inner, f"{prefix}{child.name}.<locals>.", None))
            elif isinstance(child, ast.ClassDef):
                stack.append((child, function, f"{prefix}{child.name}.", child))
            elif not isinstance(child, (ast.Name, ast.Constant, ast.Load, ast.Store)):
                if isinstance(child, LOOPS):
                    function.loops = True
                stack.append((child, function, prefix, owner))
    module.functions.sort(key=lambda one: (one.line, one.qualname))


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (*DEFINITIONS, ast.ClassDef)):
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
            yield from _defined(inner)
