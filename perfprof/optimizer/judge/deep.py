"""The layer of ``--deep``: CrossHair looks for arguments on which old and new functions differ, within a time limit.

It never shows that two functions are the same: it either finds a difference or its time is over, and that is how it
is told. What it finds is believed when both functions, really called, differ. It reads hints, so it is asked only of
module functions that have a hint for every parameter; it blocks what touches the outside by itself.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from perfprof.optimizer.judge.processes import Ran
from perfprof.optimizer.judge.replay import Stage
from perfprof.optimizer.judge.trial import Outcome
from perfprof.optimizer.judge.watching import INSIDE
from perfprof.optimizer.patches import FileChange, Patch
from perfprof.profilers.inside.replaying.differences import functions

_TWIN = "_perfprof_new_"
_MOST = 5  # functions of a patch
_DIFFERENT = 1  # exit codes of crosshair diffbehavior; 2: it could not be asked


@dataclass(frozen=True, slots=True)
class _Question:
    """One changed function. why: why CrossHair cannot be asked about it, or empty."""

    change: FileChange
    name: str
    why: str


def deep(stage: Stage, patch: Patch, seconds: float) -> Outcome:
    """Old against new for each changed function. stage: its tree holds the old code. seconds: CPU for one function."""
    python = _interpreter(stage)
    if not python:
        return "skipped", "crosshair is not installed: pip install 'perfprof[deep]'"
    tried: list[str] = []
    silent: list[str] = []
    try:
        for number, question in enumerate(_questions(patch)):
            name, why = question.name, question.why or ("too many functions" if number >= _MOST else "")
            outcome, told = ("skipped", why) if why else _answer(stage, python, question, patch, seconds)
            if outcome == "failed":
                return outcome, f"{name}{told}"
            tried += [name] if outcome == "passed" else []
            silent += [f"{name}: {told}"] if told else []
    finally:
        stage.tree.write(())
    return _summed(tried, "; ".join(silent[:3]))


def _summed(tried: list[str], silent: str) -> Outcome:
    if not tried:
        return "skipped", f"crosshair could look at nothing ({silent or 'no function changes'})"
    told = f"crosshair found no difference in {', '.join(tried)}"
    return "passed", told + (f"; not asked: {silent}" if silent else "")


def _interpreter(stage: Stage) -> str:
    """The workload's own, where its packages are; ours if CrossHair is only here; empty if it is nowhere."""
    if stage.interpreter != sys.executable:
        env = stage.tree.env()
        argv = (stage.interpreter, "-c", "import crosshair")
        if stage.processes.run(argv, cwd=stage.tree.path, env=env, timeout=30).well:
            return stage.interpreter
    return sys.executable if find_spec("crosshair") is not None else ""


def _questions(patch: Patch) -> Iterator[_Question]:
    for change in patch.changes:
        names = [name.partition("::")[2] for name in patch.functions if name.startswith(f"{change.path}::")]
        if names:
            nodes = {
                key[0]: node for key, node in functions(ast.parse(change.before.removeprefix("\ufeff"))).items()
            }
            yield from (_Question(change, name, _refused(name, nodes.get(name))) for name in names)


def _refused(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef | None) -> str:
    if node is None or "." in name:
        return "only functions of a module can be asked about"
    if isinstance(node, ast.AsyncFunctionDef) or _lazy(node):
        return "it is asynchronous or a generator"
    return _unhinted(node.args)


def _lazy(node: ast.AST) -> bool:
    return any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(node))


def _unhinted(arguments: ast.arguments) -> str:
    if arguments.vararg or arguments.kwarg:
        return "it takes any number of arguments"
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    unhinted = not plain or any(argument.annotation is None for argument in plain)
    return "not every parameter has a type hint" if unhinted else ""


def _answer(stage: Stage, python: str, question: _Question, patch: Patch, seconds: float) -> Outcome:
    """The old tree with the new text as a second module beside the old one: what CrossHair makes of the two."""
    path = PurePosixPath(question.change.path)
    twin = path.with_name(_TWIN + path.name)
    added = [change for change in patch.changes if not change.before]
    stage.tree.write([FileChange(twin.as_posix(), "", question.change.after), *added])
    folder, package = _package(stage.tree.path, path)
    modules = [".".join((*package, one.stem)) for one in (path, twin)]
    env = stage.tree.env(first=[folder, *map(Path, stage.folders)])
    argv = [python, "-m", "crosshair", "diffbehavior", f"--per_condition_timeout={seconds:g}"]
    argv += [f"{module}.{question.name}" for module in modules]
    ran = stage.processes.run(argv, cwd=stage.tree.path, env=env, timeout=5 * seconds + 30)
    if ran.code == 0 and not ran.late:
        return "passed", ""
    given = _given(ran.output) if ran.code == _DIFFERENT else ""
    if not given:
        return "skipped", _problem(ran)
    argv = [python, str(INSIDE / "confirm.py"), *modules, question.name, given]
    return _confirmed(stage.processes.run(argv, cwd=stage.tree.path, env=env, timeout=seconds + 30), given)


def _confirmed(sure: Ran, given: str) -> Outcome:
    """sure: both functions called with what is given."""
    found = sure.output.rpartition("differ: ")[2].strip() if sure.well and "differ: " in sure.output else ""
    if not found:
        return "skipped", f"crosshair sees a difference for {given[:150]}, but called with it they do not differ"
    return "failed", f"{given[:200]} differs; {found}".replace(_TWIN, "")


def _package(root: Path, path: PurePosixPath) -> tuple[Path, tuple[str, ...]]:
    """The folder that a file is imported from, and the packages that it lies in."""
    folder, names = path.parent, list[str]()
    while (root / folder / "__init__.py").is_file() and folder.name:
        names.insert(0, folder.name)
        folder = folder.parent
    return root / folder, tuple(names)


def _given(output: str) -> str:
    """``(x=1, y=[2])`` of a line ``Given: (x=1, y=[2]),``."""
    lines = (line.strip() for line in output.splitlines())
    return next((line[6:].strip().rstrip(",") for line in lines if line.startswith("Given:")), "")


def _problem(ran: Ran) -> str:
    if ran.late:
        return "crosshair did not end in time"
    last = (ran.last_lines(1) or "no answer").strip()
    return re.sub(r"\s+", " ", last)[:160]
