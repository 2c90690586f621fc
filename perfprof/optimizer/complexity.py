"""What is exact about a workload's hot functions: a second run counts their calls and lines and keeps real calls, and
these are repeated with larger arguments, counting steps: the empirical complexity.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perfprof.optimizer.judge import captured
from perfprof.optimizer.judge.growth import Growth, Subject, growths
from perfprof.optimizer.judge.replay import Call
from perfprof.optimizer.judge.workbench import Workbench
from perfprof.optimizer.project import Project
from perfprof.optimizer.reports import figures
from perfprof.optimizer.reports.contract import Recorded
from perfprof.profilers.calls import uncaptured
from perfprof.profilers.hot import HotFunction, Place, callers, hot_functions
from perfprof.profilers.load import Load
from perfprof.profilers.observations import Capture, Seen, Watch
from perfprof.profilers.recording import Recording
from perfprof.profilers.workload import Observations, observe

MOST = 8  # functions
_GROWS = 0.05  # exponent from which it is worth a line
_OFTEN = 10  # calls in one call of another function that are worth a word
LEAST = 0.03  # share of all samples from which a function is looked at


@dataclass(frozen=True, slots=True)
class Complexity:
    """A hot function and how it grows.

    path: relative. line: of its ``def``. total: share of the samples with its calls. calls: how often it was called.
    lines: how often the statement that begins there ran. caller: the nearest function that leads here and is called
    much less often, and called: how often; empty and 0 if there is none.
    """

    path: str
    function: str
    line: int
    total: float
    growth: Growth
    calls: int = 0
    lines: Mapping[int, int] = field(default_factory=dict)
    caller: str = ""
    called: int = 0

    @property
    def each(self) -> float:
        """Calls in one call of its caller."""
        return self.calls / self.called if self.called else 0.0


def complexities(
    project: Project,
    recording: Recording,
    folder: Path,
    *,
    timeout: float | None = None,
    load: Load | None = None,
) -> Iterator[Complexity]:
    """Of the hottest functions of the project; its files are not touched.

    The workload runs once more, under probes and the same load; what it prints goes to ``folder/observe.out``.
    """
    assert project.workload is not None
    root = project.root.resolve()
    chosen = list(_chosen(hot_functions(recording, LEAST), root))[:MOST]
    if not chosen:
        return
    observed = observe(
        project.workload.argv,
        cwd=root / project.workload.folder,
        folder=folder,
        watches=[watch for path, function, line, _ in chosen for watch in _watches(root / path, line)],
        captures=[Capture(str(root / path), function, line, unfinished=True) for path, function, line, _ in chosen],
        output=folder / "observe.out",
        timeout=timeout,
        load=load,
    )
    found = _growths(project, root, chosen, observed)
    reasons = uncaptured(observed.calls) if observed.calls is not None else {}
    counted = {
        (hot.path, hot.function): (function, _counts(observed.seen, root / path, line))
        for path, function, line, hot in chosen
    }
    above = callers(recording)
    for path, function, line, hot in chosen:
        problem = reasons.get(f"{root / path}::{function}", "no call of it could be kept")
        counts = counted[hot.path, hot.function][1]
        growth = found.get(f"{path}::{function}") or Growth(problem=problem)
        rarer = _rarer((hot.path, hot.function), above, counted)
        yield Complexity(path, function, line, hot.total, growth, _calls(counts), _by_line(counts), *rarer)


def _growths(
    project: Project, root: Path, chosen: Sequence[tuple[str, str, int, HotFunction]], observed: Observations
) -> Mapping[str, Growth]:
    """Of each function of which a call was kept."""
    calls = captured.read(observed.calls, (root,))
    bench = Workbench(project)
    try:
        main = next((call.main for call in calls if call.main), "")
        return growths(bench.stage(main), list(_subjects(root, chosen, calls)))
    finally:
        bench.close()


def _rarer(
    place: Place, above: Mapping[Place, Place], counted: Mapping[Place, tuple[str, Mapping[tuple[int, int], int]]]
) -> tuple[str, int]:
    """The nearest function on the way here that was called much less often, and how often; ("", 0) if there is none."""
    calls, seen = _calls(counted[place][1]), {place}
    while (place := above.get(place, place)) not in seen:
        seen.add(place)
        name, counts = counted.get(place, ("", {}))
        if 0 < _calls(counts) * _OFTEN <= calls:
            return name, _calls(counts)
    return "", 0


def _calls(counts: Mapping[tuple[int, int], int]) -> int:
    """How often the first statement of a function ran."""
    return next(iter(counts.values()), 0)


def _watches(path: Path, line: int) -> Iterator[Watch]:
    """One for each statement of the function whose ``def`` is there; those of functions within it are theirs."""
    waiting: list[ast.AST] = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if _is_at(node, line)]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
                continue
            if isinstance(node, ast.stmt) and not _does_nothing(node):
                place = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
                yield Watch(_name(path, line, node.lineno, node.col_offset), str(path), *place, "entry")
            waiting.append(node)


def _does_nothing(node: ast.stmt) -> bool:
    """A declaration or a docstring."""
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant or isinstance(node, (ast.Global, ast.Nonlocal))


def _is_at(node: ast.AST, line: int) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.lineno == line


def _name(path: Path, line: int, statement: int, column: int) -> str:
    return f"{path}:{line}:{statement}:{column}"


def _counts(seen: Mapping[str, Seen], path: Path, line: int) -> dict[tuple[int, int], int]:
    """How often each statement ran, by line and column: several may stand in one line."""
    prefix, found = f"{path}:{line}:", {}
    for name, one in seen.items():
        if name.startswith(prefix):
            statement, column = name.removeprefix(prefix).split(":")
            found[int(statement), int(column)] = one.count
    return dict(sorted(found.items()))


def _by_line(counts: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """The most of what stands in each line."""
    found: dict[int, int] = {}
    for (line, _), count in counts.items():
        found[line] = max(found.get(line, 0), count)
    return found


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
    waiting: deque[tuple[ast.AST, str]] = deque()
    try:
        waiting.append((ast.parse(path.read_text("utf-8")), ""))
    except (SyntaxError, UnicodeDecodeError, OSError):
        return None
    while waiting:
        node, prefix = waiting.popleft()
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
        title="Calls, lines and complexity",
        says="exact counts of a second run; steps counted on captured calls whose arguments were made 2 to 16 times as large",
        brief=[_brief(one) for one in found],
        heads=["function", "with calls", "calls", "busiest line", "grows as", "elements: steps", "remark"],
        numbers=["with calls", "calls"],
        rows=[
            [
                f"{one.path}:{one.line} {one.function}",
                figures.share(one.total),
                f"{one.calls:,}{_often(one)}",
                _busiest(one.lines),
                str(one.growth),
                ", ".join(f"{size:,}: {steps:,}" for size, steps in one.growth.points),
                one.growth.problem or _remark(one.growth),
            ]
            for one in found
        ],
    )


def _brief(one: Complexity) -> str:
    grows = str(one.growth) if (one.growth.exponent or 0.0) >= _GROWS else ""  # a search that ends early grows not
    told = filter(None, (grows, _called(one), _busiest(one.lines)))
    return f"{one.path}:{one.line} {one.function} · {' · '.join(told)}"


def _called(one: Complexity) -> str:
    """How often, and where it is many times for one call of another function."""
    return f"{figures.counted(one.calls, 'call')}{_often(one)}"


def _often(one: Complexity) -> str:
    return f", {one.each:,.0f} in each call of {one.caller}" if one.caller else ""


def _busiest(lines: Mapping[int, int]) -> str:
    line = max(lines, key=lambda number: lines[number], default=0)
    return f"line {line} ran {figures.counted(lines[line], 'time')}" if line else ""


def _remark(growth: Growth) -> str:
    if growth.opaque:
        return f"{', '.join(growth.opaque)} were repeated as they are"
    return "" if str(growth) else "the points lie on no line"
