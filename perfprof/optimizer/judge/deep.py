"""The layer of ``--deep``: CrossHair looks for arguments on which old and new functions differ, within a time limit.

It never shows that two functions are the same: it either finds a difference or its time is over, and that is how it
is told. It reads hints, so it is asked only of module functions that have a hint for every parameter; it blocks what
touches the outside by itself.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from perfprof.optimizer.judge.processes import Ran
from perfprof.optimizer.judge.trial import Outcome
from perfprof.optimizer.judge.workbench import Workbench
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.profilers.inside.replaying.differences import functions

_TWIN = "_perfprof_new_"
_MOST = 5  # functions of a patch
_DIFFERENT = 1  # exit codes of crosshair diffbehavior; 2: it could not be asked


def deep(bench: Workbench, patch: Patch, seconds: float) -> Outcome:
    """Old against new for each changed function. seconds: CPU for one function."""
    if find_spec("crosshair") is None:
        return "skipped", "crosshair is not installed: pip install 'perfprof[deep]'"
    tried: list[str] = []
    silent: list[str] = []
    try:
        for change in patch.changes:
            for name, why in _askable(change, patch):
                if why or len(tried) == _MOST:
                    silent.append(f"{name}: {why or 'too many functions'}")
                    continue
                ran = _asked(bench, change, name, seconds)
                if ran.code == _DIFFERENT and (found := _example(ran.output)):
                    return "failed", f"{name}: {found}"
                (silent if ran.code > _DIFFERENT else tried).append(
                    f"{name}: {_problem(ran)}" if ran.code > _DIFFERENT else name
                )
    finally:
        bench.old.write(())
    told = "; ".join(silent[:3])
    if not tried:
        return "skipped", f"crosshair could look at nothing ({told or 'no function changes'})"
    return "passed", f"crosshair found no difference in {', '.join(tried)}" + (
        f"; not asked: {told}" if told else ""
    )


def _askable(change: FileChange, patch: Patch) -> Iterator[tuple[str, str]]:
    """Changed functions of one file, and why CrossHair cannot be asked about them, or an empty text."""
    names = [name.partition("::")[2] for name in patch.functions if name.startswith(f"{change.path}::")]
    if not names:
        return
    nodes = {key[0]: node for key, node in functions(ast.parse(change.before.removeprefix("\ufeff"))).items()}
    for name in names:
        yield name, _refused(name, nodes.get(name))


def _refused(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef | None) -> str:
    if node is None or "." in name:
        return "only functions of a module can be asked about"
    if isinstance(node, ast.AsyncFunctionDef) or any(
        isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(node)
    ):
        return "it is asynchronous or a generator"
    arguments = node.args
    if arguments.vararg or arguments.kwarg:
        return "it takes any number of arguments"
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if not plain or any(argument.annotation is None for argument in plain):
        return "not every parameter has a type hint"
    return ""


def _asked(bench: Workbench, change: FileChange, name: str, seconds: float) -> Ran:
    """The old tree with the new text as a second module beside the old one."""
    path = PurePosixPath(change.path)
    twin = path.with_name(_TWIN + path.name)
    bench.old.write([FileChange(twin.as_posix(), "", change.after)])
    folder, package = _package(bench.old.path, path)
    modules = [".".join((*package, one.stem)) for one in (path, twin)]
    env = bench.old.env(first=[folder])
    argv = [sys.executable, "-m", "crosshair", "diffbehavior", f"--per_condition_timeout={seconds:g}"]
    argv += [f"{module}.{name}" for module in modules]
    return bench.processes.run(argv, cwd=bench.old.path, env=env, timeout=3 * seconds + 30)


def _package(root: Path, path: PurePosixPath) -> tuple[Path, tuple[str, ...]]:
    """The folder that a file is imported from, and the packages that it lies in."""
    folder, names = path.parent, list[str]()
    while (root / folder / "__init__.py").is_file() and folder.name:
        names.insert(0, folder.name)
        folder = folder.parent
    return root / folder, tuple(names)


def _example(output: str) -> str:
    """``Given: (x=…), old : …, new : …`` as one line."""
    lines = output.replace(_TWIN, "new ").splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("Given:")), -1)
    return " ".join(" ".join(lines[start : start + 6]).split())[:400] if start >= 0 else ""


def _problem(ran: Ran) -> str:
    if ran.late:
        return "crosshair did not end in time"
    last = (ran.last_lines(1) or "no answer").strip()
    return re.sub(r"\s+", " ", last)[:160]
