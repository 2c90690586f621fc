"""Data frames that a loop walks row by row: ``iterrows`` makes a Series of each row, where a dict would do.

A Series is made in 10 to 30 microseconds, a dict of a row in one. Both hold the same objects: the values of
``frame.values``, which is what pandas hands to each Series.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfprof.profilers.observations import Watch
from perfprof.rules.findings import finding
from perfprof.rules.hoisting import eaten_at_once, watch
from perfprof.rules.reading.expressions import path_of
from perfprof.rules.reading.names import fresh
from perfprof.rules.reading.scans import COMPREHENSIONS, Loop
from perfprof.rules.rule import Case, Edit, Evidence, Rewrite, Suspect
from perfprof.rules.searching.indexing import at, in_style

if TYPE_CHECKING:
    from perfprof.rules.reading.program import Function
    from perfprof.rules.reading.stability import Stability

PLAIN = frozenset({"builtins.int", "builtins.bool", "builtins.float", "builtins.str"})
NUMPY = frozenset({"numpy.int64", "numpy.float64"})
FRAMES = frozenset({"pandas.DataFrame", "pandas.core.frame.DataFrame"})  # since pandas 3, and before
LEAST_ROWS = 16  # an entry; the columns are asked for once before the loop
FASTER = 10.0  # measured over 2 and 3 columns: 10x to 16x at 100 rows, 20x to 34x at 10,000


@dataclass(frozen=True, eq=False, slots=True)
class Walk:
    """A loop over ``frame.iterrows()``.

    frame: the expression that gives the frame. row: the name of each row. reads: ``row["x"]`` and ``row.x``, in source
    order. other: the first use of the row that is none of these.
    """

    function: Function
    hoist: Loop
    frame: ast.expr
    call: ast.Call
    row: str
    reads: tuple[ast.Subscript | ast.Attribute, ...]
    other: ast.AST | None
    bases: tuple[ast.expr, ...]
    stable: tuple[Stability, ...] = ()


def walks(function: Function) -> Iterator[Walk]:
    """Every ``for label, row in frame.iterrows()`` of a function, as a statement or in a comprehension."""
    for scan in function.scans:
        loop = scan.own
        if scan.kind != "loop" or loop is None or isinstance(loop.node, ast.AsyncFor):
            continue
        call, target = loop.iterable, loop.target
        if not _asks_rows(call) or not _label_and_row(target):
            continue
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Attribute)
        assert isinstance(target, ast.Tuple)
        frame, row = call.func.value, target.elts[1]
        assert isinstance(row, ast.Name)
        if loop.holder is not None and not (path_of(frame) and first_of(loop, function)):
            continue
        reads, other = _uses(row.id, loop, function)
        named = (frame,) if path_of(frame) is not None else ()
        yield Walk(function, loop, frame, call, row.id, tuple(reads), other, named)


def _asks_rows(call: ast.AST | None) -> bool:
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "iterrows"
        and not call.args
        and not call.keywords
    )


def _label_and_row(target: ast.expr | None) -> bool:
    return (
        isinstance(target, ast.Tuple)
        and len(target.elts) == 2
        and all(isinstance(one, ast.Name) for one in target.elts)
        and target.elts[0].id != target.elts[1].id  # type: ignore[attr-defined]
    )


def first_of(loop: Loop, function: Function) -> bool:
    """Whether a comprehension walks the frame once, and at once."""
    holder = loop.holder
    assert holder is not None
    now = not isinstance(holder, ast.GeneratorExp) or eaten_at_once(holder, function)
    return now and holder.generators[0] is loop.node and not _nested(holder, function) and _first(holder, function)


def _first(holder: ast.expr, function: Function) -> bool:
    """Whether nothing in the statement acts before it, and might change the frame or its name."""
    above, around = function.parents.get(holder), {holder}
    while above is not None and not isinstance(above, ast.stmt):
        around.add(above)  # type: ignore[arg-type]  # up to the statement all are expressions, or parts of some
        above = function.parents.get(above)
    begins = (holder.lineno, holder.col_offset)
    acting = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
    return above is None or not any(
        isinstance(one, acting) and one not in around and (one.lineno, one.col_offset) < begins
        for one in ast.walk(above)
    )


def _nested(node: ast.AST, function: Function) -> bool:
    """Whether another expression decides when it is evaluated, so that nothing can be asked before the statement."""
    above = function.parents.get(node)
    while above is not None and not isinstance(above, ast.stmt):
        if isinstance(above, (*COMPREHENSIONS, ast.Lambda, ast.IfExp, ast.BoolOp, ast.NamedExpr)):
            return True
        above = function.parents.get(above)
    return isinstance(above, ast.While)  # its test is evaluated again and again


def _uses(row: str, loop: Loop, function: Function) -> tuple[list[ast.Subscript | ast.Attribute], ast.AST | None]:
    """Reads of one value, and the first use that is another one."""
    reads: list[ast.Subscript | ast.Attribute] = []
    for use in _names(row, loop):
        above = function.parents.get(use)
        if not isinstance(use.ctx, ast.Load) or not isinstance(above, (ast.Subscript, ast.Attribute)):
            return reads, use
        if not isinstance(above.ctx, ast.Load) or above.value is not use or not _plain_read(above, function):
            return reads, use
        reads.append(above)
    return reads, None


def _names(row: str, loop: Loop) -> Iterator[ast.Name]:
    """All uses of the name in the loop, but for the target itself."""
    parts: list[ast.AST]
    if loop.holder is not None:
        parts = [one for one in ast.iter_child_nodes(loop.holder) if not isinstance(one, ast.comprehension)]
        parts += [
            part
            for one in loop.holder.generators
            for part in ([*one.ifs] if one is loop.node else [one.target, one.iter, *one.ifs])
        ]
    else:
        assert isinstance(loop.node, ast.For)
        parts = [*loop.node.body, *loop.node.orelse]
    for part in parts:
        for node in ast.walk(part):
            if isinstance(node, ast.Name) and node.id == row:
                yield node


def _plain_read(read: ast.Subscript | ast.Attribute, function: Function) -> bool:
    if isinstance(read, ast.Subscript):
        return isinstance(read.slice, ast.Constant) and isinstance(read.slice.value, str)
    above = function.parents.get(read)
    further = isinstance(above, (ast.Call, ast.Attribute, ast.Subscript)) and read in (
        getattr(above, "func", None),
        getattr(above, "value", None),
    )
    return not further and read.attr not in OF_A_SERIES and not read.attr.startswith("_")


# What a Series has of its own that may look like a value; everything else it has is a method, an array or a Series.
OF_A_SERIES = frozenset(
    "name size ndim empty hasnans is_unique is_monotonic_increasing is_monotonic_decreasing nbytes".split()
)


def suspect(rule: str, found: Walk) -> Suspect:
    """The finding, and what a run must tell about it: the frame, and the type of each value that is read."""
    function = found.function
    text = function.text(found.frame)
    what = finding(
        rule, function, found.call, found.row, f"makes a Series of each row of `{text}` to read a few values"
    )
    return Suspect(what, found, tuple(_watches(found, what.id)), function)


def _watches(found: Walk, prefix: str) -> Iterator[Watch]:
    yield watch(f"{prefix}:base0", found.frame, found.function, "types")
    if isinstance(found.hoist.node, ast.For):
        yield watch(f"{prefix}:entry", found.hoist.node, found.function, "entry")
        yield watch(f"{prefix}:turn", found.hoist.node.body[0], found.function, "entry")
    for number, read in enumerate(found.reads):
        yield watch(f"{prefix}:value{number}", read, found.function, "types")


def worth_plain_rows(case: Case) -> Evidence:
    """At least 16 rows an entry; in a comprehension by the value that is read most often."""
    found: Walk = case.suspect.reading
    frame = case.watched("base0")
    if frame is None or not frame.count:
        return Evidence(False, "the loop did not run")
    entry, turn = case.watched("entry"), case.watched("turn")
    reads = [seen.count for number in range(len(found.reads)) if (seen := case.watched(f"value{number}"))]
    rows = turn.count / max(entry.count, 1) if entry and turn else max(reads, default=0) / frame.count
    numbers = {"entries": frame.count, "rows": round(rows, 1)}
    reason = f"{rows:,.0f} rows an entry"
    if rows < LEAST_ROWS:
        return Evidence(False, f"too small: {reason} (pays from {LEAST_ROWS})", numbers)
    return Evidence(True, reason, numbers, FASTER)


def kinds_read(case: Case) -> list[frozenset[str]]:
    """The types of each value that was read; none for one that was never reached."""
    seen = [case.watched(f"value{number}") for number in range(len(case.suspect.reading.reads))]
    return [frozenset(one.types) if one is not None else frozenset() for one in seen]


def plain_test(case: Case, kinds: str) -> str:
    """What the new code asks of the types of the columns: by what was read, which of them it will find.

    Where there is more than one, pandas copies the values before the first row.
    """
    read = frozenset().union(*kinds_read(case))
    if "numpy.float64" in read and read <= NUMPY:
        return f'{kinds} <= {{"float64", "int64"}}'
    for kind, name in (("builtins.int", "int64"), ("numpy.int64", "int64"), ("builtins.bool", "bool")):
        if kind in read:
            return f'"{name}" in {kinds}' if read <= NUMPY else f'len({kinds}) > 1 and "{name}" in {kinds}'
    return ""


def plain_rows(case: Case) -> Rewrite:
    """Each row as a dict of the same values, made of what pandas would make the Series of."""
    found: Walk = case.suspect.reading
    function, taken = found.function, found.function.visible | case.taken
    frame, before = function.text(found.frame), []
    if path_of(found.frame) is None:
        name = fresh("frame", taken)
        before.append(f"{name} = {frame}")
        frame = name
    columns, kinds, rows, values = (fresh(word, taken) for word in ("columns", "kinds", "rows", "values"))
    before += [
        "# Walked as before, unless a column of numbers keeps pandas from giving values another type.",
        f"{rows} = {frame}.iterrows()",
        f"{columns}, {kinds} = list({frame}.columns), set(map(str, {frame}.dtypes))",
        f"if {plain_test(case, kinds)} and {_names_read(found)} <= set({columns}) and {frame}.columns.is_unique:",
        f"    {rows} = zip({frame}.index, (dict(zip({columns}, {values})) for {values} in {frame}.values))",
    ]
    edits = [at("before", found.hoist.statement, "\n".join(before)), at("replace", found.call, rows)]
    edits += [_by_key(read, function) for read in found.reads if isinstance(read, ast.Attribute)]
    return Rewrite(
        edits=tuple(edits),
        why=f"a dict holds the same values as the Series that pandas makes of each row of {frame}",
        memory="none: a row at a time, as before",
    )


def _names_read(found: Walk) -> str:
    """The labels that the loop asks for, which must be labels as they stand; a date is found by its text, too."""
    names = dict.fromkeys(
        one.attr if isinstance(one, ast.Attribute) else one.slice.value for one in found.reads  # type: ignore[attr-defined]
    )
    return in_style(f"{{{', '.join(map(repr, names))}}}", found.function)


def _by_key(read: ast.Attribute, function: Function) -> Edit:
    quote = '"' if function.module.source.count('"') >= function.module.source.count("'") else "'"
    return at("replace", read, f"{function.text(read.value)}[{quote}{read.attr}{quote}]")
