"""Data frames that a loop grows by ``pandas.concat``: each step copies all that was there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.profilers.observations import Watch
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.indexing import at
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.scans import SCOPES, STATEMENT_LOOPS, Loop
from perfprof.rules.rule import Case, Evidence, Rewrite, Suspect

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.stability import Stability

LEAST_STEPS = 16  # an entry of the loop
FASTER = 1.5  # measured: 1.2x with 2 rows a part, 5x with 1,000 parts of 100 rows, 30x with 1,000 of 1,000
_KEYWORDS = frozenset({"ignore_index", "sort"})


@dataclass(frozen=True, eq=False, slots=True)
class FrameGrowth:
    """``name = pd.concat([name, part])`` in a loop. hoist: the innermost loop around it."""

    function: Function
    hoist: Loop
    name: str
    step: ast.Assign
    call: ast.Call
    part: ast.expr
    bases: tuple[ast.expr, ...] = ()
    stable: tuple[Stability, ...] = ()


def grown_frames(function: Function) -> Iterator[FrameGrowth]:
    """Every such statement of a function."""
    if isinstance(function.node, ast.Module):
        return  # its names are everybody's
    for step in function.every(ast.Assign):
        target, call = step.targets[0], step.value
        if len(step.targets) != 1 or not isinstance(target, ast.Name) or not isinstance(call, ast.Call):
            continue
        part, loop = _added(target.id, call), _loop_around(step, function)
        if part is not None and loop is not None and is_pandas(call.func, "concat", function):
            yield FrameGrowth(function, Loop(loop, loop), target.id, step, call, part)


def _added(name: str, call: ast.Call) -> ast.expr | None:
    """``part`` of ``concat([name, part], ignore_index=True)``."""
    given = call.args[0] if len(call.args) == 1 else None
    plain = all(word.arg in _KEYWORDS and isinstance(word.value, ast.Constant) for word in call.keywords)
    if not plain or not isinstance(given, (ast.List, ast.Tuple)) or len(given.elts) != 2:
        return None
    first, part = given.elts
    again = any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(part))
    kept = isinstance(first, ast.Name) and first.id == name
    return part if kept and not again and not isinstance(part, ast.Starred) else None


def _loop_around(step: ast.stmt, function: Function) -> ast.For | ast.AsyncFor | ast.While | None:
    inside, above = step, function.parents.get(step)
    while above is not None and not isinstance(above, SCOPES):
        if isinstance(above, STATEMENT_LOOPS) and inside in above.body:
            return above
        inside, above = above, function.parents.get(above)  # type: ignore[assignment]  # statements hold statements
    return None


def is_pandas(callee: ast.expr, name: str, function: Function) -> bool:
    """Whether the expression means this function of pandas: by an import of the module that nothing binds anew."""
    path = path_of(callee) or ()
    root = path[0] if path else ""
    if not root or function.names.is_local(root) or root in function.module.rebound:
        return False
    found = function.module.top.get(root)
    if isinstance(found, ast.Import) and len(path) == 2:
        return path[1] == name and any(
            one.name == "pandas" and (one.asname or one.name) == root for one in found.names
        )
    if isinstance(found, ast.ImportFrom) and found.module == "pandas" and len(path) == 1:
        return any(one.name == name and (one.asname or one.name) == root for one in found.names)
    return False


def suspect(rule: str, found: FrameGrowth) -> Suspect:
    """The finding, and what a run must tell about it."""
    function = found.function
    message = f"copies the whole of `{found.name}` to add a few rows to it"
    what = finding(rule, function, found.step, found.name, message)
    watches = (
        watch(f"{what.id}:entry", found.hoist.statement, function, "entry"),
        watch(f"{what.id}:step", found.step, function, "entry"),
        watch(f"{what.id}:part", found.part, function, "types"),
    )
    return Suspect(what, found, tuple[Watch, ...](watches), function)


def worth_one_concat(case: Case) -> Evidence:
    """At least 16 steps an entry."""
    entry, step = case.watched("entry"), case.watched("step")
    if entry is None or step is None or not entry.count or not step.count:
        return Evidence(False, "cold: the loop did not run")
    steps = step.count / entry.count
    numbers = {"entries": entry.count, "rounds": round(steps, 1)}
    if steps < LEAST_STEPS:
        return Evidence(False, f"too small: {steps:,.0f} steps an entry (pays from {LEAST_STEPS})", numbers)
    return Evidence(True, f"{steps:,.0f} steps an entry", numbers, FASTER)


def concat_once(case: Case) -> Rewrite:
    """The parts in a list, and one concat after the loop; step by step as before if their columns differ."""
    found: FrameGrowth = case.suspect.reading
    function, taken = found.function, found.function.visible | case.taken
    parts, part = fresh("parts", taken), fresh("part", taken)
    text = function.text(found.part)
    plain = isinstance(found.part, (ast.Name, ast.Attribute, ast.Call, ast.Subscript))
    words = "".join(f", {word.arg}={function.text(word.value)}" for word in found.call.keywords)
    concat = f"{found.name} = {function.text(found.call.func)}"
    after = (
        f"if len({{tuple(zip({part}.columns, map(str, {part}.dtypes))) for {part} in {parts}}}) == 1:\n"
        f"    {concat}([{found.name}, *{parts}]{words})\n"
        "else:  # columns of several types become one type step by step\n"
        f"    for {part} in {parts}:\n"
        f"        {concat}([{found.name}, {part}]{words})"
    )
    return Rewrite(
        edits=(
            at("before", found.hoist.statement, f"{parts} = []"),
            at("statement", found.step, f"{parts}.append({text if plain else f'({text})'}.copy())"),
            at("after", found.hoist.statement, after),
        ),
        why=f"all parts of {found.name} are copied once, not once for each that follows",
        memory=f"the parts of {found.name}, until they are one",
    )
