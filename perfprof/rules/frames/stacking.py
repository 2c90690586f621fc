"""Data frames and arrays that a loop grows by ``pandas.concat`` or ``numpy.append``: each step copies all there is."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.profilers.observations import Watch
from perfprof.rules.containers.growth import as_argument
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import watch
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.scans import SCOPES, STATEMENT_LOOPS, Loop
from perfprof.rules.rule import Case, Evidence, Rewrite, Suspect
from perfprof.rules.searching.indexing import at

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.stability import Stability

LEAST_STEPS = 16  # an entry of the loop
FASTER = (
    1.5  # measured for frames: 1.2x with 2 rows a part, 5x with 1,000 parts of 100 rows, 30x with 1,000 of 1,000
)
_KEYWORDS = frozenset({"ignore_index", "sort"})


@dataclass(frozen=True, eq=False, slots=True)
class Stacking:
    """``name = pd.concat([name, part])`` or ``name = np.append(name, part)`` in a loop. hoist: the innermost around it."""

    function: Function
    hoist: Loop
    name: str
    step: ast.Assign
    call: ast.Call
    part: ast.expr
    bases: tuple[ast.expr, ...] = ()
    stable: tuple[Stability, ...] = ()


def grown_frames(function: Function) -> Iterator[Stacking]:
    """Every ``name = pd.concat([name, part])`` in a loop of a function."""
    return _stackings(function, "pandas", "concat", _added_rows)


def grown_arrays(function: Function) -> Iterator[Stacking]:
    """Every ``name = np.append(name, part)`` in a loop of a function; the new code needs more of what ``np`` holds."""
    for found in _stackings(function, "numpy", "append", _appended):
        if isinstance(found.call.func, ast.Attribute):
            yield found


def _stackings(
    function: Function, library: str, callee: str, added: Callable[[str, ast.Call], ast.expr | None]
) -> Iterator[Stacking]:
    if isinstance(function.node, ast.Module):
        return  # its names are everybody's
    for step in function.every(ast.Assign):
        target, call = step.targets[0], step.value
        if len(step.targets) != 1 or not isinstance(target, ast.Name) or not isinstance(call, ast.Call):
            continue
        part = added(target.id, call)
        loop = _loop_around(step, function) if part is not None else None
        if part is None or loop is None or not means(call.func, library, callee, function):
            continue
        if not any(isinstance(one, ast.Name) and one.id == target.id for one in ast.walk(part)):
            yield Stacking(function, Loop(loop, loop), target.id, step, call, part)


def _added_rows(name: str, call: ast.Call) -> ast.expr | None:
    """``part`` of ``concat([name, part], ignore_index=True)``."""
    given = call.args[0] if len(call.args) == 1 else None
    plain = all(word.arg in _KEYWORDS and isinstance(word.value, ast.Constant) for word in call.keywords)
    return _second(name, given.elts) if plain and isinstance(given, (ast.List, ast.Tuple)) else None


def _appended(name: str, call: ast.Call) -> ast.expr | None:
    """``part`` of ``append(name, part)``."""
    return None if call.keywords else _second(name, call.args)


def _second(name: str, given: list[ast.expr]) -> ast.expr | None:
    kept = len(given) == 2 and isinstance(given[0], ast.Name) and given[0].id == name
    return given[1] if kept and not isinstance(given[1], ast.Starred) else None


def _loop_around(step: ast.stmt, function: Function) -> ast.For | ast.AsyncFor | ast.While | None:
    inside, above = step, function.parents.get(step)
    while above is not None and not isinstance(above, SCOPES):
        if isinstance(above, STATEMENT_LOOPS) and inside in above.body:
            return above
        inside, above = above, function.parents.get(above)  # type: ignore[assignment]  # statements hold statements
    return None


def means(callee: ast.expr, library: str, name: str, function: Function) -> bool:
    """Whether the expression means this function: by an import of the module that nothing binds anew."""
    path = path_of(callee) or ()
    root = path[0] if path else ""
    if not root or function.names.is_local(root) or root in function.module.rebound:
        return False
    found = function.module.top.get(root)
    if isinstance(found, ast.Import) and len(path) == 2:
        return path[1] == name and any(
            one.name == library and (one.asname or one.name) == root for one in found.names
        )
    if isinstance(found, ast.ImportFrom) and found.module == library and len(path) == 1:
        return any(one.name == name and (one.asname or one.name) == root for one in found.names)
    return False


def suspect(rule: str, found: Stacking) -> Suspect:
    """The finding, and what a run must tell about it."""
    function = found.function
    message = f"copies the whole of `{found.name}` to add a few rows to it"
    what = finding(rule, function, found.step, found.name, message)
    watches = (
        watch(f"{what.id}:entry", found.hoist.statement, function, "entry"),
        watch(f"{what.id}:step", found.step, function, "entry"),
        watch(f"{what.id}:part", found.part, function, "types"),
        watch(f"{what.id}:whole", _whole(found), function, "types"),
    )
    return Suspect(what, found, tuple[Watch, ...](watches), function)


def _whole(found: Stacking) -> ast.expr:
    """The name where it is handed over."""
    given = found.call.args[0]
    return given.elts[0] if isinstance(given, (ast.List, ast.Tuple)) else given


def worth_one_concat(case: Case) -> Evidence:
    """At least 16 steps an entry."""
    entry, step = case.watched("entry"), case.watched("step")
    if entry is None or step is None or not entry.count or not step.count:
        return Evidence(False, "the loop did not run")
    steps = step.count / entry.count
    numbers = {"entries": entry.count, "rounds": round(steps, 1)}
    if steps < LEAST_STEPS:
        return Evidence(False, f"too small: {steps:,.0f} steps an entry (pays from {LEAST_STEPS})", numbers)
    return Evidence(True, f"{steps:,.0f} steps an entry", numbers, FASTER)


def concat_once(case: Case) -> Rewrite:
    """The parts in a list, and one concat after the loop; step by step as before if their columns differ."""
    found: Stacking = case.suspect.reading
    function = found.function
    parts, part = _new_names(case)
    text = as_argument(found.part, function)
    words = "".join(f", {word.arg}={function.text(word.value)}" for word in found.call.keywords)
    concat = f"{found.name} = {function.text(found.call.func)}"
    shape = f"tuple(zip({part}.columns, {part}.dtypes))"
    if not any(word.arg == "ignore_index" and word.value.value is True for word in found.call.keywords):  # type: ignore[attr-defined]
        shape = f"({shape}, {part}.index.dtype)"
    after = (
        f"if len({{{shape} for {part} in {parts}}}) == 1:\n"
        f"    {concat}([{found.name}, *{parts}]{words})\n"
        "else:  # columns of several types become one type step by step\n"
        f"    for {part} in {parts}:\n"
        f"        {concat}([{found.name}, {part}]{words})"
    )
    if isinstance(found.part, ast.Call) and means(found.part.func, "pandas", "DataFrame", function):
        return _at_once(found, parts, f"append({text}.copy())", after)
    kept = f"extend({part}.copy() for {part} in [{text}] if {part} is not None)"  # as pandas leaves None out
    return _at_once(found, parts, kept, after)


def append_once(case: Case) -> Rewrite:
    """The parts in a list, and one array after the loop; step by step as before if their types differ."""
    found: Stacking = case.suspect.reading
    function = found.function
    parts, part = _new_names(case)
    append = function.text(found.call.func)
    module = append.removesuffix(".append")
    after = (
        f"if len({{{part}.dtype for {part} in {parts}}}) == 1:\n"
        f"    {found.name} = {module}.concatenate([{found.name}.ravel(), *({part}.ravel() for {part} in {parts})])\n"
        "else:  # several types become one type step by step\n"
        f"    for {part} in {parts}:\n"
        f"        {found.name} = {append}({found.name}, {part})"
    )
    return _at_once(found, parts, f"append({module}.array({as_argument(found.part, function)}))", after)


def _new_names(case: Case) -> tuple[str, str]:
    taken = case.suspect.reading.function.visible | case.taken
    return fresh("parts", taken), fresh("part", taken)


def _at_once(found: Stacking, parts: str, kept: str, after: str) -> Rewrite:
    return Rewrite(
        edits=(
            at("before", found.hoist.statement, f"{parts} = []"),
            at("statement", found.step, f"{parts}.{kept}"),
            at("after", found.hoist.statement, after),
        ),
        why=f"all parts of {found.name} are copied once, not once for each that follows",
        memory=f"the parts of {found.name}, until they are one",
    )
