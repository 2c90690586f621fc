"""The empirical complexity of a workload's hot functions: a second run keeps real calls of theirs, a third counts steps."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfprof.optimizer.judge import captured
from perfprof.optimizer.judge.growth import Growth, Subject, growths
from perfprof.optimizer.judge.replay import Call
from perfprof.optimizer.judge.workbench import Workbench
from perfprof.optimizer.project import Project
from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.profilers.calls import uncaptured
from perfprof.profilers.hot import HotFunction, hot_functions
from perfprof.profilers.observations import Capture
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import observe

MOST = 8  # functions
LEAST = 0.03  # share of all samples from which a function is looked at


@dataclass(frozen=True, slots=True)
class Complexity:
    """A hot function and how it grows. path: relative. line: of its ``def``. total: share of the samples with its calls."""

    path: str
    function: str
    line: int
    total: float
    growth: Growth


def complexities(project: Project, recording: Recording, folder: Path) -> tuple[Complexity, ...]:
    """Of the hottest functions of the project; its files are not touched. The workload runs once more, under probes."""
    assert project.workload is not None
    root = project.root.resolve()
    chosen = list(_chosen(hot_functions(recording, LEAST), root))[:MOST]
    if not chosen:
        return ()
    observed = observe(
        project.workload.argv,
        cwd=root / project.workload.folder,
        folder=folder,
        watches=(),
        captures=[Capture(str(root / path), function, line) for path, function, line, _ in chosen],
        output=folder / "observe.out",
    )
    calls = captured.read(observed.calls, (root,))
    bench = Workbench(project)
    try:
        main = next((call.main for call in calls if call.main), "")
        subjects = list(_subjects(root, chosen, calls))
        found = growths(bench.stage(main), subjects)
    finally:
        bench.close()
    reasons = uncaptured(observed.calls) if observed.calls is not None else {}
    return tuple(
        Complexity(
            path,
            function,
            line,
            hot.total,
            found.get(f"{path}::{function}")
            or Growth(problem=reasons.get(f"{root / path}::{function}", "no call of it could be kept")),
        )
        for path, function, line, hot in chosen
    )


def _chosen(hot: Sequence[HotFunction], root: Path) -> Iterator[tuple[str, str, int, HotFunction]]:
    """Functions of the project by their qualified names, those with most own time first."""
    for one in hot:
        path = Path(one.path)
        if path.is_relative_to(root) and path.suffix == ".py" and path.is_file():
            node = _definition(path, one.function, one.line)
            if node is not None:
                yield path.relative_to(root).as_posix(), node[0], node[1], one


def _definition(path: Path, function: str, line: int) -> tuple[str, int] | None:
    """Qualified name and line of the innermost function of this (plain or qualified) name around a line."""
    found: tuple[str, int] | None = None
    waiting: list[tuple[ast.AST, str]] = []
    try:
        waiting.append((ast.parse(path.read_text("utf-8")), ""))
    except (SyntaxError, UnicodeDecodeError, OSError):
        return None
    while waiting:
        node, prefix = waiting.pop(0)
        for inner in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = f"{prefix}.{inner.name}".lstrip(".")
                around = inner.lineno <= line <= (inner.end_lineno or 0)
                if around and not isinstance(inner, ast.ClassDef) and inner.name == function.rpartition(".")[2]:
                    found = (name, inner.lineno)
            waiting.append((inner, name))
    return found


def _subjects(
    root: Path, chosen: Sequence[tuple[str, str, int, HotFunction]], calls: Sequence[Call]
) -> Iterator[Subject]:
    """Of each function the dearest call that can be repeated with sixteen times as much."""
    for path, function, _, _ in chosen:
        name = f"{path}::{function}"
        mine = sorted((call for call in calls if call.function == name), key=lambda call: (call.seconds, call.size))
        cheap = [call for call in mine if call.seconds < 0.02] or mine[:1]
        if cheap:
            text = (root / path).read_text("utf-8")
            yield Subject(name, path, function, text, text, cheap[-1].blob)


def section(found: Sequence[Complexity]) -> Recorded:
    """As a part of the report: what was fitted with its points, and why the others were not."""
    return Recorded(
        subject="complexity",
        title="Complexity",
        says="steps counted on captured calls whose arguments were made 2 to 16 times as large",
        brief=[f"{one.path}:{one.line} {one.function} · {one.growth}" for one in found if str(one.growth)],
        heads=["function", "with calls", "grows as", "elements: steps", "remark"],
        numbers=["with calls"],
        rows=[
            [
                f"{one.path}:{one.line} {one.function}",
                figures.share(one.total),
                str(one.growth),
                ", ".join(f"{size:,}: {steps:,}" for size, steps in one.growth.points),
                one.growth.problem or _remark(one.growth),
            ]
            for one in found
        ],
    )


def _remark(growth: Growth) -> str:
    if growth.opaque:
        return f"{', '.join(growth.opaque)} were repeated as they are"
    return "" if str(growth) else "the points lie on no line"
