"""Read files one after the other and let every rule look at every function."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from perfprof.optimizer.checking.cold import cold_by_reading, runs_once
from perfprof.optimizer.checking.shelf import Shelf
from perfprof.optimizer.sources import Sources, syntax_reason
from perfprof.rules import by_reading
from perfprof.rules.reading.extents import Extent
from perfprof.rules.reading.program import Function, Module, Program
from perfprof.rules.rule import Case, Finding, Level, Proof, Rule

DEEPEST = 2500  # calls inside one another while files are read; some 1 kB of stack each on Python 3.10
_IGNORE = re.compile(r"#\s*perfprof:\s*ignore(?:\[([\w\s,-]+)\])?")


@dataclass(frozen=True, slots=True)
class Found:
    """A finding that reading alone leaves without an open obligation. grows: as its rule says.

    large: whether the code itself says that its n is, so that it is worth a word before a run has told.
    """

    finding: Finding
    title: str
    level: Level
    proofs: tuple[Proof, ...]
    grows: bool = True
    large: bool = True


@dataclass(frozen=True, slots=True)
class Read:
    """What came of one file. needs: files of the project that the answer depends on, relative."""

    path: str
    found: tuple[Found, ...] = ()
    needs: tuple[str, ...] = ()
    skipped: str = ""
    ignored: int = 0


@dataclass
class Reader:
    """Reads files of one project one after the other; parsed modules are shared."""

    root: Path
    only: tuple[str, ...] = ()
    shelf: Shelf = field(default_factory=Shelf)
    sources: Sources = field(init=False)
    program: Program = field(init=False)

    def __post_init__(self) -> None:
        self.sources = Sources(self.root)
        self.program = Program(
            self.root, self.sources.text, alone=True, refuse=self._refuse, parse=self.shelf.parse
        )

    def _refuse(self, path: Path, error: Exception) -> None:
        self.sources.skip(path, syntax_reason(error))

    def read(self, path: Path) -> Read:
        """Let every rule look at every function of a file."""
        module = self.program.module(path)
        relative = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)
        if module is None:
            return Read(relative, skipped=self.sources.skipped.get(relative, "cannot be read"))
        found, deep = self._found(module)
        kept = tuple(one for one in found if not ignored(one.finding, module))
        needs = (other.relative for other in self.program.modules.values() if other is not None)
        skipped = f"is nested too deeply: line {deep[0].line}, {deep[0].qualname}" if deep else ""
        return Read(
            relative, kept, tuple(sorted(set(needs) - {relative})) if found else (), skipped, len(found) - len(kept)
        )

    def forget(self, paths: Collection[Path]) -> None:
        """Let go of the syntax trees, and keep what these files import from others on the shelf."""
        imported = [one for path, one in self.program.modules.items() if one is not None and path not in paths]
        for path in paths:
            module = self.program.modules.get(path)
            if module is not None:
                module.forget()
        self.shelf.keep(imported)
        self.program.forget()

    def _rules(self, module: Module) -> list[Rule]:
        """The rules that can have something to say of a file."""
        return [rule for rule in by_reading(module.source) if not self.only or rule.name in self.only]

    def _found(self, module: Module) -> tuple[list[Found], list[Function]]:
        """What was found, and the functions that are nested too deeply to be read."""
        found, deep = list[Found](), list[Function]()
        looping = [one for one in module.functions if one.loops]
        rules = self._rules(module) if looping else []
        for function in looping:
            try:
                found += self._in_function(function, rules)
            except RecursionError:
                deep.append(function)
        return found, deep

    def _in_function(self, function: Function, rules: Iterable[Rule]) -> Iterator[Found]:
        for rule in rules:
            assert rule.in_function is not None  # as of all that find by reading
            for suspect in rule.in_function(function, self.program):
                proofs = _argued(rule, Case(suspect, self.program))
                if proofs and not cold_by_reading(suspect.finding, function):
                    level = min(proof.level for proof in proofs)
                    large = rule.scale is not None and rule.scale(suspect) is Extent.MANY
                    large = large and not runs_once(function)
                    yield Found(suspect.finding, rule.title, level, proofs, rule.grows, large)


def _argued(rule: Rule, case: Case) -> tuple[Proof, ...]:
    """The proofs of all obligations; empty at the first open one, since nobody will ask for the others."""
    proofs: list[Proof] = []
    for obligation in rule.safe_if:
        proofs.append(obligation.check(case))
        if proofs[-1].level is Level.OPEN:
            return ()
    return tuple(proofs)


def ignored(finding: Finding, module: Module) -> bool:
    """Whether the finding's line or the one above says ``# perfprof: ignore[rule] reason``."""
    lines = module.raw_lines
    for number in (finding.line, finding.line - 1):
        line = lines[number - 1].decode(errors="replace") if 0 < number <= len(lines) else ""
        match = _IGNORE.search(line)
        if match is None or (number != finding.line and not line.lstrip().startswith("#")):
            continue
        names = match.group(1)
        if names is None or finding.rule in [name.strip() for name in names.split(",")]:
            return True
    return False


@cache
def _shelf(root: Path) -> Shelf:
    """The one of this process."""
    return Shelf()


def read_files(root: Path, paths: Sequence[Path], only: tuple[str, ...]) -> list[Read]:
    """One task of an executor: small values in, small values out. What stays on the shelf is no longer looked at."""
    with _reading_much():
        reads = _read(root, paths, only, _shelf(root))
        gc.freeze()
        return reads


def read_in_turn(root: Path, tasks: Iterable[Sequence[Path]], only: tuple[str, ...]) -> list[Read]:
    """All tasks in this process, one after the other. The answers are those of processes that share the tasks."""
    with _reading_much():
        shelf = Shelf()
        reads = [read for paths in tasks for read in _read(root, paths, only, shelf)]
        shelf.clear()
        return reads


def _read(root: Path, paths: Sequence[Path], only: tuple[str, ...], shelf: Shelf) -> list[Read]:
    reader = Reader(root, only, shelf)
    reads = [reader.read(path) for path in paths]
    reader.forget(frozenset(paths))
    return reads


@contextmanager
def _reading_much() -> Iterator[None]:
    """Syntax trees are many small objects that live long; looking for garbage among them costs more than reading them.

    They go by themselves, see `Module.forget`. Generated code nests deeply, an `elif` is one level: there is room for it.
    """
    collects, deepest = gc.isenabled(), sys.getrecursionlimit()
    gc.disable()
    sys.setrecursionlimit(max(deepest, DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(deepest)
        if collects:
            gc.enable()
