"""The program as text: its modules, read when asked for, and which function a call means.

Everything is read with the standard ``ast``, each file once, and only when somebody asks.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from perfprof.rules.reading.functions import DEFINITIONS, Function
from perfprof.rules.reading.modules import Module, blocks, parse
from perfprof.rules.reading.results import result_of

__all__ = ["DEFINITIONS", "Function", "Module", "Program", "blocks", "parse"]


@dataclass
class Program:
    """The modules of a project, read when asked for.

    read: gives the text of a path, or None to leave it out. refuse: is told of a text that does not parse.
    alone: no run will follow, so rules leave out what only a run could tell (is this parameter a list at all?).
    parse: makes a module of a path, the root and the text.
    """

    root: Path
    read: Callable[[Path], str | None]
    alone: bool = False
    refuse: Callable[[Path, Exception], None] = lambda path, error: None
    parse: Callable[[Path, Path, str], Module] = parse
    following: list[Function] = field(default_factory=list)  # functions whose effects are being read right now
    modules: dict[Path, Module | None] = field(default_factory=dict)
    shallow: int = 0  # whether only what is near is read of effects right now
    methods: dict[str, list[Function]] = field(default_factory=lambda: defaultdict(list))  # read so far, by name
    properties: set[str] = field(default_factory=set)  # the same
    overrides: set[tuple[str, str]] = field(default_factory=set)  # the same: (base class, method)
    derived: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # classes by the base they name
    imports: dict[tuple[Path, str, int], Module | None] = field(default_factory=dict)  # what `from … import` named
    replaced: frozenset[str] | None = None  # names that files store as attributes or patch, once somebody asked

    def module(self, path: Path) -> Module | None:
        """The module of an absolute path; None if it cannot be read or parsed."""
        if path not in self.modules:
            self.modules[path] = None  # so that a cycle of imports ends
            source = self.read(path)
            try:
                found = None if source is None else self.parse(path, self.root, source)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self.refuse(path, error)
                found = None
            if found is not None:
                self._add(path, found)
        return self.modules[path]

    def _add(self, path: Path, module: Module) -> None:
        self.modules[path] = module
        module.program = self
        self.properties |= module.properties
        self.overrides |= module.overrides
        for base, below in module.derived:
            self.derived[base].add(below)
        for one in module.functions:
            if one.owner is not None:
                self.methods[one.qualname.rsplit(".", 1)[-1]].append(one)

    def forget(self) -> None:
        """Let go of its modules, so that those which nobody else keeps are free at once, without a collector."""
        for known in (self.modules, self.imports, self.methods):
            known.clear()

    def given_by(self, call: ast.Call, function: Function) -> str | None:
        """The exact builtin type that a call of a function of the project surely gives; None for all other calls."""
        return result_of(call, function, self)

    def function_at(self, path: Path, line: int) -> Function | None:
        """The innermost function around a line; the module's own statements count as one."""
        module = self.module(path)
        if module is None:
            return None
        around = [one for one in module.functions if one.line <= line <= one.end_line]
        return max(around, key=lambda one: (one.line, one.qualname != "<module>"), default=None)
