"""What can be counted exactly in a run of the workload: statements, and the answers of the changed functions.

A patch that promises fewer statements is measured by their number; there is no noise in it. Its functions take a
connection, so their calls cannot be replayed: their answers are compared where they are given, in the running
program, old against new.
"""

from __future__ import annotations

import ast
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import perfprof.profilers.inside
from perfprof.optimizer.edits.text import Text
from perfprof.optimizer.judge.trees import Tree, read_text
from perfprof.optimizer.judge.workbench import FOREVER, Workbench
from perfprof.optimizer.patches import FileChange
from perfprof.profilers.inside.replaying.differences import functions as functions_of
from perfprof.profilers.observations import Capture
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import observe, record

_INSIDE = Path(perfprof.profilers.inside.__file__).parent
_READS = ("select", "with", "values", "explain", "pragma", "show", "table")


@dataclass(frozen=True, slots=True)
class Counted:
    """One run of the workload. answers: (function, digest) -> calls. writes: statement that changes data -> count.

    ended: empty if the run went well, else how it ended.
    """

    statements: int = 0
    cpu: float = 0.0
    writes: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[tuple[str, str], int] = field(default_factory=dict)
    shown: Mapping[tuple[str, str], str] = field(default_factory=dict)
    opaque: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()
    ended: str = ""


def count(
    bench: Workbench, tree: Tree, changes: Sequence[FileChange], functions: Sequence[str], timeout: float = FOREVER
) -> Counted:
    """Run the workload in a tree with these changes, and note statements and the answers of ``functions``."""
    assert bench.project.workload is not None
    tree.write(_instrumented(tree, changes, functions))
    folder = bench.place.path / "counting"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("answers", "import", "record"):
        (folder / name).mkdir(parents=True)
    shutil.copyfile(_INSIDE / "answers.py", folder / "import" / "_perfprof_answers.py")
    env = tree.env(first=[_INSIDE / "start", folder / "import"])
    env |= {
        "PERFPROF_INSIDE": str(_INSIDE),
        "PERFPROF_ANSWERS": str(folder / "answers"),
        "PERFPROF_ROOT": str(tree.path),
        "PYTHONHASHSEED": env.get("PYTHONHASHSEED", "0"),
    }
    output = folder / "output"
    argv = _with_environment(tree.command(bench.project.workload.argv), env)
    try:
        recording = record(
            argv, cwd=tree.path, folder=folder / "record", sampler="off", output=output, timeout=timeout
        )
    finally:
        tree.write(())
    with recording:
        return _read(recording, folder / "answers", output)


def observed(bench: Workbench, functions: Sequence[str], timeout: float = FOREVER) -> Path | None:
    """Run the workload on the old tree and keep real calls of ``functions``; the folder that holds them."""
    assert bench.project.workload is not None
    bench.old.write(())
    captures = [
        Capture(str(bench.old.path / path), name, line)
        for function in functions
        for path, _, name in [function.partition("::")]
        if (line := _line_of(read_text(bench.old.path / path), name))
    ]
    folder = bench.place.path / "observed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    argv = _with_environment(
        bench.old.command(bench.project.workload.argv), bench.old.env(first=[_INSIDE / "start"])
    )
    output = folder / "output"
    return observe(
        argv, cwd=bench.old.path, folder=folder, watches=(), captures=captures, output=output, timeout=timeout
    ).calls


def _line_of(text: str, name: str) -> int:
    """Where a function's ``def`` stands; 0 if it is not there."""
    found = functions_of(ast.parse(text.removeprefix("\ufeff"))).get((name, 0))
    return found.lineno if found is not None else 0


def _read(recording: Recording, answers: Path, output: Path) -> Counted:
    meta = recording.meta
    code = meta.get("exit_code", "0")
    if code != "0" or "timed_out" in meta:
        lines = output.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()[-5:]
        return Counted(ended=f"exit code {code}\n" + "\n".join(lines))
    writes: Counter[str] = Counter()
    total = 0
    for execution in recording.executions():
        total += execution.count
        if not execution.statement.text.lstrip(" (\n").lower().startswith(_READS):
            writes[execution.statement.text] += execution.count
    given: Counter[tuple[str, str]] = Counter()
    shown: dict[tuple[str, str], str] = {}
    opaque: set[str] = set()
    missed: set[str] = set()
    for file in answers.iterdir():
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            kind, function, name, *rest = (*line.split("\t"), "", "")
            if kind == "answer":
                given[function, name] += 1
                shown.setdefault((function, name), rest[1])
                opaque.update(part for part in rest[0].split(",") if part)
            elif kind == "missed":
                missed.add(function)
    cpu = float(meta.get("cpu_seconds", "0"))
    return Counted(total, cpu, dict(writes), dict(given), shown, frozenset(opaque), frozenset(missed))


def _instrumented(tree: Tree, changes: Sequence[FileChange], functions: Sequence[str]) -> list[FileChange]:
    """The changes, and in each file that holds one of the functions a line below it that watches it."""
    texts = {change.path: change.after for change in changes}
    wanted: dict[str, list[str]] = {}
    for function in functions:
        path, _, qualified = function.partition("::")
        wanted.setdefault(path, []).append(qualified)
    found = {change.path: change for change in changes}
    for path, names in wanted.items():
        text = texts.get(path) or read_text(tree.project / path)
        base = found.get(path, FileChange(path, text, text))
        found[path] = replace(base, after=watched(text, names))
    return list(found.values())


def watched(text: str, functions: Iterable[str]) -> str:
    """The module with a line below each function (or its class) that puts a watch on it."""
    tree = ast.parse(text.removeprefix("\ufeff"))
    ends = {node.name: node.end_lineno or 0 for node in tree.body if hasattr(node, "name")}
    lines = list(Text.of(text).lines)
    for function in sorted(functions, key=lambda name: -ends.get(name.partition(".")[0], 0)):
        end = ends.get(function.partition(".")[0])
        if end:
            if not lines[end - 1].endswith("\n"):
                lines[end - 1] += "\n"
            lines.insert(end, f"import _perfprof_answers; _perfprof_answers.watch(globals(), {function!r})\n")
    return "".join(lines)


def _with_environment(argv: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
    """The recorder takes our own environment; ``env`` puts the tree's over it."""
    import os

    changed = [f"{name}={value}" for name, value in env.items() if os.environ.get(name) != value]
    gone = [part for name in os.environ if name not in env for part in ("-u", name)]
    return ("env", *gone, *changed, *argv)
