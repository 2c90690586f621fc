"""The project's own files with watches in them, in the judge's copy only; and the probed run for foreign patches."""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import perfprof.profilers.inside
from perfprof.optimizer.judge.trees import Tree, read_text
from perfprof.optimizer.judge.workbench import FOREVER, Workbench
from perfprof.optimizer.patches import FileChange
from perfprof.optimizer.writing.edits.text import Text
from perfprof.profilers.inside.instrument import COMPILERS
from perfprof.profilers.inside.replaying.differences import functions as functions_of
from perfprof.profilers.observations import Capture
from perfprof.profilers.workload import observe

INSIDE = Path(perfprof.profilers.inside.__file__).parent


def observed(bench: Workbench, functions: Sequence[str], timeout: float = FOREVER) -> Path | None:
    """Run the workload on the old tree and keep real calls of ``functions``; the folder that holds them."""
    assert bench.project.workload is not None
    bench.old.write(())
    captures = [
        Capture(str(bench.old.path / path), name, line, unfinished=True)
        for function in functions
        for path, _, name in [function.partition("::")]
        if (line := _line_of(read_text(bench.old.path / path), name))
    ]
    folder = bench.place.path / "observed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    env = bench.old.env(first=[INSIDE / "start"])
    argv = with_environment(bench.old.command(bench.project.workload.argv, env), env)
    output = folder / "output"
    return observe(
        argv, cwd=bench.old.path, folder=folder, watches=(), captures=captures, output=output, timeout=timeout
    ).calls


def instrumented(
    tree: Tree,
    changes: Sequence[FileChange],
    functions: Sequence[str],
    folder: Path,
    module: str = "_perfprof_answers",
) -> list[FileChange]:
    """The changes, and in each file that holds one of the functions a line below it that watches it.

    tree: as the project is, without changes. folder: holds the ``module`` that watches.
    """
    wanted: dict[str, list[str]] = {}
    for function in functions:
        path, _, qualified = function.partition("::")
        wanted.setdefault(path, []).append(qualified)
    found = {change.path: change for change in changes}
    for path, names in wanted.items():
        if path not in found:
            text = read_text(tree.path / path)
            found[path] = FileChange(path, text, text)
        found[path] = replace(found[path], after=watched(path, found[path].after, names, folder, module))
    return list(found.values())


def watched(path: str, text: str, functions: Iterable[str], folder: Path, module: str = "_perfprof_answers") -> str:
    """The module with a line below each function (or its class) that puts a watch on it.

    One with decorators gets one more, the innermost: what registers a function, as routes and tasks do, keeps that one.
    module: has the functions ``watch`` and ``around``, and is found in ``folder``.
    """
    tree = ast.parse(text.removeprefix("\ufeff"))
    known = functions_of(tree)
    ends = {node.name: node.end_lineno or 0 for node in tree.body if hasattr(node, "name")}
    lines = list(Text.of(text).lines)
    path_of, put = '__import__("sys").path', f".insert(0, {str(folder)!r})"
    more: dict[int, list[str]] = {}
    for function in sorted(functions):
        node, label = known.get((function, 0)), f"{path}::{function}"
        end = ends.get(function.partition(".")[0])
        if node is not None and _registers(node) and (function, 1) not in known:
            first = lines[node.lineno - 1]
            load = f'({path_of}{put}, __import__("{module}"), {path_of}.remove({str(folder)!r}))[1]'
            line = f"{first[: len(first) - len(first.lstrip())]}@{load}.around({label!r})\n"
            more.setdefault(node.lineno - 1, []).append(line)
        elif end:
            load = f"{path_of}{put}; import {module}; {path_of}.remove({str(folder)!r})"
            line = f"{load}; {module}.watch(globals(), {function!r}, {label!r})\n"
            more.setdefault(end, []).append(line)
    return _with_lines(lines, more)


def _with_lines(lines: list[str], more: Mapping[int, list[str]]) -> str:
    """The text with more lines, each behind so many of those that it had."""
    for place, added in sorted(more.items(), reverse=True):
        if not lines[place - 1].endswith("\n"):
            lines[place - 1] += "\n"
        lines[place:place] = added
    return "".join(lines)


def _registers(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether it has decorators, none of which compiles it by itself."""
    names = [ast.unparse(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list]
    return bool(names) and not any(name.rpartition(".")[2] in COMPILERS for name in names)


def with_environment(argv: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
    """A command that starts ``argv`` in ``env``: the recorder hands on our own environment, this puts another over it."""
    changed = [f"{name}={value}" for name, value in env.items() if os.environ.get(name) != value]
    gone = [part for name in os.environ if name not in env for part in ("-u", name)]
    return ("env", *gone, *changed, *argv)


def _line_of(text: str, name: str) -> int:
    """Where a function's ``def`` stands; 0 if it is not there."""
    found = functions_of(ast.parse(text.removeprefix("\ufeff"))).get((name, 0))
    return found.lineno if found is not None else 0
