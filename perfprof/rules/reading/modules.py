"""One source file as text: its functions and classes, and what its top level names."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from perfprof.rules.reading.functions import DEFINITIONS, Function
from perfprof.rules.reading.names import defined_names, unpacked_names

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Program

_STAR = re.compile(r"import\s*\*")  # begins with a plain word, see `_WORDS`
_WORD = re.compile(r"[^\W\d]\w*")
_NEWLINE = re.compile(rb"\r\n|\r|\n")


@dataclass(eq=False)
class Module:
    """One source file. ``relative`` is its path below the project's root, with slashes."""

    path: Path
    relative: str
    source: str
    tree: ast.Module
    functions: list[Function] = field(default_factory=list)
    classes: list[ast.ClassDef] = field(default_factory=list)
    program: Program | None = field(default=None, repr=False)  # the one that it is read for

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
        """Global names with more than one meaning: defined twice, unpacked, or declared ``global`` in a function."""
        times = Counter(name for statement in self.tree.body for name in defined_names(statement))
        twice = {name for name, number in times.items() if number > 1}
        declared = {name for one in self.functions for name in one.declared_global}
        unpacked = {name for statement in self.tree.body for name in unpacked_names(statement)}
        return frozenset(twice | declared | unpacked)

    def binds_once(self, name: str) -> bool:
        """Whether it gives a name one meaning, also where its loops and conditions bind names."""
        return name not in self.rebound and len(self.functions[0].names.bindings.get(name, ())) == 1

    @cached_property
    def binds_by_text(self) -> bool:
        """Whether its names may get a meaning that nobody sees: ``globals()``, ``exec``, ``vars()`` at its top."""
        return not self.identifiers.isdisjoint({"globals", "exec"}) or self.functions[0].names.dynamic

    @cached_property
    def stars(self) -> tuple[ast.ImportFrom, ...]:
        """Its ``from … import *``."""
        if _STAR.search(self.source) is None:
            return ()
        imports = self.functions[0].every(ast.ImportFrom)
        return tuple(one for one in imports if any(alias.name == "*" for alias in one.names))

    @property
    def hides_builtins(self) -> bool:
        """Whether an ``import *`` may bind any name; `reading.stars` tells which of them does."""
        return bool(self.stars)

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
    def comparing(self) -> tuple[ast.ClassDef, ...]:
        """The classes with a base that say in their body what is equal."""
        return tuple(one for one in self.classes if one.bases and _compares(one))

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
        self.program = None
        for name in ("at_node", "members"):
            vars(self).pop(name, None)

    def rest(self) -> None:
        """Keep what its text alone tells, and that small: nothing that depends on other modules, no tables of nodes."""
        self.program = None
        for one in self.functions:
            for name in ("memo", "parents", "_walked", "nodes", "visible"):
                vars(one).pop(name, None)

    @cached_property
    def at_node(self) -> dict[ast.AST, Function]:
        """Each function by its ``def``."""
        return {one.node: one for one in self.functions}

    @cached_property
    def members(self) -> dict[ast.ClassDef | None, list[Function]]:
        """The methods of each class, in source order; under None what belongs to no class."""
        found: dict[ast.ClassDef | None, list[Function]] = defaultdict(list)
        for one in self.functions:
            found[one.owner].append(one)
        return found

    def function(self, qualname: str) -> Function | None:
        """The last function of this qualified name."""
        return next((one for one in reversed(self.functions) if one.qualname == qualname), None)


def _compares(owner: ast.ClassDef) -> bool:
    """Whether it says what is equal, by a method or by an assignment."""
    named = {one.name for one in owner.body if isinstance(one, DEFINITIONS)}
    return bool({"__eq__", "__hash__"} & (named | {name for one in owner.body for name in defined_names(one)}))


def parse(path: Path, root: Path, source: str) -> Module:
    """Read one file. Raises what `ast.parse` raises, and RecursionError or MemoryError on absurd nesting."""
    code = source.removeprefix("\ufeff")
    tree = ast.parse(code)
    relative = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    module = Module(path, relative, code, tree)
    _collect(module)
    _mark_loops(module)
    return module


_COMPOUND = frozenset(
    getattr(ast, name)
    for name in "If For AsyncFor While With AsyncWith Try TryStar Match".split()
    if hasattr(ast, name)
)
_FOLLOWED = frozenset((*DEFINITIONS, ast.ClassDef, ast.Global, *_COMPOUND))  # statements that may hold functions


def _collect(module: Module) -> None:
    """Find all functions of a module by walking its statements only."""
    whole = Function(module, module.tree, "<module>")
    found = [whole]
    stack: list[tuple[ast.stmt, Function, str, ast.ClassDef | None]] = []

    def push(block: list[ast.stmt], function: Function, prefix: str, owner: ast.ClassDef | None) -> None:
        stack.extend([(one, function, prefix, owner) for one in reversed(block) if one.__class__ in _FOLLOWED])

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
        else:
            for block in blocks(statement):
                push(block, function, prefix, owner)
    found.sort(key=lambda one: one.line)
    module.functions.extend(found)


def blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of statements directly inside a statement."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if block:
            yield block
    for holder in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield holder.body


# Words that may begin a loop, a comprehension or what a builtin loops with, or a sum of lists. Each pattern begins with a plain word, which makes
# the search a fast one; in strings and comments they may match too, which costs only time.
_WORDS = (r"for\b", r"while\b", r"lambda\b", r"sum\([^\n]*\[\]\)", r"map\(", r"filter\(", r"key ?= ?[A-Za-z_]")
_LOOPS = tuple(map(re.compile, _WORDS))


def _mark_loops(module: Module) -> None:
    """Tell each function whether a loop may stand in it, by the words on its lines that no other function has."""
    around: list[Function] = []
    waiting = module.functions[::-1]
    for line in _lines_with_loops(module.source):
        while waiting and _first_line(waiting[-1]) <= line:
            begun = waiting.pop()
            _leave(around, begun.line)
            around.append(begun)
        _leave(around, line)
        for inner in reversed(around):
            if inner.end_line >= line:
                inner.loops = True
                if not inner.body or line != inner.body[0].lineno:  # there the end of its `def` may stand as well,
                    break  # which is the outer one's


def _leave(around: list[Function], line: int) -> None:
    """Drop the innermost functions that end above a line."""
    while around and around[-1].end_line < line:
        around.pop()


def _first_line(function: Function) -> int:
    """The first line of a function's statements, its docstring left out."""
    if not function.body:
        return function.line
    first, second = [*function.body, None][:2]
    assert first is not None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        last = first.end_lineno or first.lineno
        return last if second is not None and second.lineno == last else last + 1
    return function.line if isinstance(first, (*DEFINITIONS, ast.ClassDef)) else first.lineno


def _lines_with_loops(source: str) -> list[int]:
    text = source.replace("\r\n", "\n").replace("\r", "\n") if "\r" in source else source
    places = sorted(match.start() for pattern in _LOOPS for match in pattern.finditer(text))
    lines: list[int] = []
    line, last = 1, 0
    for place in places:
        if place and (text[place - 1].isalnum() or text[place - 1] == "_"):
            continue
        line += text.count("\n", last, place)
        last = place
        lines.append(line)
    return lines
