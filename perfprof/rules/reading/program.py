"""The program as text: modules, their functions, and which function a call means.

Everything is read with the standard ``ast``, each file once, and only when somebody asks.
"""

from __future__ import annotations

import ast
import bisect
import builtins
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from perfprof.rules.reading.names import Names, bound_names, defined_names
from perfprof.rules.reading.scans import COMPREHENSIONS, SCOPES, STATEMENT_LOOPS
from perfprof.rules.reading.syntax import children

if TYPE_CHECKING:
    from perfprof.rules.reading.scans import Scan

FunctionNode: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Module"
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
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
        return Names(self)

    @cached_property
    def visible(self) -> frozenset[str]:
        """Every name that means something in it, so that a new one must be another."""
        found = {*dir(builtins), *self.module.top, *self.module.rebound}
        scope: Function | None = self
        while scope is not None:
            names = scope.names
            found |= {*names.bindings, *names.loads, *names.parameters, *names.captured, *names.elsewhere}
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
        """The node around each node; nested functions are not entered."""
        above: dict[ast.AST, ast.AST] = {}
        stack: list[ast.AST] = [self.node]
        while stack:
            node = stack.pop()
            for child in children(node):
                above[child] = node
                stack.append(child)
        return above

    @cached_property
    def nodes(self) -> Mapping[type[ast.AST], list[ast.AST]]:
        """Every node of it by class, in source order within a class; nested functions and classes are not entered."""
        return self._walked[0]

    @property
    def looped(self) -> list[ast.expr]:
        """Every expression below a loop or comprehension of it, in source order."""
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
            if kind in _NESTED:
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
        if end_line is None or end_line > len(lines):
            return ast.unparse(node)
        if node.lineno == end_line:
            return lines[end_line - 1][node.col_offset : node.end_col_offset].decode()
        first = lines[node.lineno - 1][node.col_offset :]
        middle = lines[node.lineno : end_line - 1]
        return b"\n".join([first, *middle, lines[end_line - 1][: node.end_col_offset]]).decode()

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
    classes: list[ast.ClassDef] = field(default_factory=list)

    @cached_property
    def top(self) -> dict[str, ast.stmt]:
        """Functions, classes, imports and constants of the module by name; the last definition wins."""
        found: dict[str, ast.stmt] = {}
        for statement in self.tree.body:
            for name in defined_names(statement):
                found[name] = statement
        return found

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every identifier that occurs anywhere in the file."""
        return frozenset(_WORD.findall(self.source))

    @cached_property
    def rebound(self) -> frozenset[str]:
        """Global names with more than one meaning: defined twice, or declared ``global`` in a function."""
        times = Counter(name for statement in self.tree.body for name in defined_names(statement))
        twice = {name for name, number in times.items() if number > 1}
        declared = {name for one in self.functions for name in one.declared_global}
        return frozenset(twice | declared)

    @cached_property
    def hides_builtins(self) -> bool:
        """Whether an ``import *`` may bind any name."""
        imports = [one for one in self.tree.body if isinstance(one, ast.ImportFrom)]
        return any(alias.name == "*" for one in imports for alias in one.names)

    @cached_property
    def overrides(self) -> frozenset[tuple[str, str]]:
        """(base class, method) for each method of each class that names a base."""
        return frozenset(
            (getattr(base, "id", getattr(base, "attr", "")), one.qualname.rsplit(".", 1)[-1])
            for one in self.functions
            if one.owner is not None
            for base in one.owner.bases
        )

    @cached_property
    def methods(self) -> frozenset[str]:
        """The names of all methods of all its classes."""
        return frozenset(one.qualname.rsplit(".", 1)[-1] for one in self.functions if one.owner is not None)

    @cached_property
    def properties(self) -> frozenset[str]:
        """The names of all properties of all its classes."""
        return frozenset(
            one.node.name
            for one in self.functions
            if isinstance(one.node, DEFINITIONS)
            and any(getattr(mark, "id", "") == "property" for mark in one.node.decorator_list)
        )

    @cached_property
    def derived(self) -> frozenset[tuple[str, str]]:
        """(base class, class) for each class that names a base."""
        return frozenset(
            (getattr(base, "id", getattr(base, "attr", "")), one.name) for one in self.classes for base in one.bases
        )

    @cached_property
    def raw_lines(self) -> list[bytes]:
        """The source by line in UTF-8, as ``ast`` counts lines and columns."""
        return _NEWLINE.split(self.source.encode())

    def forget(self) -> None:
        """Break the circles between its functions and itself, so that memory is free at once, without a collector."""
        for one in self.functions:
            vars(one).clear()
        self.functions.clear()

    def function(self, qualname: str) -> Function | None:
        """The last function of this qualified name."""
        return next((one for one in reversed(self.functions) if one.qualname == qualname), None)


@dataclass
class Program:
    """The modules of a project, read when asked for.

    read: gives the text of a path, or None to leave it out. refuse: is told of a text that does not parse.
    alone: no run will follow, so rules leave out what only a run could tell (is this parameter a list at all?).
    """

    root: Path
    read: Callable[[Path], str | None]
    alone: bool = False
    refuse: Callable[[Path, Exception], None] = lambda path, error: None
    following: list[Function] = field(default_factory=list)  # functions whose effects are being read right now
    modules: dict[Path, Module | None] = field(default_factory=dict)
    shallow: int = 0  # whether only what is near is read of effects right now
    special: dict[str, tuple[int, tuple[Function, ...]]] = field(
        default_factory=dict
    )  # by name, as modules are read

    def module(self, path: Path) -> Module | None:
        """The module of an absolute path; None if it cannot be read or parsed."""
        if path not in self.modules:
            self.modules[path] = None  # so that a cycle of imports ends
            source = self.read(path)
            try:
                self.modules[path] = None if source is None else parse(path, self.root, source)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self.refuse(path, error)
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


def parse(path: Path, root: Path, source: str) -> Module:
    """Read one file. Raises what `ast.parse` raises, and RecursionError or MemoryError on absurd nesting."""
    code = source.removeprefix("\ufeff")
    tree = ast.parse(code)
    relative = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    module = Module(path, relative, code, tree)
    _collect(module)
    return module


# A word that may begin a loop or a comprehension, or a sum of lists; text in strings and comments may match too, which
# costs only time.
_LOOP = re.compile(rb"\b(?:for|while)\b|\bsum\([^\n]*\[\]\)")
_WORD = re.compile(r"[^\W\d]\w*")
_NEWLINE = re.compile(rb"\r\n|\r|\n")


_COMPOUND = frozenset(
    getattr(ast, name)
    for name in "If For AsyncFor While With AsyncWith Try TryStar Match".split()
    if hasattr(ast, name)
)


def _collect(module: Module) -> None:
    """Find all functions of a module by walking its statements only."""
    whole = Function(module, module.tree, "<module>")
    found = [whole]
    stack: list[tuple[ast.stmt, Function, str, ast.ClassDef | None]] = []

    def push(block: list[ast.stmt], function: Function, prefix: str, owner: ast.ClassDef | None) -> None:
        stack.extend((statement, function, prefix, owner) for statement in reversed(block))

    push(module.tree.body, whole, "", None)
    while stack:
        statement, function, prefix, owner = stack.pop()
        if isinstance(statement, DEFINITIONS):
            inner = Function(module, statement, prefix + statement.name, owner, function)
            found.append(inner)
            push(statement.body, inner, f"{prefix}{statement.name}.<locals>.", None)
        elif isinstance(statement, ast.ClassDef):
            module.classes.append(statement)
            push(statement.body, function, f"{prefix}{statement.name}.", statement)
        elif isinstance(statement, ast.Global):
            function.declared_global += tuple(statement.names)
        elif statement.__class__ in _COMPOUND:
            for block in blocks(statement):
                push(block, function, prefix, owner)
    found.sort(key=lambda one: one.line)
    module.functions.extend(found)
    _mark_loops(module)


def blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of statements directly inside a statement."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if block:
            yield block
    for holder in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield holder.body


def _mark_loops(module: Module) -> None:
    data = module.source.encode()
    if b"\r" in data:
        data = b"\n".join(module.raw_lines)
    lines: list[int] = []
    line, last = 1, 0
    for match in _LOOP.finditer(data):
        line += data.count(b"\n", last, match.start())
        last = match.start()
        lines.append(line)
    for function in module.functions:
        at = bisect.bisect_left(lines, function.line)
        function.loops = at < len(lines) and lines[at] <= function.end_line
