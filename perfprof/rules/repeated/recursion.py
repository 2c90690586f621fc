"""Pure recursion that computes the same again and again: results are kept while the outermost call runs.

The body moves into a function inside, whose calls keep their results in a dict of the outermost call: nothing lives on,
nothing is shared between callers. What each call is given unchanged (a list, say, that could not be a key) stays outside.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.program import Function, Program
from perfprof.rules.rule import Case, Evidence, Suspect

LEAST_CALLS = 200  # within one outermost call
BRANCHES = 1.3  # with fewer it is a chain, in which no call comes twice
KEPT = 6.0  # measured at two calls a step: 2.2x with 177 calls, 14x with 2,000
STEPS = (ast.Add, ast.Sub, ast.FloorDiv)


@dataclass(frozen=True, eq=False, slots=True)
class Recursion:
    """A function that calls itself at two places or in a loop, with arguments a step away from its own.

    calls: to itself. varying, fixed: its parameters, by whether each call hands them on as they are. answers: the
    ``return`` statements with such a call, and those after one.
    """

    function: Function
    calls: tuple[ast.Call, ...]
    varying: tuple[str, ...]
    fixed: tuple[str, ...]
    answers: tuple[ast.Return, ...]
    begin: ast.stmt

    @property
    def name(self) -> str:
        """Its own name."""
        return self.function.qualname


def recursions(function: Function, program: Program) -> Iterator[Recursion]:
    """The function itself, if it is one."""
    node = function.node
    if not isinstance(node, ast.FunctionDef) or not _plain_function(node, function):
        return
    calls = _calls_to_itself(node, function)
    if not calls or not _often(calls, function):
        return
    begin = _begin(node)
    varying, answers = _varying(calls, function), tuple(_answers_after(calls, function))
    if begin and varying and answers and _whole_lines(begin[0], answers, function):
        fixed = tuple(name for name in function.parameters if name not in varying)
        yield Recursion(function, calls, varying, fixed, answers, begin[0])


def _varying(calls: tuple[ast.Call, ...], function: Function) -> tuple[str, ...]:
    """The parameters that a call changes; none if it changes one by more than a step."""
    pairs = [pair for call in calls for pair in zip(function.parameters, call.args, strict=True)]
    changed = {name for name, given in pairs if path_of(given) != (name,)}
    steps = all(_step(given, name) for name, given in pairs)
    return tuple(name for name in function.parameters if name in changed) if steps else ()


def _begin(node: ast.FunctionDef) -> list[ast.stmt]:
    """The first statement after the docstring."""
    return node.body[1:2] if ast.get_docstring(node, clean=False) is not None else node.body[:1]


def _plain_function(node: ast.FunctionDef, function: Function) -> bool:
    """A function of the module that calls itself and has parameters of the plain sort."""
    more = node.args.vararg or node.args.kwarg or node.args.kwonlyargs or node.decorator_list or node.col_offset
    return "." not in function.qualname and not more and node.name in function.names.loads


def _calls_to_itself(node: ast.FunctionDef, function: Function) -> tuple[ast.Call, ...]:
    """All of them; none if its name is used in another way too."""
    calls = tuple(call for call in function.every(ast.Call) if getattr(call.func, "id", "") == node.name)
    plain = all(_plain_call(call, function) for call in calls)
    return calls if plain and len(calls) == len(function.names.loads[node.name]) else ()


def _answers_after(calls: tuple[ast.Call, ...], function: Function) -> Iterator[ast.Return]:
    first = min(call.lineno for call in calls)
    for one in function.every(ast.Return):
        if one.value is not None and (one.end_lineno or 0) >= first:
            yield one


def _plain_call(call: ast.Call, function: Function) -> bool:
    """All arguments by place, none of them in parentheses of its own, so that one can be left out as text."""
    if len(call.args) != len(function.parameters) or call.keywords or not call.args:
        return False
    if any(isinstance(one, ast.Starred) for one in call.args):
        return False
    starts = [*map(start, call.args), end(call)]
    ends = [end(call.func), *map(end, call.args)]
    gaps = b"".join(_between(begin, last, function) for begin, last in zip(ends, starts, strict=True))
    return gaps.count(b"(") == 1 and gaps.count(b")") == 1 and b"#" not in gaps


def _between(begin: tuple[int, int], end: tuple[int, int], function: Function) -> bytes:
    lines = function.module.raw_lines[begin[0] - 1 : end[0]]
    if len(lines) == 1:
        return lines[0][begin[1] : end[1]]
    return b"\n".join([lines[0][begin[1] :], *lines[1:-1], lines[-1][: end[1]]])


def _step(given: ast.expr, name: str) -> bool:
    """``n``, ``n - 1``, ``left - cost``, ``n // 2``, ``text[1:]``: steps along which the ways to one place are many."""
    if isinstance(given, ast.BinOp) and isinstance(given.op, STEPS):
        return _step(given.left, name)
    if isinstance(given, ast.Subscript):
        return _shortens(given.slice) and _step(given.value, name)
    return isinstance(given, ast.Name) and given.id == name


