"""The CPU time of the changed functions in the running workload, for those whose calls cannot be replayed."""

from __future__ import annotations

import ast
import math
import shutil
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from perfprof.optimizer.judge.trees import Tree
from perfprof.optimizer.judge.watching import INSIDE, instrumented
from perfprof.optimizer.judge.workbench import Workbench
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.writing.edits.text import Text

_LOCAL = ".<locals>"
_MODULE = "_perfprof_clocks"
LEAST = 0.002  # seconds of one run; less is too little to be compared


class Clocks:
    """Use one for a benchmark of one patch: its functions carry a clock in both trees."""

    def __init__(self, bench: Workbench, functions: Sequence[str]) -> None:
        self._folder = bench.place.path / "clocks"
        self._functions = functions
        shutil.rmtree(self._folder, ignore_errors=True)
        (self._folder / "import").mkdir(parents=True)
        shutil.copyfile(INSIDE / "replaying" / "clocks.py", self._folder / "import" / f"{_MODULE}.py")

    def write(self, tree: Tree, changes: Sequence[FileChange]) -> None:
        """Make the tree the project with these changes and the clocks."""
        tree.write(())
        clocked = instrumented(tree, changes, self._functions, self._folder / "import", _MODULE)
        tree.write([replace(one, after=self._nested(one)) for one in clocked])

    def _nested(self, change: FileChange) -> str:
        """With a line below each function inside a function as well, if it may run when the outer one is long over.

        A function that is only called where it was made is timed with that one: a clock for each would be most of what
        a short call takes.
        """
        places = (name.partition("::") for name in self._functions)
        names = [name for path, _, name in places if path == change.path]
        wanted = [name for name in names if _LOCAL in name and not _timed_outside(name, names, change.after)]
        found = {node.end_lineno or 0: node for name in wanted for node in _named(change.after, name)}
        lines = list(Text.of(change.after).lines)
        for end, node in sorted(found.items(), reverse=True):
            first = lines[node.lineno - 1]
            line = f'{node.name} = __import__("sys").modules["{_MODULE}"].local({node.name})\n'
            lines.insert(end, first[: len(first) - len(first.lstrip())] + line)
        return "".join(lines)

    def started(self) -> Mapping[str, str]:
        """Variables for a run that begins at zero."""
        shutil.rmtree(self._notes, ignore_errors=True)
        self._notes.mkdir()
        return {"PERFPROF_CLOCKS": str(self._notes)}

    def seconds(self) -> float:
        """What the functions took in the last run, all processes together; not a number if that is not known."""
        if (self._notes / "missed").exists():
            return math.nan
        contents = [file.read_bytes() for file in self._notes.iterdir()]
        return math.fsum(struct.unpack("d", content)[0] for content in contents if len(content) == 8)

    @property
    def _notes(self) -> Path:
        return self._folder / "notes"


def _timed_outside(name: str, names: Sequence[str], text: str) -> bool:
    """Whether the function around it carries a clock as well, and does nothing with it but to call it."""
    outer, _, own = name.rpartition(f"{_LOCAL}.")
    if outer not in names:
        return False
    around = _named(text, outer)
    nodes = [node for one in around for statement in one.body for node in _at_once(statement)]
    if any(isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await)) for node in nodes):
        return False
    calls = [node.func for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    loaded = [node for one in around for node in ast.walk(one) if isinstance(node, ast.Name) and node.id == own]
    return sum(one.id == own for one in calls) == len(loaded)


def _at_once(top: ast.AST) -> Iterator[ast.AST]:
    """What a function runs itself while it runs; a generator where a call takes it."""
    yield top
    if isinstance(top, (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    for node in ast.iter_child_nodes(top):
        if not isinstance(node, ast.GeneratorExp) or isinstance(top, ast.Call):
            yield from _at_once(node)


def _named(text: str, name: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of that qualified name: there may be one in each branch."""
    scopes: list[ast.AST] = [ast.parse(text.removeprefix("\ufeff"))]
    for part in name.replace(_LOCAL, "").split("."):
        scopes = [found for scope in scopes for found in _defined(scope) if found.name == part]
    return [found for found in scopes if isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef))]


def _defined(scope: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """What a module, class or function defines itself, in its blocks too."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node
        elif not isinstance(node, ast.expr):
            yield from _defined(node)