def _shortens(taken: ast.expr) -> bool:
    """``1:``, ``:-1``: all but a fixed number at one end."""
    if not isinstance(taken, ast.Slice) or taken.step is not None or (taken.lower is None) == (taken.upper is None):
        return False
    if taken.lower is not None:
        return isinstance(taken.lower, ast.Constant)
    return isinstance(taken.upper, ast.UnaryOp) and isinstance(taken.upper.operand, ast.Constant)


def _often(calls: tuple[ast.Call, ...], function: Function) -> bool:
    """Two ways down from one call: two calls, or one in a loop; two that are told apart by a test may be one."""
    different = {ast.unparse(call) for call in calls}
    return len(different) > 1 or any(call in function.looped for call in calls)


def _whole_lines(begin: ast.stmt, answers: tuple[ast.Return, ...], function: Function) -> bool:
    """Whether the body can be moved as text: answers on lines of their own, no text that goes over lines."""
    lines = function.module.raw_lines
    for one in (begin, *answers):
        before = lines[one.lineno - 1][: one.col_offset]
        after = lines[(one.end_lineno or 1) - 1][one.end_col_offset :].strip() if one is not begin else b""
        if before.strip(b" ") or after[:1] not in (b"", b"#"):
            return False
    texts = (one for one in ast.walk(function.node) if isinstance(one, (ast.Constant, ast.JoinedStr)))
    return not any(one.lineno >= begin.lineno and one.lineno != one.end_lineno for one in texts)


def suspect(rule: str, found: Recursion) -> Suspect:
    """The finding, and what a run must tell: how many calls, of what types."""
    function = found.function
    what = finding(rule, function, function.node, found.name, f"`{found.name}` computes the same again and again")
    uses = {
        name: function.names.loads[name][0] for name in (*found.varying, *found.fixed) if function.names.loads[name]
    }
    watches = [
        watch(f"{what.id}:entry", found.begin, function, "entry"),
        *(watch(f"{what.id}:call{n}", call, function, "value") for n, call in enumerate(found.calls)),
        *(watch(f"{what.id}:key{n}", uses[name], function, "types") for n, name in enumerate(found.varying) if name in uses),
        *(watch(f"{what.id}:base{n}", uses[name], function, "collection") for n, name in enumerate(found.fixed) if name in uses),
        *(watch(f"{what.id}:made{n}", one.value, function, "value") for n, one in enumerate(found.answers) if one.value),
    ]  # fmt: skip
    return Suspect(what, found, tuple(watches), function)


def worth_remembering(case: Case) -> Evidence:
    """A tree of at least 200 calls within an outermost one; in a chain of calls none comes twice."""
    found: Recursion = case.suspect.reading
    entry = case.watched("entry")
    if entry is None or not entry.count:
        return Evidence(False, "it was not called")
    inner = sum(seen.count for n, _ in enumerate(found.calls) if (seen := case.watched(f"call{n}")) is not None)
    outer = max(entry.count - inner, 1)
    calls = entry.count / outer
    went_on = sum(seen.count for n, _ in enumerate(found.answers) if (seen := case.watched(f"made{n}")) is not None)
    branches = inner / max(went_on, 1)
    reason = f"{calls:,.0f} calls within an outermost one, {branches:.1f} from each that goes on"
    numbers = {"outermost": outer, "calls": round(calls, 1), "branches": round(branches, 2)}
    if branches < BRANCHES:
        return Evidence(False, f"it is a chain, not a tree: {reason}", numbers)
    if calls < LEAST_CALLS:
        return Evidence(False, f"too few: {reason} (pays from {LEAST_CALLS})", numbers)
    return Evidence(True, reason, numbers, calls / (calls**0.5 * KEPT))


def seen_types(case: Case, kind: str, number: int) -> tuple[str, ...]:
    """The types that were seen there; none if nothing was."""
    seen = case.watched(f"{kind}{number}")
    return tuple(sorted(seen.types)) if seen is not None else ()


def start(node: ast.expr | ast.stmt) -> tuple[int, int]:
    """Line and column where it begins."""
    return node.lineno, node.col_offset


def end(node: ast.expr | ast.stmt) -> tuple[int, int]:
    """Line and column where it ends."""
    return node.end_lineno or node.lineno, node.end_col_offset or 0
